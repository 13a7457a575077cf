"""Lists as Stripe pages them: newest first, by cursor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stripe_twin import objects
from stripe_twin.account import Account
from stripe_twin.api.params import Moment, Spec, Text, Whole
from stripe_twin.errors import invalid_param, missing
from stripe_twin.store import Json

PAGING: Mapping[str, Spec] = {
    "limit": Whole(least=1, most=100),
    "starting_after": Text(),
    "ending_before": Text(),
    "created": Moment(),
}
_PAGING_NAMES = frozenset({*PAGING, "expand"})


def page(account: Account, *, kind: str, url: str, params: Json, unless: str = "deleted") -> Json:
    """One page of the objects of a kind; params that are no paging must equal a field. Those
    with the field `unless` are left out."""
    wanted = {name: v for name, v in params.items() if name not in _PAGING_NAMES}
    rows = [
        row
        for row in reversed(account.store.all(kind))
        if within(row.get("created") or row["date"], params.get("created", {}))
        and not row.get(unless)
        and all(_fits(row.get(name), value) for name, value in wanted.items())
    ]
    return cut(rows, kind=kind, url=url, params=params, known=account)


def cut(rows: list[Json], *, kind: str, url: str, params: Json, known: Account) -> Json:
    """The part of `rows` (newest first) that the cursor and the limit ask for."""
    after, before = params.get("starting_after"), params.get("ending_before")
    if after and before:
        raise invalid_param(
            "You may only specify one of these parameters: starting_after, ending_before.",
            param="starting_after",
        )
    limit = params.get("limit", 10)
    if before:
        rows = rows[: _position(rows, before, kind, known, param="ending_before")]
        return objects.listing(rows[-limit:], url=url, has_more=len(rows) > limit)
    if after:
        rows = rows[_position(rows, after, kind, known, param="starting_after") + 1 :]
    return objects.listing(rows[:limit], url=url, has_more=len(rows) > limit)


def _position(rows: list[Json], object_id: str, kind: str, known: Account, *, param: str) -> int:
    for index, row in enumerate(rows):
        if row["id"] == object_id:
            return index
    if known.store.get(kind, object_id) is None:
        raise missing(kind, object_id, param=param, status=400)
    raise invalid_param(f"{object_id} is not in this list", param=param)


def within(created: int, bounds: Mapping[str, int]) -> bool:
    """Does the time lie in the window that `created` asks for?"""
    return (
        created >= bounds.get("gte", created)
        and created <= bounds.get("lte", created)
        and created > bounds.get("gt", created - 1)
        and created < bounds.get("lt", created + 1)
    )


def _fits(found: Any, wanted: Any) -> bool:
    return found in wanted if isinstance(wanted, list) else bool(found == wanted)
