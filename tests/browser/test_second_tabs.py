"""Two tabs of the Billing page: the older one overwrites nothing, and nothing is switched on or charged unseen."""

from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_billing import recharge, switch
from tests.browser.visitor import Visitor
from tests.stack.customers import Customer

CHANGED = "changed after you opened"


def change(customer: Customer, **settings: Any) -> None:
    """Change the rule from another tab."""
    customer.stack.api.send("PATCH", "/auto-recharge", customer.token, settings)


def opened(visit: Visit, customer: Customer) -> Visitor:
    """A tab of the customer, signed in."""
    visitor = visit()
    visitor.break_network()  # A refused change is logged as a failed request.
    visitor.sign_in(customer.email)
    return visitor


def test_older_tab_shows_newer_settings_and_keeps_what_was_typed(visit: Visit, customer: Customer) -> None:
    customer.set_rule(customer.save_card(), threshold="20.00")
    tab = opened(visit, customer)
    tab.press("Change")
    tab.page.get_by_label("When the balance falls below").fill("30")
    change(customer, enabled=False, threshold="10.00", daily_limit="60.00")
    before = customer.rule()
    tab.press("Save changes")
    tab.sees(CHANGED, recharge(tab))
    tab.sees("Off. When turned on, it adds $50.00 with Visa ending 4242 when the balance falls below $10.00.")
    expect(tab.page.get_by_label("When the balance falls below")).to_have_value("30.00")
    expect(tab.page.get_by_label("Daily limit")).to_have_value("60.00")
    tab.sees("Saved: 10.00", recharge(tab))
    assert customer.rule() == before
    tab.press("Save changes")
    tab.wait(lambda: customer.rule()["threshold"] == "30.00")
    assert customer.rule() == before | {"threshold": "30.00", "version": before["version"] + 1}


def test_draft_after_reload_restores_no_card_and_no_limit(visit: Visit, customer: Customer) -> None:
    customer.set_rule(customer.save_card(), threshold="20.00")
    other = customer.save_card("pm_card_mastercard")
    tab = opened(visit, customer)
    tab.press("Change")
    recharge(tab).locator("details").evaluate("limits => { limits.open = true; }")
    tab.page.get_by_label("When the balance falls below").fill("30")
    tab.page.get_by_label("Daily limit").fill("150")
    change(customer, enabled=False, payment_method_id=other, daily_limit="60.00")
    before = customer.rule()
    tab.page.reload()
    tab.enter_password(customer.email)
    expect(tab.page.get_by_label("When the balance falls below")).to_have_value("30.00")
    expect(tab.page.get_by_label("Daily limit")).to_have_value("60.00")
    expect(tab.page.get_by_label("Card", exact=True)).to_have_value(other)
    expect(switch(tab)).not_to_be_checked()
    tab.press("Save changes")
    tab.wait(lambda: customer.rule()["threshold"] == "30.00")
    assert customer.rule() == before | {"threshold": "30.00", "version": before["version"] + 1}


def test_turning_on_names_the_charge_and_asks_for_it(visit: Visit, customer: Customer) -> None:
    customer.set_rule(customer.save_card(), threshold="20.00")
    change(customer, enabled=False, threshold="60.00")
    tab = opened(visit, customer)
    switch(tab).click()
    tab.sees("Visa ending 4242", tab.page.get_by_role("dialog"))
    tab.press("Cancel")
    expect(switch(tab)).not_to_be_checked()
    assert customer.rule()["enabled"] is False
    switch(tab).click()
    tab.press("Turn on and charge Visa ending 4242 $50.00 now")
    tab.wait(lambda: customer.statuses() == ["succeeded"], 60)
    assert customer.rule()["enabled"] is True


def test_first_rule_names_the_charge_on_its_button(visit: Visit, customer: Customer) -> None:
    customer.save_card()
    tab = opened(visit, customer)
    switch(tab).click()
    tab.page.get_by_label("When the balance falls below").fill("120")
    tab.page.get_by_label("Recharge amount").fill("50")
    tab.press("Save and charge Visa ending 4242 $100.00 now")
    tab.wait(lambda: customer.statuses() == ["succeeded"], 60)
    assert customer.payments()[0]["amount"] == "100.00"


def test_off_in_an_older_tab_always_works(visit: Visit, customer: Customer) -> None:
    customer.set_rule(customer.save_card(), threshold="20.00")
    tab = opened(visit, customer)
    change(customer, threshold="10.00")
    switch(tab).click()
    tab.sees("Off. When turned on, it adds $50.00 with Visa ending 4242 when the balance falls below $10.00.")
    assert customer.rule()["enabled"] is False


def test_older_tab_does_not_switch_a_line(visit: Visit, customer: Customer) -> None:
    tab = opened(visit, customer)
    tab.follow("Lines")
    [line] = customer.stack.api.get("/lines", customer.token)["items"]
    is_on, path = line["international_calling"], f"/lines/{line['line_id']}"
    for wanted in (not is_on, is_on):
        customer.stack.api.send("PUT", path, customer.token, {"international_calling": wanted})
    toggle = tab.page.get_by_role("switch").first
    toggle.click()
    tab.sees(CHANGED)
    [after] = customer.stack.api.get("/lines", customer.token)["items"]
    assert after["international_calling"] is is_on
    tab.settle()
    tab.page.get_by_role("switch").first.click()
    tab.wait(lambda: customer.stack.api.get("/lines", customer.token)["items"][0]["international_calling"] is not is_on)
