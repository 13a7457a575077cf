from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts.access import actor_of, may, public, requires
from accounts.people import person
from accounts.roles import Permission
from core.limits import SUBSCRIBE, limited
from core.pages import methods, portion, refusal
from core.refusal import Refused
from payments import gateway
from subscriptions import ending, mrr_page, shown, starting
from subscriptions.forms import SubscriptionFilters
from subscriptions.models import Plan, Subscription

UNANSWERED = "Subscription: Stripe gave no page; nothing was charged. Try again in a minute."
UNANSWERED_CANCEL = "Cancel: Stripe did not answer, so the subscription goes on. Try again."


@public
@methods("GET")
def plans(request: HttpRequest) -> HttpResponse:
    """What can be subscribed to. Staff look; a visitor signs in when choosing one."""
    may_start = not request.user.is_authenticated or may(
        request.user, Permission.SUBSCRIPTION_START
    )
    found = Plan.objects.filter(is_on_sale=True)
    return render(request, "subscriptions/plans.html", {"plans": found, "may_start": may_start})


@requires(Permission.SUBSCRIPTION_START)
@methods("GET")
def mine(request: HttpRequest) -> HttpResponse:
    return render(request, "subscriptions/mine.html", {"page": shown.own(person(request))})


@requires(Permission.SUBSCRIPTION_START)
@methods("POST")
@limited(SUBSCRIBE)
def start(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Send the customer to Stripe's page; no card data comes here."""
    plan = get_object_or_404(Plan, pk=plan_id)
    back = reverse("subscriptions:plans")
    try:
        wish = starting.start(plan=plan, customer=person(request), now=timezone.now())
    except Refused as no:
        return refusal(request, str(no), back=back)
    except gateway.GatewayError:
        return refusal(request, UNANSWERED, back=back, status=503)
    response = redirect(wish.checkout_url)
    response.status_code = 303
    return response


@requires(Permission.SUBSCRIPTION_CANCEL_OWN)
@methods("POST")
def cancel(request: HttpRequest, subscription_id: int) -> HttpResponse:
    own = Subscription.objects.filter(customer=person(request))
    subscription = get_object_or_404(own, pk=subscription_id)
    back = reverse("subscriptions:mine")
    return _cancel(request, subscription, reason="the customer canceled it", back=back)


@requires(Permission.SUBSCRIPTION_VIEW)
@methods("GET")
def staff_list(request: HttpRequest) -> HttpResponse:
    filters = SubscriptionFilters(request.GET)
    if not filters.is_valid():
        return render(request, "subscriptions/staff_list.html", {"filters": filters}, status=400)
    found = Subscription.objects.filter(filters.condition()).select_related("customer")
    page = portion(found.prefetch_related("items"), before=filters.cleaned_data["before"])
    listed = shown.show(page.rows, may_cancel=False)
    return render(
        request,
        "subscriptions/staff_list.html",
        {"filters": filters, "page": page, "listed": listed},
    )


@requires(Permission.SUBSCRIPTION_VIEW)
@methods("GET")
def staff_detail(request: HttpRequest, subscription_id: int) -> HttpResponse:
    found = Subscription.objects.select_related("customer")
    subscription = get_object_or_404(found, pk=subscription_id)
    may_cancel = may(request.user, Permission.SUBSCRIPTION_CANCEL)
    page = shown.detail(subscription, may_cancel=may_cancel)
    return render(request, "subscriptions/staff_detail.html", {"page": page})


@requires(Permission.SUBSCRIPTION_CANCEL)
@methods("POST")
def staff_cancel(request: HttpRequest, subscription_id: int) -> HttpResponse:
    subscription = get_object_or_404(Subscription, pk=subscription_id)
    back = reverse("subscriptions:staff-detail", args=[subscription.pk])
    return _cancel(request, subscription, reason="staff canceled it", back=back)


@requires(Permission.ANALYTICS_VIEW)
@methods("GET")
def mrr(request: HttpRequest) -> HttpResponse:
    """What subscriptions are worth a month, how that moved, and by which definition."""
    found = mrr_page.reports(now=timezone.now())
    return render(request, "subscriptions/mrr.html", {"reports": found})


def _cancel(
    request: HttpRequest, subscription: Subscription, *, reason: str, back: str
) -> HttpResponse:
    try:
        ended = ending.cancel(
            subscription=subscription, by=actor_of(request), reason=reason, now=timezone.now()
        )
    except Refused as no:
        return refusal(request, str(no), back=back)
    except gateway.GatewayError:
        return refusal(request, UNANSWERED_CANCEL, back=back, status=503)
    messages.success(request, f"Subscription {ended.pk} canceled. {shown.next_step(ended)}")
    return redirect(back)
