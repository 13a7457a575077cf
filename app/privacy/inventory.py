"""Every column of every table, and whether it is about a person. A column that nobody classified
is found by `gaps`, and a test fails: nothing about people is kept that nobody thought about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from django.apps import apps

from privacy import about_machinery, about_people, about_trade
from privacy.classes import Class, Holding

INVENTORY: tuple[Holding, ...] = (
    *about_people.HOLDINGS,
    *about_trade.HOLDINGS,
    *about_machinery.HOLDINGS,
)


def gaps(inventory: Sequence[Holding] = INVENTORY) -> list[str]:
    """A sentence for all that it does not say, says twice, or says of what is not there."""
    tables = {
        model._meta.label: {field.attname for field in model._meta.concrete_fields}
        for model in apps.get_models(include_auto_created=True)
    }
    found = {holding.model: holding for holding in inventory}
    sentences = [
        f"{model}: not in the inventory; say what it is for and classify its columns."
        for model in sorted(tables.keys() - found.keys())
    ]
    sentences += [
        f"{model}: in the inventory twice." for model in _twice(h.model for h in inventory)
    ]
    for holding in inventory:
        sentences += _gaps_of(holding, tables.get(holding.model))
    return sentences


def classified(wanted: Class, inventory: Sequence[Holding] = INVENTORY) -> dict[str, list[str]]:
    """The columns of this class by table, those tables only that have some."""
    by_table = {
        holding.model: [column for column, found in holding.classes() if found == wanted]
        for holding in inventory
    }
    return {model: columns for model, columns in by_table.items() if columns}


def _gaps_of(holding: Holding, columns: set[str] | None) -> list[str]:
    if columns is None:
        return [f"{holding.model}: there is no such table any more; take it out."]
    named = [column for column, _ in holding.classes()]
    return [
        *_unsaid(holding),
        *(
            f"{holding.model}.{column}: personal, pseudonymous or none? Classify it."
            for column in sorted(columns - set(named))
        ),
        *(
            f"{holding.model}.{column}: there is no such column any more; take it out."
            for column in sorted(set(named) - columns)
        ),
        *(f"{holding.model}.{column}: classified twice." for column in _twice(named)),
    ]


def _unsaid(holding: Holding) -> list[str]:
    asked = {"what is it for": holding.purpose, "how long is it kept": holding.kept}
    return [
        f"{holding.model}: {question}? Say it."
        for question, answer in asked.items()
        if not answer.strip()
    ]


def _twice(names: Iterable[str]) -> list[str]:
    return sorted(name for name, times in Counter(names).items() if times > 1)
