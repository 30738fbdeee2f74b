"""The support desk in a browser: the page as its function serves it, over a stand-in for the API."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from calling_credit.config import config
from tests.browser.desk_api import DeskApi
from tests.browser.desk_server import DeskServer, StandInServer
from tests.browser.visitor import Window
from tests.harness.table import load_app

FINANCE, COLLEAGUE, SUPPORT = "femi@phone.example", "grace@phone.example", "sofia@phone.example"
CUSTOMER: Final = "uma@customer.example"


class Clerk(Window):
    """A member of the staff at the desk."""

    @property
    def home(self) -> str:
        """The URL of the desk."""
        return f"{self.api_url}/desk"

    def show(self, place: str) -> None:
        """Go to a view without loading the page again."""
        self.page.evaluate("place => { location.hash = place; }", place)
        self.shows(place)
        self.settle()

    @property
    def dialog(self) -> Locator:
        """The open dialog."""
        return self.page.get_by_role("dialog")

    def fill(self, **values: str) -> None:
        """Fill fields of the dialog, by their names."""
        for name, value in values.items():
            one = self.dialog.locator(f"[name={name}]")
            if one.evaluate("one => one.tagName") == "SELECT":
                one.select_option(value)
            else:
                one.fill(value)

    def go_on(self) -> None:
        """Continue to the summary, and wait until it can be confirmed."""
        self.press("Continue", self.dialog)
        expect(self.dialog.locator("dl")).to_be_visible()

    def summary(self) -> dict[str, str]:
        """The rows of the summary."""
        script = "all => all.map(row => [...row.children].map(one => one.innerText.trim()))"
        rows: list[list[str]] = self.dialog.locator("dl > div").evaluate_all(script)
        return {row[0]: row[1] for row in rows}

    def confirm(self, name: str) -> None:
        """Press the button that names what happens."""
        self.press(name, self.dialog)

    def field_error(self, name: str) -> str:
        """The error next to a field of the dialog."""
        one = self.dialog.locator(f"[name={name}]")
        expect(one).to_have_attribute("aria-invalid", "true")
        return self.dialog.locator(f"#{one.get_attribute('id')}-error").inner_text()


ADJUSTMENT: Final = "Give or take credit"


def adjust(one: Clerk, amount: str, direction: str = "give", reason: str = "Paid by bank transfer") -> None:
    """Fill the dialog of an adjustment until its summary."""
    one.press(ADJUSTMENT)
    one.fill(direction=direction, amount=amount, reason=reason)
    one.go_on()


class StubClerk(Clerk):
    """A member of the staff at the desk over the stand-in for its routes."""

    def __init__(self, server: DeskServer, context: BrowserContext, timeout_ms: int) -> None:
        super().__init__(context, timeout_ms, server.url, {server.url})
        self.api: DeskApi = server.api


@contextmanager
def serving(server: StandInServer, **others: str) -> Iterator[None]:
    """Serve the page's function with a sign-in of its own, and with `others` of its settings."""
    with server:
        settings = {
            "SIGN_IN_CLIENT_ID": "customers",
            "STAFF_CLIENT_ID": "staff",
            "AUTHORIZE_URL": f"{server.url}/oauth2/authorize",
            "TOKEN_URL": f"{server.url}/oauth2/token",
            "LOGOUT_URL": f"{server.url}/logout",
            **others,
        }
        with pytest.MonkeyPatch.context() as patch:
            for name, value in settings.items():
                patch.setitem(os.environ, name, value)
            config.cache_clear()
            server.page = load_app("billing_page").handler
        config.cache_clear()
        yield


@contextmanager
def serve_desk() -> Iterator[DeskServer]:
    """Serve the desk over the stand-in for the operator's routes."""
    server = DeskServer()
    with serving(server):
        yield server
