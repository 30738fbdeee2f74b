"""A visitor of the pages: what they see and press, and every request and error of their browser."""

import re
import time
from collections.abc import Callable
from typing import Any, Final, Literal, TypedDict
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, Route, ViewportSize, expect

from local.seed import PASSWORD
from local.stack import Stack


class Device(TypedDict, total=False):
    """Browser options that emulate a device."""

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


class Window:
    """One browser context with one page in it, at the address `api_url`. `origins` are those that it may contact."""

    def __init__(self, context: BrowserContext, timeout_ms: int, api_url: str, origins: set[str]) -> None:
        self.context = context
        self.api_url = api_url
        self.origins = origins
        self.context.set_default_timeout(timeout_ms)
        expect.set_options(timeout=timeout_ms)
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.is_network_broken = False
        context.on("request", self._record_request)
        context.on("console", self._record_error)
        context.on("weberror", lambda error: self.errors.append(f"uncaught: {error.error}"))

    def _record_request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _record_error(self, message: ConsoleMessage) -> None:
        is_foreign = urlsplit(message.location["url"]).netloc not in ("", urlsplit(self.api_url).netloc)
        is_network = NETWORK.search(message.text) and (self.is_network_broken or is_foreign)
        if message.type == "error" and not is_network:
            self.errors.append(f"console: {message.text} at {message.location}")

    def break_network(self) -> None:
        """Ignore failed requests in the console from now on."""
        self.is_network_broken = True

    def violations(self) -> list[str]:
        """Return all console errors, and all requested URLs outside the allowed origins."""
        return self.errors + [
            url
            for url in self.requests
            if urlsplit(url).scheme not in ("data", "blob")
            and f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" not in self.origins
        ]

    def leave(self) -> None:
        """Close the browser."""
        self.context.close()

    # --- Navigation

    @property
    def home(self) -> str:
        """The URL of the page."""
        return f"{self.api_url}/"

    def open(self, place: str = "") -> None:
        """Open a view of the page by its URL."""
        self.page.goto(self.home + place)
        if place.startswith("#"):
            self.shows(place)

    def sign_in(self, email: str, place: str = "") -> None:
        """Open the page, sign in on the hosted page, and return."""
        self.open(place)
        self.page.locator("button.main").click()  # "Sign in", in any language.
        self.enter_password(email)

    def enter_password(self, email: str, *, is_in: bool = True) -> None:
        """Submit the hosted sign-in; with `is_in`, wait until the page is loaded."""
        self.page.get_by_label("Username").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.press("Sign in")
        if is_in:
            self.page.wait_for_url(re.compile(f"^{re.escape(self.home)}"))
            self.settle()

    def settle(self) -> None:
        """Wait until all loaded data is shown."""
        expect(self.page.locator("main h1")).to_be_attached()
        expect(self.page.locator(".skeleton, [aria-busy]")).to_have_count(0)

    # --- Actions and checks

    def press(self, name: str, within: Locator | None = None) -> None:
        """Press the button with this name."""
        (within or self.page).get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        """Follow the link with this name, and wait for its view."""
        link = self.page.get_by_role("link", name=name, exact=True)
        place = link.get_attribute("href") or ""
        link.click()
        self.shows(place)
        self.settle()

    def shows(self, place: str) -> None:
        """Wait until the page shows this view."""
        expect(self.page.locator("main")).to_have_attribute("data-shows", place)

    def card(self, title: str) -> Locator:
        """Return the card with this heading."""
        return self.page.get_by_role("region", name=title, exact=True)

    def sees(self, words: str | re.Pattern[str], within: Locator | None = None) -> None:
        """Wait until this text is visible."""
        expect((within or self.page.locator("main")).get_by_text(words).first).to_be_visible()

    def wait(self, check: Callable[[], object], seconds: float = 20.0) -> None:
        """Wait for a condition outside the page, while the page keeps running."""
        deadline = time.monotonic() + seconds
        while not check():
            assert time.monotonic() < deadline, f"not within {seconds:.0f} s"
            self.page.wait_for_timeout(50)

    def stored(self) -> str:
        """Return everything that the browser stores for this page, as text."""
        stored: str = self.page.evaluate(
            "JSON.stringify([Object.entries(sessionStorage), Object.entries(localStorage), document.cookie])"
        )
        return stored

    def rows(self, within: Locator | None = None) -> list[list[str]]:
        """Return the cells of the table shown."""
        script = "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
        rows: Any = (within or self.page.locator("main")).locator("table tbody tr").evaluate_all(script)
        return list(rows)

    def saved_card(self, name: str) -> Locator:
        """Return the radio button of a saved card."""
        return self.page.get_by_role("radio", name=name)


class Visitor(Window):
    """A user of a deployed stack."""

    def __init__(self, stack: Stack, context: BrowserContext, timeout_ms: int) -> None:
        origins = {stack.settings.api_url, stack.settings.endpoint_url, stack.stripe_url}
        super().__init__(context, timeout_ms, stack.settings.api_url, origins)
        self.stack = stack

    def forward(self, route: Route) -> None:
        """Send a request of the page to the API, and withhold the answer from the page."""
        request = route.request
        forwarded = ("authorization", "content-type", "idempotency-key")
        headers = {name: value for name, value in request.headers.items() if name in forwarded}
        path = request.url.removeprefix(self.stack.settings.api_url)
        self.stack.api.request(request.method, path, headers=headers, content=request.post_data or "")

    # --- Stripe's pages

    def save_card(self, last4: str = "4242") -> None:
        """Save a test card on Stripe's page and return."""
        self.press(f"Use the card ending in {last4}")
        self.press("Save card")
