"""What every page may show about the shop itself."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def shop(request: HttpRequest) -> dict[str, object]:
    """`shop_name`, and `test_payments` when no real money can move here."""
    return {"shop_name": settings.SHOP_NAME, "test_payments": not settings.STRIPE_LIVEMODE}
