"""A double click, a reload, or a late return never pays twice, by Stripe's own count."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Visit
from tests.browser.funds import TOP_UPS, choose, funds, paid, pay
from tests.browser.visitor import Visitor
from tests.stack.customers import Customer


@contextmanager
def unanswered(visitor: Visitor, *, is_received: bool) -> Iterator[list[str]]:
    """Leave payment requests unanswered, whether the API receives them or not; yield their idempotency keys."""
    keys: list[str] = []

    def drop_answer(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        if is_received:
            visitor.forward(route)
        keys.append(route.request.headers["idempotency-key"])

    visitor.page.route(TOP_UPS, drop_answer)
    yield keys
    visitor.page.unroute(TOP_UPS)


def test_double_click_pays_once(visit: Visit, customer: Customer) -> None:
    customer.save_card()
    visitor = visit()
    visitor.sign_in(customer.email)
    choose(visitor, "25.00")
    visitor.page.get_by_role("button", name="Pay $25.00").dblclick()
    visitor.sees("Funds added", funds(visitor))
    visitor.press("Add more funds")
    choose(visitor, "26.00")
    visitor.page.evaluate("for (let i = 0; i < 3; i += 1) document.querySelector('.funds form')?.requestSubmit()")
    visitor.press("Pay $26.00", visitor.page.get_by_role("dialog"))
    visitor.sees("Funds added", funds(visitor))
    assert paid(customer) == (2, 5_100)


@pytest.mark.parametrize("is_received", [True, False], ids=["received", "not received"])
def test_reload_while_paying_resumes_the_same_payment(visit: Visit, customer: Customer, is_received: bool) -> None:
    customer.save_card()
    visitor = visit()
    visitor.sign_in(customer.email)
    with unanswered(visitor, is_received=is_received) as keys:
        pay(visitor, "27.00")
        visitor.sees("Your payment of $27.00 is being processed.", funds(visitor))
        visitor.wait(lambda: keys)
        visitor.page.reload()
        visitor.page.get_by_label("Username").wait_for()
    with visitor.page.expect_request(
        lambda request: request.method == "POST" and TOP_UPS.search(request.url) is not None
    ) as again:
        visitor.enter_password(customer.email)
    visitor.sees("Funds added", funds(visitor))
    assert [again.value.headers["idempotency-key"]] == keys
    assert paid(customer) == (1, 2_700)
    visitor.page.reload()
    visitor.enter_password(customer.email)
    expect(visitor.page.get_by_role("button", name=re.compile("^Pay"))).to_be_visible()
    assert paid(customer) == (1, 2_700)


@pytest.mark.parametrize(
    ("is_received", "seconds_ago", "others"),
    [(True, 120, []), (False, 120, []), (True, 720, ["10.00"])],
    ids=["received", "not received", "received, and the clock is wrong"],
)
def test_old_payment_is_looked_up_and_never_sent_again(
    visit: Visit, customer: Customer, is_received: bool, seconds_ago: int, others: list[str]
) -> None:
    card = customer.save_card()
    for amount in others:
        customer.pay(card, amount, amount)
    visitor = visit()
    visitor.sign_in(customer.email)
    with unanswered(visitor, is_received=is_received) as keys:
        pay(visitor, "28.00")
        visitor.wait(lambda: keys)
        visitor.page.evaluate(
            "ago => { const p = JSON.parse(sessionStorage.payment); p.at -= ago; p.sentAt -= ago;"
            "sessionStorage.payment = JSON.stringify(p); }",
            seconds_ago * 1000,
        )
        visitor.page.reload()
        visitor.page.get_by_label("Username").wait_for()
    visitor.enter_password(customer.email)
    if is_received:
        visitor.sees("Funds added", funds(visitor))
    else:
        visitor.sees("You were not charged", funds(visitor))
        visitor.press("Start over")
        expect(visitor.page.get_by_label("Amount", exact=True)).to_have_value("28.00")
    cents = [2_800] * is_received + [int(amount.replace(".", "")) for amount in others]
    assert paid(customer) == (len(cents), sum(cents))


def test_page_waits_for_a_request_that_may_still_be_running(visit: Visit, customer: Customer) -> None:
    customer.save_card()
    visitor = visit()
    visitor.page.clock.install()
    visitor.sign_in(customer.email)
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            held.append(route)
        else:
            route.continue_()

    visitor.page.route(TOP_UPS, hold)
    pay(visitor, "28.00")
    visitor.wait(lambda: held)
    visitor.page.evaluate(
        "const p = JSON.parse(sessionStorage.payment); p.at -= 120000; sessionStorage.payment = JSON.stringify(p)"
    )
    visitor.page.reload()
    visitor.page.get_by_label("Username").wait_for()
    visitor.enter_password(customer.email, is_in=False)
    visitor.sees("Your payment of $28.00 is being processed.", funds(visitor))
    visitor.forward(held[0])
    visitor.page.clock.fast_forward(36_000)
    visitor.sees("Funds added", funds(visitor))
    assert len(held) == 1
    assert paid(customer) == (1, 2_800)
