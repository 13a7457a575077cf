"""Each step of evidence/demo.yml, as a browser does it. A step gives the page to photograph.

What a step asserts is what `sees` promises; the sentence of a failed assertion is shown on the
site.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser import small_project
from tests.browser.shop import Shop

Step = Callable[[Shop], Page]
STEPS: dict[str, Step] = {}
PAID_MS = 30_000
_MOMENT = re.compile(r"\d{4}")


def step(name: str) -> Callable[[Step], Step]:
    """Registers the function that walks the step of this id."""

    def register(walk: Step) -> Step:
        STEPS[name] = walk
        return walk

    return register


@step("look-around")
def look_around(shop: Shop) -> Page:
    page = shop.window("")
    shop.open(page, "/staff/orders/")
    assert "/sign-in/" in page.url, f"expected to be asked to sign in, found {page.url}"
    shop.open(page, "/")
    expect(page.get_by_text("Test payments: no real money moves.")).to_be_visible()
    products = page.locator(".products li")
    assert products.count() > 3, "expected several products"
    expect(products.filter(has_text=re.compile(r"£\d+\.\d\d"))).to_have_count(products.count())
    return page


@step("buy")
def buy(shop: Shop) -> Page:
    page = shop.window("cara_customer")
    shop.open(page, "/")
    mugs = page.locator(".products li", has_text="mug")
    mugs.get_by_label("Quantity").fill("2")
    mugs.get_by_role("button").click()
    shop.open(page, "/basket/")
    page.get_by_role("button", name="Place order").click()
    page.get_by_role("heading", name=re.compile(r"Order \d+")).wait_for()
    shop.order = int(page.url.rstrip("/").rpartition("/")[2])
    expect(page.get_by_role("button", name="Pay")).to_be_visible()
    expect(page.locator("main")).to_contain_text(re.compile(r"Total\s*£44\.00"))
    _expect_status(page, "pending")
    return page


@step("decline")
def decline(shop: Shop) -> Page:
    page = shop.window("cara_customer")
    shop.open(page, f"/orders/{shop.order}/")
    page.get_by_role("button", name="Pay").click()
    _pay(page, "4000 0000 0000 0002")
    expect(page.get_by_role("alert")).to_contain_text("declined")
    with _another_tab(shop, page) as order:
        _expect_status(order, "pending")
        expect(order.get_by_role("button", name="Pay")).to_be_visible()
    return page


@step("pay")
def pay(shop: Shop) -> Page:
    page = shop.window("cara_customer")
    _pay(page, "4242 4242 4242 4242")
    page.wait_for_url(f"{shop.address}/**")
    _wait_until_paid(shop, page)
    return page


@step("webhook-twice")
def webhook_twice(shop: Shop) -> Page:
    page = shop.window("cara_customer")
    before = page.locator("main").inner_text()
    told = shop.manage("demo_mischief", "repeat-webhook")
    assert told.returncode == 0, told.stderr
    assert "the inbox holds it once" in told.stdout, told.stdout
    worked = shop.manage("process_events")
    assert worked.returncode == 0, worked.stderr
    page.reload()
    after = page.locator("main").inner_text()
    assert after == before, "expected the order unchanged by a second delivery"
    return page


@step("customer-kept-out")
def customer_kept_out(shop: Shop) -> Page:
    page = shop.window("cara_customer")
    for path in ("/staff/audit/", "/staff/orders/"):
        status = shop.open(page, path)
        assert status == 403, f"{path}: expected 403, found {status}"
    return page


@step("refund-part")
def refund_part(shop: Shop) -> Page:
    page = shop.window("olly_ops")
    _ask_refund(shop, page, "5.00", "one mug arrived chipped")
    expect(page.get_by_text("Refund sent.")).to_be_visible()
    _expect_status(page, "partly refunded")
    expect(page.get_by_text("one mug arrived chipped").first).to_be_visible()
    return page


@step("refund-too-much")
def refund_too_much(shop: Shop) -> Page:
    page = shop.window("olly_ops")
    _ask_refund(shop, page, "9999.00", "by mistake")
    expect(page.get_by_text(re.compile("9,?999.00 asked, .* left to refund"))).to_be_visible()
    with _another_tab(shop, page, under="/staff") as order:
        expect(order.get_by_text("one mug arrived chipped").first).to_be_visible()
        expect(order.get_by_text("by mistake")).to_have_count(0)
    return page


@step("analyst-refused")
def analyst_refused(shop: Shop) -> Page:
    page = shop.window("ana_analyst")
    shop.open(page, f"/staff/orders/{shop.order}/")
    buttons = page.locator("main").get_by_role("button").count()
    assert buttons == 0, f"expected no button that changes the order, found {buttons}"
    status = shop.open(page, f"/staff/orders/{shop.order}/refund/")
    assert status == 403, f"refund page: expected 403, found {status}"
    return page


@step("analyst-exports")
def analyst_exports(shop: Shop) -> Page:
    page = shop.window("ana_analyst")
    shop.open(page, "/staff/exports/")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV of orders").click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    orders = sorted(int(row[0]) for row in rows[1:] if row)
    every = list(range(1, shop.order + 1))
    assert orders == every, f"expected orders 1 to {shop.order} once each, found {orders}"
    return page


@step("mrr")
def mrr(shop: Shop) -> Page:
    page = shop.window("ana_analyst")
    shop.open(page, "/staff/mrr/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Monthly recurring revenue")
    sections = page.locator("main section", has=page.locator("svg"))
    assert sections.count() > 0, "expected a section for each currency, found none"
    for section in sections.all():
        heading = section.get_by_role("heading").inner_text()
        assert re.fullmatch(r"[A-Z]{3}: \S+ a month now", heading), heading
        expect(section.get_by_role("table")).to_contain_text("Reactivation")
    definition = page.locator("main section", has_text="What MRR means here")
    expect(definition).to_contain_text("Stripe's own default definition")
    return page


@step("mismatch")
def mismatch(shop: Shop) -> Page:
    spoiled = shop.manage("demo_mischief", "spoil-refund")
    assert spoiled.returncode == 0, spoiled.stderr
    checked = shop.manage("run_checks", "--fail-on-issues")
    assert checked.returncode == 1, f"expected exit code 1, found {checked.returncode}"
    page = shop.window("olly_ops")
    shop.open(page, "/staff/issues/")
    issue = _only_issue(page)
    for name, said in (
        ("Subject", f"{_spoiled(spoiled.stdout)} reserved"),
        ("Expected", "£0.00 reserved"),
        ("Actual", "£1.00 reserved"),
        ("What to do", "run replay_events --about payment:N"),
    ):
        expect(_fact(issue, name)).to_contain_text(said)
    return page


@step("resolve")
def resolve(shop: Shop) -> Page:
    page = shop.window("olly_ops")
    subject = _fact(_only_issue(page), "Subject").inner_text().split()[0]
    replayed = shop.manage("replay_events", "--about", subject)
    assert replayed.returncode == 0, replayed.stderr
    worked = shop.manage("process_events")
    assert worked.returncode == 0, worked.stderr
    checked = shop.manage("run_checks", "--fail-on-issues")
    assert checked.returncode == 0, f"expected exit code 0, found:\n{checked.stdout[-400:]}"
    shop.open(page, "/staff/issues/?status=resolved")
    issue = _only_issue(page)
    expect(_fact(issue, "Subject")).to_contain_text(subject)
    expect(_fact(issue, "Opened")).to_contain_text(_MOMENT)
    expect(_fact(issue, "Seen")).to_contain_text(re.compile(r"\d+ times?, last "))
    expect(_fact(issue, "Resolved")).to_contain_text(_MOMENT)
    return page


@step("audit")
def audit(shop: Shop) -> Page:
    page = shop.window("alice_admin")
    shop.open(page, "/staff/audit/")
    rows = page.locator("tbody tr")
    for who, did, why in (
        ("olly_ops", "refund asked", "one mug arrived chipped"),
        ("ana_analyst", "exported", "–"),
        ("cara_customer", "refused", re.compile(r"\w{3}")),
    ):
        found = rows.filter(has_text=who).filter(has_text=re.compile(did, re.IGNORECASE))
        assert found.count() > 0, f"expected an entry of {who} about {did!r}, found none"
        entry = found.first
        expect(entry.locator("[data-label=Why]")).to_contain_text(why)
        expect(entry.locator("[data-label=Hash]")).to_have_text(re.compile(r"[0-9a-f]{8}"))
    chain = shop.manage("verify_audit_chain")
    assert chain.returncode == 0, chain.stdout + chain.stderr
    return page


@step("verify")
def verify(shop: Shop) -> Page:
    with tempfile.TemporaryDirectory(prefix="buyer-") as folder:
        home = Path(folder)
        clone = small_project.opened(home, version="1.0.0", says=("Sums are exact.",))
        small_project.evidence(clone)
        bundle = home / "evidence.zip"
        small_project.evidence(clone, "bundle", "--out", str(bundle))
        accepted = small_project.verify(bundle)
        assert accepted.returncode == 0, accepted.stdout + accepted.stderr
        damaged = bytearray(bundle.read_bytes())
        damaged[len(damaged) // 2] ^= 1
        bundle.write_bytes(damaged)
        refused = small_project.verify(bundle)
        assert refused.returncode != 0, "expected a bundle with one other byte to be refused"
    page = shop.window("")
    page.set_content(small_project.shown(accepted, refused))
    return page


@contextmanager
def _another_tab(shop: Shop, page: Page, *, under: str = "") -> Iterator[Page]:
    """The order, looked at beside the page that is to be photographed."""
    tab = page.context.new_page()
    try:
        shop.open(tab, f"{under}/orders/{shop.order}/")
        yield tab
    finally:
        tab.close()


def _only_issue(page: Page) -> Locator:
    """The issue that the mismatch opened; the demo has no other."""
    issues = page.locator("main section", has=page.locator("dl.facts"))
    expect(issues).to_have_count(1)
    expect(issues.get_by_role("heading")).to_contain_text("Refunded or reserved amount differs")
    return issues


def _fact(issue: Locator, name: str) -> Locator:
    """What stands beside this name in the issue's list."""
    return issue.locator(f"dt:text-is('{name}') + dd")


