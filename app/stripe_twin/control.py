"""What a test or a demo tells the twin to do: pay, decide, misbehave, deliver, forget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from stripe_twin import disputes, intents, payments, refunds, sessions, webhook_endpoints
from stripe_twin.account import Account
from stripe_twin.cards import DisputeReason, UnknownCard
from stripe_twin.errors import StripeError
from stripe_twin.misbehave import Fault, Rule
from stripe_twin.objects import public
from stripe_twin.payments import Attempt, Result
from stripe_twin.refunds import Wanted
from stripe_twin.sessions import NotPayable
from stripe_twin.store import Json


class Refused(ValueError):
    """The twin cannot do that; the message says why and what it can do."""


class Control:
    """The same verbs that `/_twin/...` takes over HTTP. Every answer is a JSON object."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def pay(
        self,
        *,
        session: str,
        card: str = "4242424242424242",
        authenticate: bool | None = None,
        email: str = "",
    ) -> Json:
        """Pay without a browser. `authenticate` answers 3-D Secure; None leaves it open."""
        with self._account.store.change():
            try:
                result = payments.pay(
                    self._account, session_id=session, card_number=card, email=email
                )
                if result.attempt is Attempt.AUTHENTICATE and authenticate is not None:
                    result = payments.authenticate(
                        self._account, session_id=session, passed=authenticate
                    )
            except (NotPayable, UnknownCard, StripeError) as refusal:
                raise Refused(f"pay: {refusal}") from refusal
            return self._outcome(session, result)

    def authenticate(self, *, intent: str, passed: bool = True) -> Json:
        """The buyer's answer to the 3-D Secure of a payment that no session made."""
        with self._account.store.change():
            try:
                return public(intents.authenticate(self._account, intent, passed=passed))
            except StripeError as refusal:
                raise Refused(f"authenticate: {refusal.message}") from refusal

    def pay_later(self, *, session: str, succeeds: bool = True, email: str = "") -> Json:
        """Pay by a bank account; `settle` or `fail` decides it, unless it decides itself."""
        with self._account.store.change():
            try:
                result = payments.pay_later(
                    self._account, session_id=session, succeeds=succeeds, email=email
                )
            except (NotPayable, StripeError) as refusal:
                raise Refused(f"pay_later: {refusal}") from refusal
            return self._outcome(session, result)

    def settle(self, *, id: str) -> Json:
        """A processing payment (pi_ or cs_) or a pending refund (re_) succeeds."""
        with self._account.store.change():
            if id.startswith("re_"):
                self._require("refund", id, ("pending",))
                refunds.succeed(self._account, id)
                return self._shown("refund", id)
            intent = self._processing_intent(id)
            payments.settle(self._account, intent, succeeded=True)
            return self._shown("payment_intent", intent)

    def fail(self, *, id: str, reason: str = "lost_or_stolen_card") -> Json:
        """A processing payment fails, or a refund does, even one that had succeeded."""
        with self._account.store.change():
            if id.startswith("re_"):
                if reason not in refunds.FAILURES:
                    known = ", ".join(refunds.FAILURES)
                    raise Refused(f"reason: found {reason!r}, expected one of {known}")
                self._require("refund", id, ("pending", "succeeded"))
                refunds.fail(self._account, id, reason=reason)
                return self._shown("refund", id)
            intent = self._processing_intent(id)
            payments.settle(self._account, intent, succeeded=False)
            return self._shown("payment_intent", intent)

    def refund_from_dashboard(
        self,
        *,
        payment_intent: str = "",
        charge: str = "",
        amount: int | None = None,
        reason: str | None = None,
    ) -> Json:
        """A refund somebody makes at Stripe, which the shop did not ask for."""
        if amount is not None and amount < 1:
            raise Refused(f"amount: found {amount}, expected at least 1 minor unit")
        wanted = Wanted(charge=charge, payment_intent=payment_intent, amount=amount, reason=reason)
        with self._account.store.change():
            try:
                return public(refunds.create(self._account, wanted))
            except StripeError as refusal:
                raise Refused(f"refund: {refusal.message}") from refusal

    def open_dispute(
        self, *, intent: str, amount: int | None = None, reason: str = "fraudulent"
    ) -> Json:
        """A buyer's bank disputes a payment (pi_ or ch_), all of it unless `amount` says less."""
        if reason not in list(DisputeReason):
            raise Refused(f"reason: found {reason!r}, expected one of {', '.join(DisputeReason)}")
        with self._account.store.change():
            paid = self._account.store.get("payment_intent", intent) or {"latest_charge": intent}
            charge = self._account.store.get("charge", paid["latest_charge"] or "")
            if charge is None:
                raise Refused(f"intent: found {intent!r}, expected a payment that was charged")
            try:
                return public(
                    disputes.open_dispute(
                        self._account, charge, amount=amount, reason=DisputeReason(reason)
                    )
                )
            except disputes.NotDisputable as refusal:
                raise Refused(f"open_dispute: {refusal}") from refusal

    def close_dispute(self, *, id: str, outcome: str) -> Json:
        """The bank decides a dispute (dp_): `outcome` is won or lost, from the shop's side."""
        if outcome not in list(disputes.Outcome):
            known = " or ".join(disputes.Outcome)
            raise Refused(f"outcome: found {outcome!r}, expected {known}")
        with self._account.store.change():
            try:
                decided = disputes.decide(self._account, id, outcome=disputes.Outcome(outcome))
            except StripeError as refusal:
                raise Refused(f"close_dispute: {refusal.message}") from refusal
            return public(decided)

    def misbehave(
        self,
        *,
        fault: str,
        times: int = 1,
        method: str = "*",
        path: str = "*",
        type: str = "*",
        seconds: float = 0.0,
        copies: int = 2,
    ) -> Json:
        """A rule for the next `times` matching requests, webhooks or refunds."""
        if fault not in list(Fault):
            raise Refused(f"fault: found {fault!r}, expected one of {', '.join(Fault)}")
        if not (1 <= times <= 10_000 and 0 <= seconds <= 3600 and 1 <= copies <= 100):
            raise Refused(
                "rule: expected times 1 to 10,000, seconds 0 to 3,600 and copies 1 to 100; "
                f"found {times}, {seconds} and {copies}"
            )
        rule = Rule(
            fault=Fault(fault),
            times=times,
            method=method.upper(),
            path=path,
            type=type,
            seconds=seconds,
            copies=copies,
        )
        return asdict(self._account.rules.add(rule))

    def behave(self) -> Json:
        """Drop every rule."""
        self._account.rules.clear()
        return {"rules": []}

    def deliver(self, *, events: list[str] | None = None, backwards: bool = False) -> Json:
        """Send the held webhooks, or the named events once more."""
        with self._account.store.change():
            self._require_events(events or [])
            if not webhook_endpoints.reached(self._account):
                raise Refused(
                    "deliver: no webhook endpoint here is enabled; set one with the verb webhook"
                )
            return {"queued": self._account.outbox.deliver(event_ids=events, backwards=backwards)}

    def wait_idle(self, *, timeout_s: float = 10.0) -> Json:
        """Wait until no webhook is left to send; `idle` is False when time ran out."""
        return {"idle": self._account.outbox.wait_idle(timeout_s=min(max(timeout_s, 0), 600))}

    def webhook(self, *, url: str, secrets: list[str] | None = None) -> Json:
        """Send webhooks to another loopback address from now on; an empty one stops them."""
        self._account.point_webhooks(url=url, secrets=tuple(secrets or ()))
        return {"url": url}

    def clock(self, *, advance_s: float) -> Json:
        """Move the twin's time forward: pages expire, subscriptions renew, kept answers go."""
        with self._account.store.change():
            self._account.later.move_clock(self._account.clock.exact() + max(0.0, advance_s))
            return {"now": self._account.clock.now()}

    def reset(self) -> Json:
        """Forget every object, rule, kept answer and webhook."""
        self._account.reset()
        return self.state()

    def state(self) -> Json:
        """How many objects of each kind, webhooks by state, and the rules in force."""
        with self._account.store.change():
            store = self._account.store
            deliveries = [*store.all("delivery"), *store.all("delivery_done")]
            return {
                "objects": store.counts(),
                "webhooks": _count(str(d["state"]) for d in deliveries),
                "attempts": sum(d["attempts"] for d in deliveries),
                "rules": [asdict(rule) for rule in self._account.rules.all()],
                "now": self._account.clock.now(),
            }

    def _outcome(self, session_id: str, result: Result) -> Json:
        kept = self._account.store.get("checkout.session", session_id) or {}
        session = public(kept)
        return {
            "outcome": str(result.attempt),
            "message": result.decline.message if result.decline else "",
            "session": session,
            "payment_intent": public(sessions.intent_of(self._account, kept) or {}),
        }

    def _shown(self, kind: str, object_id: str) -> Json:
        return public(self._account.store.get(kind, object_id) or {})

    def _require(self, kind: str, object_id: str, statuses: tuple[str, ...]) -> Json:
        found = self._account.store.get(kind, object_id)
        if found is None:
            raise Refused(f"{kind} {object_id}: not found")
        if found["status"] not in statuses:
            expected = " or ".join(statuses)
            raise Refused(f"{kind} {object_id}: found {found['status']}, expected {expected}")
        return found

    def _processing_intent(self, object_id: str) -> str:
        session = self._account.store.get("checkout.session", object_id)
        intent = sessions.intent_of(self._account, session) if session else None
        intent_id = str(intent["id"]) if intent else object_id
        return str(self._require("payment_intent", intent_id, ("processing",))["id"])

    def _require_events(self, event_ids: list[str]) -> None:
        for event_id in event_ids:
            if self._account.store.get("event", event_id) is None:
                raise Refused(f"event {event_id}: not found")


def _count(states: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for state in states:
        counts[state] = counts.get(state, 0) + 1
    return counts
