from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from accounts import passwords, second_factor
from accounts.access import actor_of, may, public, requires
from accounts.forms import OwnPasswordForm
from accounts.people import person
from accounts.roles import Permission
from core.limits import PASSWORD, SIGN_IN, limited
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


@sensitive_post_parameters()
@requires(Permission.PASSWORD_CHANGE)
@methods("GET", "POST")
@limited(PASSWORD)
def change_password(request: HttpRequest) -> HttpResponse:
    """The person's own, by the present one. The session in which it happened goes on."""
    user, now = person(request), timezone.now()
    form = OwnPasswordForm(user, request.POST if request.method == "POST" else None)
    if request.method == "GET":
        return render(request, "accounts/password.html", {"form": form})
    if form.is_valid():
        new = form.cleaned_data["new_password1"]
        passwords.change(user=user, new=new, by=actor_of(request), now=now)
        update_session_auth_hash(request, user)
        messages.success(request, "Password changed. Everywhere else you are signed out.")
        return redirect("accounts:account")
    if form.has_error("old_password", "password_incorrect"):
        passwords.wrong(user=user, by=actor_of(request), now=now)
    return render(request, "accounts/password.html", {"form": form}, status=400)
