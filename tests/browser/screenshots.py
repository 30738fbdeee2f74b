"""`make screenshots`: takes pictures of every state of the Billing page and the support desk on phone and desktop, in
light and dark, into .local/screenshots, and the picture of the README into docs/. Starts its own stack, with a month of
calls.
"""

import base64
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final, Literal

import boto3
from playwright.sync_api import Browser, Route, sync_playwright

from local.seed import Person, create_sign_in
from local.settings import Settings
from local.stack import Stack
from local.start import start
from ops.project import ROOT
from tests.browser.conftest import SWITCHES, TIMEOUT_MS, chromium_program
from tests.browser.desk_screenshots import take_desk
from tests.browser.screenshot_accounts import call_for_a_month, open_company
from tests.browser.visitor import DESKTOP, PHONE, Device, Visitor
from tests.conftest import free_port
from tests.stack.conftest import eventually
from tests.stack.customers import Customer

FOLDER: Final = ROOT / ".local" / "screenshots"


README_PICTURE: Final = ROOT / "docs" / "billing-page.webp"


DEVICES: Final[dict[str, Device]] = {"desktop": DESKTOP, "phone": PHONE}


SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")


TOP_UPS = re.compile(r"/top-ups$")


@contextmanager
def hold_requests(visitor: Visitor, pattern: re.Pattern[str], method: str = "GET") -> Iterator[None]:
    """Leave requests of this kind unanswered meanwhile."""

    def hold(route: Route) -> None:
        if route.request.method != method:
            route.continue_()

    visitor.page.route(pattern, hold)
    yield
    visitor.page.unroute(pattern)


class Photographer:
    """Takes the pictures of one device and color scheme."""

    def __init__(self, stack: Stack, browser: Browser, name: str, scheme: Literal["light", "dark"]) -> None:
        self._stack, self._browser, self._name, self._scheme = stack, browser, name, scheme

    def visitor(self) -> Visitor:
        """Return a browser of the device that ignores network errors."""
        device: Device = {**DEVICES[self._name], "color_scheme": self._scheme}
        visitor = Visitor(self._stack, self._browser.new_context(**device), TIMEOUT_MS)
        visitor.break_network()
        return visitor

    def take(self, visitor: Visitor, state: str, *, whole: bool = True) -> None:
        """Take one picture."""
        visitor.page.mouse.move(0, 0)
        path = FOLDER / f"{state}-{self._name}-{self._scheme}.png"
        visitor.page.screenshot(path=path, full_page=whole, animations="disabled")

    def pages(self, customer: Customer) -> None:
        """Take the views of an account in use."""
        visitor = self.visitor()
        visitor.open()
        visitor.settle()
        self.take(visitor, "01-welcome")
        visitor.press("Sign in")
        visitor.enter_password(customer.email)
        self.take(visitor, "02-billing")
        for number, (state, place) in enumerate(
            {
                "calls": "#/usage/outbound_international_call?range=week",
                "lines": "#/lines",
                "statement": "#/statement?range=week",
                "history": "#/history",
                "rates": "#/rates?country=FR",
                "no-calls": "#/usage/outbound_premium_call?range=custom&from=2025-01-01&to=2025-01-31",
            }.items(),
            start=3,
        ):
            visitor.open(place)
            visitor.settle()
            self.take(visitor, f"{number:02d}-{state}", whole=state != "statement")
        visitor.open("#/usage/outbound_international_call?range=week")
        visitor.settle()
        visitor.page.get_by_role("button", name="Price details").first.click()
        self.take(visitor, "09-price-details", whole=False)
        visitor.leave()

    def payments(self, customer: Customer) -> None:
        """Take a payment and its possible outcomes."""
        visitor = self.visitor()
        visitor.sign_in(customer.email)
        visitor.page.get_by_label("Amount", exact=True).fill("3")
        visitor.page.get_by_role("button", name="Pay $3.00").click()
        self.take(visitor, "10-amount-refused", whole=False)
        with hold_requests(visitor, TOP_UPS, "POST"):
            self._pay(visitor, "Visa ending 4242")
            self.take(visitor, "11-paying", whole=False)
            visitor.page.evaluate("sessionStorage.removeItem('payment')")
        for state, card, text in (
            ("12-paid", "Visa ending 4242", "Funds added"),
            ("13-declined", "Visa ending 0341", "Payment declined"),
        ):
            visitor.open()
            visitor.enter_password(customer.email)
            self._pay(visitor, card)
            visitor.sees(text)
            visitor.settle()
            self.take(visitor, state, whole=False)
        visitor.open()
        visitor.enter_password(customer.email)
        self._pay(visitor, "Visa ending 3184")
        visitor.page.wait_for_url(re.compile("/challenge/"))
        visitor.open()
        visitor.enter_password(customer.email)
        self.take(visitor, "14-bank-asks", whole=False)
        visitor.press("Pay another way")
        visitor.settle()
        visitor.press("Remove Visa ending 0341")
        self.take(visitor, "15-remove-card", whole=False)
        visitor.leave()

    def _pay(self, visitor: Visitor, card: str) -> None:
        visitor.page.get_by_label("Amount", exact=True).fill("25")
        visitor.saved_card(card).check()
        visitor.press("Pay $25.00")

    def states(self, customer: Customer, empty: Customer, unlucky: list[Customer], member: str) -> None:
        """Take an empty account, paused and suspended rules, a member, and errors."""
        for state, email in (
            ("16-empty", empty.email),
            ("17-paused", unlucky[0].email),
            ("18-suspended", unlucky[1].email),
            ("19-member", member),
        ):
            visitor = self.visitor()
            visitor.sign_in(email)
            self.take(visitor, state)
            visitor.leave()
        visitor = self.visitor()
        visitor.page.route(re.compile(r"/(usage\?|payment-methods)"), lambda route: route.abort())
        visitor.sign_in(customer.email)
        self.take(visitor, "20-parts-fail")
        visitor.page.route(re.compile("/balance$"), lambda route: route.abort())
        visitor.open("#/lines")
        visitor.open("#/")
        visitor.sees("Billing is temporarily unavailable.")
        self.take(visitor, "21-down")
        visitor.context.set_offline(True)
        self.take(visitor, "22-offline")
        visitor.leave()


