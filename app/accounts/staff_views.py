"""What administrators do for people who cannot sign in; the buttons stand on the person's page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from accounts import lockout, second_factor
from accounts.access import actor_of, requires
from accounts.forms import ResetFactorForm
from accounts.models import User
from accounts.roles import Permission
from core.pages import methods
from core.refusal import Refused


@requires(Permission.PERSON_MANAGE)
@methods("POST")
def unlock(request: HttpRequest, user_id: int) -> HttpResponse:
    found = get_object_or_404(User, pk=user_id)
    lockout.unlock(user=found, by=actor_of(request), now=timezone.now())
    messages.success(request, "Unlocked: they can sign in at once.")
    return redirect("privacy:person", found.pk)


@requires(Permission.PERSON_MANAGE)
@methods("GET", "POST")
def reset_factor(request: HttpRequest, user_id: int) -> HttpResponse:
    """Ask why, then forget the person's phone and recovery codes."""
    found = get_object_or_404(User, pk=user_id)
    form = ResetFactorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            had = second_factor.reset(
                user=found, why=form.cleaned_data["why"], by=actor_of(request), now=timezone.now()
            )
        except Refused as no:
            form.add_error("why", str(no))
        else:
            messages.success(
                request, "Second factor reset." if had else "There was no second factor to reset."
            )
            return redirect("privacy:person", found.pk)
    status = 400 if request.method == "POST" else 200
    context = {"form": form, "person": found, "has_factor": second_factor.has_factor(found)}
    return render(request, "accounts/reset_factor.html", context, status=status)
