"""Whatever happens to events, workers and Stripe: no effect is lost, doubled or half done, and
after reconcile_stripe the shop and Stripe agree."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.app.conftest import Shop
from tests.app.webhooks.machine import ShopAndStripe

# `PURELAKA_SOAK=500 pytest tests/app/webhooks/test_any_luck.py` looks for longer.
EXAMPLES = int(os.environ.get("PURELAKA_SOAK", "15"))


@pytest.mark.slow
@pytest.mark.timeout(120 + 20 * EXAMPLES)
def test_after_any_luck_shop_and_stripe_agree(
    twin: Any, cara_customer: Any, olly_ops: Any, now: Any
) -> None:
    def begin() -> Shop:
        twin.control.reset()
        return Shop(twin, cara_customer, now)

    class Machine(ShopAndStripe):
        pass

    Machine.begin, Machine.olly_ops = staticmethod(begin), olly_ops
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=40,
            deadline=None,
            derandomize=EXAMPLES <= 100,
            database=None,
            # The first story that goes wrong is told as it is; a soak looks for a shorter one.
            phases=set(Phase) if EXAMPLES > 15 else (Phase.explicit, Phase.generate),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
