"""The answers Stripe gives when it says no."""

from __future__ import annotations

from typing import Any

_DOCS = "https://stripe.com/docs/error-codes/"


class StripeError(Exception):
    """One refusal: HTTP status and the fields of Stripe's `error` object.

    `began` is False when no work had started, so no answer is kept for the idempotency key.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        began: bool = True,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.began = began
        self.more = more

    def body(self, request_id: str) -> dict[str, Any]:
        """The JSON object a client reads."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind}
        if self.code:
            error |= {"code": self.code, "doc_url": _DOCS + self.code.replace("_", "-")}
        if self.param:
            error["param"] = self.param
        return {"error": error | self.more | {"request_id": request_id}}


def invalid_param(message: str, *, param: str, code: str = "") -> StripeError:
    """A parameter was refused before any work began."""
    return StripeError(message, param=param, code=code, began=False)


def missing(kind: str, object_id: str, *, param: str = "id", status: int = 404) -> StripeError:
    """There is no such object."""
    return StripeError(
        f"No such {kind}: '{object_id}'", status=status, code="resource_missing", param=param
    )
