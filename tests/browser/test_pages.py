"""The views of lines, statement, history, and rates."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import CALLS, Visit
from tests.browser.visitor import Device, Visitor
from tests.stack.customers import Customer
from tests.stack.test_calls import number_of


def test_line_can_be_turned_on_and_off(visit: Visit, customer: Customer, device: Device) -> None:
    visitor = visit(device)
    visitor.sign_in(customer.email, "#/lines")
    number = number_of(customer.account_id)
    toggle = visitor.page.get_by_role("switch", name=f"International calling for {number}")
    expect(toggle).to_be_checked()
    toggle.click()
    expect(toggle).not_to_be_checked()
    expect(visitor.page.get_by_role("status").filter(has_text="is off")).to_be_attached()
    assert customer.stack.api.get("/lines", customer.token)["items"][0]["international_calling"] is False
    toggle.click()
    expect(toggle).to_be_checked()
    expect(visitor.page.get_by_role("status").filter(has_text="is on")).to_be_attached()
    assert customer.stack.api.get("/lines", customer.token)["items"][0]["international_calling"] is True


def test_statement_adds_up_from_opening_to_closing_balance(read: Visit, caller: Customer, device: Device) -> None:
    visitor = read(device, "#/statement?range=week")
    visitor.press("Load more")
    expect(visitor.page.locator("main tbody tr")).to_have_count(CALLS + 3)
    rows = visitor.rows()
    amounts = [Decimal(row[-2].replace("$", "").replace("+", "")) for row in rows[1:-1]]
    opening, *balances, closing = [Decimal(row[-1].replace("$", "")) for row in rows]
    assert balances == [opening + sum(amounts[: number + 1]) for number in range(len(amounts))]
    assert balances[-1] == closing == Decimal(caller.stack.api.get("/balance", caller.token)["balance"])
    assert [row for row in rows if "Outbound International Call to France" in row[1]]
    visitor.page.get_by_label("Dates").select_option("Last month")
    visitor.settle()
    expect(visitor.page).to_have_url(f"{visitor.home}#/statement?range=last")


@pytest.mark.parametrize("key", ["Enter", "Tab"])
def test_typed_date_applies_on_enter_or_when_focus_leaves(read: Visit, key: str) -> None:
    """A browser reports a change at each key that completes a valid date, such as the first day of a month."""
    visitor = read(place="#/statement?range=week")
    with visitor.page.expect_response(re.compile("/statement")):  # The page replaces its fields after the response.
        visitor.page.get_by_label("Dates").select_option("Custom")
    visitor.settle()
    visitor.page.wait_for_load_state("networkidle")
    first = visitor.page.get_by_label("From")
    wanted = datetime.now(UTC).date() - timedelta(days=40)
    first.focus()
    visitor.page.keyboard.type(f"{wanted:%m%d%Y}")
    expect(first).to_be_focused()
    expect(first).to_have_value(wanted.isoformat())
    visitor.page.keyboard.press(key)
    for _ in range(5 if key == "Tab" else 0):  # Through the parts of both dates and out of the fields.
        visitor.page.keyboard.press(key)
    expect(visitor.page).to_have_url(re.compile(f"range=custom&from={wanted}&to="))
    visitor.sees(f"Opening balance, {wanted:%b} {wanted.day}")


@pytest.mark.parametrize("is_answered", [True, False])
def test_late_response_does_not_replace_a_newer_view(read: Visit, is_answered: bool) -> None:
    visitor = read(place="#/statement?range=week")
    visitor.break_network()
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    visitor.page.route(re.compile("/balance$"), hold_the_first)
    visitor.page.get_by_label("Dates").select_option("Last month")
    visitor.wait(lambda: held)
    visitor.page.get_by_label("Dates").select_option("Last 7 days")
    visitor.settle()
    if not is_answered:
        visitor.follow("Rates")
    held[0].continue_() if is_answered else held[0].abort()
    visitor.page.wait_for_timeout(1000)
    if is_answered:
        expect(visitor.page.get_by_label("Dates")).to_have_value("week")
    else:
        expect(visitor.page.get_by_label("Country or number")).to_be_visible()


def test_history_shows_each_payment_with_card_and_receipt(visit: Visit, customer: Customer, device: Device) -> None:
    customer.pay(customer.save_card(), "25.00", "one")
    customer.pay(customer.save_card("pm_card_chargeCustomerFail"), "30.00", "two")
    visitor = visit(device)
    visitor.sign_in(customer.email, "#/history")
    declined, paid = visitor.rows()
    assert declined[1:4] == ["Manual payment", "Visa ending 0341", "$30.00"]
    assert declined[4].split("\n") == [
        "Declined",
        "Your bank declined the card. Use another card, or contact your bank.",
    ]
    assert paid[1:5] == ["Manual payment", "Visa ending 4242", "$25.00", "Paid"]
    with visitor.context.expect_page() as opened:
        visitor.page.get_by_role("link", name="Receipt for $25.00").click()
    expect(opened.value.get_by_role("heading")).to_contain_text("Receipt")


def look_up(visitor: Visitor, text: str) -> None:
    """Look up a country or a number."""
    visitor.page.get_by_label("Country or number").fill(text)
    visitor.page.keyboard.press("Enter")
    visitor.settle()


def test_rates_need_no_sign_in(visit: Visit, device: Device) -> None:
    visitor = visit(device)
    visitor.open()
    visitor.follow("Look up rates")
    look_up(visitor, "UK")
    visitor.sees("United Kingdom - Landline")
    mobile = visitor.page.get_by_role("row").filter(has_text="United Kingdom - Mobile", has_not_text="Calls from")
    expect(mobile.first).to_contain_text("$0.032")
    landline = visitor.page.get_by_role("row").filter(has_text="Landline", has_not_text="Calls from")
    for number in ("0044 20 7183 8750", "+44 (0)20 7183 8750", "011 44 20 7183 8750"):
        look_up(visitor, number)
        expect(landline).to_contain_text("$0.014")
    look_up(visitor, "(212) 555-0100")
    visitor.sees("Included")
    look_up(visitor, "911")
    visitor.sees("Emergency call")
    visitor.break_network()  # The browser reports the refusal of a number as an error.
    look_up(visitor, "555-0100")
    visitor.sees("Enter a phone number, such as +44 20 7183 8750 or (212) 555-0100.")
    look_up(visitor, "call me")
    visitor.sees("No country has this name.")
    look_up(visitor, "+1 299 555 0123")
    visitor.sees("No rate for this number.")
    visitor.open("#/rates?country=JP")
    visitor.page.reload()
    visitor.sees("Japan - Landline")


def test_a_signed_in_user_sees_the_prices_of_the_accounts_lines(read: Visit) -> None:
    visitor = read(place="#/rates?country=GB")
    visitor.sees("for calls from your lines")
    visitor.break_network()
    look_up(visitor, "020 7183 8750")
    visitor.sees("Enter a phone number")
    with visitor.page.expect_response(lambda response: "/account/rates?" in response.url):
        look_up(visitor, "+44 (0)20 7183 8750")
    expect(visitor.page.get_by_role("row").filter(has_text="Landline", has_not_text="Calls from")).to_contain_text(
        "$0.014"
    )
