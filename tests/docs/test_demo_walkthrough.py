"""The demo as people follow it: short enough, by every role, and walked as it is written."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.browser import chromium
from tests.browser.steps import STEPS
from tests.browser.told import commands, unlike
from tests.repo.planted import ROOT


@pytest.fixture(scope="module")
def steps() -> list[dict[str, object]]:
    told = yaml.safe_load((ROOT / "evidence" / "demo.yml").read_text("utf-8"))
    return list(told["steps"])


def test_demo_takes_five_to_ten_minutes_in_ten_to_fifteen_steps(
    steps: list[dict[str, object]],
) -> None:
    assert 10 <= len(steps) <= 15
    assert 5 <= sum(float(str(step["minutes"])) for step in steps) <= 10


def test_every_step_that_is_written_is_walked_in_its_order(steps: list[dict[str, object]]) -> None:
    assert [step["id"] for step in steps] == list(STEPS)


def test_commands_that_are_told_are_read_in_their_order(steps: list[dict[str, object]]) -> None:
    by_id = {step["id"]: commands(step) for step in steps}
    assert by_id["look-around"] == []
    assert by_id["resolve"] == [
        "replay_events --about payment:N",
        "run_checks --fail-on-issues",
    ]
    assert sum(map(len, by_id.values())) == 6


@pytest.mark.parametrize(
    ("ran", "agrees"),
    [
        (["replay --about payment:12", "process_events", "run_checks"], True),
        (["replay --about payment:12"], False),
        (["run_checks", "replay --about payment:12"], False),
        (["replay --about payment:N", "run_checks"], False),
        (["replay --about payment:12", "run_checks", "facts"], False),
        (["replay --about payment:12 --dead", "run_checks"], False),
    ],
)
def test_a_walk_types_what_is_told_and_nothing_else(ran: list[str], agrees: bool) -> None:
    assert (unlike(["replay --about payment:N", "run_checks"], ran) == "") is agrees


def test_every_role_has_a_part(steps: list[dict[str, object]]) -> None:
    people = {step["who"] for step in steps}
    assert people >= {"cara_customer", "olly_ops", "ana_analyst", "alice_admin"}


def test_machine_without_a_browser_is_told_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(chromium.NoBrowser, match="no Chromium on this machine; install one"):
        chromium.find(say=lambda text: None)
