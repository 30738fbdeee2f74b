"""Adding funds: what a person reads and presses, and that a double click, a reload, Back or a lost answer never pays
twice, by Stripe's own count.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Route, expect

from local.stack import Stack
from local.stripe_stand_in.controls import Controls
from tests.browser.conftest import Visit
from tests.browser.visitor import Device, Visitor
from tests.stack.customers import Customer, stand_in

TOP_UPS = re.compile(r"/top-ups$")


def funds(visitor: Visitor) -> Locator:
    """The card."""
    return visitor.card("Add funds")


def choose(visitor: Visitor, amount: str) -> None:
    """Type an amount."""
    visitor.page.get_by_label("Amount", exact=True).fill(amount)


def pay(visitor: Visitor, amount: str) -> None:
    """Type an amount and press Pay."""
    choose(visitor, amount)
    visitor.page.get_by_role("button", name=re.compile("^Pay ")).click()


def paid(customer: Customer) -> tuple[int, int]:
    """How many payments there are at Stripe, and how many cents they brought."""
    counted = customer.counted_at_stripe()
    assert sum(customer.credited_micros()) == counted["amount_received"] * 10_000
    return counted["payment_intents"], counted["amount_received"]


def test_funds_are_added_with_a_saved_card_and_the_balance_is_new(
    visit: Visit, customer: Customer, device: Device
) -> None:
    customer.save_card()
    visitor = visit(device)
    visitor.sign_in(customer.email)
    visitor.sees("$50.00", visitor.card("Balance"))
    visitor.press("$100", funds(visitor))
    visitor.press("Pay $100.00")
    visitor.sees("Funds added", funds(visitor))
    visitor.sees("$100.00 with Visa ending 4242. The credit is yours to use now.", funds(visitor))
    visitor.sees("$150.00", visitor.card("Balance"))
    assert paid(customer) == (1, 10_000)
    visitor.press("Add more funds")
    choose(visitor, "12.5")
    visitor.press("Pay $12.50")
    visitor.sees("$162.50", visitor.card("Balance"))
    assert paid(customer) == (2, 11_250)


def test_an_amount_that_cannot_be_is_said_beside_its_field(visit: Visit, customer: Customer) -> None:
    customer.save_card()
    visitor = visit()
    visitor.sign_in(customer.email)
    no_amount = "Type an amount in dollars and cents, such as 25.00."
    out_of_bounds = "An amount must lie between $5.00 and $500.00."
    wrong = dict.fromkeys(("12,5", "1e2", "25.001", "-25", "", "twenty"), no_amount)
    for typed, said in (wrong | {"4.99": out_of_bounds, "500.01": out_of_bounds, "0": out_of_bounds}).items():
        choose(visitor, typed)
        visitor.page.get_by_role("button", name=re.compile("^Pay")).click()
        amount = visitor.page.get_by_label("Amount", exact=True)
        expect(amount).to_be_focused()
        expect(amount).to_have_attribute("aria-invalid", "true")
        expect(amount).to_have_accessible_description(said)
    for typed, shown in {"$1,0": "Pay", "$ 400": "Pay $400.00", "7.": "Pay $7.00", " 5 ": "Pay $5.00"}.items():
        choose(visitor, typed)
        expect(visitor.page.get_by_role("button", name=shown, exact=True)).to_be_visible()
    assert paid(customer) == (0, 0)


def test_a_card_is_added_on_stripes_page_and_the_amount_is_kept(
    visit: Visit, customer: Customer, device: Device
) -> None:
    visitor = visit(device)
    visitor.sign_in(customer.email)
    visitor.sees("No card is saved yet.")
    expect(visitor.page.get_by_role("button", name="Pay $25.00")).to_be_disabled()
    choose(visitor, "33.00")
    visitor.press("Add a card", funds(visitor))
    visitor.save_card("4444")
    visitor.give_password(customer.email)
    visitor.sees("The card is saved.", funds(visitor))
    expect(visitor.page.get_by_label("Amount", exact=True)).to_have_value("33.00")
    assert visitor.page.url == visitor.home
    choose(visitor, "41.00")
    visitor.press("Add a card", funds(visitor))
    visitor.save_card()
    visitor.give_password(customer.email)
    expect(visitor.saved_card("Visa ending 4242")).to_be_checked()
    expect(visitor.page.get_by_label("Amount", exact=True)).to_have_value("41.00")
    visitor.press("Add a card", funds(visitor))
    visitor.page.get_by_role("link", name="Cancel").click()
    visitor.give_password(customer.email)
    visitor.sees("No card was added.", funds(visitor))
    visitor.press("Pay $41.00")
    visitor.sees("$41.00 with Visa ending 4242.", funds(visitor))
    assert paid(customer) == (1, 4_100)


def test_a_decline_is_said_in_words_and_another_card_pays(visit: Visit, customer: Customer, device: Device) -> None:
    customer.save_card()
    customer.save_card("pm_card_chargeCustomerFail")
    visitor = visit(device)
    visitor.sign_in(customer.email)
    visitor.saved_card("Visa ending 0341").check()
    pay(visitor, "20.00")
    visitor.sees("The payment was declined", funds(visitor))
    visitor.sees("Your bank declined the card. Use another card, or contact your bank.", funds(visitor))
    visitor.sees("nothing was charged", funds(visitor))
    visitor.press("Try another way")
    expect(visitor.page.get_by_label("Amount", exact=True)).to_have_value("20.00")
    visitor.saved_card("Visa ending 4242").check()
    visitor.press("Pay $20.00")
    visitor.sees("Funds added", funds(visitor))
    assert paid(customer)[1] == 2_000


def test_the_bank_is_asked_and_the_person_comes_back_to_what_became_of_it(
    visit: Visit, customer: Customer, device: Device
) -> None:
    customer.save_card("pm_card_authenticationRequired")
    visitor = visit(device)
    visitor.sign_in(customer.email)
    pay(visitor, "30.00")
    visitor.press("Confirm")
    visitor.give_password(customer.email)
    visitor.sees("Funds added", funds(visitor))
    visitor.sees("$80.00", visitor.card("Balance"))
    assert visitor.page.url == visitor.home
    visitor.press("Add more funds")
    pay(visitor, "31.00")
    visitor.press("Decline")
    visitor.give_password(customer.email)
    visitor.sees("Your bank could not confirm this payment. Try again, or use another card.", funds(visitor))
    assert paid(customer)[1] == 3_000


def test_who_is_back_from_the_bank_before_we_hear_of_it_is_not_asked_to_pay_again(
    visit: Visit, customer: Customer
) -> None:
    customer.save_card("pm_card_authenticationRequired")
    visitor = visit()
    visitor.sign_in(customer.email)
    stand_in(customer.stack).faults.add("delayed", "payment_intent.succeeded", seconds=9)
    pay(visitor, "32.00")
    visitor.press("Confirm")
    visitor.give_password(customer.email)
    visitor.sees("Funds added", funds(visitor))
    assert paid(customer) == (1, 3_200)


def test_back_from_the_bank_pays_nothing_and_the_same_payment_can_be_finished(visit: Visit, customer: Customer) -> None:
    customer.save_card("pm_card_authenticationRequired")
    visitor = visit()
    visitor.sign_in(customer.email)
    pay(visitor, "30.00")
    visitor.page.wait_for_url(re.compile("/challenge/"))
    visitor.open()
    visitor.give_password(customer.email)
    visitor.sees("Your bank asks you to confirm", funds(visitor))
    assert paid(customer) == (1, 0)
    visitor.page.get_by_role("link", name="Confirm payment").click()
    visitor.press("Confirm")
    visitor.give_password(customer.email)
    visitor.sees("Funds added", funds(visitor))
    assert paid(customer) == (1, 3_000)


def test_who_will_not_confirm_pays_another_way_and_the_first_payment_ends(visit: Visit, customer: Customer) -> None:
    customer.save_card()
    customer.save_card("pm_card_authenticationRequired")
    visitor = visit()
    visitor.sign_in(customer.email)
    visitor.saved_card("Visa ending 3184").check()
    pay(visitor, "30.00")
    visitor.page.wait_for_url(re.compile("/challenge/"))
    visitor.page.go_back()
    visitor.page.wait_for_load_state()
    if "authorize" in visitor.page.url:
        visitor.give_password(customer.email)
    visitor.sees("Your bank asks you to confirm", funds(visitor))
    visitor.press("Pay another way")
    visitor.saved_card("Visa ending 4242").check()
    pay(visitor, "30.00")
    visitor.sees("Funds added", funds(visitor))
    assert customer.statuses() == ["succeeded", "canceled"]
    assert paid(customer)[1] == 3_000


def test_a_double_click_pays_once(visit: Visit, customer: Customer) -> None:
    customer.save_card()
    visitor = visit()
    visitor.sign_in(customer.email)
    choose(visitor, "25.00")
    visitor.page.get_by_role("button", name="Pay $25.00").dblclick()
    visitor.sees("Funds added", funds(visitor))
    visitor.press("Add more funds")
    choose(visitor, "26.00")
    visitor.page.evaluate("for (let i = 0; i < 3; i += 1) document.querySelector('.funds form')?.requestSubmit()")
    visitor.sees("Funds added", funds(visitor))
    assert paid(customer) == (2, 5_100)


@contextmanager
def unanswered(visitor: Visitor, *, is_heard: bool) -> Iterator[list[str]]:
    """Payments are asked for, heard by the API or not, and no answer comes; the keys they were asked with."""
    keys: list[str] = []

    def swallow(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        if is_heard:
            visitor.hand_on(route)
        keys.append(route.request.headers["idempotency-key"])

    visitor.page.route(TOP_UPS, swallow)
    yield keys
    visitor.page.unroute(TOP_UPS)


@pytest.mark.parametrize("is_heard", [True, False], ids=["heard", "not heard"])
def test_a_reload_while_paying_finds_the_same_payment(visit: Visit, customer: Customer, is_heard: bool) -> None:
    customer.save_card()
    visitor = visit()
    visitor.sign_in(customer.email)
    with unanswered(visitor, is_heard=is_heard) as keys:
        pay(visitor, "27.00")
        visitor.sees("Your payment of $27.00 is being processed.", funds(visitor))
        visitor.wait(lambda: keys)
        visitor.page.reload()
        visitor.page.get_by_label("Username").wait_for()
    with visitor.page.expect_request(
        lambda request: request.method == "POST" and TOP_UPS.search(request.url) is not None
    ) as again:
        visitor.give_password(customer.email)
    visitor.sees("Funds added", funds(visitor))
    assert [again.value.headers["idempotency-key"]] == keys
    assert paid(customer) == (1, 2_700)
    visitor.page.reload()
    visitor.give_password(customer.email)
    expect(visitor.page.get_by_role("button", name=re.compile("^Pay"))).to_be_visible()
    assert paid(customer) == (1, 2_700)


@pytest.mark.parametrize(
    ("is_heard", "seconds_ago", "others"),
    [(True, 120, []), (False, 120, []), (True, 720, ["10.00"])],
    ids=["heard", "not heard", "heard, and the clock is wrong"],
)
def test_a_payment_left_alone_for_long_is_looked_for_and_never_made(
    visit: Visit, customer: Customer, is_heard: bool, seconds_ago: int, others: list[str]
) -> None:
    card = customer.save_card()
    for amount in others:
        customer.pay(card, amount, amount)
    visitor = visit()
    visitor.sign_in(customer.email)
    with unanswered(visitor, is_heard=is_heard) as keys:
        pay(visitor, "28.00")
        visitor.wait(lambda: keys)
        visitor.page.evaluate(
            "ago => { const p = JSON.parse(sessionStorage.payment); p.at -= ago; p.sentAt -= ago;"
            "sessionStorage.payment = JSON.stringify(p); }",
            seconds_ago * 1000,
        )
        visitor.page.reload()
        visitor.page.get_by_label("Username").wait_for()
    visitor.give_password(customer.email)
    if is_heard:
        visitor.sees("Funds added", funds(visitor))
    else:
        visitor.sees("Nothing was charged", funds(visitor))
        visitor.press("Begin again")
        expect(visitor.page.get_by_label("Amount", exact=True)).to_have_value("28.00")
    cents = [2_800] * is_heard + [int(amount.replace(".", "")) for amount in others]
    assert paid(customer) == (len(cents), sum(cents))


def test_a_request_that_may_still_be_under_way_is_waited_for_before_anything_is_said(
    visit: Visit, customer: Customer
) -> None:
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
    visitor.give_password(customer.email, is_in=False)
    visitor.sees("Your payment of $28.00 is being processed.", funds(visitor))
    visitor.hand_on(held[0])
    visitor.page.clock.fast_forward(36_000)
    visitor.sees("Funds added", funds(visitor))
    assert len(held) == 1
    assert paid(customer) == (1, 2_800)


@pytest.mark.parametrize("is_begun", [False, True], ids=["nothing of it comes", "only its beginning comes"])
def test_an_answer_that_is_lost_is_asked_for_again_and_paid_once(
    visit: Visit, customer: Customer, is_begun: bool
) -> None:
    customer.save_card()
    visitor = visit()
    visitor.break_network()
    visitor.sign_in(customer.email)
    lost: list[str] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and len(lost) < 2:
            lost.append(route.request.headers["idempotency-key"])
            visitor.hand_on(route)
            if is_begun:
                route.fulfill(status=201, content_type="application/json", body="{")
            else:
                route.abort("connectionreset")
        else:
            route.continue_()

    visitor.page.route(TOP_UPS, lose)
    pay(visitor, "29.00")
    visitor.sees("Funds added", funds(visitor))
    assert len(lost) == 2
    assert len(set(lost)) == 1
    assert paid(customer) == (1, 2_900)


def test_a_refusal_after_an_answer_was_lost_does_not_say_that_nothing_was_charged(
    visit: Visit, customer: Customer
) -> None:
    customer.save_card()
    visitor = visit()
    visitor.break_network()
    visitor.sign_in(customer.email)
    asked: list[str] = []

    def lose_then_refuse(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        asked.append(route.request.headers["idempotency-key"])
        if len(asked) == 1:
            visitor.hand_on(route)
            route.abort("connectionreset")
        else:
            problem = {"code": "account_closed", "detail": "This account is closed and takes no more funds."}
            route.fulfill(status=409, content_type="application/problem+json", json=problem)

    visitor.page.route(TOP_UPS, lose_then_refuse)
    pay(visitor, "30.00")
    visitor.sees("We do not know yet what became of this payment.", funds(visitor))
    expect(funds(visitor).get_by_text("Nothing was charged")).to_have_count(0)
    visitor.page.unroute(TOP_UPS)
    visitor.press("Ask again")
    visitor.sees("Funds added", funds(visitor))
    assert len(set(asked)) == 1
    assert paid(customer) == (1, 3_000)


def test_while_the_api_is_down_nothing_is_lost_and_asking_again_pays_once(visit: Visit, customer: Customer) -> None:
    customer.save_card()
    visitor = visit()
    visitor.break_network()
    visitor.sign_in(customer.email)
    visitor.page.route(TOP_UPS, lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    pay(visitor, "30.00")
    visitor.sees("We do not know yet what became of this payment. Asking again never pays twice.", funds(visitor))
    visitor.page.unroute(TOP_UPS)
    visitor.press("Ask again")
    visitor.sees("Funds added", funds(visitor))
    assert paid(customer) == (1, 3_000)


def test_stripe_that_does_not_answer_is_asked_again_and_paid_once(
    visit: Visit, customer: Customer, deployed: Stack
) -> None:
    customer.save_card()
    visitor = visit()
    visitor.break_network()
    visitor.sign_in(customer.email)
    stand_in(deployed).faults.add("dropped", "POST /v1/payment_intents", count=2)
    pay(visitor, "30.00")
    visitor.sees("Funds added", funds(visitor))
    assert paid(customer) == (1, 3_000)
    assert stand_in(deployed).faults.waiting() == []


def test_a_token_that_ends_while_paying_is_renewed_and_pays_once(visit: Visit, customer: Customer) -> None:
    customer.save_card()
    visitor = visit()
    visitor.break_network()
    visitor.sign_in(customer.email)
    refuse = {"status": 401, "json": {"message": "Unauthorized"}}
    visitor.page.route(
        TOP_UPS, lambda route: route.fulfill(**refuse) if route.request.method == "POST" else route.continue_(), times=1
    )
    pay(visitor, "30.00")
    visitor.page.wait_for_url(re.compile("/oauth2/authorize"))  # The emulator's refresh leaves the groups out.
    visitor.give_password(customer.email)
    visitor.sees("Funds added", funds(visitor))
    assert paid(customer) == (1, 3_000)


def test_a_payment_that_takes_longer_is_watched_until_it_has_ended(
    visit: Visit, customer: Customer, deployed: Stack
) -> None:
    customer.save_card("pm_card_processing")
    visitor = visit()
    visitor.sign_in(customer.email)
    pay(visitor, "30.00")
    visitor.sees("Your payment of $30.00 is being processed.", funds(visitor))
    visitor.wait(lambda: visitor.page.evaluate("JSON.parse(sessionStorage.payment ?? '{}').id"))
    [intent] = customer.intents()
    Controls(stand_in(deployed)).settle(intent.id)
    visitor.sees("Funds added", funds(visitor))
    assert paid(customer) == (1, 3_000)


def test_a_card_is_removed_after_a_question(visit: Visit, customer: Customer) -> None:
    customer.save_card()
    customer.save_card("pm_card_mastercard")
    visitor = visit()
    visitor.sign_in(customer.email)
    visitor.press("Remove Mastercard ending 4444")
    visitor.press("Keep it")
    expect(visitor.saved_card("Mastercard ending 4444")).to_be_visible()
    visitor.press("Remove Mastercard ending 4444")
    visitor.press("Remove", visitor.page.get_by_role("dialog"))
    visitor.settle()
    expect(visitor.saved_card("Mastercard ending 4444")).to_have_count(0)
    expect(visitor.saved_card("Visa ending 4242")).to_be_checked()
