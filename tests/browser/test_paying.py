"""Paying without surprises: the amount, the method, and the moment are the user's choice."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import page_data
from tests.browser.page_api import problem
from tests.browser.page_server import PageServer, StubUser
from tests.browser.test_accessibility import violations

User = Callable[..., StubUser]


@pytest.fixture(autouse=True)
def quiet(page_server: PageServer) -> None:
    """The last payment was long ago."""
    page_server.api.top_ups = [page_data.top_up(5)]


def test_enter_in_the_amount_moves_to_the_button_and_pays_nothing(user: User, page_server: PageServer) -> None:
    one = user()
    amount = one.page.get_by_label("Amount", exact=True)
    amount.fill("35")
    amount.press("Enter")
    expect(one.page.get_by_role("button", name="Pay $35.00")).to_be_focused()
    one.page.wait_for_timeout(500)
    assert page_server.api.count("POST /top-ups") == 0
    one.page.keyboard.press("Enter")
    one.sees("Funds added")
    assert page_server.api.bodies("POST /top-ups") == [
        {"amount": "35.00", "payment_method_id": "pm_1", "total": "35.00"}
    ]


def test_large_payment_is_confirmed_first(user: User, page_server: PageServer) -> None:
    one = user()
    one.page.get_by_label("Amount", exact=True).fill("250.01")
    one.press("Pay $250.01")
    dialog = one.page.get_by_role("dialog")
    expect(dialog).to_contain_text("We charge Visa ending 4242 $250.01 now.")
    assert violations(one) == []
    one.press("Cancel", dialog)
    assert page_server.api.count("POST /top-ups") == 0
    one.press("Pay $250.01")
    one.press("Pay $250.01", dialog)
    one.sees("Funds added")
    one.press("Add more funds")
    assert page_server.api.count("POST /top-ups") == 1


@pytest.mark.parametrize("is_own", [True, False], ids=["of this tab", "of another tab"])
def test_second_payment_within_a_minute_is_confirmed(user: User, page_server: PageServer, is_own: bool) -> None:
    api = page_server.api
    if not is_own:
        api.top_ups.insert(0, page_data.top_up(1, amount="25.00", created_at=page_data.ago(seconds=20)))
    one = user()
    if is_own:
        one.press("Pay $25.00")
        one.sees("Funds added")
        one.press("Add more funds")
    paid = api.count("POST /top-ups")
    one.press("Pay $25.00")
    dialog = one.page.get_by_role("dialog")
    expect(dialog).to_contain_text("You began a payment of $25.00 less than a minute ago.")
    one.press("Cancel", dialog)
    expect(one.page.get_by_role("button", name="Pay $25.00")).to_be_focused()
    assert api.count("POST /top-ups") == paid
    one.press("Pay $25.00")
    one.press("Pay $25.00", dialog)
    one.sees("Funds added")
    assert api.count("POST /top-ups") == paid + 1


def test_declined_payment_may_be_repeated_at_once(user: User, page_server: PageServer) -> None:
    page_server.api.outcomes = [{"status": "failed", "failure": {"code": "card_declined", "message": "No."}}]
    one = user()
    one.press("Pay $25.00")
    one.sees("Your bank declined the card. Use another card, or contact your bank.")
    one.press("Try again")
    one.press("Pay $25.00")
    one.sees("Funds added")


def test_method_that_cannot_pay_is_not_chosen_and_says_why(user: User, page_server: PageServer) -> None:
    states = ("expired", "blocked", "declined", "expiring")
    page_server.api.methods = [
        page_data.card(number, state=state, can_pay=state in ("declined", "expiring"))
        for number, state in enumerate(states, 1)
    ]
    one = user()
    expect(one.page.get_by_role("radio", name=re.compile("4444"))).to_be_checked()
    for name, words in {"4242": "Expired", "4442": "Blocked: contact your provider"}.items():
        radio = one.page.get_by_role("radio", name=re.compile(name))
        expect(radio).to_be_disabled()
        expect(radio).to_have_accessible_name(re.compile(words))
    expect(one.page.get_by_role("radio", name=re.compile("4443.*Declined by the bank"))).to_be_enabled()
    assert violations(one) == []


def test_nothing_is_chosen_when_only_a_declined_card_is_left(user: User, page_server: PageServer) -> None:
    page_server.api.methods = [page_data.card(state="declined")]
    one = user()
    expect(one.page.get_by_role("button", name="Pay $25.00")).to_be_disabled()
    one.page.get_by_role("radio", name=re.compile("4242")).check()
    expect(one.page.get_by_role("button", name="Pay $25.00")).to_be_enabled()


def test_offline_payment_can_be_abandoned_and_is_never_sent_again(user: User, page_server: PageServer) -> None:
    one = user(fails=True)
    one.context.set_offline(True)
    one.press("Pay $25.00")
    one.sees("Connect to the internet to continue.")
    one.press("Stop waiting")
    one.sees("We stopped waiting for this payment.")
    one.context.set_offline(False)
    one.page.wait_for_timeout(3000)
    one.page.reload()
    one.come_back()
    expect(one.page.get_by_role("button", name="Pay $25.00")).to_be_visible()
    assert page_server.api.count("POST /top-ups") == 0


def test_payment_without_an_answer_can_be_abandoned(user: User, page_server: PageServer) -> None:
    api = page_server.api
    one = user(fails=True)
    api.hold("POST /top-ups")
    one.press("Pay $25.00")
    one.press("Stop waiting")
    one.sees("If it was made before, it appears under History.")
    assert violations(one) == []
    api.release("POST /top-ups")
    one.page.wait_for_timeout(3000)
    assert api.count("POST /top-ups") == 1
    one.sees("$66.28", one.card("Balance"))  # The payment was made, and the page shows it by itself.
    one.press("Pay $25.00")
    expect(one.page.get_by_role("dialog")).to_contain_text("less than a minute ago")


def test_stored_payment_pays_nothing_after_a_minute(user: User, page_server: PageServer) -> None:
    one = user(fails=True)
    one.context.set_offline(True)
    one.press("Pay $25.00")
    one.sees("Connect to the internet to continue.")
    one.page.evaluate(
        "const p = JSON.parse(sessionStorage.payment); p.at -= 61000; p.sentAt -= 61000;"
        "sessionStorage.payment = JSON.stringify(p)"
    )
    one.context.set_offline(False)
    one.sees("You were not charged")
    assert page_server.api.count("POST /top-ups") == 0


def test_bank_account_pays_later(user: User, page_server: PageServer) -> None:
    api = page_server.api
    api.methods.append(page_data.bank_account())
    one = user()
    one.page.get_by_role("radio", name=re.compile("Test Bank account ending 6789")).check()
    one.press("Pay $25.00")
    one.sees("arrives in a few business days. We add the credit when it arrives.")
    one.sees("$41.28", one.card("Balance"))
    assert violations(one) == []
    one.press("Add more funds")
    one.sees("$25.00 from Bank account ending 6789 arrives in a few business days.", one.card("Add funds"))


@pytest.mark.parametrize(("choice", "methods"), [("Another card", ["card"]), ("another bank", ["us_bank_account"])])
def test_other_ways_to_pay_are_one_trip_to_stripe(
    user: User, page_server: PageServer, choice: str, methods: list[str]
) -> None:
    api = page_server.api
    one = user()
    one.page.get_by_role("radio", name=re.compile(choice)).check()
    one.press("Pay $25.00")
    one.page.get_by_role("link", name="Pay now").click()
    one.come_back()
    one.sees("Funds added")
    one.sees("$66.28", one.card("Balance"))
    assert api.bodies("POST /top-ups/checkout") == [{"amount": "25.00", "methods": methods}]


def test_page_of_stripe_left_unpaid_can_be_continued_or_given_up(user: User, page_server: PageServer) -> None:
    page_server.api.methods = []
    one = user()
    one.press("Pay $25.00")
    one.page.get_by_role("link", name="Cancel").click()
    one.enter_password(page_data.ADMIN, is_in=False)
    one.sees("Payment not finished")
    expect(one.page.get_by_role("link", name=re.compile("^Continue on Stripe"))).to_be_visible()
    one.press("Pay another way")
    expect(one.page.get_by_role("button", name="Pay $25.00")).to_be_visible()
    one.page.wait_for_timeout(1000)
    assert page_server.api.count("POST /top-ups/checkout") == 1


def test_problems_are_told_in_the_readers_words(user: User, page_server: PageServer) -> None:
    page_server.api.on("POST /top-ups", problem(429, "daily_top_up", "daily_top_up_left is 3.00 USD."))
    one = user(fails=True)
    one.press("Pay $25.00")
    one.sees("This is more than the account may still pay today.")
    one.page.goto(f"{one.home}?language=fr")
    one.enter_password(page_data.ADMIN)
    one.page.get_by_role("button", name=re.compile("^Payer")).click()
    one.sees("Ce montant dépasse ce que le compte peut encore payer")


def test_unknown_code_keeps_the_words_of_the_api(user: User) -> None:
    _, body = problem(409, "new_reason", "Your provider paused payments until Monday.")
    one = user(fails=True)
    one.page.route(re.compile("/top-ups$"), lambda route: route.fulfill(status=409, json=body))
    one.press("Pay $25.00")
    one.sees("Your provider paused payments until Monday.")
