"""Probes of the functions that publish decks and rerate calls."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from calling_credit.call_events import Call, parse_call
from calling_credit.charging.kept_calls import keep_unrated
from calling_credit.rates import deck_store
from local.stack import Stack
from tests.functions.template import ROOT
from tests.stack.deployment import invoke, rule_held
from tests.stack.test_calls import items_of, make_call, open_account


def publish_a_deck(deployed: Stack, tokens: dict[str, str]) -> None:
    """A dropped deck with one more prefix, which nobody has, is published with its report; nothing else wakes the
    function.
    """
    client, bucket, key = boto3.client("s3"), deployed.outputs["DeckBucketName"], f"incoming/{uuid.uuid4().hex}.csv"
    row = f"8889991,{key[9:40]},001,*,1,0,60,60,2020-01-01,outbound_international_call\n"
    with rule_held(deployed, "PublishRatesFunctionDropped"):
        client.put_object(Bucket=bucket, Key=key, Body=(ROOT / "local" / "rates.csv").read_bytes() + row.encode())
        said = invoke(deployed, "PublishRatesFunction", {"detail": {"object": {"key": key}}})
    assert (said["outcome"], said["version"]) == ("published", read_version(client, bucket))
    told = client.get_object(Bucket=bucket, Key=f"reports/{key.removeprefix('incoming/')}.json")["Body"].read()
    assert json.loads(told)["last_calls"]["is_whole"], "calls could not be weighed"


def read_version(client: Any, bucket: str) -> str:
    """The deck that prices calls now."""
    pointer = deck_store.read_active(client, bucket)
    return str(pointer and pointer["version"])


def rate_late(deployed: Stack, tokens: dict[str, str]) -> None:
    """A call that waits for a price which is there is charged, and priced again by another deck."""
    account_id, number = f"acct_{uuid.uuid4().hex[:12]}", "+442071838750"
    open_account(deployed, account_id)
    now = datetime.now(UTC)
    call = parse_call(json.dumps(make_call(account_id, number, 60, now - timedelta(hours=1))), now)
    assert isinstance(call, Call)
    assert keep_unrated(boto3.client("dynamodb"), deployed.outputs["TableName"], call, now, lambda: 10.0) == "kept"
    invoke(deployed, "RerateCallsFunction", {})  # Unless a deck that was just activated has woken it first.
    deck = (ROOT / "local" / "rates.csv").read_bytes().replace(b"GB,*,0.0140,", b"GB,*,0.0200,")
    version = deck_store.deck_version(deck, now)
    deck_store.put_deck(boto3.client("s3"), deployed.outputs["DeckBucketName"], version, deck)
    asked = {"account_id": account_id, "from": "2026-01-01", "to": "2035-01-01", "deck": version, "apply": True}
    assert invoke(deployed, "RerateCallsFunction", {"reprice": asked})["changed"] == 1
    amounts = [item["amount_micros"]["N"] for item in items_of(deployed, account_id, "ENTRY#")]
    assert amounts == ["-14000", "14000", "-20000"]
