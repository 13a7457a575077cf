from __future__ import annotations

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts import second_factor
from accounts.access import may, public, requires
from accounts.people import person
from accounts.roles import Permission
from core.limits import SIGN_IN, limited
from core.pages import methods


class SignIn(LoginView):
    """Sign in by name and password, then go where the person was going, or to their own start."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        staff = may(self.request.user, Permission.ORDER_VIEW)
        return reverse("orders:staff-list" if staff else "catalog:shop-front")

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=400)


sign_in = public(methods("GET", "POST")(limited(SIGN_IN)(SignIn.as_view())))
sign_out = public(methods("POST")(LogoutView.as_view()))


@requires(Permission.PERSON_VIEW_OWN)
@methods("GET")
def account(request: HttpRequest) -> HttpResponse:
    """What a person finds about themselves."""
    user = person(request)
    context = {
        "may_use_factor": may(user, Permission.SECOND_FACTOR_USE),
        "has_factor": second_factor.has_factor(user),
        "codes_left": second_factor.codes_left(user),
    }
    return render(request, "accounts/account.html", context)
