"""Prices of an account's own on the running stack: a deck, a price list, and the buying list by the operator's
commands, list, markup, and included minutes by the operator's routes, and calls from their hold to the desk.

Cuba is a country that no other test calls: its mobiles have a row of the list, of which the deck outdoes a part.
"""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from local.deploy import DECK_LEAD_SECONDS, LEAD_SECONDS
from local.stack import Stack
from ops.project import ROOT
from tests.stack.commands import command, example_deck_again
from tests.stack.conftest import eventually
from tests.stack.customers import Customer, open_customer
from tests.stack.test_calls import items_of, make_call, send

LISTED, OUTDONE, COVERED = "+5352345678", "+5359345678", "+33142685300"
"""Numbers with a price of the list, with one of a longer prefix of the deck, and in France."""
RATES = (ROOT / "local" / "rates.csv").read_text(encoding="utf-8").splitlines()
NAME, HEADER = "gold", f"{RATES[0]},rate_steps"
END = "2020-01-01,outbound_international_call"
DECK = [HEADER, *(f"{row}," for row in RATES[1:]), f"5359,Cuba - Mobile,CU,*,0.4,0.8,30,30,{END},60:0.2:10"]
LIST = [HEADER, f"535,Cuba - Mobile,CU,*,0.2,0.4,60,60,{END},60:0.1:1"]
STEPS = [{"from_second": 60, "rate_per_minute": "0.10", "increment_seconds": 1}]
COST = [RATES[0], f"53,Cuba,CU,*,0.01,0,60,60,{END}"]
PRICES: dict[str, Any] = {"price_list": NAME, "markup_percent": "12.50"}
NO_PRICES: dict[str, Any] = {"price_list": None, "markup_percent": "0.00"}
BUNDLE = {"name": "France", "countries": ["FR"], "prefixes": [], "minutes": 1}


@pytest.fixture(scope="module")
def customer(deployed: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Customer]:
    """A customer with prices of its own, once they are in force."""
    found = open_customer(deployed)
    path = f"/accounts/{found.account_id}"
    with own_prices(deployed, path):
        folder = tmp_path_factory.mktemp("lists")
        publish(deployed, write(folder, "cost", COST), "--list", "cost")
        publish(deployed, write(folder, NAME, LIST), "--list", NAME)
        allow_and_publish(deployed, write(folder, "deck", DECK))
        time.sleep(DECK_LEAD_SECONDS)
        answer = deployed.api.send("PUT", path, deployed.operator_token(), PRICES | {"bundles": [BUNDLE]})
        assert (answer["price_list"], answer["markup_percent"], answer["bundles"]) == (NAME, "12.50", [BUNDLE])
        time.sleep(LEAD_SECONDS + 1)
        yield found


@contextmanager
def own_prices(deployed: Stack, path: str) -> Iterator[None]:
    """Afterwards, the account has the deck's prices, no list is stored, and the example deck is active."""
    deployed.publish_description()
    try:
        yield
    finally:
        deployed.api.send("PUT", path, deployed.operator_token(), NO_PRICES | {"bundles": []})
        boto3.resource("s3").Bucket(deployed.outputs["DeckBucketName"]).objects.filter(Prefix="lists/").delete()
        example_deck_again(deployed)


def write(folder: Path, name: str, lines: list[str]) -> str:
    """Write a file of rows; return its path."""
    path = folder / f"{name}.csv"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return str(path)


