"""Where events go: the address the twin was started with, and those made over the API."""

from __future__ import annotations

import secrets as entropy
from typing import TYPE_CHECKING

from stripe_twin.errors import StripeError, missing
from stripe_twin.ids import new_id
from stripe_twin.settings import NotLoopback, require_loopback
from stripe_twin.store import Json

if TYPE_CHECKING:
    from stripe_twin.account import Account

KIND = "webhook_endpoint"
OWN = "we_from_the_settings"
"""The endpoint that the twin's settings name; it is listed and changed like any other."""
_MOST = 16


def keep_own(account: Account) -> None:
    """Let the settings' endpoint stand with their address and secrets, or not at all."""
    settings = account.settings
    own = account.store.get(KIND, OWN)
    if not settings.webhook_url:
        if own:
            account.store.remove(KIND, OWN)
        return
    if own is None:
        own = _endpoint({"url": "", "enabled_events": ["*"]}, now=account.clock.now())
        own |= {"id": OWN, "api_version": settings.api_version}
    own |= {"url": settings.webhook_url, "_secrets": list(settings.webhook_secrets)}
    account.store.put(KIND, own)


def create(account: Account, params: Json) -> Json:
    """A new endpoint with its signing secret, which is shown this once."""
    if len(account.store.all(KIND)) >= _MOST:
        raise StripeError(f"You have reached the maximum of {_MOST} test webhook endpoints.")
    endpoint = _endpoint(params, now=account.clock.now())
    account.store.put(KIND, endpoint)
    (secret,) = endpoint["_secrets"]
    return endpoint | {"secret": secret}


def update(account: Account, endpoint_id: str, changes: Json) -> Json:
    """The endpoint as it is from now on; `disabled` stops its events and starts them again."""
    endpoint = find(account, endpoint_id)
    disabled = changes.pop("disabled", endpoint["status"] == "disabled")
    endpoint |= changes | {"status": "disabled" if disabled else "enabled"}
    return account.store.put(KIND, endpoint)


def delete(account: Account, endpoint_id: str) -> Json:
    """Forget the endpoint; what still waits to be sent to it is not sent."""
    find(account, endpoint_id)
    account.store.remove(KIND, endpoint_id)
    return {"id": endpoint_id, "object": KIND, "deleted": True}


def find(account: Account, endpoint_id: str) -> Json:
    """The endpoint; a Stripe 404 when there is none."""
    endpoint = account.store.get(KIND, endpoint_id)
    if endpoint is None:
        raise missing("webhook endpoint", endpoint_id)
    return endpoint


def reached(account: Account, *, event_type: str = "*") -> list[Json]:
    """The endpoints that want events of this type (any type: `*`) and are on this machine."""
    return [
        endpoint
        for endpoint in account.store.all(KIND)
        if _reached(endpoint)
        and (event_type == "*" or {event_type, "*"} & set(endpoint["enabled_events"]))
    ]


def still_reached(account: Account, endpoint_id: str) -> Json | None:
    """The endpoint; None once it is deleted, disabled, or moved to another machine."""
    endpoint = account.store.get(KIND, endpoint_id)
    return endpoint if endpoint and _reached(endpoint) else None


def _reached(endpoint: Json) -> bool:
    try:
        require_loopback(endpoint["url"], what="webhook URL")
    except NotLoopback:
        return False
    return bool(endpoint["status"] == "enabled")


def _endpoint(params: Json, *, now: int) -> Json:
    return {
        "id": new_id("we"),
        "object": KIND,
        "api_version": params.get("api_version"),
        "application": None,
        "created": now,
        "description": params.get("description"),
        "enabled_events": params["enabled_events"],
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "status": "enabled",
        "url": params["url"],
        "_secrets": [f"whsec_{entropy.token_hex(16)}"],
    }
