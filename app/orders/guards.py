"""Rules that PostgreSQL holds, as triggers: the second half of "enforce twice".

Each raises `check_violation` with a sentence, which Django shows as IntegrityError.
"""

from __future__ import annotations

from collections.abc import Iterable

import pgtrigger

from core.triggers import FirmTrigger


def refuse(
    *,
    name: str,
    operation: pgtrigger.Operation,
    found: str,
    sentence: str,
    at_commit: bool = False,
) -> FirmTrigger:
    """Refuse a row when `found`, an SQL condition on NEW and OLD, is true.

    `sentence` is an SQL text expression. At commit, the rule may be broken inside a transaction.
    """
    return FirmTrigger(
        name=name,
        when=pgtrigger.After if at_commit else pgtrigger.Before,
        operation=operation,
        timing=pgtrigger.Deferred if at_commit else None,
        func=(
            f"IF {found} THEN RAISE EXCEPTION USING ERRCODE = 'check_violation', "
            f"MESSAGE = {sentence}; END IF; "
            "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;"
        ),
    )


def machine(*, thing: str, first: str, moves: Iterable[tuple[str, str]]) -> list[FirmTrigger]:
    """A `status` column that starts as `first` and makes only the moves named."""
    return [
        refuse(
            name=f"{thing}_starts_as_{first}",
            operation=pgtrigger.Insert,
            found=f"NEW.status IS DISTINCT FROM '{first}'",
            sentence=f"'{thing} starts as ' || NEW.status || '; it must start as {first}'",
        ),
        legal_moves(thing=thing, moves=moves),
    ]


def legal_moves(*, thing: str, moves: Iterable[tuple[str, str]]) -> FirmTrigger:
    """A `status` column that makes only the moves named, whatever it starts as."""
    legal = ", ".join(f"('{source}', '{target}')" for source, target in moves)
    return refuse(
        name=f"{thing}_legal_moves",
        operation=pgtrigger.Update,
        found=(
            f"OLD.status IS DISTINCT FROM NEW.status AND (OLD.status, NEW.status) NOT IN ({legal})"
        ),
        sentence=(
            f"'{thing} ' || OLD.id || ': ' || OLD.status || ' to ' || NEW.status "
            "|| ' is no legal move'"
        ),
    )


def fixed(*, name: str, columns: Iterable[str]) -> FirmTrigger:
    """Columns that keep the value they were inserted with."""
    columns = list(columns)
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
    return refuse(
        name=name,
        operation=pgtrigger.Update,
        found=f"({changed})",
        sentence=f"TG_TABLE_NAME || ' ' || OLD.id || ': {', '.join(columns)} never change'",
    )
