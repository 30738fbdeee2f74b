"""A member without billing rights sees everything, and why they cannot change it."""

import pytest
from playwright.sync_api import expect

from local.seed import Person, create_sign_in
from local.stack import Stack
from tests.browser.conftest import Visit
from tests.browser.visitor import Device
from tests.stack.customers import Customer
from tests.stack.test_calls import number_of


@pytest.fixture
def member(deployed: Stack, customer: Customer) -> str:
    """The email of a member of the customer's account, which has a card, a rule, and a payment."""
    card = customer.save_card()
    customer.set_rule(card)
    customer.pay(card, "25.00", "paid")
    person = Person("user_2", "Mo", f"mo-{customer.email}", "member")
    deployed.users.append(create_sign_in(deployed.outputs["UserPoolId"], customer.account_id, person))
    return person.email


def test_member_sees_everything_and_why_changes_are_disabled(
    visit: Visit, customer: Customer, member: str, device: Device
) -> None:
    visitor = visit(device)
    visitor.sign_in(member)
    visitor.sees("$75.00", visitor.card("Balance"))
    visitor.sees("Only a billing admin of your account can add funds.", visitor.card("Add funds"))
    visitor.sees("It adds $50.00 with Visa ending 4242", visitor.card("Automatic recharge"))
    visitor.sees(
        "Only a billing admin of your account can change automatic recharge.", visitor.card("Automatic recharge")
    )
    expect(visitor.page.get_by_role("switch", name="Automatic recharge")).to_be_disabled()
    for absent in ("Pay", "Save", "Add a card", "Remove"):
        expect(visitor.page.get_by_role("button", name=absent)).to_have_count(0)
    visitor.follow("Lines")
    visitor.sees("Only a billing admin of your account can change lines.")
    switch = f"International calling for {number_of(customer.account_id)}"
    expect(visitor.page.get_by_role("switch", name=switch)).to_be_disabled()
    visitor.follow("Statement")
    visitor.sees("Top-up, Visa ending 4242")
    visitor.follow("History")
    visitor.sees("Paid")
    assert not [url for url in visitor.requests if "/payment-methods" in url]


def test_member_returning_from_a_payment_sees_its_outcome(visit: Visit, member: str, customer: Customer) -> None:
    visitor = visit()
    visitor.open(f"?top_up={customer.payments()[0]['id']}")
    visitor.enter_password(member)
    visitor.sees("Funds added", visitor.card("Add funds"))


def test_unknown_payment_in_the_url_is_ignored(visit: Visit, member: str) -> None:
    visitor = visit()
    visitor.break_network()
    visitor.open("?top_up=tu_of_another_account")
    visitor.enter_password(member)
    visitor.sees("Only a billing admin of your account can add funds.", visitor.card("Add funds"))
