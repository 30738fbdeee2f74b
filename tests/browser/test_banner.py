"""The account banner: the most important thing only, with what the reader can do about it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import page_data
from tests.browser.page_api import PageApi
from tests.browser.page_data import ADMIN, MEMBER
from tests.browser.page_server import PageServer, StubUser
from tests.browser.test_accessibility import overflows, violations
from tests.browser.visitor import PHONE

User = Callable[..., StubUser]
Change = Callable[[PageApi], object]


def below(api: PageApi, available: str = "-12.345") -> None:
    api.overview |= {"balance": available, "available": available, "amount_needed": available[1:]}


def all_off(api: PageApi) -> None:
    for line in api.lines:
        line["international_calling"] = False


def paused(api: PageApi, **fields: Any) -> None:
    api.rule = page_data.active_rule(**{"status": "suspended", "reason": "declined_repeatedly", **fields})


def expiring(api: PageApi, state: str = "expiring") -> None:
    api.methods = [page_data.card(state=state, can_pay=state != "blocked", used_by_rule=True)]
    api.rule = page_data.active_rule()
    api.overview["forecast"] |= {"recharges": True, "lasts_until": None}


def low(api: PageApi) -> None:
    api.overview["forecast"] |= {"lasts_until": page_data.days(1)[0]}


def plenty(api: PageApi) -> None:
    api.overview["forecast"] |= {"lasts_until": "2099-01-01"}


STATES: dict[str, tuple[Change, str, str | None]] = {
    "closed": (lambda api: api.overview.update(status="closed"), "This account is closed.", None),
    "frozen": (lambda api: api.overview.update(frozen=True), "This account is frozen.", None),
    "below zero": (below, "Your available credit is -$12.35.", "Add $12.35"),
    "all lines off": (all_off, "International calling is off on all lines.", "Turn on for all lines"),
    "rule paused": (paused, "Automatic recharge is paused.", "Show automatic recharge"),
    "card expiring": (expiring, "Visa ending 4242 expires soon.", "Show payment methods"),
    "card blocked": (lambda api: expiring(api, "blocked"), "Visa ending 4242 is blocked.", "Show payment methods"),
    "low credit": (low, "Your credit lasts until", "Add funds"),
}


def banner(user: StubUser) -> Locator:
    """The banner."""
    return user.page.locator(".account-banner")


@pytest.mark.parametrize("name", STATES)
def test_banner_names_the_state_and_offers_only_what_helps(user: User, page_server: PageServer, name: str) -> None:
    change, title, action = STATES[name]
    change(page_server.api)
    one = user()
    expect(banner(one)).to_contain_text(title)
    buttons = banner(one).get_by_role("button")
    if action is None:
        expect(buttons).to_have_count(0)
        expect(one.page.get_by_role("button", name=re.compile("^Pay"))).to_have_count(0)
        expect(one.page.get_by_role("switch", name="Automatic recharge")).to_be_disabled()
        expect(one.page.get_by_role("button", name=re.compile("^Add a"))).to_have_count(0)
    else:
        expect(buttons.filter(has_text=action)).to_be_visible()
    assert violations(one) == []
    assert not overflows(one)


@pytest.mark.parametrize("name", [name for name in STATES if not name.startswith("card")])
def test_banner_tells_members_whom_to_ask(user: User, page_server: PageServer, name: str) -> None:
    change, title, action = STATES[name]
    change(page_server.api)
    one = user(MEMBER, device=PHONE)
    expect(banner(one)).to_contain_text(title)
    expect(banner(one).get_by_role("button")).to_have_count(0)
    if action:
        expect(banner(one)).to_contain_text(f"Ask a billing admin of your account: {ADMIN}.")
    assert not overflows(one)


def test_no_banner_appears_while_all_is_well(user: User, page_server: PageServer) -> None:
    plenty(page_server.api)
    expect(banner(user())).to_be_hidden()


def test_banner_shows_one_state_the_most_urgent_one(user: User, page_server: PageServer) -> None:
    order = ["low credit", "rule paused", "all lines off", "below zero", "frozen", "closed"]
    for name in order:
        STATES[name][0](page_server.api)
        one = user()
        expect(banner(one)).to_contain_text(STATES[name][1])
        expect(banner(one).locator(".note")).to_have_count(1)


def test_debts_above_the_maximum_are_paid_in_steps(user: User, page_server: PageServer) -> None:
    below(page_server.api, "-1100.00")
    one = user()
    expect(banner(one)).to_contain_text("so this takes 3 payments.")
    for step, left in (("500.00", 2), ("500.00", 1), ("100.00", 0)):
        one.press(f"Add ${step}")
        expect(one.page.get_by_label("Amount", exact=True)).to_have_value(step)
        one.press(f"Pay ${step}")
        dialog = one.page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        one.press(f"Pay ${step}", dialog)
        one.sees("Funds added")
        if left:
            one.press("Add more funds")
            expect(banner(one)).to_be_visible()
    expect(banner(one).get_by_text("available credit is")).to_have_count(0)


def test_all_lines_are_turned_on_from_the_banner(user: User, page_server: PageServer) -> None:
    all_off(page_server.api)
    plenty(page_server.api)
    one = user()
    one.press("Turn on for all lines")
    expect(banner(one)).to_be_hidden()
    assert page_server.api.bodies("PUT /lines") == [{"international_calling": True}]


def test_paused_rule_says_why_and_when_it_resumes(user: User, page_server: PageServer) -> None:
    paused(page_server.api, status="paused", reason="backing_off", next_attempt_at=page_data.ago(minutes=-30))
    one = user()
    expect(banner(one)).to_contain_text("The card was declined.")
    expect(banner(one)).to_contain_text("We can try again")
    page_server.api.rule |= {"status": "active", "reason": None, "next_attempt_at": None}
    plenty(page_server.api)
    one.press("Refresh")
    expect(banner(one)).to_be_hidden()
