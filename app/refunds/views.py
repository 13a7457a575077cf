"""The pages of an order, which show its refunds, and the form that issues one."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from accounts.access import actor_of, requires
from accounts.people import person
from accounts.roles import Permission
from core.pages import methods
from core.refusal import Refused
from orders.models import Order
from refunds import order_page, policy, services
from refunds.forms import RefundForm
from refunds.models import Refund, RefundStatus

SENT = {
    RefundStatus.REQUESTED: "Refund asked for. Stripe has not answered yet: the money is reserved "
    "and the refund is confirmed or released when it does.",
    RefundStatus.FAILED: "Refund failed at Stripe; the money can be refunded again.",
}


@requires(Permission.ORDER_VIEW_OWN)
@methods("GET")
def detail(request: HttpRequest, order_id: int) -> HttpResponse:
    page = order_page.for_customer(order_id=order_id, customer=person(request))
    return render(request, "orders/detail.html", {"page": page})


@requires(Permission.ORDER_VIEW)
@methods("GET")
def staff_detail(request: HttpRequest, order_id: int) -> HttpResponse:
    page = order_page.for_staff(order_id=order_id, viewer=person(request), now=timezone.now())
    return render(request, "orders/staff_detail.html", {"page": page})


@requires(Permission.REFUND_ISSUE)
@methods("GET", "POST")
def issue(request: HttpRequest, order_id: int) -> HttpResponse:
    order = get_object_or_404(Order.objects.select_related("customer"), pk=order_id)
    form = RefundForm(
        request.POST or None, currency=order.currency, initial={"form_key": uuid.uuid4()}
    )
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                refund = _issue(request, order, form)
            except Refused as no:
                form.add_error(None, str(no))
                status = 409
            else:
                return _sent(request, order, refund)
    return render(
        request,
        "refunds/issue.html",
        {
            "order": order,
            "form": form,
            "assessment": services.assess(order=order, now=timezone.now()),
            "window_days": policy.WINDOW_DAYS,
        },
        status=status,
    )


def _issue(request: HttpRequest, order: Order, form: RefundForm) -> Refund:
    return services.issue(
        order=order,
        asked_pennies=form.cleaned_data["amount"],
        reason=form.cleaned_data["reason"],
        by=actor_of(request),
        now=timezone.now(),
        form_key=str(form.cleaned_data["form_key"]),
    )


def _sent(request: HttpRequest, order: Order, refund: Refund) -> HttpResponse:
    status = RefundStatus(refund.status)
    level = messages.WARNING if status in SENT else messages.SUCCESS
    messages.add_message(request, level, SENT.get(status, "Refund sent."))
    return redirect("orders:staff-detail", order.pk)
