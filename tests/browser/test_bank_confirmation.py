"""Payments that the customer's bank requires a confirmation for."""

import re

from tests.browser.conftest import Visit
from tests.browser.funds import funds, paid, pay
from tests.browser.visitor import Device
from tests.stack.customers import Customer, stand_in


def test_page_shows_the_outcome_after_the_bank_confirmation(visit: Visit, customer: Customer, device: Device) -> None:
    customer.save_card("pm_card_authenticationRequired")
    visitor = visit(device)
    visitor.sign_in(customer.email)
    pay(visitor, "30.00")
    visitor.press("Confirm")
    visitor.enter_password(customer.email)
    visitor.sees("Funds added", funds(visitor))
    visitor.sees("$80.00", visitor.card("Balance"))
    assert visitor.page.url == visitor.home
    visitor.press("Add more funds")
    pay(visitor, "31.00")
    visitor.press("Decline")
    visitor.enter_password(customer.email)
    visitor.sees("Your bank could not confirm this payment. Try again, or use another card.", funds(visitor))
    assert paid(customer)[1] == 3_000


def test_page_waits_for_a_late_webhook_after_the_bank(visit: Visit, customer: Customer) -> None:
    customer.save_card("pm_card_authenticationRequired")
    visitor = visit()
    visitor.sign_in(customer.email)
    stand_in(customer.stack).faults.add("delayed", "payment_intent.succeeded", seconds=9)
    pay(visitor, "32.00")
    visitor.press("Confirm")
    visitor.enter_password(customer.email)
    visitor.sees("Funds added", funds(visitor))
    assert paid(customer) == (1, 3_200)


def test_unconfirmed_payment_can_be_confirmed_later(visit: Visit, customer: Customer) -> None:
    customer.save_card("pm_card_authenticationRequired")
    visitor = visit()
    visitor.sign_in(customer.email)
    pay(visitor, "30.00")
    visitor.page.wait_for_url(re.compile("/challenge/"))
    visitor.open()
    visitor.enter_password(customer.email)
    visitor.sees("Your bank requires confirmation", funds(visitor))
    assert paid(customer) == (1, 0)
    visitor.page.get_by_role("link", name="Confirm payment").click()
    visitor.press("Confirm")
    visitor.enter_password(customer.email)
    visitor.sees("Funds added", funds(visitor))
    assert paid(customer) == (1, 3_000)


def test_another_payment_cancels_the_unconfirmed_one(visit: Visit, customer: Customer) -> None:
    customer.save_card()
    customer.save_card("pm_card_authenticationRequired")
    visitor = visit()
    visitor.sign_in(customer.email)
    visitor.saved_card("Visa ending 3184").check()
    pay(visitor, "30.00")
    visitor.page.wait_for_url(re.compile("/challenge/"))
    visitor.page.go_back()
    visitor.page.wait_for_load_state()
    if "authorize" in visitor.page.url:
        visitor.enter_password(customer.email)
    visitor.sees("Your bank requires confirmation", funds(visitor))
    visitor.press("Pay another way")
    visitor.saved_card("Visa ending 4242").check()
    pay(visitor, "30.00")
    visitor.sees("Funds added", funds(visitor))
    assert customer.statuses() == ["succeeded", "canceled"]
    assert paid(customer)[1] == 3_000
