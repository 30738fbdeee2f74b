"""The laws of the ledger under a seeded random driver: thousands of operations on the real handlers, every law
rechecked after every one, everything compared with a model that shares no code with them.

    1   posted is the sum of the entries, to the micro
    2   DAY totals are the sums of that day's entries
    3   any event delivered any number of times, in any order, changes nothing after the first
    4   a refused operation changes nothing
    7   held is the sum of live holds, available is posted less held, headroom is unarmed (no rules here)
    8   no customer's request reads or writes another account
    9   entries never change, except that old numbers are shortened
    13  each change of an account is recorded exactly when it is made, with its actor (change_checks.py)
    16  per lot, used + expired is at most its amount, and expired is the sum of its entries (lot_checks.py)
    17  a budget has spent what its calls of the month cost, and held what its live holds take (spending.py)
    10  killing any function at any I/O and retrying ends in the same ledger (test_faults)

Laws 5 and 6 are laws of payments (test_payment_laws). LAWS_SEED and LAWS_OPERATIONS change the run; the seed of a
failure is in its message. Law 3 has one exception: a call without an entry (free or unrated) is charged when it is
redelivered after a deck that prices it, in the model too. All laws also hold while decks are published, waiting calls
are rated, and charged calls are priced again.
"""

import random
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.functions.tax_bench import DETAILS
from tests.harness.http import http_event
from tests.harness.queue import delivery, failures
from tests.harness.schemas import check_schemas
from tests.harness.settings import whole_setting
from tests.harness.table import Stack
from tests.harness.template import ROOT, template
from tests.harness.till import Till
from tests.harness.wire import wired
from tests.harness.world import JAPAN, World
from tests.laws import (
    admission,
    budgets,
    corrections,
    customers,
    lots,
    moves,
    operations,
    own_limits,
    reads,
    refused,
    reporting,
    rerating,
    shortening,
)
from tests.laws.calls import Calls
from tests.laws.checks import Book, law_8_no_other_account_is_named
from tests.laws.driver import KINDS, Driver
from tests.laws.model import Model
from tests.laws.prices import Decks, Prices

pytestmark = pytest.mark.dynamodb

USUAL = (20261123, 2000)
SEED = whole_setting("LAWS_SEED", USUAL[0])
OPERATIONS = whole_setting("LAWS_OPERATIONS", USUAL[1], 1)
REACHED = {"asked: line_budget", "asked: user_budget", "budget: raised", "credit expired", "hold expired"}
"""Outcomes without which the usual run proves little."""
REGISTERED = (
    operations,
    reads,
    refused,
    rerating,
    admission,
    corrections,
    moves,
    lots,
    budgets,
    customers,
    own_limits,
    reporting,
    shortening,
)
"""The modules whose operations the driver runs."""


