"""There is no place in the shop for a card: no field to type it into, no column to keep it in."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.conf import settings
from django.forms import BaseForm

_CARD = re.compile(
    r"(^|[_-])(card|cc|cvc|cvv|pan|exp|expiry|iban)([_-]|$)|cardnumber", re.IGNORECASE
)
_FIELD = re.compile(r"<(?:input|select|textarea)\b[^>]*>", re.IGNORECASE)
_NAMED = re.compile(r"""\b(?:name|id|autocomplete)\s*=\s*["']([^"'{]*)["']""")
OURS = [app for app in apps.get_app_configs() if app.path.startswith(str(settings.APP_DIR))]


def test_the_words_for_cards_are_recognised() -> None:
    for name in ("card", "card_number", "cardnumber", "cc-number", "cvc", "exp_month", "IBAN"):
        assert _CARD.search(name), name
    for name in ("discard", "expected", "expired_at", "company", "account"):
        assert not _CARD.search(name), name


def test_no_template_has_a_field_for_a_card() -> None:
    pages = list((settings.APP_DIR / "templates").rglob("*.html"))
    fields = [field for page in pages for field in _FIELD.findall(page.read_text("utf-8"))]
    names = [name for field in fields for name in _NAMED.findall(field)]
    assert {"product", "quantity"} <= set(names)
    assert [name for name in names if _CARD.search(name)] == []


def test_no_form_asks_for_a_card() -> None:
    modules = [f"{app.name}.forms" for app in OURS if find_spec(f"{app.name}.forms")]
    forms = {
        form
        for module in modules
        for form in vars(import_module(module)).values()
        if isinstance(form, type) and issubclass(form, BaseForm)
    }
    names = [name for form in forms for name in getattr(form, "base_fields", {})]
    assert len(modules) > 5
    assert len(names) > 10
    assert [name for name in names if _CARD.search(name)] == []


def test_no_table_has_a_column_for_a_card() -> None:
    columns = [field.name for model in apps.get_models() for field in model._meta.concrete_fields]
    assert len(columns) > 100
    assert [name for name in columns if _CARD.search(name)] == []
