"""Objects as older API versions show them. The twin keeps one shape, today's; what Stripe moved or
dropped since is put back for a client, or a webhook endpoint, of an older version.

Known are the moves that a shop like this meets, by Stripe's changelog (docs.stripe.com/changelog);
what else changed shows as it is today.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stripe_twin.store import Json

if TYPE_CHECKING:
    from stripe_twin.account import Account


def as_of(account: Account, shown: Any, version: str) -> Any:
    """The object, and all that it holds, as that version shows it. Changes it in place."""
    return _walk(account, shown, [change for date, change in _MOVES if version < date])


def _walk(account: Account, shown: Any, older: list[Callable[[Account, Json], None]]) -> Any:
    if isinstance(shown, list):
        for one in shown:
            _walk(account, one, older)
    elif isinstance(shown, dict):
        for value in shown.values():
            _walk(account, value, older)
        for change in older:
            change(account, shown)
    return shown


def _coupon_on_the_discount(account: Account, shown: Json) -> None:
    """A discount held its whole coupon, before it named its source."""
    source = shown.get("source")
    if shown.get("object") == "discount" and isinstance(source, dict):
        coupon = source["coupon"]
        kept = account.store.get("coupon", coupon) if isinstance(coupon, str) else None
        shown["coupon"] = (
            {name: value for name, value in kept.items() if not name.startswith("_")}
            if kept
            else coupon
        )
        del shown["source"]


def _period_on_the_subscription(account: Account, shown: Json) -> None:
    """A subscription held its period, before each of its items did."""
    if shown.get("object") == "subscription" and shown["items"]["data"]:
        items = shown["items"]["data"]
        for edge, choose in (("current_period_start", min), ("current_period_end", max)):
            shown[edge] = choose(item.pop(edge) for item in items)


def _payment_on_the_invoice(account: Account, shown: Json) -> None:
    """An invoice named its subscription and its intent, before it had a parent and payments."""
    if shown.get("object") != "invoice":
        return
    parent = shown.pop("parent", None) or {}
    details = parent.get("subscription_details") or {}
    kept = account.store.get("invoice", shown["id"]) or {}
    intent = account.store.get("payment_intent", kept.get("_intent", "")) or {}
    shown |= {
        "subscription": details.get("subscription"),
        "payment_intent": intent.get("id"),
        "charge": intent.get("latest_charge"),
        "paid": shown["status"] == "paid",
    }


_MOVES: tuple[tuple[str, Callable[[Account, Json], None]], ...] = (
    ("2025-09-30.clover", _coupon_on_the_discount),
    ("2025-03-31.basil", _period_on_the_subscription),
    ("2025-03-31.basil", _payment_on_the_invoice),
)
