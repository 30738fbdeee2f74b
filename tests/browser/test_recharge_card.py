"""Automatic recharge without surprises: the switch says what the server does, and buttons name what they charge."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import page_data
from tests.browser.page_data import MEMBER
from tests.browser.page_money_data import taxed
from tests.browser.page_server import PageServer, StubUser
from tests.browser.test_accessibility import violations

User = Callable[..., StubUser]
SAVE = "Save and charge Visa ending 4242 $100.00 now"


def charge(amount: str = "100.00") -> dict[str, Any]:
    """What saving charges."""
    return {**taxed(amount, None), "payment_method": {"id": "pm_1", "brand": "visa", "last4": "4242"}}


def switch(one: StubUser) -> Locator:
    """The switch."""
    return one.page.get_by_role("switch", name="Automatic recharge")


def card(one: StubUser) -> Locator:
    """The card."""
    return one.card("Automatic recharge")


def test_first_rule_names_the_charge_and_the_rule(user: User, page_server: PageServer) -> None:
    api = page_server.api
    api.charges_now = charge()
    one = user()
    switch(one).click()
    expect(switch(one)).not_to_be_checked()
    one.sees("It charges in steps of $25.00, at most $200.00 a day.", card(one))
    one.sees("Saving charges Visa ending 4242 $100.00 now.", card(one))
    assert violations(one) == []
    one.press(SAVE)
    expect(switch(one)).to_be_checked()
    one.sees("A recharge is in progress.", card(one))
    [body] = api.bodies("PATCH /auto-recharge")
    assert (body["enabled"], body["accept_charge"]) == (True, "100.00")
    api.rule |= {"status": "active", "reason": None}
    api.top_ups[0]["status"] = "succeeded"
    api.credit("100.00")
    one.sees("$141.28", one.card("Balance"))


def test_switch_shows_on_only_after_the_server_said_so(user: User, page_server: PageServer) -> None:
    api = page_server.api
    api.rule = page_data.active_rule(enabled=False, status="disabled")
    one = user()
    api.hold("PATCH /auto-recharge")
    switch(one).click()
    one.wait(lambda: api.count("PATCH /auto-recharge"))
    expect(switch(one)).not_to_be_checked()
    one.sees("Off", card(one))
    api.release("PATCH /auto-recharge")
    expect(switch(one)).to_be_checked()


def test_turning_on_asks_before_it_charges(user: User, page_server: PageServer) -> None:
    api = page_server.api
    api.rule = page_data.active_rule(enabled=False, status="disabled")
    api.charges_now = charge("25.00")
    one = user()
    switch(one).click()
    dialog = one.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Your balance is below $10.00. We charge Visa ending 4242 $25.00 at once.")
    assert violations(one) == []
    one.press("Cancel", dialog)
    expect(switch(one)).not_to_be_checked()
    assert api.count("PATCH /auto-recharge") == 0
    switch(one).click()
    one.press("Turn on and charge Visa ending 4242 $25.00 now", dialog)
    expect(switch(one)).to_be_checked()


def test_rule_that_others_changed_is_not_turned_on_unseen(user: User, page_server: PageServer) -> None:
    api = page_server.api
    api.rule = page_data.active_rule(enabled=False, status="disabled")
    one = user()
    api.rule |= {"threshold": "60.00", "version": 2}
    switch(one).click()
    one.sees("Automatic recharge changed after you opened this page.", card(one))
    one.sees(re.compile(r"when the balance falls below \$60.00"), card(one))
    expect(switch(one)).not_to_be_checked()
    assert api.count("PATCH /auto-recharge") == 0


def test_button_changes_to_the_charge_before_it_is_accepted(user: User, page_server: PageServer) -> None:
    api = page_server.api
    api.rule = page_data.active_rule()
    one = user()
    one.press("Change")
    one.page.get_by_label("When the balance falls below").fill("90")
    expect(one.page.get_by_role("button", name="Save changes")).to_be_enabled()
    one.page.wait_for_timeout(1000)
    api.charges_now = charge()
    one.press("Save changes")
    expect(one.page.get_by_role("button", name=SAVE)).to_be_enabled()
    assert api.count("PATCH /auto-recharge") == 0
    one.press(SAVE)
    one.wait(lambda: api.count("PATCH /auto-recharge"))
    expect(one.page.get_by_label("When the balance falls below")).to_have_count(0)


def test_card_that_cannot_be_charged_is_not_offered_to_the_rule(user: User, page_server: PageServer) -> None:
    page_server.api.methods = [
        page_data.card(state="blocked", can_pay=False),
        page_data.card(2),
        page_data.bank_account(),
    ]
    one = user()
    switch(one).click()
    chosen = one.page.get_by_label("Card", exact=True)
    expect(chosen).to_have_value("pm_2")
    expect(chosen.get_by_role("option", name="Visa ending 4242 · Blocked: contact your provider")).to_be_disabled()
    expect(chosen.get_by_role("option")).to_have_count(2)


def test_enter_in_a_field_of_the_rule_moves_to_the_button(user: User, page_server: PageServer) -> None:
    one = user()
    switch(one).click()
    one.page.get_by_label("Recharge amount").press("Enter")
    expect(one.page.get_by_role("button", name="Save and turn on")).to_be_focused()
    assert page_server.api.count("PATCH /auto-recharge") == 0


def test_form_can_be_closed_without_saving(user: User, page_server: PageServer) -> None:
    page_server.api.rule = page_data.active_rule()
    one = user()
    one.press("Change")
    one.page.get_by_label("Recharge amount").fill("99")
    one.press("Cancel", card(one))
    expect(one.page.get_by_label("Recharge amount")).to_have_count(0)
    one.press("Change")
    expect(one.page.get_by_label("Recharge amount")).to_have_value("25.00")


@pytest.mark.parametrize("language", ["en-US", "fr-CA"])
@pytest.mark.parametrize("reason", ["card_removed", "hourly_count", "charge_changed"])
def test_reason_of_a_pause_is_told_in_the_readers_language(
    user: User, page_server: PageServer, reason: str, language: str
) -> None:
    page_server.api.rule = page_data.active_rule(status="suspended", reason=reason, message="Paused: the API says so.")
    one = user(MEMBER, locale=language)
    expect(card(one) if language == "en-US" else one.card("Recharge automatique")).to_contain_text(
        {"en-US": "Paused:", "fr-CA": "En pause"}[language]
    )
    expect(one.page.get_by_text("the API says so")).to_have_count(0)


def test_pause_of_a_bank_account_names_no_card(user: User, page_server: PageServer) -> None:
    bank = {"brand": "us_bank_account", "last4": "6789"}
    page_server.api.rule = page_data.active_rule(status="suspended", reason="card_unusable", payment_method=bank)
    expect(card(user())).to_contain_text("Paused: the bank account can no longer be debited.")


def test_waiting_recharge_links_to_its_confirmation(user: User, page_server: PageServer) -> None:
    api = page_server.api
    api.rule = page_data.active_rule(status="suspended", reason="authentication_required")
    url = "https://api.test/links/abc"
    api.top_ups = [page_data.top_up(kind="automatic", status="requires_action", next_action_url=url)]
    one = user()
    expect(card(one).get_by_role("link", name="Confirm payment")).to_have_attribute("href", url)


def test_members_are_told_whom_to_ask(user: User) -> None:
    one = user(MEMBER)
    one.sees(re.compile("can change automatic recharge. Ask ada@customer.example."), card(one))
    one.sees(re.compile("When credit runs low, ask ada@customer.example."), one.card("Add funds"))
    expect(switch(one)).to_be_disabled()
