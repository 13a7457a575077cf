"""The pages about people: find one, look at what is held, erase; and one's own copy."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from accounts.access import actor_of, may, requires
from accounts.models import User
from accounts.people import person
from accounts.roles import Permission
from audit import services as audit
from audit.actions import Action, Result
from core.limits import EXPORT, limited
from core.pages import methods, portion
from core.refusal import Refused
from privacy import copy, erasure, person_page, retention
from privacy.forms import EraseForm, PeopleFilters


@requires(Permission.PERSON_VIEW)
@methods("GET")
def people(request: HttpRequest) -> HttpResponse:
    """Sign-in names only; what else is held of somebody stands on their page, which is audited."""
    filters = PeopleFilters(request.GET)
    if not filters.is_valid():
        return render(request, "privacy/people.html", {"filters": filters}, status=400)
    found = User.objects.filter(filters.condition()).prefetch_related("groups")
    page = portion(found, before=filters.cleaned_data["before"])
    context = {
        "filters": filters,
        "page": page,
        "may_erase": may(request.user, Permission.PERSON_ERASE),
    }
    return render(request, "privacy/people.html", context)


@requires(Permission.PERSON_VIEW)
@methods("GET")
def detail(request: HttpRequest, user_id: int) -> HttpResponse:
    """All that is held about one person. Looking is audited."""
    found = get_object_or_404(User, pk=user_id)
    audit.record(
        actor=actor_of(request),
        action=Action.PERSON_VIEWED,
        subject=f"user:{found.pk}",
        result=Result.DONE,
        now=timezone.now(),
    )
    context = {
        "page": person_page.of(found, now=timezone.now()),
        "may_manage": may(request.user, Permission.PERSON_MANAGE),
        "may_erase": may(request.user, Permission.PERSON_ERASE),
    }
    return render(request, "privacy/person.html", context)


@requires(Permission.PERSON_ERASE)
@methods("GET", "POST")
def erase(request: HttpRequest, user_id: int) -> HttpResponse:
    found = get_object_or_404(User, pk=user_id)
    form = EraseForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                erased = erasure.erase(
                    user=found,
                    why=form.cleaned_data["why"],
                    by=actor_of(request),
                    now=timezone.now(),
                )
            except Refused as no:
                form.add_error(None, str(no))
                status = 409
            else:
                messages.success(request, _done(erased))
                return redirect("privacy:person", found.pk)
    context = {"form": form, "page": person_page.of(found, now=timezone.now())}
    return render(request, "privacy/erase.html", context, status=status)


@requires(Permission.PERSON_ERASE)
@methods("GET", "POST")
def keeping(request: HttpRequest) -> HttpResponse:
    """What is kept for how long, what is older than that now, and a button that takes it away."""
    if request.method == "POST":
        taken = retention.apply(now=timezone.now(), by=actor_of(request))
        count = sum(one.rows for one in taken)
        gone = f"{count} row{'' if count == 1 else 's'} gone" if count else "nothing was due"
        messages.success(request, f"Retention: {gone}.")
        return redirect("privacy:retention")
    counts = retention.overdue(now=timezone.now())
    context = {"counts": counts, "is_due": any(one.rows for one in counts)}
    return render(request, "privacy/retention.html", context)


@requires(Permission.PERSON_VIEW_OWN)
@methods("GET")
@limited(EXPORT)
def own(request: HttpRequest) -> HttpResponse:
    """The person's own copy, as a file. Asking for the headers alone looks at nothing."""
    user = person(request)
    body = ""
    if request.method == "GET":
        found = copy.view(user=user, by=actor_of(request), now=timezone.now())
        body = copy.as_json(found)
    response = HttpResponse(body, content_type="application/json")
    name = f"purelaka-{user.pk}-{timezone.now():%Y-%m-%d}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _done(erased: erasure.Erased) -> str:
    """What is left to do for whoever erased somebody."""
    if not erased.at_stripe:
        return "Person erased."
    return f"Person erased. Now delete at Stripe: {', '.join(erased.at_stripe)}."
