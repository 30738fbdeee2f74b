"""The five tasks of a billing admin in Firefox, on the real stack: balance, payment, rule, calls, and a line."""

import os
from collections.abc import Iterator

import pytest

from local.seed import PASSWORD
from local.stack import Stack
from tests.browser.firefox import Firefox, firefox_program, start_firefox
from tests.browser.funds import paid
from tests.stack.conftest import eventually
from tests.stack.customers import Customer


@pytest.fixture
def firefox() -> Iterator[Firefox]:
    """A running Firefox. Without one, the test is skipped locally and fails in CI."""
    program = firefox_program()
    if program is None:
        reason = "No Firefox found. Run apt-get install firefox-esr."
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    with start_firefox(program) as browser:
        yield browser


def test_an_admin_does_the_five_tasks_in_firefox(deployed: Stack, customer: Customer, firefox: Firefox) -> None:
    customer.save_card()
    customer.make_long_call()
    sign_in(firefox, deployed, customer)

    firefox.sees("available credit")
    firefox.press("button", "$50")
    firefox.press("button", "Pay $50.00")
    firefox.sees("Funds added")
    assert paid(customer) == (1, 5_000)

    firefox.press("switch", "Automatic recharge")
    firefox.enter("textbox", "When the balance falls below", "10")
    firefox.press("button", "Save and turn on")
    eventually(lambda: customer.rule()["enabled"])
    assert customer.rule()["threshold"] == "10.00"

    firefox.press("link", "View details: Outbound International Call")
    firefox.sees("Nigeria")

    firefox.press("link", "Lines")
    [line] = deployed.api.get("/lines", customer.token)["items"]
    firefox.press("switch", f"International calling for {line['number']}")

    def is_switched() -> bool:
        [now] = deployed.api.get("/lines", customer.token)["items"]
        return bool(now["international_calling"] != line["international_calling"])

    eventually(is_switched)
    assert paid(customer) == (1, 5_000)
    assert firefox.errors == []


def sign_in(firefox: Firefox, stack: Stack, customer: Customer) -> None:
    """Sign in on the hosted page."""
    eventually(lambda: stack.api.request("GET", "/").is_success, seconds=120)  # A cold start is slow.
    firefox.open(f"{stack.settings.api_url}/")
    firefox.press("button", "Sign in")
    firefox.enter("textbox", "Username", customer.email)
    firefox.keys("Tab", *PASSWORD, "Enter")  # A password field has no role.
