from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts.access import actor_of, requires
from accounts.people import person
from accounts.roles import Permission
from core.limits import PAY, limited
from core.pages import methods, refusal
from core.refusal import Refused
from orders.lifecycle import OrderStatus
from orders.models import Order
from payments import gateway, services

UNANSWERED = "Payment: Stripe gave no payment page; nothing was charged. Try again in a minute."
UNANSWERED_CANCEL = "Cancel: Stripe did not answer, so the order stays open. Try again in a minute."


@requires(Permission.ORDER_PLACE)
@methods("POST")
@limited(PAY)
def pay(request: HttpRequest, order_id: int) -> HttpResponse:
    """Send the customer to Stripe's payment page; no card data comes here."""
    order = get_object_or_404(Order, pk=order_id, customer=person(request))
    back = reverse("orders:detail", args=[order.pk])
    try:
        payment = services.start_checkout(order=order, by=actor_of(request), now=timezone.now())
    except Refused as no:
        return refusal(request, str(no), back=back)
    except gateway.GatewayError:
        return refusal(request, UNANSWERED, back=back, status=503)
    response = redirect(payment.checkout_url)
    response.status_code = 303
    return response


@requires(Permission.ORDER_VIEW_OWN)
@methods("GET")
def returned(request: HttpRequest, order_id: int) -> HttpResponse:
    """Where Stripe sends the customer after paying. This visit proves nothing: only the webhook
    makes an order paid, so until then the page says that it waits."""
    order = get_object_or_404(Order, pk=order_id, customer=person(request))
    if order.status == OrderStatus.PENDING:
        return render(request, "orders/returned.html", {"order": order})
    return redirect("orders:detail", order.pk)


@requires(Permission.ORDER_PLACE)
@methods("POST")
def cancel(request: HttpRequest, order_id: int) -> HttpResponse:
    order = get_object_or_404(Order, pk=order_id, customer=person(request))
    return _cancel(request, order, reason="the customer canceled it", back="orders:detail")


@requires(Permission.ORDER_CANCEL)
@methods("POST")
def staff_cancel(request: HttpRequest, order_id: int) -> HttpResponse:
    order = get_object_or_404(Order, pk=order_id)
    return _cancel(request, order, reason="staff canceled it", back="orders:staff-detail")


@requires(Permission.ORDER_FULFIL)
@methods("POST")
def fulfil(request: HttpRequest, order_id: int) -> HttpResponse:
    order = get_object_or_404(Order, pk=order_id)
    back = reverse("orders:staff-detail", args=[order.pk])
    try:
        services.fulfil(
            order=order, by=actor_of(request), reason="packed and sent", now=timezone.now()
        )
    except Refused as no:
        return refusal(request, str(no), back=back)
    messages.success(request, f"Order {order.pk} fulfilled.")
    return redirect(back)


def _cancel(request: HttpRequest, order: Order, *, reason: str, back: str) -> HttpResponse:
    try:
        services.cancel(order=order, by=actor_of(request), reason=reason, now=timezone.now())
    except Refused as no:
        return refusal(request, str(no), back=reverse(back, args=[order.pk]))
    except gateway.GatewayError:
        url = reverse(back, args=[order.pk])
        return refusal(request, UNANSWERED_CANCEL, back=url, status=503)
    messages.success(request, f"Order {order.pk} canceled.")
    return redirect(back, order.pk)
