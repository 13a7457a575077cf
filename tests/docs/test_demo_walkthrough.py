"""The demo as people follow it: short enough, by every role, and walked as it is written."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml

from tests.browser import chromium, walkthrough
from tests.browser.shop import Shop
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
    assert people == {
        *("cara_customer", "olly_ops", "ana_analyst", "alice_admin"),
        *("nobody signed in", "anyone with a terminal", "the buyer, who trusts nobody"),
    }


class _Page:
    """A page that is photographed by writing its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def evaluate(self, script: str) -> None:
        pass

    def screenshot(self, *, path: Path, animations: str) -> None:
        path.write_text(f"{self.name}, {animations}", "utf-8")


def test_each_step_leaves_its_picture_and_the_first_that_fails_ends_the_walk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(shop: Shop) -> Any:
        raise AssertionError("expected to be paid,\n  found pending")

    walks = {"buy": lambda shop: _Page("basket"), "pay": lambda shop: _Page("order")}
    monkeypatch.setattr(walkthrough, "STEPS", {**walks, "refund": fails, "audit": fails})
    shop = cast(Shop, SimpleNamespace(ran=[]))

    told = walkthrough._walk(shop, tmp_path, {"buy": [], "pay": [], "refund": [], "audit": []})

    why = "expected to be paid, found pending"
    assert told == [
        {"id": "buy", "status": "passed", "why": "", "screenshot": "buy.png"},
        {"id": "pay", "status": "passed", "why": "", "screenshot": "pay.png"},
        {"id": "refund", "status": "failed", "why": why, "screenshot": ""},
    ]
    pictures = {picture.name: picture.read_text("utf-8") for picture in tmp_path.iterdir()}
    assert pictures == {"buy.png": "basket, disabled", "pay.png": "order, disabled"}
    assert capsys.readouterr().out == f"passed  buy\npassed  pay\nfailed  refund  {why}\n"


def test_machine_without_a_browser_is_told_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(chromium.NoBrowser, match="no Chromium on this machine; install one"):
        chromium.find(say=lambda text: None)
