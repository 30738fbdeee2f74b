"""FreeRADIUS on the deployed application: radclient is the switch, and the connector's files connect it."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from local.stack import Stack
from tests.conftest import free_port
from tests.connectors.freeradius.radius import Radius, Reply, require_freeradius
from tests.stack.conftest import eventually
from tests.stack.test_admission import balance
from tests.stack.test_calls import items_of, number_of, open_account

UNITED_KINGDOM = "+442071838750"
PATIENCE = {"ask_timeout": "20.0", "report_timeout": "20.0"}
"""The emulator starts a process for the first request of a function."""


@pytest.fixture(scope="module")
def programs() -> None:
    """FreeRADIUS and radclient, before a stack starts for them."""
    require_freeradius()


@pytest.fixture(scope="module")
def radius(programs: None, deployed: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radius]:
    """FreeRADIUS with several threads, as in production."""
    server = start(deployed, tmp_path_factory.mktemp("radius"), deployed.settings.emulator_port)
    yield server
    server.stop()


@pytest.fixture
def account_id(deployed: Stack) -> str:
    """A new account with a dollar, and one line for international calls."""
    return open_with(deployed, "1.00")


def open_with(deployed: Stack, credit: str | None) -> str:
    """Open an account. RADIUS counts whole seconds, so its line has to be a second old when a call begins."""
    name = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(deployed, name, credit)
    time.sleep(1.1)
    return name


def start(deployed: Stack, folder: Path, port: int) -> Radius:
    """Start FreeRADIUS for the API at a port."""
    url = f"http://{deployed.settings.api_host.partition(':')[0]}:{port}"
    return Radius(folder, url, PATIENCE, deployed.connector_key["key"], debug=False).start()


def call_of(account_id: str, to: str = UNITED_KINGDOM) -> dict[str, str]:
    """Return the attributes of a new call."""
    line = number_of(account_id)
    session = uuid.uuid4().hex[:8]
    return {
        "User-Name": f'"{line}"',
        "Called-Station-Id": f'"{to}"',
        "Acct-Session-Id": f'"{session}"',
        "NAS-Identifier": '"gw-1"',
    }


def stop(radius: Radius, call: dict[str, str], granted: Reply, seconds: int, delay: int = 0) -> Reply:
    """Report the end of a call."""
    record = {"Acct-Status-Type": "Stop", "Acct-Session-Time": str(seconds), "Acct-Delay-Time": str(delay)}
    return radius.send("acct", call | record | {"Class": granted.attributes["Class"]}, wait=25)


def charges(deployed: Stack, account_id: str) -> list[dict[str, Any]]:
    """Return the entries of calls."""
    return [item for item in items_of(deployed, account_id, "ENTRY#") if item["kind"]["S"] == "call_charged"]


def has_charges(deployed: Stack, account_id: str, count: int) -> bool:
    """Return whether this many calls were charged."""
    return len(charges(deployed, account_id)) == count


def price_of(deployed: Stack, account_id: str, seconds: int) -> int:
    """Return the price of a call to the United Kingdom, in millionths of a dollar."""
    [row, *_] = deployed.api.get("/rates", number=UNITED_KINGDOM, **{"from": number_of(account_id)})["items"]
    started = max(0, seconds - row["minimum_seconds"])
    billed = row["minimum_seconds"] + -(-started // row["increment_seconds"]) * row["increment_seconds"]
    price = Decimal(row["connection_fee"]) + Decimal(row["rate_per_minute"]) * billed / 60
    return int(price.quantize(Decimal("0.0001")) * 1_000_000)


def test_call_is_held_and_charged_once_under_five_duplicates(deployed: Stack, radius: Radius, account_id: str) -> None:
    call = call_of(account_id)
    granted = radius.send("auth", call, wait=25)
    assert granted.code == "Access-Accept"
    assert 60 <= int(granted.attributes["Session-Timeout"]) <= 7200
    held = balance(deployed, account_id)
    assert (held["live_holds"], held["posted_micros"]) == (1, 1_000_000)
    assert 0 < held["held_micros"] <= 1_000_000
    with ThreadPoolExecutor(5) as pool:
        replies = list(pool.map(lambda delay: stop(radius, call, granted, 90, delay), range(5)))
    assert {reply.code for reply in replies} == {"Accounting-Response"}
    eventually(lambda: balance(deployed, account_id)["live_holds"] == 0, 60)
    assert stop(radius, call, granted, 90, delay=5).code == "Accounting-Response"
    deployed.wait_until_rated()
    price = price_of(deployed, account_id, 90)
    assert [-int(entry["amount_micros"]["N"]) for entry in charges(deployed, account_id)] == [price]
    after = balance(deployed, account_id)
    assert (after["posted_micros"], after["held_micros"]) == (1_000_000 - price, 0)


def test_call_of_the_granted_length_costs_the_held_amount(deployed: Stack, radius: Radius) -> None:
    account_id = open_with(deployed, "0.05")
    call = call_of(account_id)
    granted = radius.send("auth", call, wait=25)
    held = balance(deployed, account_id)["held_micros"]
    assert 0 < held <= 50_000
    stop(radius, call, granted, int(granted.attributes["Session-Timeout"]) + 1)
    eventually(lambda: charges(deployed, account_id), 60)
    assert balance(deployed, account_id)["posted_micros"] == 50_000 - held


def test_session_that_a_restarted_switch_counts_again_is_another_call(
    deployed: Stack, radius: Radius, account_id: str
) -> None:
    call = call_of(account_id)
    for count in (1, 2):
        granted = radius.send("auth", call, wait=25)
        assert granted.code == "Access-Accept"
        assert balance(deployed, account_id)["live_holds"] == 1
        time.sleep(1.1)
        assert stop(radius, call, granted, 61).code == "Accounting-Response"
        eventually(partial(has_charges, deployed, account_id, count), 60)
        assert balance(deployed, account_id)["live_holds"] == 0


def test_unanswered_call_gives_back_its_hold(deployed: Stack, radius: Radius, account_id: str) -> None:
    call = call_of(account_id)
    granted = radius.send("auth", call, wait=25)
    assert balance(deployed, account_id)["live_holds"] == 1
    assert stop(radius, call, granted, 0).code == "Accounting-Response"
    eventually(lambda: balance(deployed, account_id)["live_holds"] == 0, 60)
    assert charges(deployed, account_id) == []


def test_refusal_has_the_reason_of_the_service(deployed: Stack, radius: Radius, account_id: str) -> None:
    token, line = deployed.operator_token(), f"/accounts/{account_id}/lines/line_1"
    unknown = call_of(account_id) | {"User-Name": '"+12125550199"'}
    assert refusal(radius, unknown) == "unknown_number"
    off = {"number": number_of(account_id), "user_id": "user_1", "international_calling": False}
    deployed.api.send("PUT", line, token, off)
    eventually(lambda: refusal(radius, call_of(account_id)) == "international_calling_off", 60)
    emergency = radius.send("auth", call_of(account_id, "911"))
    assert (emergency.code, "Session-Timeout" in emergency.attributes) == ("Access-Accept", False)


def test_account_without_credit_is_refused(deployed: Stack, radius: Radius) -> None:
    name = open_with(deployed, None)
    assert refusal(radius, call_of(name)) == "insufficient_credit"
    domestic = radius.send("auth", call_of(name, "+12125550100"), wait=25)
    assert (domestic.code, "Session-Timeout" in domestic.attributes) == ("Access-Accept", False)


def refusal(radius: Radius, call: dict[str, str]) -> str:
    """Return the reason with which a call is refused, or its answer."""
    reply = radius.send("auth", call, wait=25)
    return reply.attributes["Reply-Message"] if reply.code == "Access-Reject" else reply.code


def test_record_waits_for_the_service_and_is_charged_once(
    deployed: Stack, radius: Radius, account_id: str, tmp_path: Path
) -> None:
    call = call_of(account_id)
    granted = radius.send("auth", call, wait=25)
    alone = start(deployed, tmp_path, free_port())
    assert stop_once(alone, call, granted).code == ""
    alone.stop()
    time.sleep(1)
    assert charges(deployed, account_id) == []
    assert stop_once(radius, call, granted).code == "Accounting-Response"
    eventually(lambda: len(charges(deployed, account_id)) == 1, 60)


def stop_once(radius: Radius, call: dict[str, str], granted: Reply) -> Reply:
    """Report the end of a call, and wait 3 seconds for the answer."""
    record = {"Acct-Status-Type": "Stop", "Acct-Session-Time": "61", "Class": granted.attributes["Class"]}
    return radius.send("acct", call | record, wait=3)


def test_numbers_may_be_sent_as_they_are_dialed(deployed: Stack, radius: Radius, account_id: str) -> None:
    national = number_of(account_id).removeprefix("+1")
    call = call_of(account_id, "011 44 20 7183 8750") | {"User-Name": f'"{national}"'}
    granted = radius.send("auth", call, wait=25)
    assert granted.code == "Access-Accept"
    assert balance(deployed, account_id)["live_holds"] == 1
    assert stop(radius, call, granted, 61).code == "Accounting-Response"
    eventually(lambda: charges(deployed, account_id), 60)
    [entry] = charges(deployed, account_id)
    assert entry["to"]["S"] == UNITED_KINGDOM
    assert balance(deployed, account_id)["live_holds"] == 0
