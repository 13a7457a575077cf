"""What can be done about a price: change it, with a reason and on record. Orders that were placed
keep theirs."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.roles import TABLE, Permission, Role
from audit import services as audit
from audit.actions import Action, Result
from audit.refusals import audited
from catalog.models import Product
from core.actor import Actor
from core.money import display
from core.refusal import Refused

LONGEST_REASON = 300


class CannotChangePrice(Refused):
    """It would change nothing, somebody else was quicker, or the actor's role says no; the
    sentence says which."""


def change(
    *,
    product: Product,
    asked_pennies: int,
    by: Actor,
    why: str,
    now: datetime,
    seen_pennies: int | None = None,
) -> Product:
    """The product at its new price. Audited with both prices, also when it is refused.

    With `seen_pennies` it must still cost what whoever asks has seen: of two people who change it
    at once the second is told. Raises CannotChangePrice.
    """
    with (
        audited(what="price", subject=f"product:{product.pk}", by=by, now=now),
        transaction.atomic(),
    ):
        locked = Product.objects.select_for_update().get(pk=product.pk)
        _check(locked, asked_pennies, by=by, why=why.strip(), seen_pennies=seen_pennies)
        was_pennies, locked.price_pennies = locked.price_pennies, asked_pennies
        locked.save(update_fields=["price_pennies"])
        audit.record(
            actor=by,
            action=Action.PRICE_CHANGED,
            subject=f"product:{locked.pk}",
            result=Result.DONE,
            reason=why.strip(),
            details={
                "from_pennies": was_pennies,
                "to_pennies": asked_pennies,
                "currency": locked.currency,
            },
            now=now,
        )
    return locked


def may_change(by: Actor) -> bool:
    """Whether this actor may change prices: whoever holds price:change, and the shop's commands."""
    if by.role == "system":
        return True
    return by.role in list(Role) and Permission.PRICE_CHANGE in TABLE[Role(by.role)]


def _check(
    product: Product, asked_pennies: int, *, by: Actor, why: str, seen_pennies: int | None
) -> None:
    costs = display(product.price_pennies, product.currency)
    if not may_change(by):
        raise CannotChangePrice(
            f"{product.name}: {by.role} cannot change its price; ask an administrator."
        )
    if not 1 <= len(why) <= LONGEST_REASON:
        raise CannotChangePrice(
            f"{product.name}: a reason of {len(why)} characters, 1 to {LONGEST_REASON} expected; "
            "say why."
        )
    if asked_pennies <= 0:
        asked = display(asked_pennies, product.currency)
        raise CannotChangePrice(f"{product.name}: {asked} asked, more than nothing expected.")
    if seen_pennies is not None and seen_pennies != product.price_pennies:
        raise CannotChangePrice(
            f"{product.name}: costs {costs} now, somebody changed it meanwhile; look again."
        )
    if asked_pennies == product.price_pennies:
        raise CannotChangePrice(f"{product.name}: costs {costs} already; nothing to change.")
