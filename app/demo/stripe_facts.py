"""What pages say of the shop's ways to Stripe: events to send it, and what its key may do."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from webhooks.facts import HANDLED
from webhooks.models import Kind

GATEWAY = settings.APP_DIR / "payments" / "gateway"
READ, WRITE = "read", "write"
_CALL = re.compile(r"client\(\)\.v1\.(?P<resource>[\w.]+)\.(?P<verb>\w+)")
_READS = frozenset({"list", "retrieve"})
# docs.stripe.com/keys/restricted-api-keys: what the dashboard calls the permission for a resource.
# What a call expands, or makes by the way, is asked for as well.
PERMISSIONS: Mapping[str, tuple[str, ...]] = {
    "checkout.sessions": ("Checkout Sessions",),
    "disputes": ("Disputes",),
    "events": ("Events",),
    "invoice_payments": ("Invoices",),
    "payment_intents": ("PaymentIntents",),
    "prices": ("Prices", "Products"),
    "refunds": ("Charges and Refunds",),
    "subscription_items": ("Subscriptions", "Coupons"),
    "subscriptions": ("Subscriptions", "Coupons"),
    "webhook_endpoints": ("Webhook Endpoints",),
}
# Read whatever is done to that which shows them.
_ONLY_READ = frozenset({"Coupons"})


def event_types() -> list[dict[str, str | list[str]]]:
    """What the endpoint at Stripe must send: the types of each object, as Stripe names both."""
    return [
        {"object": kind.value, "types": [name for name, of in HANDLED.items() if of == kind]}
        for kind in Kind
        if kind in HANDLED.values()
    ]


def key_permissions(gateway: Path = GATEWAY) -> list[dict[str, str]]:
    """What a restricted key must be allowed, by the calls that the gateway's source makes."""
    access: dict[str, str] = {}
    for resource, verb in sorted(_calls(gateway)):
        for name in PERMISSIONS[resource]:
            reads = verb in _READS or name in _ONLY_READ
            access[name] = READ if reads and access.get(name) != WRITE else WRITE
    return [{"permission": name, "access": access[name]} for name in sorted(access)]


def _calls(gateway: Path) -> set[tuple[str, str]]:
    """Resource and verb of each call, as the source has it."""
    return {
        (call["resource"], call["verb"])
        for path in gateway.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and (call := _CALL.fullmatch(ast.unparse(node.func)))
    }
