"""The first visit: from sign-in to the first allowed call in few clicks and one trip to Stripe."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import page_data
from tests.browser.page_api import PageApi
from tests.browser.page_data import ADMIN, MEMBER
from tests.browser.page_server import PageServer, StubUser
from tests.browser.test_accessibility import overflows, violations
from tests.browser.visitor import PHONE

User = Callable[..., StubUser]


@pytest.fixture
def api(page_server: PageServer, user: User) -> PageApi:
    """A new account: two lines that are off, nothing else."""
    api = page_server.api
    api.methods, api.top_ups = [], []
    api.overview |= {"balance": "0.00", "available": "0.00"}
    api.overview["forecast"] |= {"daily_spend": None, "lasts_until": None, "destinations": [], "basis_days": 0}
    api.overview["statement"] = {"opening_balance": "0.00", "days": []}
    api.usage |= {"categories": [], "days": [], "total": "0.00"}
    for line in api.lines:
        line["international_calling"] = False
    return api


def steps(one: StubUser) -> Locator:
    """The checklist."""
    return one.page.locator(".checklist")


def test_new_account_is_ready_after_few_clicks_and_one_trip(user: User, api: PageApi) -> None:
    one = user()
    expect(steps(one).get_by_role("listitem")).to_have_count(4)
    assert violations(one) == []
    one.press("Pay $25.00")
    one.page.get_by_role("link", name="Pay now").click()
    one.come_back()
    one.sees("Funds added")
    one.press("Turn on for all lines")
    expect(steps(one).locator(".done")).to_have_count(2)
    assert (api.overview["available"], [line["international_calling"] for line in api.lines]) == ("25.00", [True, True])
    assert api.count("POST /top-ups/checkout") == 1


def test_every_step_is_done_in_place(user: User, api: PageApi) -> None:
    api.methods = [page_data.card()]
    one = user(device=PHONE)
    assert not overflows(one)
    one.press("Add funds", steps(one))
    expect(one.page.get_by_label("Amount", exact=True)).to_be_focused()
    one.press("Pay $25.00")
    one.sees("Funds added")
    one.press("Turn on for all lines", steps(one))
    one.press("Set up", steps(one))
    one.press("Save and turn on")
    number = steps(one).get_by_label("Number")
    one.press("Look up", steps(one))
    expect(number).to_have_accessible_description(re.compile("Enter a phone number"))
    number.fill("+44 20 7183 8750")
    one.press("Look up", steps(one))
    one.sees("United Kingdom: $0.0135 per minute.", steps(one))
    expect(steps(one).locator(".done")).to_have_count(4)
    expect(one.page.get_by_role("region", name="You are ready to call.")).to_be_visible()
    assert violations(one) == []
    one.press("Hide", steps(one))
    expect(steps(one)).to_be_hidden()
    one.page.reload()
    one.come_back()
    expect(steps(one)).to_be_hidden()


def test_checklist_stays_after_the_first_payment_of_this_tab(user: User, api: PageApi) -> None:
    one = user()
    one.press("Pay $25.00")
    one.page.get_by_role("link", name="Pay now").click()
    one.come_back()
    expect(steps(one).locator(".done")).to_have_count(1)


def test_account_in_use_sees_no_checklist(user: User) -> None:
    one = user()
    expect(steps(one)).to_be_hidden()


def test_members_see_no_checklist_but_whom_to_ask(user: User, api: PageApi) -> None:
    one = user(MEMBER)
    expect(steps(one)).to_have_count(0)
    expect(one.page.locator(".account-banner")).to_contain_text(ADMIN)


def test_account_without_lines_is_told_who_adds_them(user: User, api: PageApi) -> None:
    api.lines = []
    one = user()
    one.sees("Your provider adds lines to your account.", steps(one))
    expect(one.page.get_by_role("button", name="Turn on for all lines")).to_have_count(0)
