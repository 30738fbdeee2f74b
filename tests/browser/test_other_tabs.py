"""What a tab keeps: only what its own user typed, never a default, another user's input, or a half-typed date."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_billing import recharge, switch
from tests.browser.test_second_tabs import CHANGED, change, opened
from tests.browser.visitor import Visitor
from tests.stack.customers import Customer, open_customer

BELOW, AMOUNT = "When the balance falls below", "Recharge amount"


def shows(tab: Visitor, threshold: str, amount: str) -> None:
    """Wait until the form shows these values."""
    expect(tab.page.get_by_label(BELOW)).to_have_value(threshold)
    expect(tab.page.get_by_label(AMOUNT)).to_have_value(amount)


def test_defaults_of_a_first_rule_replace_no_rule_of_another_tab(visit: Visit, customer: Customer) -> None:
    card = customer.save_card()
    tab = opened(visit, customer)
    switch(tab).click()
    shows(tab, "10.00", "25.00")
    tab.page.get_by_label(BELOW).fill("30")
    customer.set_rule(card, threshold="20.00", amount="100.00")
    before = customer.rule()
    tab.press("Save and turn on")
    tab.sees(CHANGED, recharge(tab))
    shows(tab, "30.00", "100.00")
    tab.page.reload()
    tab.enter_password(customer.email)
    shows(tab, "30.00", "100.00")
    assert customer.rule() == before
    tab.press("Save changes")
    tab.wait(lambda: customer.rule() == before | {"threshold": "30.00", "version": before["version"] + 1})


def test_a_first_rule_that_was_only_opened_leaves_no_draft(visit: Visit, customer: Customer) -> None:
    card = customer.save_card()
    tab = opened(visit, customer)
    switch(tab).click()
    shows(tab, "10.00", "25.00")
    customer.set_rule(card, threshold="20.00", amount="100.00")
    tab.page.reload()
    tab.enter_password(customer.email)
    shows(tab, "20.00", "100.00")
    expect(tab.page.get_by_role("button", name="Save changes")).to_be_disabled()


def test_another_user_of_the_tab_finds_no_input_of_the_last_one(visit: Visit, customer: Customer) -> None:
    other = open_customer(customer.stack)
    for one in (customer, other):
        one.set_rule(one.save_card(), threshold="20.00")
    tab = opened(visit, customer)
    tab.press("Change")
    tab.page.get_by_label(BELOW).fill("30")
    tab.page.reload()
    tab.enter_password(other.email)
    tab.press("Change")
    shows(tab, "20.00", "50.00")
    assert '"30.00"' not in tab.stored()


def test_a_page_that_the_browser_restores_shows_current_settings(visit: Visit, customer: Customer) -> None:
    customer.set_rule(customer.save_card(), threshold="20.00")
    tab = opened(visit, customer)
    tab.press("Change")
    shows(tab, "20.00", "50.00")
    change(customer, enabled=False, threshold="10.00")
    tab.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    shows(tab, "10.00", "50.00")
    expect(switch(tab)).not_to_be_checked()


def test_a_half_typed_date_is_never_sent(visit: Visit, customer: Customer) -> None:
    tab = opened(visit, customer)
    for place in ("#/statement", "#/usage/international"):
        today = tab.page.evaluate("new Date().toISOString().slice(0, 10)")
        tab.open(f"{place}?range=custom&from={today}&to={today}")
        tab.settle()
        first = tab.page.get_by_label("From")
        for typed in ("0101", "010120"):  # A day of this year, and the year 20.
            first.focus()
            tab.page.keyboard.type(typed)
            tab.page.evaluate("document.activeElement.blur(), window.dispatchEvent(new Event('blur'))")
            tab.page.evaluate("location.hash = '#/lines'")
            tab.shows("#/lines")
            tab.page.go_back()
            tab.settle()
    assert [url for url in tab.requests if re.search(r"from=0", url)] == []
