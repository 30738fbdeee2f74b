"""The support desk over the deployed application: real sign-ins, rights, and routes, from a customer's question to the
credit that answers it.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from local.seed import FINANCE, SUPPORT, Person, create_sign_in
from local.stack import Stack
from tests.browser.conftest import TIMEOUT_MS
from tests.browser.desk import Clerk, adjust
from tests.browser.visitor import DESKTOP, PHONE, Device
from tests.stack.conftest import eventually
from tests.stack.customers import Customer, open_customer
from tests.stack.test_calls import items_of, make_call, send

Staff = Callable[..., Clerk]
CALLED = "+442071838750"


def staff_email(stack: Stack, role: str) -> str:
    """A member of the staff of the demonstration."""
    return next(str(user["email"]) for user in stack.users if user["role"] == role)


@pytest.fixture
def staff(deployed: Stack, chromium: Browser) -> Iterator[Staff]:
    """Return a function that signs a member of the staff in at a view of the desk."""
    clerks: list[Clerk] = []
    origins = {deployed.settings.api_url, deployed.settings.endpoint_url, deployed.stripe_url}

    def sign_in(email: str, place: str = "", device: Device = DESKTOP) -> Clerk:
        one = Clerk(chromium.new_context(**device), TIMEOUT_MS, deployed.settings.api_url, origins)
        clerks.append(one)
        one.sign_in(email, place)
        return one

    yield sign_in
    for one in clerks:
        one.leave()
    assert [violation for one in clerks for violation in one.violations()] == []


def call_once(customer: Customer) -> str:
    """Make one charged call; return its id."""
    call = make_call(customer.account_id, CALLED, 180, datetime.now(UTC) - timedelta(hours=2), user_id="user_1")
    send(customer.stack, [json.dumps(call)])
    eventually(lambda: len(items_of(customer.stack, customer.account_id, "ENTRY#")) > 1, seconds=60)
    return str(call["call_id"])


def balance(customer: Customer) -> str:
    """The balance that the customer sees."""
    return str(customer.stack.api.get("/balance", customer.token)["balance"])


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_clerk_finds_explains_and_makes_good_a_call(deployed: Stack, staff: Staff, device: Device) -> None:
    customer = open_customer(deployed)
    call_once(customer)
    one = staff(staff_email(deployed, FINANCE), device=device)
    one.page.get_by_role("searchbox").fill(customer.account_id)
    one.press("Find")
    one.page.get_by_role("link", name=customer.account_id).click()
    one.shows(f"#account={customer.account_id}")
    one.settle()
    one.press("Prove the ledger now")
    one.sees("The ledger proves.")
    one.show(f"#account={customer.account_id}&view=calls")
    one.page.get_by_role("link", name=f"Explain the call to {CALLED}").first.click()
    one.sees("United Kingdom", one.card("What happened"))
    one.settle()
    one.press("Give goodwill")
    one.go_on()
    one.confirm("Give $0.042")
    one.sees("The balance is $50.00.", one.dialog)
    one.press("Done", one.dialog)
    one.settle()
    expect(one.page.get_by_role("button", name="Give goodwill")).to_be_disabled()
    assert balance(customer) == "50.00"
    one.show(f"#account={customer.account_id}&view=activity")
    one.sees(re.compile("goodwill", re.IGNORECASE))


def test_payment_is_refunded_at_the_desk(deployed: Stack, staff: Staff) -> None:
    customer = open_customer(deployed)
    customer.pay(customer.save_card(), "25.00", "one")
    one = staff(staff_email(deployed, FINANCE), f"#account={customer.account_id}&view=payments")
    one.sees("$25.00 received")
    one.page.get_by_role("button", name=re.compile("^Refund")).click()
    one.fill(amount="10", reason="Paid twice")
    one.go_on()
    one.confirm("Refund $10.00")
    one.sees(re.compile("refunded|under way"), one.dialog)
    eventually(lambda: balance(customer) == "65.00", seconds=60)
    one.press("Done", one.dialog)
    one.settle()
    one.sees("$10.00 refunded")


def test_second_person_approves_what_is_above_the_amount_of_a_day(deployed: Stack, staff: Staff) -> None:
    customer = open_customer(deployed)
    first, second = (
        create_sign_in(
            deployed.outputs["UserPoolId"],
            None,
            Person("", name, f"{name}-{uuid.uuid4().hex[:8]}@phone.example", FINANCE),
        )
        for name in ("grace", "hugo")
    )
    deployed.users.extend((first, second))
    one = staff(first["email"], f"#account={customer.account_id}")
    adjust(one, "101", reason=f"Bank transfer {customer.account_id}")
    one.confirm("Give $101.00")
    one.sees("Waiting for a second person", one.dialog)
    assert balance(customer) == "50.00"
    one.show("#approvals")
    row = one.page.get_by_role("row").filter(has_text=customer.account_id)
    expect(row.get_by_role("button", name=re.compile("^Approve"))).to_be_disabled()
    other = staff(second["email"], "#approvals")
    row = other.page.get_by_role("row").filter(has_text=customer.account_id)
    row.get_by_role("button", name=re.compile("^Approve")).click()
    other.confirm("Approve $101.00")
    other.sees("is posted.", other.dialog)
    assert balance(customer) == "151.00"


def test_credit_moves_between_two_accounts(deployed: Stack, staff: Staff) -> None:
    giver, taker = open_customer(deployed), open_customer(deployed)
    one = staff(staff_email(deployed, FINANCE), f"#account={giver.account_id}")
    one.press("Transfer credit")
    one.fill(to_account_id=taker.account_id, amount="5", reason="Two accounts")
    one.go_on()
    one.confirm("Transfer $5.00")
    one.sees("whose balance is $55.00.", one.dialog)
    assert (balance(giver), balance(taker)) == ("45.00", "55.00")


def test_support_freezes_an_account_and_moves_no_money(deployed: Stack, staff: Staff) -> None:
    customer = open_customer(deployed)
    one = staff(staff_email(deployed, SUPPORT), f"#account={customer.account_id}")
    expect(one.page.get_by_role("button", name="Give or take credit")).to_be_disabled()
    one.press("Freeze")
    one.confirm("Freeze")
    one.sees("The account is frozen.", one.dialog)
    assert deployed.api.get("/balance", customer.token)["frozen"] is True
    one.press("Done", one.dialog)
    one.sees(re.compile("^Frozen since"))


def test_a_customers_sign_in_is_refused_at_the_desk(deployed: Stack, staff: Staff) -> None:
    one = staff(open_customer(deployed).email)
    one.sees("This sign-in may not use the desk")
    assert not [url for url in one.requests if "/operator/" in url]
