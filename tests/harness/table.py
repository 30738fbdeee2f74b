"""The handlers over a fresh table and their own Stripe account, and the sample events of AWS."""

import hashlib
import importlib.util
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from local.stripe_stand_in.stand_in import StandIn
from tests.harness.stripe import StripeWire
from tests.harness.template import ROOT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

TABLE = os.environ["TABLE_NAME"]
BUCKET = os.environ["DECK_BUCKET"]
ONE_REQUEST = threading.RLock()
"""Held by each request to moto's DynamoDB."""
FUNCTIONS = tuple(sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py")))


class Context:
    """The context of a Lambda invocation."""

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
    """Import functions/<name>/app.py under a unique name, as in its own Lambda process."""
    spec = importlib.util.spec_from_file_location(f"{name}_app", ROOT / "functions" / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def one_request_at_a_time() -> Iterator[None]:
    """Serialize requests to moto, which is not atomic under several threads as DynamoDB is."""
    from moto.dynamodb.responses import DynamoHandler  # noqa: PLC0415 - moto imports its parts late

    unlocked: Any = DynamoHandler.call_action

    def locked(handler: DynamoHandler) -> Any:
        with ONE_REQUEST:
            return unlocked(handler)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DynamoHandler, "call_action", locked)
        yield


@cache
def _s3() -> "S3Client":
    """One S3 client for all decks, created after moto has started."""
    from calling_credit.rates.deck_store import s3_client  # noqa: PLC0415

    return s3_client()


@cache
def compiled_form(data: bytes) -> bytes:
    """The compiled form of a deck."""
    from calling_credit.rates.compiled_deck import compile_deck  # noqa: PLC0415
    from calling_credit.rates.deck import Deck  # noqa: PLC0415
    from calling_credit.rates.deck_csv import parse_deck  # noqa: PLC0415

    deck = parse_deck(data, "")
    assert isinstance(deck, Deck), deck
    return compile_deck(deck)


@dataclass
class Stack:
    """The handlers over a fresh table, with their own Stripe account."""

    dynamodb: "DynamoDBClient"
    apps: dict[str, ModuleType]
    stripe: StripeWire = field(default_factory=lambda: StripeWire(StandIn()))
    table_name: str = TABLE

    def publish(
        self, deck: bytes, version: str = "deck-1", in_force_from: datetime | None = None, *, forget: bool = True
    ) -> None:
        """Publish a deck, and clear the caches of the functions. It prices every call, or with `in_force_from` those
        from that time on; the decks before it then keep their times.
        """
        from calling_credit.rates import active_pointer, deck_store  # noqa: PLC0415

        s3, compiled = _s3(), compiled_form(deck)
        deck_store.put_deck(s3, BUCKET, version, deck)
        deck_store.put_compiled(s3, BUCKET, version, compiled)
        sha256 = hashlib.sha256(compiled).hexdigest()
        active = None if in_force_from is None else deck_store.read_active(s3, BUCKET)
        categories = active.categories if active else ()
        pointer = deck_store.pointer_to(version, deck, datetime.now(UTC), categories=categories, compiled_sha256=sha256)
        if in_force_from is not None:
            pointer = active_pointer.replacing(active, pointer, in_force_from, timedelta())
        deck_store.activate(s3, BUCKET, pointer)
        if forget:
            self.forget()

    def publish_list(self, name: str, rows: bytes, version: str, in_force_from: datetime | None = None) -> None:
        """Publish a version of a customers' price list, as `publish` does a deck. Warm functions find out in time."""
        from calling_credit.rates import active_pointer, deck_store, list_names  # noqa: PLC0415

        s3, compiled = list_names.list_client(_s3(), name), compiled_form(rows)
        deck_store.put_deck(s3, BUCKET, version, rows)
        deck_store.put_compiled(s3, BUCKET, version, compiled)
        digest = hashlib.sha256(compiled).hexdigest()
        pointer = deck_store.pointer_to(version, rows, datetime.now(UTC), compiled_sha256=digest)
        if in_force_from is not None:
            active = deck_store.read_active(s3, BUCKET)
            pointer = active_pointer.replacing(active, pointer, in_force_from, timedelta())
        deck_store.activate(s3, BUCKET, pointer)
        beside = deck_store.read_active(_s3(), BUCKET)
        if beside is not None:  # As publishing does.
            deck_store.activate(_s3(), BUCKET, replace(beside, categories=(*beside.categories, *pointer.categories)))

    def publish_tax(self, table: bytes) -> None:
        """Publish a tax table, and clear the caches of the functions."""
        from calling_credit.tax.bucket import put_table  # noqa: PLC0415

        put_table(_s3(), BUCKET, table)
        self.forget()

    def publish_short_codes(self, data: bytes, now: datetime) -> None:
        """Publish a price list of short codes, in force a minute later. Warm functions find out in time."""
        from calling_credit.rates.short_code_publishing import ShortCodeBucket  # noqa: PLC0415

        ShortCodeBucket(_s3(), BUCKET).publish(data, now)

    def forget(self) -> None:
        """Clear the caches of every function, as after a cold start."""
        from calling_credit.api.request_limits import RequestLimit  # noqa: PLC0415
        from calling_credit.numbering import use_area_codes  # noqa: PLC0415

        use_area_codes({})
        for app in self.apps.values():
            if hasattr(app, "decks") and hasattr(app.decks, "forget"):
                app.decks.forget()
            for limit in [one for one in vars(app).values() if isinstance(one, RequestLimit)]:
                limit.forget()
            if hasattr(app, "facts"):
                app.facts._cache.clear()
            if hasattr(app, "taxing"):
                app.taxing.forget()
            if hasattr(app, "numbers"):
                app.numbers.forget()
            if hasattr(app, "refused_calls"):
                app.refused_calls.forget()
            if hasattr(app, "last"):
                app.last.forget()

    def let_leases_expire(self) -> None:
        """Remove the leases that killed runs have left, as if their time had passed."""
        from calling_credit.dynamodb.lease_keys import lease_key  # noqa: PLC0415

        for name in ("expire_holds", "reconcile_payments", "rerate_calls"):
            self.dynamodb.delete_item(TableName=self.table_name, Key=lease_key(name))

    def invoke(self, name: str, event: dict[str, Any], seconds: float = 60.0) -> dict[str, Any]:
        """Invoke a function with one event."""
        answer: dict[str, Any] = self.apps[name].handler(event, Context(seconds))
        return answer

    def items(self, account_id: str | None = None) -> list[dict[str, Any]]:
        """Every item of the table or of one account, as plain values, in the order of their keys, without the number
        of its schema, which every item has.
        """
        items = self.stored_items(account_id)
        for item in items:
            item.pop("schema", None)
        return items

    def stored_items(self, account_id: str | None = None) -> list[dict[str, Any]]:
        """The same items exactly as they are stored."""
        from calling_credit.dynamodb.attributes import from_attributes  # noqa: PLC0415

        if "AWS_ENDPOINT_URL_DYNAMODB" not in os.environ:
            return [from_attributes(item) for item in self._items_in_memory(account_id)]
        more: dict[str, Any] = {"TableName": self.table_name, "ConsistentRead": True}
        if account_id is None:
            pages = self.dynamodb.get_paginator("scan").paginate(**more)
            return [from_attributes(item) for page in pages for item in page["Items"]]
        more["ExpressionAttributeValues"] = {":pk": {"S": f"ACCOUNT#{account_id}"}}
        found = self.dynamodb.get_paginator("query").paginate(KeyConditionExpression="PK = :pk", **more)
        return [from_attributes(item) for page in found for item in page["Items"]]

    def _items_in_memory(self, account_id: str | None) -> list[dict[str, Any]]:
        """The same from moto's memory in DynamoDB's format, because its requests take milliseconds."""
        from moto.core.models import DEFAULT_ACCOUNT_ID  # noqa: PLC0415
        from moto.dynamodb.models import dynamodb_backends  # noqa: PLC0415

        from tests.harness.fast_moto import all_items, plain  # noqa: PLC0415

        with ONE_REQUEST:
            table = dynamodb_backends[DEFAULT_ACCOUNT_ID][os.environ["AWS_DEFAULT_REGION"]].tables[self.table_name]
            wanted = None if account_id is None else f"ACCOUNT#{account_id}"
            found = [item for item in all_items(table) if wanted in (None, item.hash_key.value)]
            return [plain(item.to_json()["Attributes"]) for item in found]

    def items_named(self, sort_key: str) -> list[dict[str, Any]]:
        """The items of every account with this sort key, as plain values."""
        return [item for item in self.items() if item["SK"] == sort_key]


def sample_event(name: str) -> dict[str, Any]:
    """The sample event `events/<name>.json`."""
    event: dict[str, Any] = json.loads(Path(ROOT, "events", f"{name}.json").read_text(encoding="utf-8"))
    return event
