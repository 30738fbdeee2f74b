"""Empty, loading, error, and offline states: the page explains them and recovers by itself or with one button."""

import re

from playwright.sync_api import Route, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Device
from tests.stack.customers import Customer

API = re.compile(r"/(overview|balance|usage|statement|lines|top-ups|auto-recharge|payment-methods)(\?|/|$)")


def test_empty_account_shows_empty_states(visit: Visit, customer: Customer, device: Device) -> None:
    visitor = visit(device)
    visitor.sign_in(customer.email)
    visitor.sees("Card, Apple Pay, Google Pay, or Link")
    visitor.sees("No charged calls in this period.")
    visitor.follow("History")
    visitor.sees("No payments yet.")
    visitor.open("#/statement?range=last")
    visitor.sees("No transactions in this period.")


def test_page_reports_an_api_outage_and_retries(visit: Visit, customer: Customer, device: Device) -> None:
    visitor = visit(device)
    visitor.break_network()
    answers = [
        lambda route: route.abort(),
        lambda route: route.fulfill(status=500, json={"message": "Internal Server Error"}),
        lambda route: route.fulfill(status=503, json={"message": "Service Unavailable"}),
    ]
    for answer in answers:
        visitor.page.route(API, answer)
        if answer is answers[0]:
            visitor.sign_in(customer.email)
        else:
            visitor.press("Try again")
        visitor.sees("Billing is temporarily unavailable.")
        visitor.page.unroute(API)
    visitor.press("Try again")
    visitor.sees("$50.00", visitor.card("Balance"))


def test_failed_card_does_not_affect_the_others(visit: Visit, customer: Customer) -> None:
    visitor = visit()
    visitor.break_network()
    problem = {
        "type": "about:blank",
        "title": "Unavailable",
        "status": 503,
        "code": "payments_unavailable",
        "detail": "Stripe does not answer just now.",
    }
    visitor.page.route(
        re.compile("/payment-methods"),
        lambda route: route.fulfill(
            status=503, content_type="application/problem+json", headers={"retry-after": "60"}, json=problem
        ),
    )
    visitor.sign_in(customer.email)
    visitor.sees("$50.00", visitor.card("Balance"))
    visitor.sees("Stripe does not answer at the moment. You were not charged.", visitor.card("Add funds"))
    visitor.sees("No charged calls in this period.", visitor.card("Balance usage"))
    visitor.page.unroute(re.compile("/payment-methods"))
    visitor.press("Try again", visitor.card("Add funds"))
    visitor.sees("Card, Apple Pay, Google Pay, or Link", visitor.card("Add funds"))


def test_loading_card_shows_a_skeleton(visit: Visit, customer: Customer) -> None:
    visitor = visit()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    visitor.page.route(re.compile(r"/usage\?"), hold)
    visitor.open()
    visitor.press("Sign in")
    visitor.page.get_by_label("Username").fill(customer.email)
    visitor.page.get_by_label("Password").fill(next(user["password"] for user in customer.stack.users))
    visitor.press("Sign in")
    expect(visitor.card("Balance usage").locator("[aria-busy] .skeleton")).to_be_visible()
    visitor.wait(lambda: held)
    held[0].continue_()
    visitor.settle()


def test_page_reports_offline_and_refreshes_when_back_online(visit: Visit, customer: Customer) -> None:
    visitor = visit()
    visitor.break_network()
    visitor.sign_in(customer.email)
    visitor.context.set_offline(True)
    expect(visitor.page.get_by_text("You are offline. Data may be out of date")).to_be_visible()
    visitor.page.get_by_role("link", name="History", exact=True).click()
    visitor.sees("Connect to the internet to continue.")
    visitor.context.set_offline(False)
    visitor.sees("No payments yet.")
    expect(visitor.page.get_by_text("You are offline. Data may be out of date")).to_be_hidden()
