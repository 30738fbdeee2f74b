"""Lost responses, outages, and expired tokens never lose a payment or pay twice, by Stripe's own count."""

import re

import pytest
from playwright.sync_api import Route, expect

from local.stack import Stack
from local.stripe_stand_in.controls import Controls
from tests.browser.conftest import Visit
from tests.browser.funds import TOP_UPS, funds, paid, pay, press_pay
from tests.stack.customers import Customer, stand_in


@pytest.mark.parametrize("is_partial", [False, True], ids=["no response", "partial response"])
def test_lost_response_is_retried_and_paid_once(visit: Visit, customer: Customer, is_partial: bool) -> None:
    customer.save_card()
    visitor = visit()
    visitor.break_network()
    visitor.sign_in(customer.email)
    lost: list[str] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and len(lost) < 2:
            lost.append(route.request.headers["idempotency-key"])
            visitor.forward(route)
            if is_partial:
                route.fulfill(status=201, content_type="application/json", body="{")
            else:
                route.abort("connectionreset")
        else:
            route.continue_()

    visitor.page.route(TOP_UPS, lose)
    pay(visitor, "29.00")
    visitor.sees("Funds added", funds(visitor))
    assert len(lost) == 2
    assert len(set(lost)) == 1
    assert paid(customer) == (1, 2_900)


def test_refusal_after_a_lost_response_leaves_the_outcome_open(visit: Visit, customer: Customer) -> None:
    customer.save_card()
    visitor = visit()
    visitor.break_network()
    visitor.sign_in(customer.email)
    keys: list[str] = []

    def lose_then_refuse(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            visitor.forward(route)
            route.abort("connectionreset")
        else:
            problem = {"code": "account_closed", "detail": "This account is closed and takes no more funds."}
            route.fulfill(status=409, content_type="application/problem+json", json=problem)

    visitor.page.route(TOP_UPS, lose_then_refuse)
    pay(visitor, "30.00")
    visitor.sees("We cannot confirm this payment yet.", funds(visitor))
    expect(funds(visitor).get_by_text("You were not charged")).to_have_count(0)
    visitor.page.unroute(TOP_UPS)
    visitor.press("Check again")
    visitor.sees("Funds added", funds(visitor))
    assert len(set(keys)) == 1
    assert paid(customer) == (1, 3_000)


def test_check_again_pays_once_after_an_api_outage(visit: Visit, customer: Customer) -> None:
    customer.save_card()
    visitor = visit()
    visitor.break_network()
    visitor.sign_in(customer.email)
    visitor.page.route(TOP_UPS, lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    pay(visitor, "30.00")
    visitor.sees("We cannot confirm this payment yet. Checking again never charges you twice.", funds(visitor))
    visitor.page.unroute(TOP_UPS)
    visitor.press("Check again")
    visitor.sees("Funds added", funds(visitor))
    assert paid(customer) == (1, 3_000)


def test_stripe_outage_is_retried_and_paid_once(visit: Visit, customer: Customer, deployed: Stack) -> None:
    customer.save_card()
    visitor = visit()
    visitor.break_network()
    visitor.sign_in(customer.email)
    stand_in(deployed).faults.add("dropped", "POST /v1/payment_intents", count=2)
    pay(visitor, "30.00")
    visitor.sees("Funds added", funds(visitor))
    assert paid(customer) == (1, 3_000)
    assert stand_in(deployed).faults.waiting() == []


def test_token_that_expires_while_paying_is_renewed(visit: Visit, customer: Customer) -> None:
    customer.save_card()
    visitor = visit()
    visitor.break_network()
    visitor.sign_in(customer.email)
    refuse = {"status": 401, "json": {"message": "Unauthorized"}}
    visitor.page.route(
        TOP_UPS, lambda route: route.fulfill(**refuse) if route.request.method == "POST" else route.continue_(), times=1
    )
    press_pay(visitor, "30.00")
    visitor.page.wait_for_url(re.compile("/oauth2/authorize"))  # The emulator's refresh leaves the groups out.
    visitor.enter_password(customer.email)
    visitor.sees("Funds added", funds(visitor))
    assert paid(customer) == (1, 3_000)


def test_slow_payment_is_watched_until_it_ends(visit: Visit, customer: Customer, deployed: Stack) -> None:
    customer.save_card("pm_card_processing")
    visitor = visit()
    visitor.sign_in(customer.email)
    pay(visitor, "30.00")
    visitor.sees("Your payment of $30.00 is being processed.", funds(visitor))
    visitor.wait(lambda: visitor.page.evaluate("JSON.parse(sessionStorage.payment ?? '{}').id"))
    [intent] = customer.intents()
    Controls(stand_in(deployed)).settle(intent.id)
    visitor.sees("Funds added", funds(visitor))
    assert paid(customer) == (1, 3_000)
