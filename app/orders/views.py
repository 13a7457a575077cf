from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts import sessions
from accounts.access import public, requires
from accounts.people import person
from accounts.roles import Permission
from catalog.models import Product
from core.limits import BASKET, PLACE, limited
from core.pages import methods, portion, refusal
from core.refusal import Refused
from orders import services
from orders.basket import Basket, total
from orders.forms import OrderFilters, PlaceForm, QuantityForm
from orders.models import Order
from orders.totals import CannotPlace


@public
@methods("GET")
def basket_page(request: HttpRequest) -> HttpResponse:
    """What is in it. What went off sale is told, and then it is no longer in it: only here, where
    the customer sees that."""
    basket = Basket(request.session)
    lines, unsold = basket.look()
    for product in unsold if request.method == "GET" else ():
        messages.warning(request, f"{product.name}: no longer on sale, so taken out of the basket.")
        basket.change(product, 0)
    shown = {"lines": lines, "total": total(lines), "form": PlaceForm()}
    return render(request, "orders/basket.html", shown)


@public
@methods("POST")
@limited(BASKET)
def basket_add(request: HttpRequest) -> HttpResponse:
    return _put_in(request, "add")


@public
@methods("POST")
@limited(BASKET)
def basket_change(request: HttpRequest) -> HttpResponse:
    return _put_in(request, "change")


@requires(Permission.ORDER_PLACE)
@methods("POST")
@limited(PLACE)
def place(request: HttpRequest) -> HttpResponse:
    form = PlaceForm(request.POST)
    back = reverse("orders:basket")
    if not form.is_valid():
        sentence = "Basket: the form was damaged on its way; look at it and place it again."
        return refusal(request, sentence, back=back, status=400)
    try:
        order = _order_basket(request, form_key=str(form.cleaned_data["form_key"]))
    except Refused as no:
        return refusal(request, str(no), back=back)
    messages.success(request, f"Order {order.pk} placed. Pay to complete it.")
    return redirect("orders:detail", order.pk)


@requires(Permission.ORDER_VIEW_OWN)
@methods("GET")
def mine(request: HttpRequest) -> HttpResponse:
    filters = OrderFilters(request.GET)
    if not filters.is_valid():
        return render(request, "orders/mine.html", {"filters": filters}, status=400)
    own = Order.objects.filter(filters.condition(), customer=person(request))
    page = portion(own, before=filters.cleaned_data["before"])
    return render(request, "orders/mine.html", {"page": page})


@requires(Permission.ORDER_VIEW)
@methods("GET")
def staff_list(request: HttpRequest) -> HttpResponse:
    filters = OrderFilters(request.GET)
    if not filters.is_valid():
        return render(request, "orders/staff_list.html", {"filters": filters}, status=400)
    found = Order.objects.filter(filters.condition()).select_related("customer")
    page = portion(found, before=filters.cleaned_data["before"])
    return render(request, "orders/staff_list.html", {"filters": filters, "page": page})


def _order_basket(request: HttpRequest, *, form_key: str) -> Order:
    """The order of what is in the basket, which is empty then: both or neither, and one tab of a
    browser after the other. Raises CannotPlace."""
    with transaction.atomic():
        sessions.hold(request)
        basket = Basket(request.session)
        order = services.place(
            customer=person(request),
            basket=_wanted(basket),
            now=timezone.now(),
            form_key=form_key,
        )
        basket.clear()
        request.session.save()
    return order


def _wanted(basket: Basket) -> dict[Product, int]:
    """What is in it and how many. Raises CannotPlace when something went off sale, for then less
    would be ordered than the customer saw."""
    lines, unsold = basket.look()
    if unsold:
        names = ", ".join(product.name for product in unsold)
        raise CannotPlace(f"{names}: no longer on sale; look at the basket and order the rest.")
    return {line.product: line.quantity for line in lines}


def _put_in(request: HttpRequest, how: str) -> HttpResponse:
    form = QuantityForm(request.POST)
    back = reverse("orders:basket")
    if not form.is_valid():
        sentence = "Quantity: expected a whole number from 0 to 99; go back and choose one."
        return refusal(request, sentence, back=back, status=400)
    product = get_object_or_404(Product, pk=form.cleaned_data["product"], is_on_sale=True)
    basket = Basket(request.session)
    put = basket.add if how == "add" else basket.change
    try:
        count = put(product, form.cleaned_data["quantity"])
    except Refused as no:
        return refusal(request, str(no), back=back)
    messages.success(request, f"{product.name}: {count} in the basket.")
    return redirect("orders:basket")
