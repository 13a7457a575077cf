"""The pages of the second factor: enrol a phone, and prove it when signing in."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django_otp import login as prove

from accounts import second_factor
from accounts.access import actor_of, requires
from accounts.forms import CodeForm
from accounts.people import person
from accounts.roles import Permission
from core.limits import SECOND_FACTOR, limited
from core.pages import methods

# The key that a phone is being given waits in the session until the phone shows that it has it.
KEY = "second-factor-key"


@requires(Permission.SECOND_FACTOR_USE)
@methods("GET", "POST")
@limited(SECOND_FACTOR)
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for a code; then on to where the person was going."""
    user = person(request)
    if not second_factor.has_factor(user):
        return redirect("accounts:second-factor-enrol")
    if request.method == "GET":
        form = CodeForm(initial={"next": request.GET.get("next", "")})
        return render(request, "accounts/second_factor.html", {"form": form})
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            device = second_factor.verify(
                user=user,
                code=form.cleaned_data["code"],
                by=actor_of(request),
                now=timezone.now(),
            )
        except second_factor.CodeRefused as no:
            form.add_error("code", str(no))
        else:
            prove(request, device)
            request.session.cycle_key()
            return redirect(_onwards(request, form.cleaned_data["next"]))
    return render(request, "accounts/second_factor.html", {"form": form}, status=400)


@requires(Permission.SECOND_FACTOR_USE)
@methods("GET", "POST")
@limited(SECOND_FACTOR)
def enrol(request: HttpRequest) -> HttpResponse:
    """Give a phone its key, and show the recovery codes once."""
    user = person(request)
    if second_factor.has_factor(user) and not second_factor.is_verified(user):
        return redirect("accounts:second-factor")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and KEY in request.session:
        try:
            device, codes = second_factor.enrol(
                user=user,
                key=request.session[KEY],
                code=form.cleaned_data["code"],
                by=actor_of(request),
                now=timezone.now(),
            )
        except second_factor.CodeRefused as no:
            form.add_error("code", str(no))
        else:
            del request.session[KEY]
            prove(request, device)
            request.session.cycle_key()
            messages.success(request, "Second factor set up.")
            return render(request, "accounts/recovery_codes.html", {"codes": codes})
    return _enrolment(request, form)


def _enrolment(request: HttpRequest, form: CodeForm) -> HttpResponse:
    user = person(request)
    key = request.session.setdefault(KEY, second_factor.new_key())
    context = {
        "form": form,
        "has_factor": second_factor.has_factor(user),
        # Made here of a key and a sign-in name, both escaped by segno.
        "picture": mark_safe(second_factor.picture(user=user, key=key)),  # noqa: S308 (an SVG)
        "key": second_factor.spelt(key),
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "accounts/enrol.html", context, status=status)


def _onwards(request: HttpRequest, wanted: str) -> str:
    """Where the person was going, within the shop."""
    if url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return reverse("orders:staff-list")
