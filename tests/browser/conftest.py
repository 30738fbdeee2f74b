"""The fixtures of the browser tests: headless Chromium in front of the deployed stack, signed-in users, and a check
that no page causes an error or contacts another origin.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from local.stack import Stack
from tests.browser.desk import FINANCE, StubClerk, serve_desk
from tests.browser.desk_server import DeskServer
from tests.browser.page_data import ADMIN
from tests.browser.page_server import PageServer, StubUser, serve_page
from tests.browser.visitor import DESKTOP, PHONE, Device, Visitor
from tests.stack.conftest import eventually
from tests.stack.customers import Customer, open_customer
from tests.stack.test_calls import items_of, make_call, number_of, send

SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TIMEOUT_MS = 30_000
SIGNED_IN_SECONDS = 600
"""How long a sign-in is used. Its tokens live 15 minutes."""
DESK_TIMEOUT_MS = 15_000
CALLS = 121
DIALLED = ("+442071838750", "+33142685300", "+917312345678", "+8613912345678")
PREMIUM = "+19005550123"

Visit = Callable[..., Visitor]


def chromium_program(playwright: Playwright) -> str | None:
    """Return the path of the system's Chromium, else of Playwright's, else None."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


@pytest.fixture(scope="session", autouse=True)
def require_browser() -> None:
    """Without a browser, skip these tests locally and fail them in CI, before anything else starts."""
    with sync_playwright() as playwright:
        if chromium_program(playwright) is None:
            reason = "No Chromium found. Run apt-get install chromium, or .venv/bin/playwright install chromium."
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the whole run."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(playwright), args=list(SWITCHES))
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture(scope="session")
def chromium(deployed: Stack, browser: Browser) -> Browser:
    """The browser in front of the deployed stack."""
    eventually(lambda: deployed.api.request("GET", "/").is_success, seconds=120)  # A cold start is slow.
    return browser


@pytest.fixture(scope="session")
def desk_server() -> Iterator[DeskServer]:
    """The desk over a stand-in for the operator's routes: no stack is needed."""
    with serve_desk() as server:
        yield server


@pytest.fixture
def clerk(desk_server: DeskServer, browser: Browser) -> Iterator[Callable[..., StubClerk]]:
    """Return a function that signs a member of the staff in at a view. At the end, no violation may have occurred."""
    desk_server.api.reset()
    desk_server.undocumented.clear()
    clerks: list[StubClerk] = []

    def sign_in(email: str = FINANCE, place: str = "", device: Device = DESKTOP) -> StubClerk:
        one = StubClerk(desk_server, browser.new_context(**device), DESK_TIMEOUT_MS)
        clerks.append(one)
        one.sign_in(email, place)
        return one

    yield sign_in
    for one in clerks:
        one.leave()
    assert [violation for one in clerks for violation in one.violations()] == []
    assert desk_server.undocumented == []


@pytest.fixture(scope="session")
def page_server() -> Iterator[PageServer]:
    """The Billing page over a stand-in for the API: no stack is needed."""
    with serve_page() as server:
        yield server


@pytest.fixture
def user(page_server: PageServer, browser: Browser) -> Iterator[Callable[..., StubUser]]:
    """Return a function that signs a user in at a view of the Billing page over the stand-in API. Change
    `page_server.api` before; with `fails`, failed requests are no violation. At the end, none may have occurred.
    """
    page_server.api.reset()
    page_server.undocumented.clear()
    users: list[StubUser] = []

    def sign_in(
        email: str = ADMIN, place: str = "", device: Device = DESKTOP, *, fails: bool = False, **options: Any
    ) -> StubUser:
        one = StubUser(page_server, browser.new_context(**device, **options), DESK_TIMEOUT_MS)
        users.append(one)
        one.is_network_broken = fails
        one.sign_in(email, place)
        return one

    yield sign_in
    for one in users:
        one.leave()
    assert [violation for one in users for violation in one.violations()] == []
    assert page_server.undocumented == []


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def device(request: pytest.FixtureRequest) -> Device:
    """Run each test that uses it on a desktop and on a phone."""
    selected: Device = request.param
    return selected


@pytest.fixture
def visit(deployed: Stack, chromium: Browser) -> Iterator[Visit]:
    """Return a function that opens the page on a device. At the end, no visitor may have a violation."""
    visitors: list[Visitor] = []

    def open_page(device: Device = DESKTOP) -> Visitor:
        visitor = Visitor(deployed, chromium.new_context(**device), TIMEOUT_MS)
        visitors.append(visitor)
        return visitor

    yield open_page
    for visitor in visitors:
        visitor.leave()
    assert [violation for visitor in visitors for violation in visitor.violations()] == []


@pytest.fixture
def customer(deployed: Stack) -> Customer:
    """A new account with $50 of credit, one line, and a billing admin."""
    return open_customer(deployed)


@pytest.fixture(scope="session")
def caller(deployed: Stack) -> Customer:
    """A customer whose two users made 121 international calls in the last six days, one of them premium."""
    customer = open_customer(deployed, "100.00")
    token, path = deployed.operator_token(), f"/accounts/{customer.account_id}"
    deployed.api.send("PUT", f"{path}/users/user_2", token, {"name": "Bo Lindqvist"})
    line = {"number": number_of(customer.account_id, "+1212"), "user_id": "user_2", "international_calling": False}
    deployed.api.send("PUT", f"{path}/lines/line_2", token, line)
    calls = [
        make_call(
            customer.account_id,
            DIALLED[number % len(DIALLED)] if number else PREMIUM,
            30 + 37 * (number % 9),
            datetime.now(UTC) - timedelta(hours=3 + number),
            user_id="user_2" if number % 3 else "user_1",
        )
        for number in range(CALLS)
    ]
    send(deployed, [json.dumps(call) for call in calls])
    eventually(lambda: len(items_of(deployed, customer.account_id, "ENTRY#")) == CALLS + 1, seconds=60)
    return customer


@pytest.fixture(scope="session")
def signed_in(deployed: Stack, chromium: Browser, caller: Customer) -> Iterator[Callable[[Device], Visitor]]:
    """The caller's admin, signed in on each kind of device, and again before the sign-in ends."""
    visitors: dict[str, tuple[float, Visitor]] = {}

    def of_device(device: Device) -> Visitor:
        key = str(sorted(device.items(), key=str))
        since, before = visitors.get(key, (0.0, None))
        if before is not None and time.monotonic() - since < SIGNED_IN_SECONDS:
            return before
        if before is not None:
            before.leave()
        visitor = Visitor(deployed, chromium.new_context(**device), TIMEOUT_MS)
        visitors[key] = time.monotonic(), visitor
        visitor.sign_in(caller.email)
        return visitor

    yield of_device
    for _, visitor in visitors.values():
        visitor.leave()


@pytest.fixture
def read(signed_in: Callable[[Device], Visitor]) -> Iterator[Visit]:
    """Return a function that opens a view of the caller's page, for read-only tests. No violation may occur."""
    visitors: list[Visitor] = []

    def open_place(device: Device = DESKTOP, place: str = "#/") -> Visitor:
        visitor = signed_in(device)
        visitors.append(visitor)
        visitor.open("#/rates" if place == "#/" else "#/")  # Leave the view of the previous test.
        visitor.open(place)
        visitor.settle()
        return visitor

    yield open_place
    assert [violation for visitor in visitors for violation in visitor.violations()] == []