def take_readme_picture(photographer: Photographer, customer: Customer) -> None:
    """Take the README's picture, small enough to be committed."""
    visitor = photographer.visitor()
    visitor.sign_in(customer.email)
    visitor.page.set_viewport_size({"width": 1200, "height": 1500})
    options = {"format": "webp", "quality": 82, "captureBeyondViewport": True}
    capture = visitor.context.new_cdp_session(visitor.page).send("Page.captureScreenshot", options)
    README_PICTURE.write_bytes(base64.b64decode(capture["data"]))
    visitor.leave()


def has_status(customer: Customer, status: str) -> bool:
    """Return whether a customer's rule has this status."""
    return bool(customer.rule()["status"] == status)


def main() -> None:
    """Replace all pictures."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    stack = start(Settings(ROOT / ".local" / "screenshots-stack", free_port(), free_port()))
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium_program(playwright), args=list(SWITCHES))
            take_all(stack, browser)
            take_desk(browser, FOLDER)
            browser.close()
    finally:
        stack.stop()
    print(f"{len(list(FOLDER.iterdir()))} pictures in {Path(FOLDER).relative_to(ROOT)}")


def take_all(stack: Stack, browser: Browser) -> None:
    """Create the accounts, then take every state with each device and scheme."""
    company, empty = open_company(stack, "acct_meridian_travel"), open_company(stack, "acct_new")
    call_for_a_month(company)
    card = company.save_card()
    company.set_rule(card, threshold="20.00")
    for kind in ("pm_card_chargeCustomerFail", "pm_card_authenticationRequired"):
        company.save_card(kind)
    company.pay(card, "50.00", "paid")
    unlucky = [open_company(stack, "acct_paused"), open_company(stack, "acct_suspended")]
    for customer, kind, status in zip(
        unlucky, ("pm_card_chargeCustomerFail", "pm_card_authenticationRequired"), ("paused", "suspended"), strict=True
    ):
        customer.set_rule(customer.save_card(kind), threshold="150.00")
        eventually(partial(has_status, customer, status), seconds=60)
    member = Person("user_ben", "Ben Okafor", f"ben@{company.account_id}.example", "member")
    stack.users.append(create_sign_in(stack.outputs["UserPoolId"], company.account_id, member))
    take_readme_picture(Photographer(stack, browser, "desktop", "light"), company)
    for name in DEVICES:
        for scheme in SCHEMES:
            photographer = Photographer(stack, browser, name, scheme)
            photographer.pages(company)
            photographer.payments(company)
            photographer.states(company, empty, unlucky, member.email)
            print(f"{name}, {scheme}: done")


if __name__ == "__main__":
    boto3.setup_default_session()
    main()
