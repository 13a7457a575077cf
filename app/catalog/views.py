from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from accounts.access import actor_of, may, public, requires
from accounts.roles import Permission
from catalog import prices
from catalog.forms import PriceForm
from catalog.models import Product
from core.pages import methods
from core.refusal import Refused


@public
@methods("GET")
def shop_front(request: HttpRequest) -> HttpResponse:
    """Everything on sale. Staff look and do not buy; a visitor signs in when placing the order."""
    is_visitor = not request.user.is_authenticated
    context = {
        "products": Product.objects.filter(is_on_sale=True),
        "may_buy": is_visitor or may(request.user, Permission.ORDER_PLACE),
        "may_change_prices": not is_visitor and may(request.user, Permission.PRICE_CHANGE),
    }
    return render(request, "catalog/shop_front.html", context)


@requires(Permission.PRICE_CHANGE)
@methods("GET")
def price_list(request: HttpRequest) -> HttpResponse:
    """Every product with its price, also what is not on sale."""
    return render(request, "catalog/price_list.html", {"products": Product.objects.all()})


@requires(Permission.PRICE_CHANGE)
@methods("GET", "POST")
def price(request: HttpRequest, product_id: int) -> HttpResponse:
    """Change one price."""
    product = get_object_or_404(Product, pk=product_id)
    form = PriceForm(request.POST or None, product=product)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                product = _change(request, product, form)
            except Refused as no:
                form.add_error(None, str(no))
                status = 409
            else:
                messages.success(request, f"{product.name}: new price.")
                return redirect("catalog:price-list")
    return render(request, "catalog/price.html", {"product": product, "form": form}, status=status)


def _change(request: HttpRequest, product: Product, form: PriceForm) -> Product:
    return prices.change(
        product=product,
        asked_pennies=form.cleaned_data["price"],
        by=actor_of(request),
        why=form.cleaned_data["why"],
        now=timezone.now(),
        seen_pennies=form.cleaned_data["seen"],
    )
