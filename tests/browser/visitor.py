"""Somebody in front of the Billing page: what they see and press, and a watch on what their browser is made to do."""

import re
import time
from collections.abc import Callable
from typing import Any, Final, Literal, TypedDict
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, Route, ViewportSize, expect

from local.seed import PASSWORD
from local.stack import Stack


class Device(TypedDict, total=False):
    """What a browser is told of the device it runs on."""

    viewport: ViewportSize
    is_mobile: bool
    has_touch: bool
    device_scale_factor: float
    color_scheme: Literal["light", "dark"]
    reduced_motion: Literal["reduce", "no-preference"]


DESKTOP: Final[Device] = {"viewport": {"width": 1280, "height": 900}}
PHONE: Final[Device] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
}
NETWORK = re.compile(r"Failed to load resource|net::ERR_")


class Visitor:
    """One browser context with one page in it."""

    def __init__(self, stack: Stack, context: BrowserContext, patience_ms: int) -> None:
        self.stack = stack
        self.context = context
        self.context.set_default_timeout(patience_ms)
        expect.set_options(timeout=patience_ms)
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.asked: list[str] = []
        self.is_network_broken = False
        context.on("request", self._heard)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.errors.append(f"uncaught: {error.error}"))

    def _heard(self, request: Request) -> None:
        self.asked.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        of_others = urlsplit(message.location["url"]).netloc not in ("", self.stack.settings.api_host)
        is_network = NETWORK.search(message.text) and (self.is_network_broken or of_others)
        if message.type == "error" and not is_network:
            self.errors.append(f"console: {message.text} at {message.location}")

    def break_network(self) -> None:
        """From now on a request may fail, of which the browser itself writes into its console."""
        self.is_network_broken = True

    def forbidden(self) -> list[str]:
        """Every error in the console, and every address asked that is neither ours, nor Cognito's, nor Stripe's."""
        origins = {self.stack.settings.api_url, self.stack.settings.endpoint_url, self.stack.stripe_url}
        return self.errors + [
            url
            for url in self.asked
            if urlsplit(url).scheme not in ("data", "blob")
            and f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" not in origins
        ]

    def leave(self) -> None:
        """Close the browser."""
        self.context.close()

    # --- Where they are

    @property
    def home(self) -> str:
        """The address of the page."""
        return f"{self.stack.settings.api_url}/"

    def open(self, place: str = "") -> None:
        """Enter an address below the page's own."""
        self.page.goto(self.home + place)
        if place.startswith("#"):
            self.shows(place)

    def sign_in(self, email: str, place: str = "") -> None:
        """Open the page, go to the hosted sign-in, and be back."""
        self.open(place)
        self.press("Sign in")
        self.give_password(email)

    def give_password(self, email: str, *, is_in: bool = True) -> None:
        """Fill in the hosted sign-in; wait until the page is there, unless it will not be."""
        self.page.get_by_label("Username").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.press("Sign in")
        if is_in:
            self.page.wait_for_url(re.compile(f"^{re.escape(self.home)}"))
            self.settle()

    def settle(self) -> None:
        """Wait until everything that was asked for is shown."""
        expect(self.page.locator("main h1")).to_be_attached()
        expect(self.page.locator(".skeleton, [aria-busy]")).to_have_count(0)

    # --- What they see and do

    def press(self, name: str, within: Locator | None = None) -> None:
        """Press the one button of that name."""
        (within or self.page).get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        """Follow the one link of that name, and wait for what it shows."""
        link = self.page.get_by_role("link", name=name, exact=True)
        place = link.get_attribute("href") or ""
        link.click()
        self.shows(place)
        self.settle()

    def shows(self, place: str) -> None:
        """Wait until the page shows this part of itself."""
        expect(self.page.locator("main")).to_have_attribute("data-shows", place)

    def card(self, title: str) -> Locator:
        """The part of the page under a heading."""
        return self.page.get_by_role("region", name=title, exact=True)

    def sees(self, words: str | re.Pattern[str], within: Locator | None = None) -> None:
        """Wait until these words stand there."""
        expect((within or self.page.locator("main")).get_by_text(words).first).to_be_visible()

    def wait(self, check: Callable[[], object], seconds: float = 20.0) -> None:
        """Wait until something is so outside the page, while the page goes on."""
        deadline = time.monotonic() + seconds
        while not check():
            assert time.monotonic() < deadline, f"not within {seconds:.0f} s"
            self.page.wait_for_timeout(50)

    def stored(self) -> str:
        """Everything the browser keeps of this page, as text."""
        kept: str = self.page.evaluate(
            "JSON.stringify([Object.entries(sessionStorage), Object.entries(localStorage), document.cookie])"
        )
        return kept

    def rows(self, within: Locator | None = None) -> list[list[str]]:
        """The cells of the one table that is shown."""
        script = "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
        found: Any = (within or self.page.locator("main")).locator("table tbody tr").evaluate_all(script)
        return list(found)

    def saved_card(self, name: str) -> Locator:
        """A card one may pay with."""
        return self.page.get_by_role("radio", name=name)

    def hand_on(self, route: Route) -> None:
        """The API takes a request of the page; what it answers is kept from the page."""
        request = route.request
        kept = ("authorization", "content-type", "idempotency-key")
        headers = {name: value for name, value in request.headers.items() if name in kept}
        path = request.url.removeprefix(self.stack.settings.api_url)
        self.stack.api.request(request.method, path, headers=headers, content=request.post_data or "")

    # --- Stripe's pages

    def save_card(self, last4: str = "4242") -> None:
        """On Stripe's page: choose a test card, save it, be back."""
        self.press(f"Use the card ending in {last4}")
        self.press("Save card")
