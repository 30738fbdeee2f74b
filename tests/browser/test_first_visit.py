"""The first visit on the stack: clicks and trips until the first allowed call, and requests and bytes over the wire."""

import re
import uuid
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from local.seed import ADMIN, Person, create_sign_in
from local.stack import Stack
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.stack.customers import Customer
from tests.stack.test_calls import number_of, open_account

MOST_REQUESTS, MOST_BYTES, MOST_API_CALLS, MOST_RELOAD_BYTES = 8, 45_000, 4, 12_000
MOST_CLICKS = 4


class Wire:
    """What a page receives: its own files, the API, and the token, as Chromium counts them with headers. A file from
    the cache costs nothing.
    """

    def __init__(self, page: Page, stack: Stack) -> None:
        self._session = page.context.new_cdp_session(page)
        self._urls: dict[str, str] = {}
        self._own = (stack.settings.api_url, stack.settings.endpoint_url)
        self.sizes: dict[str, int] = {}
        self._session.on("Network.requestWillBeSent", self._sent)
        self._session.on("Network.loadingFinished", self._finished)
        self._session.send("Network.enable")

    def _sent(self, event: dict[str, Any]) -> None:
        self._urls[event["requestId"]] = event["request"]["url"]

    def _finished(self, event: dict[str, Any]) -> None:
        url, size = self._urls.get(event["requestId"], ""), int(event["encodedDataLength"])
        is_page = url.startswith(self._own[0]) and "/oauth2/" not in url
        if size and (is_page or url.endswith("/oauth2/token")):
            self.sizes[f"{len(self.sizes)} {url}"] = size

    @property
    def api_calls(self) -> list[str]:
        """The requests to the API."""
        return [url for url in self.sizes if not re.search(r"/assets/|/oauth2/|/(\?.*)?$", url)]


def forget_cache(context: BrowserContext, page: Page) -> None:
    """Empty the cache, as on a first visit."""
    context.new_cdp_session(page).send("Network.clearBrowserCache")


def sign_in_slowly(visitor: Visitor, email: str) -> None:
    """Reach the hosted sign-in."""
    visitor.open()
    visitor.press("Sign in")
    visitor.page.get_by_label("Username").wait_for()
    assert email


def test_first_visit_and_reload_keep_their_budget(visit: Visit, customer: Customer, deployed: Stack) -> None:
    customer.pay(customer.save_card(), "25.00", "before")
    customer.make_long_call()
    visitor = visit()
    sign_in_slowly(visitor, customer.email)
    forget_cache(visitor.context, visitor.page)
    first = Wire(visitor.page, deployed)
    visitor.enter_password(customer.email)
    visitor.page.wait_for_load_state("networkidle")
    assert len(first.api_calls) <= MOST_API_CALLS, first.sizes
    assert len(first.sizes) <= MOST_REQUESTS, first.sizes
    assert sum(first.sizes.values()) <= MOST_BYTES, first.sizes
    visitor.page.reload()
    visitor.page.get_by_label("Username").wait_for()
    first.sizes.clear()
    visitor.enter_password(customer.email)
    visitor.page.wait_for_load_state("networkidle")
    assert len(first.api_calls) <= MOST_API_CALLS, first.sizes
    assert sum(first.sizes.values()) <= MOST_RELOAD_BYTES, first.sizes


@pytest.fixture
def newcomer(deployed: Stack) -> Customer:
    """An account without credit, whose line makes no international calls."""
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(deployed, account_id)
    person = Person("user_1", "Uma", f"{account_id}@customers.example", ADMIN)
    deployed.users.append(create_sign_in(deployed.outputs["UserPoolId"], account_id, person))
    customer = Customer(deployed, account_id, person.email)
    token, path = deployed.operator_token(), f"/accounts/{customer.account_id}/lines/line_1"
    line = {"number": number_of(customer.account_id), "user_id": "user_1", "international_calling": False}
    deployed.api.send("PUT", path, token, line)
    return customer


def test_first_call_is_allowed_after_few_clicks_and_one_trip(visit: Visit, newcomer: Customer, deployed: Stack) -> None:
    visitor = visit()
    visitor.sign_in(newcomer.email)
    clicks = 0

    def press(name: str) -> None:
        nonlocal clicks
        clicks += 1
        visitor.press(name)

    press("Pay $25.00")
    visitor.press("Use the card ending in 4242")
    press("Pay $25.00")
    visitor.enter_password(newcomer.email)
    visitor.sees("Funds added", visitor.card("Add funds"))
    press("Turn on for all lines")
    expect(visitor.page.locator(".checklist .done")).to_have_count(2)
    question = {"account_id": newcomer.account_id, "call_id": "first", "line_id": "line_1", "to": "+442071838750"}
    answer = deployed.api.send("POST", "/calls/authorize", deployed.switch_token(), question)
    assert answer["decision"] == "allow"
    assert clicks <= MOST_CLICKS
    trips = [url for url in visitor.requests if re.search(r"/checkout/pay/[^/]+$", url)]
    assert len(set(trips)) == 1
    visitor.press("Add more funds")
    expect(visitor.page.get_by_role("radio", name=re.compile("Visa ending 4242"))).to_be_visible()
