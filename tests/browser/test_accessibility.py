"""Accessibility: axe-core, keyboard, overflow, and reduced motion."""

import re
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import DESKTOP, PHONE, Device, Window
from tests.stack.customers import Customer

Scheme = Literal["light", "dark"]
PLACES = (
    "#/",
    "#/usage/outbound_international_call?range=week",
    "#/lines",
    "#/statement?range=week",
    "#/history",
    "#/rates?country=FR",
    "#/settings",
    "#/settings/limits",
    "#/settings/refused",
    "#/settings/activity",
    "#/settings/freeze",
)
SMALLEST: Device = {**PHONE, "viewport": {"width": 320, "height": 640}}
WIDE: Device = {"viewport": {"width": 2200, "height": 1300}}


def violations(visitor: Window) -> list[str]:
    """Return the violations that axe-core finds on the page."""
    report: dict[str, Any] = Axe().run(visitor.page).response
    return [f"{one['id']}: {node['html'][:160]}" for one in report["violations"] for node in one["nodes"]]


def overflows(visitor: Window) -> bool:
    """Return whether the page is wider than the window."""
    wider: bool = visitor.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wider


LIGHT, DARK = Device(**DESKTOP, color_scheme="light"), Device(**PHONE, color_scheme="dark")


@pytest.mark.parametrize("device", [LIGHT, DARK], ids=["desktop, light", "phone, dark"])
def test_axe_finds_no_violation_on_any_page(visit: Visit, caller: Customer, device: Device) -> None:
    visitor = visit(device)
    visitor.open()
    visitor.settle()
    assert violations(visitor) == []
    visitor.press("Sign in")
    visitor.enter_password(caller.email)
    for place in PLACES:
        visitor.open(place)
        visitor.settle()
        visitor.page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
        assert violations(visitor) == [], place
    visitor.open(PLACES[1])
    visitor.page.get_by_role("button", name="Price details").first.click()
    assert violations(visitor) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_in_error_states(visit: Visit, customer: Customer, scheme: Scheme) -> None:
    customer.set_rule(customer.save_card("pm_card_chargeCustomerFail"), threshold="60.00")
    visitor = visit({**PHONE, "color_scheme": scheme})
    visitor.break_network()
    visitor.page.route(re.compile(r"/usage\?"), lambda route: route.abort())
    visitor.sign_in(customer.email)
    visitor.page.get_by_label("Amount", exact=True).fill("1")
    visitor.saved_card("Visa ending 0341").check()  # A declined card is not chosen by itself.
    visitor.press("Pay $1.00")
    assert violations(visitor) == []
    visitor.page.get_by_label("Amount", exact=True).fill("25")
    visitor.press("Pay $25.00")
    visitor.sees("Payment declined")
    visitor.settle()
    assert violations(visitor) == []


@pytest.mark.parametrize("size", [SMALLEST, WIDE], ids=["320 px", "2200 px"])
def test_no_page_overflows_the_window(read: Visit, caller: Customer, size: Device) -> None:
    visitor = read(size)
    for place in PLACES:
        visitor.open(place)
        visitor.settle()
        assert not overflows(visitor), place


def test_user_pays_with_the_keyboard_only(visit: Visit, customer: Customer) -> None:
    customer.save_card()
    visitor = visit()
    visitor.sign_in(customer.email)
    keyboard = visitor.page.keyboard
    visitor.page.evaluate("document.activeElement.blur()")
    keyboard.press("Tab")
    expect(visitor.page.get_by_role("link", name="Skip to content")).to_be_focused()
    keyboard.press("Enter")
    for _ in range(30):
        keyboard.press("Tab")
        if visitor.page.evaluate("document.activeElement.name") == "amount":
            break
    keyboard.type("35")
    keyboard.press("Enter")
    expect(visitor.page.get_by_role("button", name="Pay $35.00")).to_be_focused()
    keyboard.press("Enter")
    visitor.sees("Funds added")
    assert visitor.page.evaluate("document.activeElement.className").startswith("note")
    assert visitor.page.evaluate("getComputedStyle(document.activeElement).display") != "none"


def test_navigation_moves_focus_to_the_heading_and_sets_the_title(visit: Visit, customer: Customer) -> None:
    visitor = visit(DESKTOP)
    visitor.sign_in(customer.email)
    for name in ("Lines", "Statement", "History", "Rates", "Settings", "Billing"):
        visitor.follow(name)
        expect(visitor.page.locator("main h1")).to_be_focused()
        expect(visitor.page).to_have_title(f"{name} · Calling Credit")
        expect(visitor.page.get_by_role("link", name=name, exact=True).first).to_have_attribute("aria-current", "page")


def test_page_has_no_transitions_with_reduced_motion(visit: Visit, customer: Customer) -> None:
    visitor = visit({**DESKTOP, "reduced_motion": "reduce"})
    visitor.sign_in(customer.email)
    durations = "[...document.querySelectorAll('*')].map(one => parseFloat(getComputedStyle(one).transitionDuration))"
    assert set(visitor.page.evaluate(durations)) == {0}
