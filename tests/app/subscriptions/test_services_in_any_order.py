"""subscriptions.services: workers look and write whenever they get to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from subscriptions import ledger
from subscriptions.models import Subscription
from subscriptions.mrr import mrr_pennies
from subscriptions.services import Seen, confirm
from subscriptions.terms import terms_of
from tests.app.conftest import NOW
from tests.app.subscriptions.conftest import item_fact, seen

changes = st.tuples(
    st.sampled_from(["active", "past_due", "unpaid", "trialing", "paused"]),
    st.integers(0, 5000),
    st.booleans(),
)
moves = st.lists(st.one_of(changes, st.sampled_from(["look", "write"])), max_size=14)


class TestAnyOrder(TestCase):
    """What hypothesis writes is rolled back after each example."""

    @pytest.mark.slow
    @settings(max_examples=60, deadline=None)
    @given(moves, st.booleans(), st.randoms(use_true_random=False))
    def test_any_order_and_repetition_of_events_ends_in_the_same_state(
        self, moves: list[Any], ends: bool, rng: Any
    ) -> None:
        """Workers look and write at moments of their own, some of them long after others; the
        last event of all is handled at some time after the last change."""
        stripe, clock, held = seen(), 0, []
        for move in [*moves, *([("canceled", 0, False)] if ends else [])]:
            clock += 1
            if move == "look":
                held.append(Seen(stripe.fact, NOW + timedelta(seconds=clock)))
            elif move == "write" and held:
                confirm(seen=rng.choice(held), now=NOW + timedelta(seconds=clock))
            elif not isinstance(move, str):
                stripe = _changed(stripe, *move)
        held.append(Seen(stripe.fact, NOW + timedelta(seconds=clock + 1)))
        late = held + rng.choices(held, k=3)
        rng.shuffle(late)
        for one in late:
            clock += 1
            confirm(seen=one, now=NOW + timedelta(seconds=clock))
        subscription = Subscription.objects.get()
        end = NOW + timedelta(seconds=clock + 1)
        assert subscription.status == stripe.fact.status
        assert subscription.mrr_pennies == mrr_pennies(terms_of(stripe.fact), at=end)
        assert ledger.totals(at=end).get("GBP", 0) == subscription.mrr_pennies


def _changed(stripe: Seen, status: str, pennies: int, is_paused: bool) -> Seen:
    fact = replace(stripe.fact, status=status, items=(item_fact(pennies),), is_paused=is_paused)
    return replace(stripe, fact=fact)
