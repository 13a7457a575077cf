"""evidence.gates.stripe_examples: what differs from Stripe's published examples, told by place."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from evidence.gates import stripe_examples, stripe_examples_made
from evidence.gates.stripe_examples import compare
from evidence.gates.twin import fresh_twin

CARD = {"brand": "visa", "exp_month": 4, "wallet": None}
EXAMPLE: dict[str, Any] = {
    "charge": {"id": "ch_1", "amount": 1, "paid": True, "card": CARD, "metadata": {"order": "1"}}
}


def _charge(**changed: Any) -> dict[str, Any]:
    return {"charge": {**EXAMPLE["charge"], **changed}}


def test_objects_of_the_same_shape_agree_whatever_they_hold() -> None:
    made = _charge(id="ch_2", amount=250, paid=False, card=None, metadata={"mine": "x"})
    assert compare(made, EXAMPLE, {}) == stripe_examples.Compared([], [], 0)
    made = _charge(card={"brand": "amex", "exp_month": None, "wallet": {"type": "link"}})
    assert compare(made, EXAMPLE, {}).wrong == []


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (_charge(colour="red"), "+ charge.colour: not in Stripe's example"),
        (_charge(amount="250"), "! charge.amount: text, in Stripe's example number"),
        (_charge(amount=True), "! charge.amount: yes or no, in Stripe's example number"),
        (_charge(paid=1), "! charge.paid: number, in Stripe's example yes or no"),
        (_charge(card=[CARD]), "! charge.card: list, in Stripe's example object"),
        (_charge(card={**CARD, "pin": 1}), "+ charge.card.pin: not in Stripe's example"),
        (
            _charge(card={"brand": "visa", "exp_month": 4}),
            "- charge.card.wallet: in Stripe's example, and the twin leaves it out",
        ),
        ({**EXAMPLE, "coin": {}}, "- coin: Stripe publishes no example of this kind"),
    ],
)
def test_a_difference_is_told_by_its_place(made: dict[str, Any], told: str) -> None:
    assert compare(made, EXAMPLE, {}).wrong == [told]


def test_a_reason_is_good_for_its_difference_and_no_longer() -> None:
    why = {"+ charge.colour": "only here"}
    assert compare(_charge(colour="red"), EXAMPLE, why) == stripe_examples.Compared([], [], 1)
    assert compare(EXAMPLE, EXAMPLE, why).stale == ["+ charge.colour"]


def test_every_reason_is_a_sentence_about_a_place() -> None:
    for place, why in stripe_examples.EXPLAINED.items():
        assert place[:2] in ("+ ", "- ", "! ")
        assert "." in place
        assert len(why.split()) > 3


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "STRIPE_EXAMPLES names {path}, which is no file"),
        ("{}", "examples.json holds no examples of Stripe's ('resources')"),
    ],
)
def test_without_examples_the_gate_says_that_it_did_not_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str | None,
    why: str,
) -> None:
    path = tmp_path / "examples.json"
    if text is not None:
        path.write_text(text)
    monkeypatch.setenv("STRIPE_EXAMPLES", str(path))
    assert stripe_examples.main() == 77
    assert capsys.readouterr().out == f"not run: {why.format(path=path)}\n"


def test_nothing_named_and_nothing_beside_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("STRIPE_EXAMPLES", raising=False)
    monkeypatch.setattr(stripe_examples, "ROOT", tmp_path)
    assert stripe_examples.main() == 77
    assert capsys.readouterr().out == (
        "not run: no examples of Stripe's; name its openapi/fixtures3.json in STRIPE_EXAMPLES\n"
    )


@pytest.mark.parametrize(
    ("changed", "explained", "code", "told"),
    [
        ({}, {}, 0, []),
        ({"colour": "red"}, {"+ charge.colour": "only here"}, 0, []),
        ({"colour": "red"}, {}, 1, ["+ charge.colour: not in Stripe's example"]),
        (
            {},
            {"- charge.size": "it was so"},
            1,
            ["- charge.size: explained, and no difference any more; delete it from EXPLAINED"],
        ),
    ],
)
def test_gate_tells_every_difference_and_every_reason_that_is_over(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changed: dict[str, Any],
    explained: dict[str, str],
    code: int,
    told: list[str],
) -> None:
    """The examples lie beside the second folder that they are looked for in."""
    path = tmp_path / "b" / stripe_examples.BESIDE
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"resources": EXAMPLE}))
    monkeypatch.delenv("STRIPE_EXAMPLES", raising=False)
    monkeypatch.setattr(stripe_examples, "_beside", lambda: [tmp_path / "a", tmp_path / "b"])
    monkeypatch.setattr(stripe_examples, "fresh_twin", lambda *_: nullcontext("http://twin"))
    monkeypatch.setattr(stripe_examples_made, "everything", lambda api: _charge(**changed))
    monkeypatch.setattr(stripe_examples, "EXPLAINED", explained)

    assert stripe_examples.main() == code
    wrong, right = (1, 0) if told and explained == {} else (0, 1 if changed else 0)
    assert capsys.readouterr().out.splitlines() == [
        f"charge               {len(_charge(**changed)['charge'])} fields",
        *told,
        f"stripe examples: 1 kinds compared; differences without a reason: {wrong}, "
        f"with one: {right}",
    ]


def test_the_twins_own_objects_are_made_and_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stripe's file is not ours to commit: here the twin is held against itself, less a field."""
    with fresh_twin("--secret-key", "sk_test_x") as address:
        made = stripe_examples_made.everything(stripe_examples_made.Api(address, "sk_test_x"))
    assert len(made) == 22
    path = tmp_path / "examples.json"
    monkeypatch.setenv("STRIPE_EXAMPLES", str(path))
    monkeypatch.setattr(stripe_examples, "EXPLAINED", {})
    for left_out, code in ((None, 0), ("reason", 1)):
        made["refund"].pop(left_out, None)
        path.write_text(json.dumps({"resources": made}))
        assert stripe_examples.main() == code
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "+ refund.reason: not in Stripe's example",
        "stripe examples: 22 kinds compared; differences without a reason: 1, with one: 0",
    ]


def test_what_the_twin_refuses_is_said() -> None:
    with fresh_twin("--secret-key", "sk_test_x") as address:
        api = stripe_examples_made.Api(address, "sk_test_x")
        with pytest.raises(stripe_examples_made.Refused, match="GET /v1/charges/none: 404 No such"):
            api.get("charges/none")