def publish(deployed: Stack, *arguments: str) -> str:
    """Publish a deck or a price list without findings; return the output."""
    done = command(deployed, "publish_rates", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def allow_and_publish(deployed: Stack, path: str) -> None:
    """Publish the deck, one prefix of which outdoes a part of a row of the list: refused, then allowed as printed."""
    refused = command(deployed, "publish_rates", path, "--skip-impact")
    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert "ALLOW=list_overridden:1" in refused.stdout, refused.stdout
    publish(deployed, path, "--skip-impact", "--allow", "list_overridden:1")


def answered(deployed: Stack, method: str, path: str, token: str, **options: Any) -> Any:
    """Return the answer. Ask again while a function loads deck and list, as a switch does."""

    def ask() -> httpx.Response | None:
        answer = deployed.api.request(method, path, token, **options)
        return None if answer.status_code == 503 else answer

    answer = eventually(ask, seconds=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def price_of(customer: Customer, number: str) -> dict[str, Any]:
    """Return the price of a number, as the account sees it."""
    query = {"number": number, "line_id": "line_1"}
    [item] = answered(customer.stack, "GET", "/account/rates", customer.token, params=query)["items"]
    found: dict[str, Any] = item
    return found


def authorize(customer: Customer, call_id: str, number: str, seconds: int) -> dict[str, Any]:
    """Authorize a call; return the answer, which allows it."""
    body = {"call_id": call_id, "account_id": customer.account_id, "line_id": "line_1", "to": number}
    asked: dict[str, Any] = body | {"requested_seconds": seconds}
    token = customer.stack.switch_token()
    answer: dict[str, Any] = answered(customer.stack, "POST", "/calls/authorize", token, json=asked)
    assert (answer["decision"], answer["max_seconds"]) == ("allow", seconds), answer
    return answer


def charge(customer: Customer, call_id: str, number: str, seconds: int) -> dict[str, Any]:
    """Report a call that began now; return its entry in plain values."""
    event = make_call(customer.account_id, number, seconds, datetime.now(UTC), call_id=call_id)
    send(customer.stack, [json.dumps(event)])

    def entry() -> dict[str, Any] | None:
        entries = items_of(customer.stack, customer.account_id, "ENTRY#")
        return next((one for one in entries if one["SK"]["S"].endswith(f"#{call_id}")), None)

    return {name: next(iter(value.values())) for name, value in eventually(entry, seconds=60).items()}


def explained(customer: Customer, tokens: dict[str, str], call_id: str) -> dict[str, Any]:
    """Return the desk's explanation of a call; its numbers give the price exactly."""
    path = f"/operator/accounts/{customer.account_id}/calls/{call_id}"
    found: dict[str, Any] = answered(customer.stack, "GET", path, tokens["support"])
    assert found["calculation"]["exact"] is True, found
    return found


def new_call() -> str:
    """Return the id of a call."""
    return f"c_{uuid.uuid4().hex}"


def test_only_the_account_sees_its_list(customer: Customer) -> None:
    item = price_of(customer, LISTED)
    shown = {"price_list": NAME, "markup_percent": "0.00", "rate_per_minute": "0.20", "connection_fee": "0.40"}
    assert item | shown | {"rate_steps": STEPS} == item
    [public] = customer.stack.api.get("/rates", number=LISTED)["items"]
    assert (public["rate_per_minute"], "price_list" in public, "rate_steps" in public) == ("0.86", False, False)


@pytest.mark.parametrize(("seconds", "price"), [(120, "0.70"), (20, "0.60"), (85, "0.6417")])
def test_a_call_is_held_charged_and_explained_by_its_list(
    customer: Customer, tokens: dict[str, str], seconds: int, price: str
) -> None:
    call_id = new_call()
    answer = authorize(customer, call_id, LISTED, seconds)
    assert (answer["held"], answer["rate_steps"]) == (price, STEPS)
    entry = charge(customer, call_id, LISTED, seconds)
    micros = str(-int(Decimal(price) * 1_000_000))
    assert (entry["amount_micros"], entry["price_list"], entry["rate_steps"]) == (micros, NAME, "60:0.10:1")
    found = explained(customer, tokens, call_id)
    assert found["price"] == price
    row = found["row"]
    assert row | {"price_list": NAME, "list_version": entry["list_version"], "rate_steps": STEPS} == row


def test_a_longer_prefix_of_the_deck_has_the_markup(customer: Customer, tokens: dict[str, str]) -> None:
    item = price_of(customer, OUTDONE)
    steps = [{"from_second": 60, "rate_per_minute": "0.225", "increment_seconds": 10}]
    rates = {"base_rate_per_minute": "0.40", "rate_per_minute": "0.45", "connection_fee": "0.90"}
    assert item | rates | {"price_list": None, "markup_percent": "12.50", "rate_steps": steps} == item
    call_id = new_call()  # Without a hold: the row in force when it began.
    entry = charge(customer, call_id, OUTDONE, 85)
    assert (entry["amount_micros"], entry["markup_hundredths"]) == ("-1462500", "1250")
    row = explained(customer, tokens, call_id)["row"]
    base = {"base_rate_per_minute": "0.40", "base_connection_fee": "0.80", "markup_percent": "12.50"}
    assert row | base | {"price_list": None, "rate_steps": steps} == row
    public = customer.stack.api.get("/rates", number=OUTDONE)["items"]
    assert [one["rate_per_minute"] for one in public] == ["0.40"]


def test_included_minutes_are_counted_down_with_hold_and_charge(customer: Customer, tokens: dict[str, str]) -> None:
    def left_seconds() -> int:
        [bundle] = customer.stack.api.get("/overview", customer.token)["included_minutes"]
        assert (bundle["name"], bundle["minutes"]) == ("France", 1)
        return int(bundle["left_seconds"])

    assert left_seconds() == 60
    covered, partly = new_call(), new_call()
    answer = authorize(customer, covered, COVERED, 60)
    assert (answer["held"], answer["covered_seconds"], left_seconds()) == ("0.00", 60, 0)
    entry = charge(customer, covered, COVERED, 50)
    assert (entry["amount_micros"], entry["covered_seconds"], left_seconds()) == ("0", "50", 10)
    entry = charge(customer, partly, COVERED, 40)  # 30 of 40 seconds, at 0.014 with the markup, without minimum.
    assert (entry["amount_micros"], entry["covered_seconds"], left_seconds()) == ("-7900", "10", 0)
    calculation = explained(customer, tokens, partly)["calculation"]
    assert (calculation["covered_seconds"], calculation["billed_seconds"]) == (10, 30)


def test_commands_list_the_price_lists_and_report_margins(customer: Customer) -> None:
    listed = command(customer.stack, "list_price_lists")
    assert listed.returncode == 0, listed.stdout + listed.stderr
    assert {"cost", NAME} <= {line.split()[0] for line in listed.stdout.splitlines()}
    first = f"{datetime.now(UTC):%Y-%m-%d}"
    charge(customer, new_call(), LISTED, 60)
    last = f"{datetime.now(UTC):%Y-%m-%d}"
    done = command(customer.stack, "margins", "--from", first, "--to", last)
    assert done.returncode == 0, done.stdout + done.stderr
    assert customer.account_id in done.stdout
    assert "Cuba - Mobile" in done.stdout
