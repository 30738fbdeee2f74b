"""The page follows events: it asks while something is being charged, and shows when its data was read."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser import page_data
from tests.browser.page_server import PageServer, StubUser

User = Callable[..., StubUser]
ADMINS = {"GET /overview", "GET /usage", "GET /payment-methods", "GET /top-ups"}


def test_first_view_takes_four_requests_to_the_api(user: User, page_server: PageServer) -> None:
    user()
    assert sorted(request.route for request in page_server.api.requests) == sorted(ADMINS)


def test_members_view_takes_two_requests_to_the_api(user: User, page_server: PageServer) -> None:
    user(page_data.MEMBER)
    assert sorted(request.route for request in page_server.api.requests) == ["GET /overview", "GET /usage"]


def test_recharge_under_way_is_followed_until_it_ends(user: User, page_server: PageServer) -> None:
    api = page_server.api
    api.rule = page_data.active_rule(status="charging", reason="in_flight")
    one = user()
    one.sees("A recharge is in progress.")
    one.wait(lambda: api.count("GET /overview") >= 2)
    api.rule = page_data.active_rule()
    api.credit("25.00")
    one.sees("$66.28", one.card("Balance"))
    expect(one.page.get_by_text("A recharge is in progress.")).to_have_count(0)
    asked = api.count("GET /overview")
    one.page.wait_for_timeout(8000)
    assert api.count("GET /overview") == asked


def test_page_asks_less_and_less_often(user: User, page_server: PageServer) -> None:
    api = page_server.api
    api.rule = page_data.active_rule(status="charging", reason="in_flight")
    one = user()
    one.page.wait_for_timeout(12_000)
    assert 3 <= api.count("GET /overview") <= 5  # After 2, 5, and 9.5 s.


def test_hidden_page_asks_nothing(user: User, page_server: PageServer) -> None:
    api = page_server.api
    api.rule = page_data.active_rule(status="charging", reason="in_flight")
    one = user()
    one.page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true, configurable: true })")
    one.page.wait_for_timeout(300)
    asked = api.count("GET /overview")
    one.page.wait_for_timeout(5000)
    assert api.count("GET /overview") <= asked + 1
    one.page.evaluate("delete document.hidden; dispatchEvent(new Event('focus'))")


def test_focus_refreshes_old_data_only(user: User, page_server: PageServer) -> None:
    api = page_server.api
    one = user()
    one.page.evaluate("dispatchEvent(new Event('focus'))")
    one.page.wait_for_timeout(300)
    assert api.count("GET /overview") == 1
    one.page.evaluate("const now = Date.now; Date.now = () => now() + 20000; dispatchEvent(new Event('focus'))")
    one.wait(lambda: api.count("GET /overview") == 2)


def test_page_says_when_its_data_was_read_and_where(user: User, page_server: PageServer) -> None:
    one = user()
    card = one.card("Balance")
    expect(card.locator(".as-of")).to_have_text(re.compile(r"^As of \d{1,2}:\d\d\s[AP]M, New York timeRefresh$"))
    page_server.api.credit("10.00")
    one.page.get_by_label("Amount", exact=True).fill("77")
    one.press("Refresh")
    one.sees("$51.28", card)
    expect(one.page.get_by_label("Amount", exact=True)).to_have_value("77")


def test_refresh_that_fails_says_so(user: User, page_server: PageServer) -> None:
    one = user(fails=True)
    one.page.route(re.compile("/overview"), lambda route: route.abort())
    one.press("Refresh")
    one.sees("Billing is temporarily unavailable.", one.card("Balance"))


def test_forecast_knows_the_rule_and_promises_no_days_below_zero(user: User, page_server: PageServer) -> None:
    api = page_server.api
    api.rule = page_data.active_rule()
    api.overview["forecast"] |= {"recharges": True, "lasts_until": None}
    one = user()
    one.sees("Automatic recharge keeps your balance up.", one.card("Balance"))
    api.overview |= {"balance": "-3.00", "available": "-3.00", "amount_needed": "3.00"}
    one.press("Refresh")
    one.sees("-$3.00", one.card("Balance"))
    expect(one.card("Balance").get_by_text(re.compile("keeps your balance up|min to"))).to_have_count(0)


def test_holds_are_explained(user: User, page_server: PageServer) -> None:
    page_server.api.overview |= {"held": "1.25", "available": "40.0322"}
    one = user()
    one.page.get_by_text("$1.25 is on hold for calls in progress").click()
    one.sees("we hold its maximum cost")
