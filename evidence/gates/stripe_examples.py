"""Gate: the twin's objects have the shape of Stripe's published examples.

Stripe publishes an example of each object as `openapi/fixtures3.json` of its repository
stripe/openapi. STRIPE_EXAMPLES names that file; without, it is looked for beside the repository, in
`shared/stripe/`, where things stand that are not ours to commit. Without either the gate says that
it did not run (exit code 77).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evidence.gates import stripe_examples_made
from evidence.gates.twin import fresh_twin

ROOT = Path(__file__).resolve().parent.parent.parent
CANNOT_HERE = 77
KEY = "sk_test_twin_of_the_gate"
BESIDE = Path("shared/stripe/fixtures3.json")
# A copy of a copy of a clone: as deep as a build ever goes.
_COPIES = 4
# What stands inside is its maker's, or another kind of object altogether.
FREE = frozenset({"metadata", "event.data.object", "event.request"})
_OPTIONAL = "Stripe's own classes name it; the example leaves it out"
# Each difference that is meant, and why. One that is no longer there fails, too.
EXPLAINED = {
    "+ product.tax_details": _OPTIONAL,
    "+ customer.customer_account": _OPTIONAL,
    "+ subscription.presentment_details": _OPTIONAL,
    "+ invoice.confirmation_secret": _OPTIONAL,
    "+ invoice.threshold_reason": _OPTIONAL,
    "+ invoiceitem.proration_details": _OPTIONAL,
    "+ charge.outcome.risk_level": _OPTIONAL,
    "+ line_item.pricing.price_details": "what a line that has a price carries",
    "+ invoice_payment.payment.payment_intent": "what a payment by an intent carries",
    "+ refund.destination_details.card.reference": "the example's card is empty",
    "+ refund.destination_details.card.reference_status": "the example's card is empty",
    "+ refund.destination_details.card.reference_type": "the example's card is empty",
    "+ webhook_endpoint.secret": "the answer that creates one tells its secret, once",
    "- charge.refunds": "given only when it is asked for, since version 2022-11-15",
    "- invoice.subscription": "moved below `parent` in version 2025-03-31",
}


class NotHere(Exception):
    """There are no examples to compare with."""


@dataclass(frozen=True)
class Compared:
    """What became of the comparison: `wrong` differs without a reason, `stale` are reasons for
    what does not differ, `explained` counts the others."""

    wrong: list[str]
    stale: list[str]
    explained: int


def main() -> int:
    """0 when every object has its example's shape, 1 when one has not, 77 without examples."""
    try:
        examples = _examples()
    except NotHere as why:
        _say(f"not run: {why}")
        return CANNOT_HERE
    with fresh_twin("--secret-key", KEY) as address:
        made = stripe_examples_made.everything(stripe_examples_made.Api(address, KEY))
    for kind, found in sorted(made.items()):
        _say(f"{kind:20} {len(found)} fields")
    result = compare(made, examples, EXPLAINED)
    for line in result.wrong:
        _say(line)
    for line in result.stale:
        _say(f"{line}: explained, and no difference any more; delete it from EXPLAINED")
    _say(
        f"stripe examples: {len(made)} kinds compared; differences without a reason: "
        f"{len(result.wrong)}, with one: {result.explained}"
    )
    return int(bool(result.wrong or result.stale))


def compare(
    made: Mapping[str, Mapping[str, Any]],
    examples: Mapping[str, Mapping[str, Any]],
    explained: Mapping[str, str],
) -> Compared:
    """Each made object against the example of its kind; `explained` says of some differences why
    they are meant."""
    found: dict[str, str] = {}
    for kind, one in sorted(made.items()):
        if kind in examples:
            found |= dict(_differences(kind, one, examples[kind]))
        else:
            found[f"- {kind}"] = "Stripe publishes no example of this kind"
    wrong = [f"{path}: {what}" for path, what in found.items() if path not in explained]
    stale = [path for path in explained if path not in found]
    return Compared(wrong, stale, len(found) - len(wrong))


def _differences(
    path: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """`+` stands before what the example has not, `-` before what it has alone, `!` before what
    is of another kind there."""
    for name in sorted(ours.keys() | theirs.keys()):
        here = f"{path}.{name}"
        if name not in theirs:
            yield f"+ {here}", "not in Stripe's example"
        elif name not in ours:
            yield f"- {here}", "in Stripe's example, and the twin leaves it out"
        elif (a := _kind(ours[name])) != (b := _kind(theirs[name])) and "null" not in (a, b):
            yield f"! {here}", f"{a}, in Stripe's example {b}"
        elif a == b == "object" and not {name, here} & FREE:
            yield from _differences(here, ours[name], theirs[name])


def _kind(value: Any) -> str:
    for kinds, name in (
        (type(None), "null"),
        (bool, "yes or no"),
        ((int, float), "number"),
        (str, "text"),
        (list, "list"),
    ):
        if isinstance(value, kinds):
            return name
    return "object"


def _examples() -> dict[str, dict[str, Any]]:
    named = os.environ.get("STRIPE_EXAMPLES", "")
    places = [Path(named)] if named else [one / BESIDE for one in _beside()]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise NotHere(
            f"STRIPE_EXAMPLES names {named}, which is no file"
            if named
            else "no examples of Stripe's; name its openapi/fixtures3.json in STRIPE_EXAMPLES"
        )
    try:
        found: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))["resources"]
    except (ValueError, KeyError, TypeError) as error:
        raise NotHere(f"{path.name} holds no examples of Stripe's ({error})") from error
    return found


def _beside() -> Iterator[Path]:
    """The folder that holds this copy, then the one that holds the repository it is a worktree of,
    then the same of the folder that it was cloned from, as long as that is on this machine."""
    here = ROOT
    for _ in range(_COPIES):
        yield here.parent
        yield Path(
            _git(here, "rev-parse", "--path-format=absolute", "--git-common-dir")
        ).parent.parent
        origin = Path(_git(here, "config", "--get", "remote.origin.url"))
        if not (origin.is_absolute() and origin.is_dir()):
            return
        here = origin


def _git(folder: Path, *asked: str) -> str:
    """What git says in that folder; empty when it says nothing."""
    return subprocess.run(
        ["git", *asked], cwd=folder, capture_output=True, text=True, check=False
    ).stdout.strip()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
