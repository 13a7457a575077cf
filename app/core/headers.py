"""Headers that every answer of the shop carries, on a laptop as in production."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

STRIPE_CHECKOUT = "https://checkout.stripe.com"
# What the shop's pages never ask a browser for, so that nothing injected into them can.
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture"),
        *("encrypted-media", "fullscreen", "geolocation", "gyroscope", "magnetometer"),
        *("microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock", "usb"),
    )
)


class ContentPolicy(CSPMiddleware):
    """The policy of the settings. A form of ours may lead on to where Stripe's payment page
    stands: browsers hold redirects after a form to `form-action` too."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        parts.update = {"form-action": [checkout_origin()], **(parts.update or {})}
        return parts


class Headers:
    """Permissions-Policy and Cross-Origin-Resource-Policy on everything; what was made for a
    person who is signed in is kept by no cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        user = getattr(request, "_cached_user", None)
        if user is not None and user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


def checkout_origin() -> str:
    """Scheme and host of the page where customers pay: as set, else where the twin stands when
    the shop talks to one, else Stripe's."""
    if settings.STRIPE_CHECKOUT_ORIGIN or not settings.STRIPE_API_BASE:
        return settings.STRIPE_CHECKOUT_ORIGIN or STRIPE_CHECKOUT
    twin = urlsplit(settings.STRIPE_API_BASE)
    return f"{twin.scheme}://{twin.netloc}"
