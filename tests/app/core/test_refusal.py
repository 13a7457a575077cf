"""core.refusal: the one base of every "no" that the rules say."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from django.apps import apps

from core.money import NotMoney
from core.refusal import Refused


def _subclasses(base: type[Exception]) -> set[type[Exception]]:
    found = set(base.__subclasses__())
    return found.union(*(_subclasses(one) for one in found)) if found else found


def test_a_refusal_is_its_sentence() -> None:
    assert str(NotMoney("Amount: 'x' is not a number; write it like 12.50.")) == (
        "Amount: 'x' is not a number; write it like 12.50."
    )


def test_every_refusal_says_what_it_means() -> None:
    for config in apps.get_app_configs():
        if config.path.endswith("site-packages") or "site-packages" in config.path:
            continue
        for module in pkgutil.iter_modules([config.path]):
            if module.name in {"services", "policy", "money", "lifecycle", "gateway"}:
                importlib.import_module(f"{config.name}.{module.name}")
    refusals = _subclasses(Refused)
    assert NotMoney in refusals
    silent = [one.__qualname__ for one in refusals if not (one.__doc__ or "").strip()]
    assert silent == []


def test_a_refusal_is_caught_where_any_refusal_is() -> None:
    with pytest.raises(Refused):
        raise NotMoney("no")
