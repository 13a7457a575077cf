from __future__ import annotations

from typing import Any

import pytest

from orders.models import Order


@pytest.fixture
def ops(shop: Any, olly_ops: Any) -> Any:
    return shop.actor(olly_ops)


@pytest.fixture
def order(shop: Any) -> Order:
    """£100.00, paid."""
    return shop.paid_order()
