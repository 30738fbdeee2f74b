"""Fixtures of tests that run handlers: a fresh table (moto, or the DynamoDB of AWS_ENDPOINT_URL_DYNAMODB), an active
deck, and the handlers. `tests/conftest.py` loads them for every test, so this module avoids slow imports.
"""

import gc
import json
import os
from collections.abc import Iterator
from datetime import datetime
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tests.harness.law_six import LawSix
    from tests.harness.table import Stack
    from tests.harness.till import Till
    from tests.harness.wire import Wire
    from tests.harness.world import World

# ruff: noqa: PLC0415 - each fixture imports what it needs, after the settings of tests/conftest.py


@pytest.fixture(scope="session")
def aws() -> Iterator[None]:
    """moto for every service except a DynamoDB at AWS_ENDPOINT_URL_DYNAMODB."""
    from moto import mock_aws

    from local.stripe_stand_in.stand_in import DEFAULT_API_KEY, DEFAULT_WEBHOOK_SECRET
    from tests.harness.table import BUCKET, one_request_at_a_time

    with mock_aws(), one_request_at_a_time():
        import boto3

        boto3.client("s3").create_bucket(Bucket=BUCKET)
        boto3.client("ses").verify_email_identity(EmailAddress="billing@phone.example")
        boto3.client("events").create_event_bus(Name=os.environ["EVENT_BUS_NAME"])
        secrets = boto3.client("secretsmanager")
        secrets.create_secret(Name=os.environ["CURSOR_SECRET_ARN"], SecretString="test-secret")
        stripe_settings = {"api_key": DEFAULT_API_KEY, "webhook_secret": DEFAULT_WEBHOOK_SECRET}
        secrets.create_secret(Name=os.environ["STRIPE_SECRET_ARN"], SecretString=json.dumps(stripe_settings))
        yield


@pytest.fixture(scope="session")
def apps(aws: None) -> dict[str, ModuleType]:
    """Every handler, imported once. An HTTP response that the published contract does not allow fails the test.

    What exists by then lasts until the end, so the garbage collector leaves it out, and also looks less often.
    """
    from tests.contract.handlers import check_responses
    from tests.harness.table import FUNCTIONS, load_app

    handlers = {name: load_app(name) for name in FUNCTIONS}
    check_responses(handlers)
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    return handlers


@pytest.fixture(scope="session")
def dynamodb(aws: None) -> "DynamoDBClient":
    """The client that tests use to read the table; the handlers have their own clients."""
    from calling_credit.dynamodb.client import dynamodb_client

    return dynamodb_client()


@pytest.fixture
def deckless(
    apps: dict[str, ModuleType], dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> Iterator["Stack"]:
    """The handlers over a fresh table without an active deck."""
    from calling_credit import clock
    from calling_credit.numbering import use_area_codes
    from local.stripe_stand_in.stand_in import StandIn
    from tests.harness.fast_moto import make_moto_cheap
    from tests.harness.stripe import StripeWire
    from tests.harness.table import TABLE, Stack
    from tests.harness.template import table_properties

    def wall_clock() -> datetime:
        return clock.now()  # Looked up on each call, because tests replace the clock.

    make_moto_cheap(monkeypatch)
    stripe = StripeWire(StandIn(base_url=os.environ["STRIPE_API_BASE"], now=wall_clock, sleep=lambda _: None))
    stripe.attach(monkeypatch)
    created = dynamodb.create_table(TableName=TABLE, **table_properties())
    if created["TableDescription"]["TableStatus"] != "ACTIVE":
        dynamodb.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    try:
        yield Stack(dynamodb, apps, stripe)
    finally:
        dynamodb.delete_table(TableName=TABLE)
        use_area_codes({})


@pytest.fixture
def stack(deckless: "Stack") -> "Stack":
    """The handlers over a fresh table with the example deck active."""
    from tests.harness.template import ROOT

    deckless.publish((ROOT / "local" / "rates.csv").read_bytes())
    return deckless


@pytest.fixture
def world(deckless: "Stack", monkeypatch: pytest.MonkeyPatch) -> "World":
    """The handlers over a fresh table with one account, a small deck, and a clock frozen at noon of 2026-11-23."""
    from calling_credit.config import config
    from tests.harness.world import DECK, World

    config.cache_clear()  # An earlier test may have changed the environment.
    world = World(deckless)
    monkeypatch.setattr("calling_credit.clock.now", world.clock)
    deckless.publish(DECK)
    world.create_account()
    return world


@pytest.fixture
def till(world: "World") -> "Till":
    """The same world with cards, payments, and Stripe, whose account the stack has learned before."""
    from tests.harness.till import Till

    till = Till(world)
    till.learn_account()
    return till


@pytest.fixture
def law_six(till: "Till", monkeypatch: pytest.MonkeyPatch) -> Iterator["LawSix"]:
    """Check law 6 (at most one recharge in flight) before every request to Stripe, law 5 and the sums at the end."""
    from tests.harness.law_six import watch_law_six

    law = watch_law_six(till, monkeypatch)
    yield law
    law.look()
    assert law.broken == []
    till.check()


@pytest.fixture
def wire(deckless: "Stack", monkeypatch: pytest.MonkeyPatch) -> Iterator["Wire"]:
    """The wire between the handlers and the table; the SDK retries at once.

    A transaction waits slightly longer than a conflict lasts on this wire, so that it never exhausts its attempts on a
    busy machine.
    """
    from tests.harness.wire import wired

    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr("calling_credit.dynamodb.retries.jittered_wait", lambda _: 0.004)
    with wired(deckless) as wire:
        yield wire
