from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

CURRENCY_IS_ISO = Q(currency__regex=r"^[A-Z]{3}$")
COUNTS = ["orders_placed", "orders_paid", "orders_fulfilled", "orders_canceled"]
AMOUNTS = ["captured_pennies", "refunded_pennies", "returned_pennies", "mrr_pennies"]
SNAPSHOT_FIGURES = [*COUNTS, *AMOUNTS, "active_subscriptions"]
MOVED = ["new", "expansion", "reactivation", "contraction", "churn"]
MOVEMENT_FIGURES = [f"{name}_pennies" for name in ("start", *MOVED, "end")]


def _not_negative(names: list[str]) -> Q:
    every = Q()
    for name in names:
        every &= Q(**{f"{name}__gte": 0})
    return every


class DailySnapshot(models.Model):
    """The figures of one UTC day in one currency; amounts in its whole minor units. What each
    means: `analyticsapp.figures`. `taken_at` is when the row was last written, not last checked."""

    day = models.DateField()
    currency = models.CharField(max_length=3)
    orders_placed = models.BigIntegerField()
    orders_paid = models.BigIntegerField()
    orders_fulfilled = models.BigIntegerField()
    orders_canceled = models.BigIntegerField()
    captured_pennies = models.BigIntegerField()
    refunded_pennies = models.BigIntegerField()
    returned_pennies = models.BigIntegerField()
    active_subscriptions = models.BigIntegerField()
    mrr_pennies = models.BigIntegerField()
    taken_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["currency", "day"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "currency"], name="snapshot_once_a_day"),
            models.CheckConstraint(condition=CURRENCY_IS_ISO, name="snapshot_currency_is_iso"),
            models.CheckConstraint(
                condition=_not_negative(SNAPSHOT_FIGURES), name="snapshot_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.currency}"


class MrrMovement(models.Model):
    """How MRR moved over one UTC day in one currency, in whole minor units. PostgreSQL holds
    start + new + expansion + reactivation - contraction - churn = end."""

    day = models.DateField()
    currency = models.CharField(max_length=3)
    start_pennies = models.BigIntegerField()
    new_pennies = models.BigIntegerField()
    expansion_pennies = models.BigIntegerField()
    reactivation_pennies = models.BigIntegerField()
    contraction_pennies = models.BigIntegerField()
    churn_pennies = models.BigIntegerField()
    end_pennies = models.BigIntegerField()
    taken_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["currency", "day"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "currency"], name="movement_once_a_day"),
            models.CheckConstraint(condition=CURRENCY_IS_ISO, name="movement_currency_is_iso"),
            models.CheckConstraint(
                condition=_not_negative(MOVEMENT_FIGURES), name="movement_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(
                    end_pennies=F("start_pennies")
                    + F("new_pennies")
                    + F("expansion_pennies")
                    + F("reactivation_pennies")
                    - F("contraction_pennies")
                    - F("churn_pennies")
                ),
                name="movement_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.currency}"
