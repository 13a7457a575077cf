"""What a mismatch is, and which checks see one that is planted in the database alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitoring import checks


@dataclass(frozen=True)
class Mismatch:
    """How to make the shop disagree and agree again, and the issue that must open."""

    check: str
    plant: Callable[[Any], object]
    mend: Callable[[Any], object]
    subject: str
    expected: str
    actual: str


def row(name: str, wrong: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Change columns of the shop's order or payment, and change them back."""
    return {
        "plant": lambda shop: shop.change(getattr(shop, name), **wrong),
        "mend": lambda shop: shop.change(getattr(shop, name), **right),
    }


OLD = datetime.fromisoformat("2026-02-16T11:59:59+00:00")
# All that look into the database alone: nothing is planted at Stripe here.
LOCAL = [check for check in checks.CHECKS if check.name != "webhook-endpoint"]
