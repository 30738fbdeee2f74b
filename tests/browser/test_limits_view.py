"""The view of limits: the provider's bounds, the customer's own limits, places, and two admins at once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import page_data
from tests.browser.page_api import problem
from tests.browser.page_data import MEMBER
from tests.browser.page_server import PageServer, StubUser

User = Callable[..., StubUser]
PLACE = "#/settings/limits"


def test_each_limit_names_the_bound_of_the_provider(user: User) -> None:
    one = user(place=PLACE)
    for name, bound in (
        ("Daily spend", "$100.00"),
        ("Price per call", "$25.00"),
        ("Simultaneous calls", "10"),
        ("Expensive from", "$1.00"),
    ):
        field = one.page.get_by_label(name)
        expect(field).to_have_value("")
        hint = one.page.locator(f"#{field.get_attribute('aria-describedby')}")
        expect(hint).to_contain_text(f"{bound}. Leave empty")
    one.sees("Set by your provider: Cuba")


def test_only_changed_limits_are_saved_with_their_version(user: User, page_server: PageServer) -> None:
    page_server.api.limits = page_data.limits(high_cost="0.1250", simultaneous_calls=4)
    one = user(place=PLACE)
    one.press("Save limits")
    one.sees("Nothing was changed.")
    one.page.get_by_label("Daily spend").fill("40")
    one.page.get_by_label("Simultaneous calls").fill("")
    one.press("Save limits")
    one.sees("The limits are saved.")
    assert page_server.api.bodies("PUT /limits") == [{"daily_spend": "40.00", "simultaneous_calls": None, "version": 0}]
    expect(one.page.get_by_label("Daily spend")).to_have_value("40.00")
    expect(one.page.get_by_label("Expensive from")).to_have_value("0.125")
    one.page.get_by_label("Price per call").fill("7.5")
    one.press("Save limits")
    one.wait(lambda: page_server.api.count("PUT /limits") == 2)
    assert page_server.api.bodies("PUT /limits")[1] == {"call_price": "7.50", "version": 1}


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("Daily spend", "100.01", "Your provider allows $100.00 at most."),
        ("Simultaneous calls", "11", "Your provider allows 10 at most."),
        ("Simultaneous calls", "1.5", "Enter a whole number, or nothing."),
        ("Price per call", "much", "Enter an amount in dollars and cents, or nothing."),
    ],
)
def test_a_wrong_limit_is_not_sent(user: User, page_server: PageServer, name: str, value: str, error: str) -> None:
    one = user(place=PLACE)
    one.page.get_by_label(name).fill(value)
    one.press("Save limits")
    one.sees(error)
    expect(one.page.get_by_label(name)).to_be_focused()
    assert page_server.api.count("PUT /limits") == 0


def test_places_are_added_by_name_alias_and_prefix_and_removed(user: User, page_server: PageServer) -> None:
    page_server.api.limits = page_data.limits(blocked=["FR"])
    one = user(place=PLACE)
    blocked = one.page.get_by_role("combobox", name="Blocked places")
    for text in ("holland", "+1900", "iridium"):
        blocked.fill(text)
        if text.startswith("+"):
            one.page.get_by_role("option", name="All numbers that begin with +1900").click()
        else:
            one.page.keyboard.press("Enter")
    one.press("Remove France")
    expect(blocked).to_be_focused()
    blocked.fill("netherlands")
    one.page.keyboard.press("Enter")
    one.sees("Netherlands is in the list already.")
    allowed = one.page.get_by_role("combobox", name="Allowed expensive places")
    allowed.fill("inmarsat")
    expect(one.page.get_by_role("option")).to_have_count(0)
    allowed.fill("+44")
    assert not [name for name in one.page.get_by_role("option").all_inner_texts() if "All numbers" in name]
    allowed.fill("latvia")
    one.page.keyboard.press("Enter")
    one.press("Save limits")
    one.sees("The limits are saved.")
    [body] = page_server.api.bodies("PUT /limits")
    assert (sorted(body["blocked"]), body["high_cost_allowed"]) == (["+1900", "001", "NL"], ["LV"])


def test_a_change_by_someone_else_is_shown_and_the_entry_kept(user: User, page_server: PageServer) -> None:
    one = user(place=PLACE, fails=True)
    one.page.get_by_label("Daily spend").fill("40")
    page_server.api.limits = page_data.limits(daily_spend="80.00", call_price="5.00") | {"version": 3}
    one.press("Save limits")
    one.sees("Someone changed the limits after you opened them.")
    one.sees("Price per call: $5.00")
    expect(one.page.get_by_label("Daily spend")).to_have_value("40")
    expect(one.page.get_by_label("Price per call")).to_have_value("5.00")
    one.press("Save limits")
    one.sees("The limits are saved.")
    assert page_server.api.bodies("PUT /limits")[-1] == {"daily_spend": "40.00", "version": 3}


def test_a_refusal_of_the_server_is_shown_and_the_entry_kept(user: User, page_server: PageServer) -> None:
    page_server.api.on("PUT /limits", problem(403, "account_frozen", "The account is frozen."))
    one = user(place=PLACE, fails=True)
    one.page.get_by_label("Daily spend").fill("90")
    one.press("Save limits")
    one.sees("frozen")
    expect(one.page.get_by_label("Daily spend")).to_have_value("90")


def test_a_member_reads_the_limits_and_is_told_whom_to_ask(user: User, page_server: PageServer) -> None:
    page_server.api.limits = page_data.limits(blocked=["CU", "FR"])
    one = user(MEMBER, PLACE)
    one.sees("Only a billing admin of your account can change limits.")
    one.sees("$100.00")
    one.sees("France")
    expect(one.page.locator("main input")).to_have_count(0)
    expect(one.page.locator("main button")).to_have_count(0)
