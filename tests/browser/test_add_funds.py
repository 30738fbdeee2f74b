"""Adding funds: the amount, the card, declines, and the outcome."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.funds import choose, funds, paid, pay
from tests.browser.visitor import Device
from tests.stack.customers import Customer


def test_payment_with_saved_card_updates_the_balance(visit: Visit, customer: Customer, device: Device) -> None:
    customer.save_card()
    visitor = visit(device)
    visitor.sign_in(customer.email)
    visitor.sees("$50.00", visitor.card("Balance"))
    visitor.press("$100", funds(visitor))
    visitor.press("Pay $100.00")
    visitor.sees("Funds added", funds(visitor))
    visitor.sees("$100.00 with Visa ending 4242. Your credit is available now.", funds(visitor))
    visitor.sees("$150.00", visitor.card("Balance"))
    assert paid(customer) == (1, 10_000)
    visitor.press("Add more funds")
    pay(visitor, "12.5")
    visitor.sees("$162.50", visitor.card("Balance"))
    assert paid(customer) == (2, 11_250)


def test_amount_field_explains_an_invalid_amount(visit: Visit, customer: Customer) -> None:
    customer.save_card()
    visitor = visit()
    visitor.sign_in(customer.email)
    no_amount = "Enter an amount in dollars and cents, such as 25.00."
    out_of_bounds = "Enter an amount from $5.00 to $500.00."
    wrong = dict.fromkeys(("12,5", "1e2", "25.001", "-25", "", "twenty"), no_amount)
    for typed, message in (wrong | {"4.99": out_of_bounds, "500.01": out_of_bounds, "0": out_of_bounds}).items():
        choose(visitor, typed)
        visitor.page.get_by_role("button", name=re.compile("^Pay")).click()
        amount = visitor.page.get_by_label("Amount", exact=True)
        expect(amount).to_be_focused()
        expect(amount).to_have_attribute("aria-invalid", "true")
        expect(amount).to_have_accessible_description(message)
    for typed, shown in {"$1,0": "Pay", "$ 400": "Pay $400.00", "7.": "Pay $7.00", " 5 ": "Pay $5.00"}.items():
        choose(visitor, typed)
        expect(visitor.page.get_by_role("button", name=shown, exact=True)).to_be_visible()
    assert paid(customer) == (0, 0)


def test_form_keeps_the_amount_while_a_card_is_added(visit: Visit, customer: Customer, device: Device) -> None:
    customer.save_card()
    visitor = visit(device)
    visitor.sign_in(customer.email)
    methods = visitor.card("Payment methods")
    choose(visitor, "33.00")
    visitor.press("Add a card", methods)
    visitor.save_card("4444")
    visitor.enter_password(customer.email)
    visitor.sees("You were not charged.", methods)
    expect(visitor.page.get_by_label("Amount", exact=True)).to_have_value("33.00")
    assert visitor.page.url == visitor.home
    expect(visitor.saved_card("Mastercard ending 4444")).to_be_checked()
    choose(visitor, "41.00")
    visitor.press("Add a card", methods)
    visitor.page.get_by_role("link", name="Cancel").click()
    visitor.enter_password(customer.email)
    visitor.sees("No payment method was added.", methods)
    visitor.press("Pay $41.00")
    visitor.sees("$41.00 with Mastercard ending 4444.", funds(visitor))
    assert paid(customer) == (1, 4_100)


def test_page_explains_a_decline_and_accepts_another_card(visit: Visit, customer: Customer, device: Device) -> None:
    customer.save_card()
    customer.save_card("pm_card_chargeCustomerFail")
    visitor = visit(device)
    visitor.sign_in(customer.email)
    visitor.saved_card("Visa ending 0341").check()
    pay(visitor, "20.00")
    visitor.sees("Payment declined", funds(visitor))
    visitor.sees("Your bank declined the card. Use another card, or contact your bank.", funds(visitor))
    visitor.sees("You were not charged $20.00 with Visa ending 0341.", funds(visitor))
    visitor.press("Try again", funds(visitor))
    expect(visitor.page.get_by_label("Amount", exact=True)).to_have_value("20.00")
    visitor.saved_card("Visa ending 4242").check()
    visitor.press("Pay $20.00")
    visitor.sees("Funds added", funds(visitor))
    assert paid(customer)[1] == 2_000


def test_card_is_removed_after_confirmation(visit: Visit, customer: Customer) -> None:
    customer.save_card()
    customer.save_card("pm_card_mastercard")
    visitor = visit()
    visitor.sign_in(customer.email)
    visitor.press("Remove Mastercard ending 4444")
    visitor.press("Cancel")
    expect(visitor.saved_card("Mastercard ending 4444")).to_be_visible()
    visitor.press("Remove Mastercard ending 4444")
    visitor.press("Remove it", visitor.page.get_by_role("dialog"))
    visitor.settle()
    expect(visitor.saved_card("Mastercard ending 4444")).to_have_count(0)
    expect(visitor.saved_card("Visa ending 4242")).to_be_checked()
