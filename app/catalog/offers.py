"""How something comes to be for sale: a product here, a plan in `subscriptions.plans`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audit import services as audit
from audit.actions import Action, Result
from audit.refusals import audited
from catalog.models import Product
from catalog.prices import may_change
from core.actor import Actor
from core.money import display
from core.refusal import Refused


class CannotOffer(Refused):
    """The new product or plan makes no sense, or the actor's role says no; the sentence says
    which."""


class Offer(Protocol):
    """A row that is not saved yet: a product or a plan."""

    pk: Any
    slug: Any
    name: Any
    price_pennies: Any
    currency: Any

    def full_clean(self, exclude: Iterable[str] | None = None) -> None: ...
    def save(self) -> None: ...


def add_product(
    *,
    slug: str,
    name: str,
    description: str = "",
    price_pennies: int,
    currency: str,
    by: Actor,
    now: datetime,
) -> Product:
    """A new product, on sale from now on. Audited, also when it is refused. Raises CannotOffer."""
    product = Product(
        slug=slug,
        name=name,
        description=description,
        price_pennies=price_pennies,
        currency=currency,
    )
    put_on_sale(product, kind="product", action=Action.PRODUCT_ADDED, by=by, now=now)
    return product


def put_on_sale(
    offer: Offer,
    *,
    kind: str,
    later: Iterable[str] = (),
    action: Action,
    by: Actor,
    now: datetime,
) -> None:
    """Save what is new; the columns `later` are filled in when they are known. Audited, also when
    it is refused. Raises CannotOffer."""
    with (
        audited(what=f"new {kind}", subject=f"{kind}:new", by=by, now=now),
        transaction.atomic(),
    ):
        _check(offer, kind, later=later, by=by)
        try:
            offer.save()
        except IntegrityError as error:
            raise CannotOffer(f"{kind} {offer.slug}: somebody added it this moment.") from error
        audit.record(
            actor=by,
            action=action,
            subject=f"{kind}:{offer.pk}",
            result=Result.DONE,
            details={"price_pennies": offer.price_pennies, "currency": offer.currency},
            now=now,
        )


def _check(offer: Offer, kind: str, *, later: Iterable[str], by: Actor) -> None:
    what = f"{kind} {offer.slug}"
    if not may_change(by):
        raise CannotOffer(f"{what}: {by.role} cannot add it; ask an administrator.")
    if not re.fullmatch("[A-Z]{3}", offer.currency):
        raise CannotOffer(
            f"{what}: found currency {offer.currency!r}, expected three capitals such as GBP."
        )
    if offer.price_pennies <= 0:
        asked = display(offer.price_pennies, offer.currency)
        raise CannotOffer(f"{what}: {asked} asked, more than nothing expected.")
    try:
        offer.full_clean(exclude=later)
    except ValidationError as error:
        told = " ".join(f"{field}: {' '.join(said)}" for field, said in error.message_dict.items())
        raise CannotOffer(f"{what}: {told}") from error