def _spoiled(told: str) -> str:
    """The row as its issue names it, from what the command said: `payment 12  £1.00 is …`."""
    return ":".join(told.split()[:2])


def _pay(page: Page, card: str) -> None:
    """Fill in Stripe's page and press its button."""
    email = page.get_by_label("Email")
    email.wait_for()
    if email.is_editable():
        email.fill("cara@shop.example")
    page.get_by_label("Card number").fill(card)
    page.get_by_role("button", name=re.compile("^Pay")).first.click()


def _wait_until_paid(shop: Shop, page: Page) -> None:
    """The worker hears of it within seconds; a person would reload just so."""
    waited_ms = 0
    while True:
        shop.open(page, f"/orders/{shop.order}/")
        if page.locator("main .head", has_text=re.compile("paid", re.IGNORECASE)).count():
            return
        assert waited_ms < PAID_MS, f"order {shop.order}: still not paid after {PAID_MS} ms"
        page.wait_for_timeout(250)
        waited_ms += 250


def _ask_refund(shop: Shop, page: Page, amount: str, reason: str) -> None:
    shop.open(page, f"/staff/orders/{shop.order}/")
    page.get_by_role("link", name="Refund…").click()
    page.get_by_label("Amount").fill(amount)
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Send refund").click()


def _expect_status(page: Page, word: str) -> None:
    head = page.locator("main .head")
    expect(head).to_contain_text(re.compile(word, re.IGNORECASE))