def test_the_laws_hold_after_every_operation(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drivers = {module.__name__ for module in REGISTERED}
    assert drivers == {kind.__module__ for _, kind in KINDS.values()}
    rng = random.Random(SEED)
    prices = Prices("deck-1", (ROOT / "local" / "rates.csv").read_bytes())
    with wired(stack) as wire:
        book = Book(stack.dynamodb, stack.table_name)
        driver = Driver(SEED, stack, wire, rng, Model(decks=Decks(prices)), book, Calls(rng))
        monkeypatch.setattr("calling_credit.clock.now", lambda: driver.now)
        sweeper = stack.apps["expire_holds"]
        without_grace = replace(sweeper.config(), lot_grace_hours=0)
        monkeypatch.setattr(sweeper, "config", lambda: without_grace)
        stack.forget()
        driver.run(OPERATIONS)
    check_schemas(stack)
    with capsys.disabled():
        print(
            f"\nThe laws held after every operation (LAWS_SEED={SEED}, LAWS_OPERATIONS={OPERATIONS}):\n{driver.table()}"
        )
    assert set(driver.done) == set(KINDS), driver.table()
    assert driver.done.total() >= OPERATIONS, driver.table()
    assert (SEED, OPERATIONS) != USUAL or set(driver.model.outcomes) >= REACHED, driver.table()


CUSTOMER_ROUTES = {
    "GET /balance": ("list_usage", "/balance"),
    "GET /overview": ("list_usage", "/overview"),
    "GET /usage": ("list_usage", "/usage"),
    "GET /usage/{category}": ("list_usage", "/usage/outbound_international_call"),
    "GET /spending": ("list_usage", "/spending"),
    "GET /statement": ("list_usage", "/statement"),
    "GET /lines": ("list_usage", "/lines"),
    "GET /lines/{line_id}/changes": ("list_usage", "/lines/line_1/changes"),
    "GET /activity": ("list_usage", "/activity"),
    "GET /denied-calls": ("list_usage", "/denied-calls"),
    "GET /rates": ("public_rates", "/rates"),
    "GET /forecast": ("list_usage", "/forecast"),
    "GET /account/rates": ("list_usage", "/account/rates"),
    "POST /auto-recharge/simulate": ("change_settings", "/auto-recharge/simulate"),
    "GET /notifications": ("change_settings", "/notifications"),
    "PUT /notifications": ("change_settings", "/notifications"),
    "PUT /notifications/language": ("change_settings", "/notifications/language"),
    "PUT /lines": ("change_settings", "/lines"),
    "POST /freeze": ("change_settings", "/freeze"),
    "POST /countries/{country}/confirm": ("change_settings", "/countries/FR/confirm"),
    "POST /promotions/{code}/redeem": ("move_credit", "/promotions/WELCOME-10/redeem"),
    "PUT /lines/{line_id}": ("change_settings", "/lines/line_2"),
    "PUT /lines/{line_id}/budget": ("change_settings", "/lines/line_2/budget"),
    "PUT /users/{user_id}/budget": ("change_settings", "/users/user_2/budget"),
    "POST /lines/{line_id}/budget/requests": ("change_settings", "/lines/line_2/budget/requests"),
    "GET /billing-details": ("change_settings", "/billing-details"),
    "PUT /billing-details": ("change_settings", "/billing-details"),
    "GET /limits": ("change_settings", "/limits"),
    "PUT /limits": ("change_settings", "/limits"),
    "GET /auto-recharge": ("change_settings", "/auto-recharge"),
    "PUT /auto-recharge": ("change_settings", "/auto-recharge"),
    "PATCH /auto-recharge": ("change_settings", "/auto-recharge"),
    "POST /top-ups": ("add_funds", "/top-ups"),
    "POST /top-ups/checkout": ("add_funds", "/top-ups/checkout"),
    "GET /top-ups": ("add_funds", "/top-ups"),
    "GET /top-ups/{top_up_id}": ("add_funds", "/top-ups/{theirs}"),
    "GET /payment-methods": ("add_funds", "/payment-methods"),
    "POST /payment-methods": ("add_funds", "/payment-methods"),
    "DELETE /payment-methods/{payment_method_id}": ("add_funds", "/payment-methods/{card}"),
    "PATCH /payment-methods/{payment_method_id}": ("add_funds", "/payment-methods/{card}"),
    "GET /top-ups/{top_up_id}/receipt": ("list_usage", "/top-ups/{theirs}/receipt"),
}
SIGNED_ROUTES = {"GET /links/{token}", "POST /links/{token}", "POST /stripe/webhook"}
"""Public routes and routes whose account comes from a signature, not from the request."""
PAGE_ROUTES = {"GET /", "GET /desk", "GET /assets/{version}/{name}", "GET /openapi.json"}
"""The pages themselves and the API description: the same answer for every account."""
BODIES: dict[str, dict[str, Any]] = {
    f"PUT /{one}/budget": {"monthly": "5.00"} for one in ("lines/{line_id}", "users/{user_id}")
}
BODIES |= {"PUT /billing-details": DETAILS}
"""The bodies of routes that refuse fields that they do not know."""
NAMING_ANOTHER = {
    "account_id": "acct_2",
    "custom:account_id": "acct_2",
    "user_id": "ACCOUNT#acct_2",
    "from": "2026-01-01",
    "to": "2026-12-31",
}


def test_law_8_every_route_of_customers_is_held_to_its_account() -> None:
    routes = [part["Properties"] for part in template()["Resources"].values() if "Route" in part["Type"].split("::")]
    operator = [
        route["RouteKey"]
        for route in routes
        if "AuthorizationScopes" in route or any(path in route["RouteKey"] for path in (" /operator/", " /connector/"))
    ]
    assert {route["RouteKey"] for route in routes} - set(operator) == set(CUSTOMER_ROUTES) | SIGNED_ROUTES | PAGE_ROUTES
    signed = (
        {route["RouteKey"] for route in routes if route["AuthorizationType"] == "NONE"} - PAGE_ROUTES - {"GET /rates"}
    )
    assert signed == SIGNED_ROUTES


@pytest.mark.parametrize("route", CUSTOMER_ROUTES)
def test_law_8_no_request_names_another_account(till: Till, route: str) -> None:
    """For any path, query, headers, and body, requests to the table name the token's account or none, and requests to
    Stripe its customer or none.
    """
    world = till.world
    world.create_account("acct_2")
    world.operate("PUT", "/accounts/acct_2/lines/line_2", {"number": "+14155550101", "user_id": "user_1"})
    world.deliver({}, {"account_id": "acct_2", "call_id": "c_2"})
    card, other = till.card(), till.card(account="acct_2")
    till.set_rule(card)
    theirs = till.paid("25.00", other, account="acct_2")["id"]
    [another] = [cus["id"] for cus in till.objects("customer") if cus["metadata"]["account_id"] == "acct_2"]
    function, path = CUSTOMER_ROUTES[route]
    wishes: dict[str, object] = {"international_calling": True, "language": "fr", "default": True}
    wishes |= {"amount": "25.00", "payment_method_id": card, "customer": another}
    body = BODIES.get(route, {**NAMING_ANOTHER, **wishes})
    asked_for = (route.partition(" ")[0], path.format(theirs=theirs, card=card))
    claims = {"custom:account_id": "acct_1", "cognito:groups": ["billing_admin"]}
    event = http_event(function, *asked_for, body=body, claims=claims)
    event["headers"] |= {"x-account-id": "acct_2"}
    event["pathParameters"] = {"account_id": "acct_2", "line_id": "line_2"}
    event["rawQueryString"] = urlencode(NAMING_ANOTHER)
    event["queryStringParameters"] = dict(NAMING_ANOTHER)
    event["headers"]["idempotency-key"] = "key"
    before, asked = world.stack.items("acct_2"), len(till.wire.sent)
    with wired(world.stack) as wire:
        answer = world.invoke(function, event)
        law_8_no_other_account_is_named(wire.sent, "acct_1")
        assert bool(wire.sent) == (route != "GET /rates")
    assert function != "add_funds" or (answer.status < 300) != ("{theirs}" in path), answer.text
    assert "acct_2" not in answer.text
    assert another not in str(till.wire.sent[asked:])
    assert world.stack.items("acct_2") == before


def test_law_3_a_stray_call_delivered_again_changes_nothing(world: World) -> None:
    world.deliver({"line_id": "line_nobody"})
    before = world.stack.items()
    world.clock.now += timedelta(minutes=5)
    assert world.deliver({"line_id": "line_nobody"}) == []
    assert world.stack.items() == before


def test_law_3_order_and_number_of_deliveries_do_not_matter(world: World) -> None:
    calls = [{"call_id": f"c_{number}", "to": JAPAN} for number in range(4)]
    event = delivery(*calls)
    records = event["Records"]
    halves = [records[:3], records[1:], records[::-1]]
    ledgers = []
    for number, order in enumerate(permutations(halves)):
        account = f"acct_{number + 10}"
        world.create_account(account)
        for records_of_half in order:
            moved = [{**record, "body": record["body"].replace("acct_1", account)} for record in records_of_half]
            assert failures(world.stack.invoke("rate_calls", {"Records": moved})) == []
        entries = world.entries(account)
        ledgers.append((world.balance(account), [entry["SK"] for entry in entries]))
    assert len(ledgers[0][1]) == 4
    assert ledgers == ledgers[:1] * len(ledgers)
