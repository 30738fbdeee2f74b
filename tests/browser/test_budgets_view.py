"""Budgets of lines and users: what they show, how an admin changes and raises them, and how a member asks for more."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser import page_data, page_money_data
from tests.browser.page_api import problem
from tests.browser.page_data import MEMBER
from tests.browser.page_server import PageServer, StubUser

User = Callable[..., StubUser]


def test_a_line_shows_its_budget_and_that_of_its_user(user: User, page_server: PageServer) -> None:
    line, other = page_server.api.lines
    line["budget"] = page_money_data.budget(spent="17.3012", held="1.00")
    line["user"]["budget"] = page_money_data.budget("50.00", spent="1.00", at="tell")
    other["budget"] = page_money_data.budget("5.00", spent="5.25", limit="10.00", state="counting")
    one = user(place="#/lines")
    row = one.page.locator("tbody tr").first
    one.sees("$17.30 of $20.00 spent", row)
    one.sees("Nearly used", row)
    one.sees("$1.00 on hold for calls in progress", row)
    one.sees("All lines of Ada Lovelace", row)
    one.sees("Calls beyond it still go through.", row)
    meters = row.get_by_role("meter")
    assert [each.evaluate("one => [one.value, one.max]") for each in meters.all()] == [[18.3012, 20], [1, 50]]
    second = one.page.locator("tbody tr").nth(1)
    one.sees("Raised for this month; usually $5.00", second)
    one.sees("The calls of this month are being counted.", second)


def test_an_admin_sets_changes_and_ends_a_budget(user: User, page_server: PageServer) -> None:
    one = user(place="#/lines")
    row = one.page.locator("tbody tr").first
    one.press("Set a budget for +1 212 555 0001", row)
    dialog = one.page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="End budget")).to_be_hidden()
    one.press("Save budget", dialog)
    one.sees("Enter an amount in dollars and cents.", dialog)
    dialog.get_by_label("Amount a month").fill("20")
    one.press("Save budget", dialog)
    one.sees("$0.00 of $20.00 spent", row)
    expect(row.get_by_role("button", name="Change budget for +1 212 555 0001")).to_be_focused()
    one.press("Change budget for +1 212 555 0001", row)
    expect(dialog.get_by_label("Amount a month")).to_have_value("20.00")
    dialog.get_by_label("When it is used up").select_option("Only send e-mails")
    one.press("Save budget", dialog)
    one.sees("Calls beyond it still go through.", row)
    one.press("Change budget for +1 212 555 0001", row)
    one.press("End budget", dialog)
    one.sees("No budget", row)
    assert page_server.api.bodies("PUT /lines/{id}/budget") == [
        {"monthly": "20.00", "at": "refuse"},
        {"monthly": "20.00", "at": "tell"},
        {"monthly": None},
    ]


def test_a_users_budget_is_shown_on_each_of_their_lines(user: User, page_server: PageServer) -> None:
    api = page_server.api
    api.lines = [page_data.line(1), page_data.line(2, user={"id": "user_1", "name": "Ada Lovelace", "budget": None})]
    one = user(place="#/lines")
    one.press("Set a budget for +1 212 555 0001")
    dialog = one.page.get_by_role("dialog")
    dialog.get_by_label("For", exact=True).select_option("All lines of Ada Lovelace")
    dialog.get_by_label("Amount a month").fill("50")
    one.press("Save budget", dialog)
    expect(one.page.get_by_text("$0.00 of $50.00 spent")).to_have_count(2)
    assert api.bodies("PUT /users/{id}/budget") == [{"monthly": "50.00", "at": "refuse"}]


def test_a_budget_that_cannot_be_saved_keeps_the_dialog_open(user: User, page_server: PageServer) -> None:
    page_server.api.on("PUT /lines/{id}/budget", problem(503, "unavailable", "The ledger did not answer in time."))
    one = user(place="#/lines", fails=True)
    one.press("Set a budget for +1 212 555 0001")
    dialog = one.page.get_by_role("dialog")
    dialog.get_by_label("Amount a month").fill("20")
    one.press("Save budget", dialog)
    one.sees("Billing does not answer at the moment.", dialog)
    expect(dialog.get_by_label("Amount a month")).to_have_value("20")
    expect(dialog.get_by_role("button", name="Save budget")).to_be_enabled()


def test_a_member_asks_for_more_once_the_budget_is_nearly_used(user: User, page_server: PageServer) -> None:
    first, second = page_server.api.lines
    first["budget"] = page_money_data.budget(spent="15.99")
    second["user"]["budget"] = page_money_data.budget(spent="12.00", held="4.00")
    one = user(MEMBER, "#/lines")
    expect(one.page.get_by_role("button", name="Ask for")).to_have_count(1)
    one.press("Ask for a higher budget for +1 212 555 0002")
    dialog = one.page.get_by_role("dialog")
    dialog.get_by_label("Note (optional)").fill("A week in Lyon")
    one.press("Send request", dialog)
    one.sees("Your billing admins were asked.")
    one.sees("A week in Lyon")
    expect(one.page.get_by_role("button", name="Ask for")).to_have_count(0)
    assert page_server.api.bodies("POST /lines/{id}/budget/requests") == [{"note": "A week in Lyon"}]


def test_a_member_cannot_ask_about_a_budget_that_only_tells(user: User, page_server: PageServer) -> None:
    page_server.api.lines[0]["budget"] = page_money_data.budget(spent="20.00", at="tell")
    one = user(MEMBER, "#/lines")
    expect(one.page.get_by_role("button", name="Ask for")).to_have_count(0)
    expect(one.page.get_by_role("button", name=re.compile("^(Change|Set a) budget"))).to_have_count(0)


def test_an_admin_raises_a_budget_that_a_member_asked_about(user: User, page_server: PageServer) -> None:
    line = page_server.api.lines[0]
    line["budget"] = page_money_data.budget(spent="19.00")
    line["budget_requests"] = [page_money_data.budget_request(note="A week in Lyon")]
    one = user(place="#/lines")
    one.sees("Person 2 asked for more on")
    one.sees("A week in Lyon")
    one.press("Raise the budget for +1 212 555 0001 until the end of the month")
    dialog = one.page.get_by_role("dialog")
    one.sees("Raise the budget for +1 212 555 0001?", dialog)
    one.press("Cancel", dialog)
    assert page_server.api.count("POST /lines/{id}/budget/requests") == 0
    one.press("Raise the budget for +1 212 555 0001 until the end of the month")
    one.press("Raise until the end of the month", dialog)
    one.sees("The budget is now $40.00 until the end of the month.")
    one.sees("$19.00 of $40.00 spent")
    assert page_server.api.bodies("POST /lines/{id}/budget/requests") == [{"raise": True}]
    expect(one.page.get_by_role("button", name="Raise")).to_have_count(0)


def test_an_admin_confirms_the_country_of_a_capped_call(user: User, page_server: PageServer) -> None:
    api = page_server.api
    api.refused = [page_data.refused(number, "first_country_cap") for number in (1, 2)]
    api.refused += [page_data.refused(3, "first_country_cap", country="JP"), page_data.refused(4, "line_budget")]
    one = user(place="#/settings/refused")
    first, second = (one.page.locator("tbody tr").nth(number) for number in (0, 1))
    one.press("Confirm United Kingdom", first)
    one.press("Confirm United Kingdom", one.page.get_by_role("dialog"))
    one.sees("Calls to United Kingdom are no longer limited by this.", first)
    one.sees("Calls to United Kingdom are no longer limited by this.", second)
    expect(first.get_by_text("no longer limited")).to_be_focused()
    expect(one.page.get_by_role("button", name="Confirm")).to_have_text(["Confirm Japan"])
    assert api.count("POST /countries/{id}/confirm") == 1
    one.sees("Raise the budget of the line")
    one.open("#/settings")
    one.open("#/settings/refused")
    one.sees("Calls to United Kingdom are no longer limited by this.", first)
    expect(one.page.get_by_role("button", name="Confirm")).to_have_text(["Confirm Japan"])


def test_a_member_reads_how_a_country_is_confirmed(user: User, page_server: PageServer) -> None:
    page_server.api.refused = [page_data.refused(1, "first_country_cap")]
    one = user(MEMBER, "#/settings/refused")
    one.sees("A billing admin can confirm the country.")
    expect(one.page.get_by_role("button", name="Confirm")).to_have_count(0)


def test_a_member_finds_where_to_ask_after_a_budget_refused_a_call(user: User, page_server: PageServer) -> None:
    page_server.api.refused = [page_data.refused(1, "line_budget")]
    one = user(MEMBER, "#/settings/refused")
    one.page.get_by_role("link", name="Ask for a higher budget").click()
    one.page.wait_for_url("**#/lines?find=*")
