from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from catalog.models import CHARGED_EXACTLY
from core.append_only import AppendOnly
from core.money import display
from orders import guards
from subscriptions.rules import FOLLOWS_NOT, MRR_IS_NOT_LEDGER_END
from subscriptions.words import ENDED, Interval, SubscriptionStatus


class Change(StrEnum):
    """What moves MRR. `reactivation` is a subscription that counts again."""

    NEW = "new"
    EXPANSION = "expansion"
    REACTIVATION = "reactivation"
    CONTRACTION = "contraction"
    CHURN = "churn"


class StartStatus(StrEnum):
    """What became of a page that sells a subscription."""

    OPEN = "open"
    COMPLETED = "completed"
    EXPIRED = "expired"


STATUSES = [(status.value, status.value.replace("_", " ")) for status in SubscriptionStatus]
CURRENCY_IS_ISO = Q(currency__regex=r"^[A-Z]{3}$")
_ENDS = ", ".join(f"'{status}'" for status in sorted(ENDED))


INTERVALS = [(one.value, one.value) for one in Interval]
# Stripe bills at least every three years.
LONGEST = {Interval.DAY: 1095, Interval.WEEK: 156, Interval.MONTH: 36, Interval.YEAR: 3}


class Plan(models.Model):
    """A subscription for sale: `price_pennies`, whole minor units, each `interval_count` intervals.

    Its price never changes, as it never does at Stripe: take the plan off sale and add another.
    """

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    price_pennies = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    interval = models.CharField(max_length=5, choices=INTERVALS)
    interval_count = models.PositiveIntegerField(default=1)
    is_on_sale = models.BooleanField(default=True)
    stripe_price_id = models.CharField(max_length=120, unique=True, null=True)  # noqa: DJ001

    class Meta:
        ordering: ClassVar = ["price_pennies", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(price_pennies__gt=0) & Q(interval_count__gt=0),
                name="plan_amounts_positive",
            ),
            models.CheckConstraint(
                condition=Q(interval__in=list(Interval)), name="plan_interval_is_known"
            ),
            models.CheckConstraint(condition=CURRENCY_IS_ISO, name="plan_currency_is_iso"),
            models.CheckConstraint(
                condition=CHARGED_EXACTLY, name="plan_on_sale_is_charged_exactly"
            ),
        ]
        triggers: ClassVar = [
            guards.fixed(
                name="plan_price_fixed",
                columns=["slug", "price_pennies", "currency", "interval", "interval_count"],
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuses a new plan that Stripe would not sell."""
        longest = LONGEST[Interval(self.interval)]
        if not 1 <= self.interval_count <= longest:
            raise ValidationError(
                {"interval_count": f"found {self.interval_count}, expected 1 to {longest}."}
            )

    @property
    def price(self) -> str:
        """The price as a person reads it: `£18.00 a month`, `£24.00 every 3 months`."""
        amount = display(self.price_pennies, self.currency)
        if self.interval_count == 1:
            return f"{amount} a {self.interval}"
        return f"{amount} every {self.interval_count} {self.interval}s"


class Start(models.Model):
    """A customer's wish for a plan, and the page at Stripe that sells it: one open at a time."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="starts")
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="subscription_starts"
    )
    status = models.CharField(
        max_length=10,
        choices=[(one.value, one.value) for one in StartStatus],
        default=StartStatus.OPEN,
    )
    idempotency_key = models.CharField(max_length=80, unique=True)
    stripe_customer_id = models.CharField(max_length=120, blank=True)
    stripe_session_id = models.CharField(max_length=120, unique=True, null=True)  # noqa: DJ001
    checkout_url = models.URLField(max_length=1000, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=list(StartStatus)), name="start_status_is_known"
            ),
            models.UniqueConstraint(
                fields=["plan", "customer"],
                condition=Q(status=StartStatus.OPEN),
                name="start_one_open_each",
            ),
        ]
        triggers: ClassVar = [
            guards.fixed(
                name="start_terms_fixed",
                columns=["plan_id", "customer_id", "idempotency_key", "stripe_customer_id"],
            ),
        ]

    def __str__(self) -> str:
        return f"Start {self.pk}"


