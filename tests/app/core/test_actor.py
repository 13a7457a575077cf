"""core.actor: who does something."""

from __future__ import annotations

from core.actor import Actor, system


def test_the_shop_itself_acts_without_a_person() -> None:
    assert system("worker") == Actor(id=None, role="system", origin="worker")
