"""How something comes to be for sale, a product here and a plan in `subscriptions.plans`, and how
both go off sale and come back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from audit import services as audit
from audit.actions import Action, Result
from audit.refusals import audited
from catalog.models import Product
from catalog.prices import LONGEST_REASON, may_change
from core.actor import Actor
from core.money import COARSE, display
from core.nearest import hint
from core.refusal import Refused


class CannotOffer(Refused):
    """What is asked of the product or plan makes no sense, or the actor's role says no; the
    sentence says which."""


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


def set_on_sale(
    *, among: QuerySet[Any], named: str, on_sale: bool, by: Actor, why: str, now: datetime
) -> None:
    """Take the one of this short name, `among` all products or all plans, off sale or put it back.

    Orders and subscriptions made before go on as they are. Audited with the reason, also when it
    is refused. Raises CannotOffer.
    """
    kind = among.model._meta.model_name
    key = among.filter(slug=named).values_list("pk", flat=True).first()
    with (
        audited(what="sale", subject=f"{kind}:{key or 'unknown'}", by=by, now=now),
        transaction.atomic(),
    ):
        what = f"{kind} {named}"
        _check_asker(what, on_sale=on_sale, by=by, why=why.strip())
        offer = among.select_for_update().filter(pk=key).first()
        if offer is None:
            names = list(among.order_by("slug").values_list("slug", flat=True))
            raise CannotOffer(f"{what}: not found; {hint(named, names)}")
        if offer.is_on_sale == on_sale:
            state = "on" if on_sale else "off"
            raise CannotOffer(f"{what}: {state} sale already; nothing to change.")
        # On the way back: what is on sale is in no such currency, as the database has it.
        _check_charged(what, offer)
        offer.is_on_sale = on_sale
        offer.save(update_fields=["is_on_sale"])
        audit.record(
            actor=by,
            action=Action.PUT_BACK_ON_SALE if on_sale else Action.TAKEN_OFF_SALE,
            subject=f"{kind}:{key}",
            result=Result.DONE,
            reason=why.strip(),
            now=now,
        )


def _check_asker(what: str, *, on_sale: bool, by: Actor, why: str) -> None:
    if not may_change(by):
        asked = "put it back on" if on_sale else "take it off"
        raise CannotOffer(f"{what}: {by.role} cannot {asked} sale; ask an administrator.")
    if not 1 <= len(why) <= LONGEST_REASON:
        raise CannotOffer(
            f"{what}: a reason of {len(why)} characters, 1 to {LONGEST_REASON} expected; say why."
        )


def _check(offer: Offer, kind: str, *, later: Iterable[str], by: Actor) -> None:
    what = f"{kind} {offer.slug}"
    if not may_change(by):
        raise CannotOffer(f"{what}: {by.role} cannot add it; ask an administrator.")
    if not re.fullmatch("[A-Z]{3}", offer.currency):
        raise CannotOffer(
            f"{what}: found currency {offer.currency!r}, expected three capitals such as GBP."
        )
    _check_charged(what, offer)
    if offer.price_pennies <= 0:
        asked = display(offer.price_pennies, offer.currency)
        raise CannotOffer(f"{what}: {asked} asked, more than nothing expected.")
    try:
        offer.full_clean(exclude=later)
    except ValidationError as error:
        told = " ".join(f"{field}: {' '.join(said)}" for field, said in error.message_dict.items())
        raise CannotOffer(f"{what}: {told}") from error


def _check_charged(what: str, offer: Offer) -> None:
    if offer.currency in COARSE:
        raise CannotOffer(
            f"{what}: found currency {offer.currency}, in which Stripe cannot charge every amount; "
            "choose another such as GBP."
        )
