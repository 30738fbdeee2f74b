"""The views below Settings: refused calls and activity; all of them accessible, narrow, and in French."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from calling_credit.admission.reasons import DenialReason
from calling_credit.changes.actions import ChangeAction
from tests.browser import page_data
from tests.browser.page_data import ADMIN, MEMBER
from tests.browser.page_server import PageServer, StubUser
from tests.browser.test_accessibility import DARK, LIGHT, SMALLEST, overflows, violations
from tests.browser.visitor import Device

User = Callable[..., StubUser]
VIEWS = (
    "#/settings",
    "#/settings/limits",
    "#/settings/notifications",
    "#/settings/refused",
    "#/settings/activity",
    "#/settings/freeze",
    "#/lines",
    "#/rates",
    "#/rates?country=GB",
)


def fill_account(page_server: PageServer) -> None:
    """Give the account something to show in every view, with long names."""
    api = page_server.api
    api.refused = [page_data.refused(number, reason) for number, reason in enumerate(DenialReason, 1)]
    api.not_listed = [{"date": "2026-11-20", "calls": 4321}]
    api.changes = [page_data.change(action, new={"reason": "x" * 80}) for action in ChangeAction]
    api.lines = [page_data.line(1, user={"id": "user_1", "name": "Ada " * 18})]
    api.limits = page_data.limits(blocked=["CU", "FR", "BO", "GS", "+190012345678901"])
    waiting = {"address": f"{'long' * 12}@customer.example", "language": "fr", "status": "waiting"}
    api.notifications = page_data.notifications({"address": ADMIN, "language": "en", "status": "confirmed"}, waiting)


# --- Refused calls ----------------------------------------------------------------------------------------------------


def test_refused_calls_name_the_reason_and_lead_to_the_remedy(user: User, page_server: PageServer) -> None:
    reasons = ("insufficient_credit", "international_calling_off", "daily_spend_limit", "destination_unrated")
    page_server.api.refused = [page_data.refused(number, reason) for number, reason in enumerate(reasons, 1)]
    one = user(place="#/settings/refused")
    rows = one.rows()
    assert [row[1] for row in rows] == ["+44 20 7183 8750"] * 4
    assert rows[0][2].split("\n") == ["+1 212 555 0002", "Person 2"]
    assert rows[0][3].split("\n") == ["There was not enough credit.", "Add funds"]
    for name, place in (
        ("Add funds", "#/"),
        ("Turn the line on", "#/lines?find=%2B12125550002"),
        ("Raise the daily limit", "#/settings/limits"),
    ):
        assert one.page.get_by_role("link", name=name).get_attribute("href") == place
    one.sees("Ask your provider whether the destination can be called.")
    one.follow("Turn the line on")
    assert len(one.rows()) == 1


def test_calls_that_are_not_listed_are_counted_by_day(user: User, page_server: PageServer) -> None:
    page_server.api.not_listed = [{"date": "2026-11-20", "calls": 1234}, {"date": "2026-11-21", "calls": 1}]
    one = user(place="#/settings/refused")
    one.sees("No call was refused in the last 30 days.")
    one.sees("Nov 20, 2026: 1,234 more calls")
    one.sees("Nov 21, 2026: 1 more call")


def test_a_reason_of_a_newer_release_is_shown_readably(user: User, page_server: PageServer) -> None:
    page_server.api.refused = [page_data.refused(1, "phase_of_the_moon")]
    one = user(place="#/settings/refused")
    one.sees("phase of the moon")
    page_server.undocumented.clear()


def test_a_member_sees_remedies_without_links_and_whom_to_ask(user: User, page_server: PageServer) -> None:
    page_server.api.refused = [page_data.refused(1)]
    one = user(MEMBER, "#/settings/refused")
    one.sees("Add funds")
    expect(one.page.get_by_role("link", name="Add funds")).to_have_count(0)
    one.sees(f"Ask a billing admin of your account: {ADMIN}")


# --- Activity ---------------------------------------------------------------------------------------------------------


def test_activity_says_who_changed_what_in_words(user: User, page_server: PageServer) -> None:
    card = {"id": "pm_2", "brand": "mastercard", "last4": "4444"}
    staff = {"kind": "staff", "name": "Support"}
    page_server.api.changes = [
        page_data.change("limits_changed", "limits", old={"call_price": "25.00"}, new={"call_price": "10.00"}),
        page_data.change("limits_changed", "limits", old={"blocked": None}, new={"blocked": ["CU", "+1900"]}),
        page_data.change("limits_changed", "operator_limits", by=staff, old={}, new={"simultaneous_calls": 1200}),
        page_data.change(
            "line_changed", "line:line_2", old={"international_calling": True}, new={"international_calling": False}
        ),
        page_data.change("rule_changed", "auto_recharge", old={"enabled": False}, new={"enabled": True}),
        page_data.change("card_removed", "card:pm_2", old={"payment_method": card}),
        page_data.change("account_frozen", old={"frozen": False}, new={"frozen": True}),
        page_data.change(
            "account_changed",
            old={"waiting_emails": []},
            new={"waiting_emails": [{"address": MEMBER, "language": "fr"}]},
        ),
        page_data.change("user_changed", "user:user_1", old={"name": "A"}, new={"name": "Ada"}),
    ]
    one = user(place="#/settings/activity")
    assert [row[1].split("\n") for row in one.rows()] == [
        ["Limits changed", "Price per call: from $25.00 to $10.00"],
        ["Limits changed", "Blocked places: Cuba, +1900"],
        ["Your provider changed its limits", "Simultaneous calls: 1,200"],
        ["Line changed", "Line +1 212 555 0002", "International calling: from on to off"],
        ["Automatic recharge changed", "Automatic recharge: from off to on"],
        ["Payment method removed", "Payment method: Mastercard ending 4444"],
        ["Account frozen"],
        ["Account settings changed", f"Addresses that wait: from none to {MEMBER} (French)"],
        ["User renamed", "Ada Lovelace", "Name: from A to Ada"],
    ]
    assert one.rows()[0][2].split("\n") == [ADMIN, "from 203.0.113.7"]
    assert one.rows()[2][2].split("\n")[0] == "Your provider\u2019s support"


# --- All views --------------------------------------------------------------------------------------------------------


def test_the_current_entry_of_the_navigation_is_in_sight_on_a_phone(user: User) -> None:
    one = user(device=SMALLEST)
    one.open("#/settings/limits")
    entry = one.page.get_by_role("navigation").get_by_role("link", name="Settings")
    expect(entry).to_be_in_viewport(ratio=0.9)


def test_settings_are_one_entry_of_the_navigation(user: User) -> None:
    one = user()
    one.follow("Settings")
    for name in ("Limits", "Notifications", "Refused calls", "Activity", "Freeze the account"):
        one.follow(name)
        expect(one.page.locator("main h1")).to_be_focused()
        expect(one.page).to_have_title(f"{name} · Calling Credit")
        entry = one.page.get_by_role("navigation").get_by_role("link", name="Settings")
        expect(entry).to_have_attribute("aria-current", "page")
        one.page.locator("a.back").click()
        one.shows("#/settings")


@pytest.mark.parametrize("device", [LIGHT, DARK], ids=["desktop, light", "phone, dark"])
def test_axe_finds_no_violation_in_these_views(user: User, page_server: PageServer, device: Device) -> None:
    fill_account(page_server)
    one = user(device=device)
    for place in VIEWS:
        one.open(place)
        one.settle()
        assert violations(one) == [], place
    one.page.get_by_label("Country or number").fill("united")
    assert violations(one) == []


@pytest.mark.parametrize("email", [ADMIN, MEMBER])
def test_no_view_overflows_a_window_of_320_px(user: User, page_server: PageServer, email: str) -> None:
    fill_account(page_server)
    one = user(email, device=SMALLEST)
    for place in VIEWS:
        one.open(place)
        one.settle()
        assert not overflows(one), place


def test_views_are_french_in_a_french_browser(user: User, page_server: PageServer) -> None:
    fill_account(page_server)
    one = user()
    one.page.get_by_role("link", name="Français").click()
    one.come_back()
    for place, title in zip(
        VIEWS,
        ("Paramètres", "Limites", "Notifications", "Appels refusés", "Activité", "Bloquer le compte", "Lignes"),
        strict=False,
    ):
        one.open(place)
        one.settle()
        expect(one.page.get_by_role("heading", name=title, level=1)).to_be_visible()
    one.open("#/settings/limits")
    one.page.get_by_role("combobox", name="Lieux interdits").fill("allem")
    expect(one.page.get_by_role("option", name="Allemagne")).to_be_visible()
