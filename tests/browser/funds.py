"""Actions on the card "Add funds", and Stripe's count of the payments."""

import re

from playwright.sync_api import Locator

from tests.browser.visitor import Visitor
from tests.stack.customers import Customer

TOP_UPS = re.compile(r"/top-ups$")


def funds(visitor: Visitor) -> Locator:
    """The card."""
    return visitor.card("Add funds")


def choose(visitor: Visitor, amount: str) -> None:
    """Type an amount."""
    visitor.page.get_by_label("Amount", exact=True).fill(amount)


def pay(visitor: Visitor, amount: str) -> None:
    """Type an amount and press Pay."""
    choose(visitor, amount)
    visitor.page.get_by_role("button", name=re.compile("^Pay ")).click()


def paid(customer: Customer) -> tuple[int, int]:
    """How many payments there are at Stripe, and how many cents they brought."""
    counted = customer.counted_at_stripe()
    assert sum(customer.credited_micros()) == counted["amount_received"] * 10_000
    return counted["payment_intents"], counted["amount_received"]
