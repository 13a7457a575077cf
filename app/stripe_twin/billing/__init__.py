"""Stripe Billing in the twin: prices, coupons, subscriptions, their invoices and their time."""

from __future__ import annotations

from stripe_twin.account import Account
from stripe_twin.billing import collecting, renewal, sale, standing


def register(account: Account) -> None:
    """Let subscriptions follow their payments and the time."""
    for part in (collecting, standing, renewal, sale):
        part.register(account)
