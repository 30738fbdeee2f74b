"""Probes of the functions that publish decks and rerate calls."""

import json
import secrets
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import boto3

from calling_credit.call_events import parse_call
from calling_credit.calls import Call
from calling_credit.charging.listed_calls import list_unrated_call
from calling_credit.rates import deck_store
from local.stack import Stack
from tests.harness.template import ROOT
from tests.stack.call_probes import deliver
from tests.stack.damaged_probes import rate_a_damaged_call
from tests.stack.deployment import invoke, pause_rule
from tests.stack.test_calls import items_of, make_call, open_account

RISING: Final = "4420718399"


def publish_a_deck(deployed: Stack, tokens: dict[str, str]) -> None:
    """Publish an uploaded deck with one additional unused prefix, write its report, and announce a rise. Only the probe
    triggers the function.
    """
    client, bucket, key = boto3.client("s3"), deployed.outputs["DeckBucketName"], f"incoming/{uuid.uuid4().hex}.csv"
    row = f"8889991,{key[9:40]},001,*,1,0,60,60,2020-01-01,outbound_international_call\n" + "".join(rising_rows())
    account_id = open_caller(deployed, tokens)
    with pause_rule(deployed, "PublishRatesFunctionDropped"):
        client.put_object(Bucket=bucket, Key=key, Body=(ROOT / "local" / "rates.csv").read_bytes() + row.encode())
        result = invoke(deployed, "PublishRatesFunction", {"detail": {"object": {"key": key}}})
    assert (result["outcome"], result["version"]) == ("published", read_version(client, bucket))
    report = client.get_object(Bucket=bucket, Key=f"reports/{key.removeprefix('incoming/')}.json")["Body"].read()
    assert json.loads(report)["last_calls"]["accounts"], "the calls could not be compared"
    invoke(deployed, "PublishRatesFunction", {})
    actions = [item["action"]["S"] for item in items_of(deployed, account_id, "ACTIVITY#")]
    assert "rate_change_announced" in actions, actions


def rising_rows() -> Iterator[str]:
    """Yield the rows of a prefix whose price rises later, each time to another one."""
    for rate, since in (("0.0140", "2020-01-01"), (f"0.02{secrets.randbelow(10_000):04d}", "2035-01-01")):
        yield f"{RISING},United Kingdom - Landline,GB,*,{rate},0,60,60,{since},outbound_international_call\n"


def open_caller(deployed: Stack, tokens: dict[str, str]) -> str:
    """Open an account with daily sums that has called the prefix; return its id."""
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(deployed, account_id)
    deployed.api.send("PUT", f"/accounts/{account_id}", tokens["operator"], {"breakdown": True})
    call = make_call(account_id, f"+{RISING}01", 60, datetime.now(UTC) - timedelta(hours=1))
    assert deliver(deployed, call) == []
    return account_id


def read_version(client: Any, bucket: str) -> str:
    """Return the version of the active deck."""
    pointer = deck_store.read_active(client, bucket)
    return str(pointer and pointer.version)


def rate_late(deployed: Stack, tokens: dict[str, str]) -> None:
    """Charge a waiting call that now has a price, rerate it with another deck, and correct it."""
    account_id, number = f"acct_{uuid.uuid4().hex[:12]}", "+442071838750"
    open_account(deployed, account_id)
    now = datetime.now(UTC)
    call = parse_call(json.dumps(make_call(account_id, number, 60, now - timedelta(hours=1))), now)
    assert isinstance(call, Call)
    outcome = list_unrated_call(boto3.client("dynamodb"), deployed.outputs["TableName"], call, now, lambda: 10.0)
    assert outcome == "listed"
    rate_a_damaged_call(deployed)
    invoke(deployed, "RerateCallsFunction", {})  # A deck that was just activated may have triggered it already.
    deck = (ROOT / "local" / "rates.csv").read_bytes().replace(b"GB,*,0.0140,", b"GB,*,0.0200,")
    version = deck_store.deck_version(deck, now)
    deck_store.put_deck(boto3.client("s3"), deployed.outputs["DeckBucketName"], version, deck)
    request = {
        "account_id": account_id,
        "from": "2026-01-01",
        "to": "2035-01-01",
        "deck": version,
        "apply": True,
        "by": "ops",
    }
    assert invoke(deployed, "RerateCallsFunction", {"reprice": request})["changed"] == 1
    amounts = [item["amount_micros"]["N"] for item in items_of(deployed, account_id, "ENTRY#")]
    assert amounts == ["-14000", "14000", "-20000"]
    body = {"started_at": call.happened_at, "waive": True, "reason": "Probe"}
    command = {"account_id": account_id, "call_key": call.call_key, "body": body, "key": "k_1", "by": "probe"}
    result = invoke(deployed, "RerateCallsFunction", {"correct": command | {"apply": True}})
    assert result["after"]["price"] == "0.00"
