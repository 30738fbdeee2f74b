"""Actions on the card "Add funds", and Stripe's count of the payments."""

import re

from playwright.sync_api import Locator

from tests.browser.visitor import Visitor
from tests.stack.customers import Customer

TOP_UPS = re.compile(r"/top-ups$")


def funds(visitor: Visitor) -> Locator:
    """Return the card."""
    return visitor.card("Add funds")


def choose(visitor: Visitor, amount: str) -> None:
    """Enter an amount."""
    visitor.page.get_by_label("Amount", exact=True).fill(amount)


def press_pay(visitor: Visitor, amount: str) -> None:
    """Enter an amount, and press Pay."""
    choose(visitor, amount)
    visitor.page.get_by_role("button", name=re.compile("^Pay ")).click()


def pay(visitor: Visitor, amount: str) -> None:
    """Enter an amount, press Pay, and confirm that a second payment follows within a minute."""
    press_pay(visitor, amount)
    progress, before = visitor.page.locator("dialog[open], .under-way, .outcome").first, visitor.page.url
    visitor.wait(lambda: progress.is_visible() or visitor.page.url != before, 30)  # A slow browser may be past both.
    dialog = visitor.page.get_by_role("dialog")
    if dialog.is_visible():
        dialog.get_by_role("button", name=re.compile("^Pay ")).click()


def paid(customer: Customer) -> tuple[int, int]:
    """Return the number of payments at Stripe and the cents received; check that the credit matches."""
    counted = customer.stripe_counts()
    assert sum(customer.credited_micros()) == counted["amount_received"] * 10_000
    return counted["payment_intents"], counted["amount_received"]
