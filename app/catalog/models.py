from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from core.money import COARSE

# Nothing is on sale in a currency of which Stripe charges only some amounts. What went off sale,
# and what was ordered of it, keeps its currency.
CHARGED_EXACTLY = ~Q(is_on_sale=True, currency__in=sorted(COARSE))


class Product(models.Model):
    """Something for sale. Its price is in whole minor units of its currency."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True)
    description = models.TextField(blank=True)
    price_pennies = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    is_on_sale = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(price_pennies__gt=0), name="product_price_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="product_currency_is_iso"
            ),
            models.CheckConstraint(
                condition=CHARGED_EXACTLY, name="product_on_sale_is_charged_exactly"
            ),
        ]

    def __str__(self) -> str:
        return self.name
