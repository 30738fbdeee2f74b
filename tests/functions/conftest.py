"""A fresh table for each test (moto, or the DynamoDB that AWS_ENDPOINT_URL_DYNAMODB names), an active deck, the
handlers.
"""

import importlib.util
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from local.stripe_stand_in.stand_in import DEFAULT_API_KEY, DEFAULT_WEBHOOK_SECRET, StandIn
from tests.functions.stripe_wire import StripeWire
from tests.functions.template import ROOT, table_properties

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

    from tests.functions.laws_wire import Wire
    from tests.functions.recharging import LawSix
    from tests.functions.till import Till
    from tests.functions.world import World

TABLE = os.environ["TABLE_NAME"]
BUCKET = os.environ["DECK_BUCKET"]
FUNCTIONS = (
    "rate_calls",
    "list_usage",
    "change_settings",
    "manage_accounts",
    "add_funds",
    "stripe_webhook",
    "auto_recharge",
    "reconcile_payments",
    "prove_ledger",
    "publish_events",
    "send_mail",
    "authorize_call",
    "expire_holds",
    "publish_rates",
    "rerate_calls",
    "billing_page",
)


class Context:
    """What a handler may ask of Lambda's context."""

    function_name = "function"
    function_version = "1"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id = "00000000-0000-4000-8000-000000000000"

    def __init__(self, seconds: float = 60.0) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the timeout."""
        return int(self.seconds * 1000)


def load_app(name: str) -> ModuleType:
    """Import functions/<name>/app.py under a name of its own, as Lambda would in a process of its own."""
    spec = importlib.util.spec_from_file_location(f"{name}_app", ROOT / "functions" / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def one_request_at_a_time() -> Iterator[None]:
    """DynamoDB answers every request as a whole; moto, asked by several threads, would not."""
    from moto.dynamodb.responses import DynamoHandler  # noqa: PLC0415 - moto's own parts load late

    lock = threading.Lock()
    unlocked: Any = DynamoHandler.call_action

    def locked(handler: DynamoHandler) -> Any:
        with lock:
            return unlocked(handler)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DynamoHandler, "call_action", locked)
        yield


@pytest.fixture(scope="session")
def aws() -> Iterator[None]:
    """moto for everything that AWS_ENDPOINT_URL_DYNAMODB does not send elsewhere."""
    with mock_aws(), one_request_at_a_time():
        import boto3  # noqa: PLC0415 - after moto

        boto3.client("s3").create_bucket(Bucket=BUCKET)
        boto3.client("ses").verify_email_identity(EmailAddress="billing@phone.example")
        boto3.client("events").create_event_bus(Name=os.environ["EVENT_BUS_NAME"])
        secrets = boto3.client("secretsmanager")
        secrets.create_secret(Name=os.environ["CURSOR_SECRET_ARN"], SecretString="test-secret")
        stripe_settings = {"api_key": DEFAULT_API_KEY, "webhook_secret": DEFAULT_WEBHOOK_SECRET}
        secrets.create_secret(Name=os.environ["STRIPE_SECRET_ARN"], SecretString=json.dumps(stripe_settings))
        yield


@cache
def _s3() -> "S3Client":
    """One client for all decks; made after moto has begun."""
    from calling_credit.rates.deck_store import s3_client  # noqa: PLC0415

    return s3_client()


@dataclass
class Stack:
    """The handlers over one fresh table, and a Stripe account of their own."""

    dynamodb: "DynamoDBClient"
    apps: dict[str, ModuleType]
    stripe: StripeWire = field(default_factory=lambda: StripeWire(StandIn()))
    table_name: str = TABLE

    def publish(self, deck: bytes, version: str = "deck-1") -> None:
        """Publish a deck and let the warm functions see it at once."""
        from calling_credit.rates import deck_store  # noqa: PLC0415

        s3 = _s3()
        deck_store.put_deck(s3, BUCKET, version, deck)
        deck_store.activate(s3, BUCKET, version, deck, datetime.now(UTC))
        self.forget()

    def forget(self) -> None:
        """Let every function be as if just started."""
        for app in self.apps.values():
            if hasattr(app, "deck"):
                app.deck._deck = app.deck._checked_at = None
            if hasattr(app, "facts"):
                app.facts._known.clear()

    def invoke(self, name: str, event: dict[str, Any], seconds: float = 60.0) -> dict[str, Any]:
        """Hand one event to a function."""
        answer: dict[str, Any] = self.apps[name].handler(event, Context(seconds))
        return answer

    def items(self, account_id: str | None = None) -> list[dict[str, Any]]:
        """Every item of the table (of one account), as plain values."""
        from calling_credit.dynamodb.attributes import from_attributes  # noqa: PLC0415

        if account_id is None:
            scan = self.dynamodb.get_paginator("scan").paginate(TableName=self.table_name, ConsistentRead=True)
            return [from_attributes(item) for page in scan for item in page["Items"]]
        query = self.dynamodb.get_paginator("query").paginate(
            TableName=self.table_name,
            KeyConditionExpression="PK = :pk",
            ExpressionAttributeValues={":pk": {"S": f"ACCOUNT#{account_id}"}},
            ConsistentRead=True,
        )
        return [from_attributes(item) for page in query for item in page["Items"]]

    def items_named(self, sort_key: str) -> list[dict[str, Any]]:
        """The items of every account with this sort key, as plain values."""
        from calling_credit.dynamodb.attributes import from_attributes  # noqa: PLC0415

        scan = self.dynamodb.get_paginator("scan").paginate(
            TableName=self.table_name,
            ConsistentRead=True,
            FilterExpression="SK = :name",
            ExpressionAttributeValues={":name": {"S": sort_key}},
        )
        return [from_attributes(item) for page in scan for item in page["Items"]]


@pytest.fixture(scope="session")
def apps(aws: None) -> dict[str, ModuleType]:
    """Every handler, imported once; what answers HTTP answers as the published contract says."""
    from tests.contract.handlers import hold_to_contract  # noqa: PLC0415 - the settings come first

    found = {name: load_app(name) for name in FUNCTIONS}
    hold_to_contract(found)
    return found


@pytest.fixture(scope="session")
def dynamodb(aws: None) -> "DynamoDBClient":
    """The client through which the tests look at the table; the handlers have their own."""
    from calling_credit.dynamodb.client import dynamodb_client  # noqa: PLC0415

    return dynamodb_client()


@pytest.fixture
def deckless(
    apps: dict[str, ModuleType], dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stack]:
    """The handlers over a fresh table; which deck is active is for the next fixture to say."""
    from calling_credit import clock  # noqa: PLC0415

    def wall_clock() -> datetime:
        return clock.now()  # Looked up each time: tests put a clock of their own in its place.

    stripe = StripeWire(StandIn(base_url=os.environ["STRIPE_API_BASE"], now=wall_clock, sleep=lambda _: None))
    stripe.attach(monkeypatch)
    made = dynamodb.create_table(TableName=TABLE, **table_properties())
    if made["TableDescription"]["TableStatus"] != "ACTIVE":
        dynamodb.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    try:
        yield Stack(dynamodb, apps, stripe)
    finally:
        dynamodb.delete_table(TableName=TABLE)


@pytest.fixture
def stack(deckless: Stack) -> Stack:
    """The handlers over a fresh table with the example deck active."""
    deckless.publish((ROOT / "local" / "rates.csv").read_bytes())
    return deckless


def sample_event(name: str) -> dict[str, Any]:
    """The sample envelope `events/<name>.json`."""
    event: dict[str, Any] = json.loads(Path(ROOT, "events", f"{name}.json").read_text(encoding="utf-8"))
    return event


@pytest.fixture
def world(deckless: Stack, monkeypatch: pytest.MonkeyPatch) -> "World":
    """The handlers over a fresh table with one account, a small deck, and a clock that stands at noon of 2026-11-23."""
    from tests.functions.laws_moto import make_moto_cheap  # noqa: PLC0415
    from tests.functions.world import DECK, World  # noqa: PLC0415 - it needs this module

    make_moto_cheap(monkeypatch)
    world = World(deckless)
    monkeypatch.setattr("calling_credit.clock.now", world.clock)
    deckless.publish(DECK)
    world.create_account()
    return world


@pytest.fixture
def till(world: "World") -> "Till":
    """The same world with its paying side."""
    from tests.functions.till import Till  # noqa: PLC0415 - it needs this module

    return Till(world)


@pytest.fixture
def law_six(till: "Till", monkeypatch: pytest.MonkeyPatch) -> Iterator["LawSix"]:
    """At most one recharge in flight, looked at before every request to Stripe; law 5 and the sums at the end."""
    from tests.functions.recharging import watch_law_six  # noqa: PLC0415 - it needs this module

    law = watch_law_six(till, monkeypatch)
    yield law
    law.look()
    assert law.broken == []
    till.check()


@pytest.fixture
def wire(deckless: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator["Wire"]:
    """The wire between the handlers and the table; nobody sleeps between tries."""
    from tests.functions.laws_wire import wired  # noqa: PLC0415 - it needs this module

    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr("calling_credit.dynamodb.transactions.jittered_wait", lambda _: 0.0)
    with wired(deckless) as wire:
        yield wire
