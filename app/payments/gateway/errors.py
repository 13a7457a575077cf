"""Two ways to fail that must never be mixed up: Stripe said no, and nobody can tell."""

from __future__ import annotations


class GatewayError(Exception):
    """Something between us and Stripe; the text is for people who run the shop."""


class Rejected(GatewayError):
    """Stripe said no, so nothing was done. The text is Stripe's own."""


class Missing(Rejected):
    """Stripe knows no such object."""


class Unknown(GatewayError):
    """No answer that can be trusted: a timeout, a lost connection, a failure inside Stripe."""


class BadSignature(GatewayError):
    """The body was not signed with any active secret, or too long ago, or is no event."""


class NotAnEvent(BadSignature):
    """What came, or what Stripe listed, is no event that can be kept."""
