from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.access import may, public
from accounts.roles import Permission
from catalog.models import Product
from core.pages import methods


@public
@methods("GET")
def shop_front(request: HttpRequest) -> HttpResponse:
    """Everything on sale. Staff look and do not buy; a visitor signs in when placing the order."""
    may_buy = not request.user.is_authenticated or may(request.user, Permission.ORDER_PLACE)
    products = Product.objects.filter(is_on_sale=True)
    return render(request, "catalog/shop_front.html", {"products": products, "may_buy": may_buy})