class Subscription(models.Model):
    """A subscription as Stripe has it. `mrr_pennies` is what it is worth a month, in whole minor
    units of `currency`; the ledger of `MrrChange` tells what it was worth before.

    `seen_at` is the database's clock just before Stripe was asked: see Note [Overtaken facts].
    """

    stripe_subscription_id = models.CharField(max_length=120, unique=True)
    stripe_customer_id = models.CharField(max_length=120, db_index=True)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="subscriptions"
    )
    status = models.CharField(max_length=20, choices=STATUSES)
    is_paused = models.BooleanField(default=False)
    currency = models.CharField(max_length=3)
    mrr_pennies = models.BigIntegerField(default=0)
    started_at = models.DateTimeField()
    period_ends_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=list(SubscriptionStatus)),
                name="subscription_status_is_known",
            ),
            models.CheckConstraint(condition=CURRENCY_IS_ISO, name="subscription_currency_is_iso"),
            models.CheckConstraint(
                condition=Q(mrr_pennies__gte=0), name="subscription_mrr_not_negative"
            ),
        ]
        triggers: ClassVar = [
            guards.fixed(
                name="subscription_terms_fixed", columns=["stripe_subscription_id", "currency"]
            ),
            guards.refuse(
                name="subscription_ends_for_good",
                operation=pgtrigger.Update,
                found=f"OLD.status IN ({_ENDS}) AND NEW.status IS DISTINCT FROM OLD.status",
                sentence=(
                    "'subscription ' || OLD.id || ': ' || OLD.status || ' to ' || NEW.status "
                    "|| ' is no legal move'"
                ),
            ),
            guards.refuse(
                name="subscription_mrr_is_its_ledger",
                operation=pgtrigger.Insert | pgtrigger.Update,
                found=MRR_IS_NOT_LEDGER_END.format(subscription="NEW.id"),
                sentence="'subscription ' || NEW.id || ': the MRR is not the end of its ledger'",
                at_commit=True,
            ),
        ]

    def __str__(self) -> str:
        return f"Subscription {self.pk}"

    @property
    def has_ended(self) -> bool:
        """Nothing follows: it can neither be paid nor canceled any more."""
        return self.status in ENDED

    @property
    def mrr(self) -> str:
        """The MRR as a person reads it."""
        return display(self.mrr_pennies, self.currency)


class SubscriptionItem(models.Model):
    """One price of a subscription. `unit_pennies` can be a fraction of a minor unit. Of the price
    for a month, `kept_numerator / kept_denominator` counts: the rest is discount or tax."""

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="items")
    stripe_item_id = models.CharField(max_length=120, unique=True)
    stripe_price_id = models.CharField(max_length=120)
    unit_pennies = models.DecimalField(max_digits=30, decimal_places=12)
    quantity = models.BigIntegerField()
    interval = models.CharField(max_length=5, choices=INTERVALS, blank=True)
    interval_count = models.PositiveIntegerField(default=1)
    is_metered = models.BooleanField(default=False)
    kept_numerator = models.DecimalField(max_digits=200, decimal_places=0, default=1)
    kept_denominator = models.DecimalField(max_digits=200, decimal_places=0, default=1)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(interval__in=["", *Interval]), name="item_interval_is_known"
            ),
            models.CheckConstraint(
                condition=Q(unit_pennies__gte=0) & Q(quantity__gte=0) & Q(interval_count__gt=0),
                name="item_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(kept_numerator__gte=0)
                & Q(kept_denominator__gt=0)
                & Q(kept_numerator__lte=F("kept_denominator")),
                name="item_keeps_a_part",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.stripe_price_id}"


class MrrChange(models.Model):
    """One entry of the ledger: a subscription's MRR, before and after. Append-only by trigger.

    `at` is when the shop learned of it, so what was true of a past day never changes.
    """

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="ledger")
    at = models.DateTimeField(db_index=True)
    currency = models.CharField(max_length=3)
    before_pennies = models.BigIntegerField()
    after_pennies = models.BigIntegerField()
    kind = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Change])

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(
                    Q(kind__in=[Change.NEW, Change.REACTIVATION])
                    & Q(before_pennies=0, after_pennies__gt=0)
                )
                | Q(kind=Change.CHURN, before_pennies__gt=0, after_pennies=0)
                | Q(kind=Change.EXPANSION, before_pennies__gt=0)
                & Q(after_pennies__gt=F("before_pennies"))
                | Q(kind=Change.CONTRACTION, after_pennies__gt=0)
                & Q(after_pennies__lt=F("before_pennies")),
                name="change_is_of_its_kind",
            ),
            models.UniqueConstraint(
                fields=["subscription"], condition=Q(kind=Change.NEW), name="change_new_only_once"
            ),
        ]
        triggers: ClassVar = [
            AppendOnly(),
            guards.refuse(
                name="change_follows_the_last",
                operation=pgtrigger.Insert,
                found=FOLLOWS_NOT,
                sentence="'MRR change: it does not follow the last one of its subscription'",
            ),
            guards.refuse(
                name="change_reaches_its_subscription",
                operation=pgtrigger.Insert,
                found=MRR_IS_NOT_LEDGER_END.format(subscription="NEW.subscription_id"),
                sentence=(
                    "'MRR change: subscription ' || NEW.subscription_id || ' does not end with it'"
                ),
                at_commit=True,
            ),
        ]

    def __str__(self) -> str:
        before, after = (
            display(pennies, self.currency) for pennies in (self.before_pennies, self.after_pennies)
        )
        return f"{self.kind}: {before} → {after}"
