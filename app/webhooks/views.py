from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.access import public
from payments import gateway
from webhooks import inbox


# Signed by Stripe instead of by our own form: the signature is what lets it in.
@public
@csrf_exempt
@require_POST
def stripe(request: HttpRequest) -> HttpResponse:
    """Keep the event and answer at once; the worker does the rest. 413 and 400 keep nothing."""
    try:
        inbox.receive(
            payload=_body(request),
            header=request.headers.get("Stripe-Signature", ""),
            now=timezone.now(),
        )
    except inbox.TooLarge as no:
        return HttpResponse(str(no), status=413, content_type="text/plain")
    except gateway.BadSignature as no:
        return HttpResponse(str(no), status=400, content_type="text/plain")
    return HttpResponse("received", content_type="text/plain")


def _body(request: HttpRequest) -> bytes:
    """The raw body, read no further than one byte past the limit."""
    return request.read(settings.STRIPE_WEBHOOK_MAX_BYTES + 1)
