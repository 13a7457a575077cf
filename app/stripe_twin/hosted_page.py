"""The payment page a buyer sees: `/c/pay/<session>`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from stripe_twin import intents, money, payments, sessions
from stripe_twin.account import Account
from stripe_twin.asked import asked
from stripe_twin.billing import sale
from stripe_twin.cards import CARDS, UnknownCard
from stripe_twin.errors import StripeError
from stripe_twin.payments import Attempt, Result
from stripe_twin.sessions import NotPayable
from stripe_twin.store import Json

_DELAYED_NAMES = {
    "bacs_debit": "Bacs Direct Debit",
    "sepa_debit": "SEPA Direct Debit",
    "us_bank_account": "US bank account",
}


@dataclass(frozen=True)
class Line:
    name: str
    quantity: int
    amount: str


def blueprint() -> Blueprint:
    """The page, the 3-D Secure step and what their forms do."""
    room = Blueprint("hosted_page", __name__)

    @room.get("/c/pay/<session_id>")
    def show(session_id: str) -> tuple[str, int]:
        account = asked().account
        with account.store.change():
            return _page(account, session_id)

    @room.post("/c/pay/<session_id>")
    def pay(session_id: str) -> Response | tuple[str, int]:
        account = asked().account
        return _attempt(account, session_id, lambda: _pressed_pay(account, session_id))

    @room.get("/c/pay/<session_id>/authenticate")
    def ask(session_id: str) -> tuple[str, int]:
        account = asked().account
        with account.store.change():
            session = account.store.get("checkout.session", session_id)
            if not session or not _waits_for_3ds(account, session):
                return _page(account, session_id)
            return render_template("authenticate.html", **_view(session)), 200

    @room.post("/c/pay/<session_id>/authenticate")
    def answer(session_id: str) -> Response | tuple[str, int]:
        account = asked().account
        passed = request.form.get("answer") == "complete"
        return _attempt(
            account,
            session_id,
            lambda: payments.authenticate(account, session_id=session_id, passed=passed),
        )

    @room.get("/c/authenticate/<intent_id>")
    def ask_intent(intent_id: str) -> tuple[str, int]:
        account = asked().account
        with account.store.change():
            intent = account.store.get("payment_intent", intent_id)
            if not intent or intent.get("_session") or intent["status"] != "requires_action":
                return render_template("closed.html", reason="Nothing waits for an answer."), 404
            total = money.show(intent["amount"], intent["currency"])
            return render_template("authenticate.html", total=total), 200

    @room.post("/c/authenticate/<intent_id>")
    def answer_intent(intent_id: str) -> Response | tuple[str, int]:
        account = asked().account
        passed = request.form.get("answer") == "complete"
        with account.store.change():
            try:
                intent = intents.authenticate(account, intent_id, passed=passed)
            except StripeError as refusal:
                return render_template("closed.html", reason=refusal.message), 409
            url = intents.return_url_of(intent)
        return redirect(url, code=303) if url else _closed("Thank you. You can close this page.")

    return room


def _closed(reason: str) -> tuple[str, int]:
    return render_template("closed.html", reason=reason), 200


def _pressed_pay(account: Account, session_id: str) -> Result:
    email = request.form.get("email", "").strip()[:512]
    method = request.form.get("method", "card")
    if method == "card":
        number = request.form.get("number", "")
        return payments.pay(account, session_id=session_id, card_number=number, email=email)
    return payments.pay_later(
        account, session_id=session_id, succeeds=method != "bank_fails", email=email
    )


def _attempt(
    account: Account, session_id: str, act: Callable[[], Result]
) -> Response | tuple[str, int]:
    with account.store.change():
        try:
            result = act()
        except NotPayable as refusal:
            return _page(account, session_id, message=str(refusal), status=409)
        except UnknownCard as refusal:
            return _page(account, session_id, message=str(refusal), status=402)
        except StripeError:
            return _page(account, session_id)
        if result.attempt is Attempt.DECLINED and result.decline:
            return _page(account, session_id, message=result.decline.message, status=402)
        if result.attempt is Attempt.AUTHENTICATE:
            return redirect(f"/c/pay/{session_id}/authenticate", code=303)
        session = sessions.session_of(account, session_id)
    # Stripe too gives the shop's webhook a moment before it sends the buyer back.
    account.outbox.wait_first_tries(timeout_s=account.settings.redirect_wait_s)
    return redirect(_success_url(session), code=303)


def _page(
    account: Account, session_id: str, *, message: str = "", status: int = 200
) -> tuple[str, int]:
    session = account.store.get("checkout.session", session_id)
    if session is None:
        return render_template("closed.html", reason="There is no such payment page."), 404
    if session["status"] == "complete":
        return (
            render_template(
                "closed.html",
                reason="This payment has been made already.",
                link=_success_url(session),
            ),
            status,
        )
    if session["status"] == "expired":
        return (
            render_template(
                "closed.html",
                reason="This payment page has expired.",
                link=session["cancel_url"],
            ),
            410,
        )
    return render_template("pay.html", message=message, **_view(session)), status


def _view(session: Json) -> Json:
    currency = session["currency"]
    delayed = [_DELAYED_NAMES[m] for m in session["payment_method_types"] if m != "card"]
    return {
        "session_id": session["id"],
        "total": money.show(session["amount_total"], currency),
        "lines": [
            Line(
                name=line["description"],
                quantity=line["quantity"],
                amount=money.show(line["amount_total"], currency),
            )
            for line in session["_lines"]
        ],
        "email": session["customer_email"] or "",
        "email_fixed": bool(session["customer_email"]),
        "cancel_url": session["cancel_url"],
        "takes_card": "card" in session["payment_method_types"],
        "delayed": delayed[0] if delayed else "",
        "cards": CARDS,
        "terms": sale.terms(session),
    }


def _waits_for_3ds(account: Account, session: Json) -> bool:
    intent = sessions.intent_of(account, session)
    return intent is not None and intent["status"] == "requires_action"


def _success_url(session: Json) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", str(session["id"]))
