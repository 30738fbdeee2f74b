"""The page by keyboard alone: the focus goes in reading order and is never lost; the usual tasks need nothing else."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.extremes import VIEWS
from tests.browser.page_data import top_up
from tests.browser.page_server import PageServer, StubUser
from tests.browser.page_states import a_month, every_event, many_cards, month_of_calls
from tests.browser.visitor import DESKTOP, PHONE, Device

User = Callable[..., StubUser]
MOST_STOPS = 150
STOP = """() => {
    const one = document.activeElement;
    if (one === document.body || (one.matches(".skip") && stops.length)) return false;
    stops.push(one);
    return true;
}"""
OUT_OF_ORDER = """() => {
    const faults = [];
    const name = one => `${one.tagName}.${one.className} ${(one.ariaLabel ?? one.textContent).slice(0, 30)}`;
    const line = one => { const all = []; for (let at = one; at; at = at.parentElement) all.unshift(at); return all; };
    for (let index = 1; index < stops.length; index += 1) {
        const [before, after] = [line(stops[index - 1]), line(stops[index])];
        let depth = 0;
        while (before[depth] === after[depth] && before[depth]) depth += 1;
        if (!before[depth] || !after[depth]) continue;
        const [one, other] = [before[depth].getBoundingClientRect(), after[depth].getBoundingClientRect()];
        const shared = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        const isAbove = other.bottom <= one.top + 1;
        const isLeft = other.right <= one.left + 1 && shared > Math.min(one.height, other.height) / 2;
        if (isAbove || isLeft) faults.push(`${name(stops[index - 1])} comes before ${name(stops[index])}`);
    }
    return [stops.length, faults];
}"""


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_focus_goes_in_reading_order(user: User, page_server: PageServer, device: Device) -> None:
    for prepare in (a_month, every_event, many_cards, month_of_calls(8)):
        prepare(page_server.api)
    one = user(device=device)
    found = {}
    for place in VIEWS:
        one.open(place)
        one.settle()
        one.page.evaluate("window.stops = []; document.activeElement.blur()")
        one.page.locator(".skip").focus()
        for _ in range(MOST_STOPS):
            if not one.page.evaluate(STOP):
                break
            one.page.keyboard.press("Tab")
        stops, faults = one.page.evaluate(OUT_OF_ORDER)
        assert stops > 5, place
        found[place] = faults
    assert {place: faults for place, faults in found.items() if faults} == {}


def focus_is_kept(one: StubUser) -> None:
    """Check that an element has the focus, once everything is loaded."""
    one.settle()
    expect(one.page.locator("body")).not_to_be_focused()
    assert one.page.evaluate("document.activeElement !== document.body && document.activeElement.checkVisibility()")


def tab_to(one: StubUser, selector: str) -> None:
    """Press Tab until this element has the focus."""
    for _ in range(MOST_STOPS):
        one.page.keyboard.press("Tab")
        if one.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab does not reach {selector}.")


def press(one: StubUser, key: str) -> None:
    """Press a key; the focus may not be lost by it."""
    one.page.keyboard.press(key)
    one.page.wait_for_timeout(150)
    focus_is_kept(one)


@pytest.fixture
def one(user: User, page_server: PageServer) -> StubUser:
    """A user of an account with a month of calls, who begins at the top of the page."""
    a_month(page_server.api)
    page_server.api.rule["enabled"] = False
    page_server.api.rule |= {"status": "disabled", "amount": None, "threshold": None, "payment_method": None}
    page_server.api.top_ups = [top_up(1)]
    page_server.api.lines[1]["international_calling"] = False
    signed_in = user()
    signed_in.page.evaluate("document.activeElement.blur()")
    return signed_in


def test_keyboard_shows_and_refreshes_the_balance(one: StubUser) -> None:
    tab_to(one, ".skip")
    press(one, "Enter")
    expect(one.page.locator("main")).to_be_focused()
    tab_to(one, ".balance .drawing")
    press(one, "ArrowLeft")
    expect(one.page.locator(".balance .readout")).to_contain_text("$")
    tab_to(one, ".balance summary")
    press(one, "Enter")
    tab_to(one, ".as-of button")
    press(one, "Enter")
    expect(one.page.locator(".as-of button")).to_be_focused()


def test_keyboard_adds_funds_twice(one: StubUser, page_server: PageServer) -> None:
    tab_to(one, ".funds [name=amount]")
    one.page.keyboard.press("Control+a")
    one.page.keyboard.type("35")
    press(one, "Enter")
    expect(one.page.get_by_role("button", name="Pay $35.00")).to_be_focused()
    press(one, "Enter")
    one.sees("Funds added")
    focus_is_kept(one)
    tab_to(one, ".outcome button")
    press(one, "Enter")
    expect(one.page.locator(".funds [name=amount]")).to_be_focused()
    assert page_server.api.bodies("POST /top-ups")[0]["amount"] == "35.00"


def test_keyboard_sets_automatic_recharge(one: StubUser, page_server: PageServer) -> None:
    tab_to(one, "#recharge-switch")
    press(one, "Space")
    tab_to(one, ".recharge form [name=threshold]")
    one.page.keyboard.press("Control+a")
    one.page.keyboard.type("15")
    tab_to(one, ".recharge form button[type=submit]")
    press(one, "Enter")
    expect(one.page.locator("#recharge-switch")).to_be_focused()
    expect(one.page.locator("#recharge-switch")).to_be_checked()
    assert page_server.api.rule["threshold"] == "15.00"


def test_keyboard_shows_the_details_of_a_category(one: StubUser) -> None:
    tab_to(one, ".categories a")
    press(one, "Enter")
    one.page.wait_for_url("**/#/usage/outbound_international_call?*")
    expect(one.page.locator("main h1")).to_be_focused()
    tab_to(one, ".call-table .why")
    press(one, "Enter")
    expect(one.page.get_by_role("dialog")).to_be_visible()
    press(one, "Escape")
    expect(one.page.locator(".call-table .why").first).to_be_focused()
    tab_to(one, ".actions.center button")
    press(one, "Enter")
    one.sees("100 calls so far")
    focus_is_kept(one)


def test_keyboard_enables_international_calling(one: StubUser, page_server: PageServer) -> None:
    tab_to(one, "nav a[href='#/lines']")
    press(one, "Enter")
    expect(one.page.locator("main h1")).to_be_focused()
    tab_to(one, "tbody tr:nth-child(2) [role=switch]")
    press(one, "Space")
    switch = one.page.locator("tbody tr:nth-child(2) [role=switch]")
    expect(switch).to_be_checked()
    expect(switch).to_be_focused()
    assert page_server.api.lines[1]["international_calling"]
