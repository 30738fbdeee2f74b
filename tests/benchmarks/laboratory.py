"""Where the count budgets are measured: the handlers and the stock stack over moto, every request recorded on its way.
Knows how to set up and to record; what is measured stands in the modules of the rows.
"""

import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import IO, TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID, botocore_stubber
from moto.dynamodb.models import dynamodb_backends

from calling_credit.accounts.account import Account, Line
from calling_credit.accounts.line_store import LineStore, Source
from calling_credit.accounts.store import AccountStore
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.client import dynamodb_client
from tests.benchmarks import mix
from tests.benchmarks.capacity import Attributes, Key, Request, item_key
from tests.harness.fast_moto import make_moto_cheap
from tests.harness.table import BUCKET, TABLE, Context, Stack, load_app
from tests.harness.template import table_properties

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ENOUGH_SECONDS = 3600.0
"""The time an invocation is told it has: a slow machine must not turn into another count."""
WARM_UP_FIRST = 10_000
"""Where the calls of the warm-up are numbered from: beside those of M, on the same day."""


class Wire:
    """Stands between clients and moto: keeps every DynamoDB request with its answer. One request at a time, since moto
    is not made for threads.
    """

    def __init__(self) -> None:
        self._kept: list[Request] = []
        self._one_at_a_time = threading.Lock()

    def attach(self, client: Any) -> None:
        """Record what this client sends from now on.

        moto's own hook leaves: botocore asks every hook, so it would carry out each request a second time.
        """
        client.meta.events.unregister("before-send", botocore_stubber)
        client.meta.events.register("before-send", self._pass_on)

    def release(self, client: Any) -> None:
        """Leave this client alone again."""
        client.meta.events.unregister("before-send", self._pass_on)

    @contextmanager
    def recorded(self) -> Iterator[list[Request]]:
        """What is sent meanwhile."""
        kept: list[Request] = []
        self._kept = kept
        try:
            yield kept
        finally:
            self._kept = []

    def _pass_on(self, request: Any, event_name: str, **_: Any) -> Any:
        with self._one_at_a_time:
            answer: Any = botocore_stubber(event_name, request)
            operation = request.headers["X-Amz-Target"]
            name = (operation.decode() if isinstance(operation, bytes) else operation).rsplit(".", 1)[1]
            body = request.body.decode() if isinstance(request.body, bytes) else request.body
            self._kept.append(Request(name, json.loads(body), json.loads(answer.content)))
            return answer


class Laboratory:
    """The handlers, the stock stack, moto below them, and a table that can be made anew with 100 accounts in it."""

    def __init__(self) -> None:
        self.wire = Wire()
        self._setup = dynamodb_client()
        self.table_properties = table_properties() | {"StreamSpecification": {"StreamEnabled": False}}
        self.rater = load_app("rate_calls")
        self.reader = load_app("list_usage")
        self.authorizer = load_app("authorize_call")
        self.wire.attach(self.rater.dynamodb)
        self.wire.attach(self.reader.dynamodb)
        self.wire.attach(self.authorizer.dynamodb)
        apps = {"rate_calls": self.rater, "list_usage": self.reader, "authorize_call": self.authorizer}
        self._stack = Stack(self._setup, apps)
        self._stack.publish(mix.DECK_FILE.read_bytes())
        self._seed: list[Attributes] = []

    @property
    def dynamodb(self) -> "DynamoDBClient":
        """A client whose requests are not recorded."""
        return self._setup

    def fresh(self) -> None:
        """A table of 100 accounts, each with a line that may call abroad; every function as if just started."""
        if self._seed:
            self._setup.delete_table(TableName=TABLE)
        self._setup.create_table(TableName=TABLE, **self.table_properties)
        if not self._seed:
            self._create_accounts()
            self._seed = list(self.items().values())
        for start in range(0, len(self._seed), 25):
            puts: Any = [{"PutRequest": {"Item": item}} for item in self._seed[start : start + 25]]
            self._setup.batch_write_item(RequestItems={TABLE: puts})
        self._stack.forget()

    def _create_accounts(self) -> None:
        keeper, lines, now = AccountStore(self._setup, TABLE), LineStore(self._setup, TABLE), datetime.now(UTC)
        for index in range(mix.ACCOUNTS):
            keeper.store_account(Account(mix.account_id(index), "USD", "UTC", "open", ()), now)
            line = Line(mix.line_id(index), "+14155550100", f"user_{index:04d}", international_calling=True)
            lines.store_line(mix.account_id(index), line.line_id, partial(same, line), Source("operator", ""), now)

    def items(self) -> dict[Key, Attributes]:
        """Every item of the table as DynamoDB writes it, looked up in moto's memory: its Scan takes many seconds."""
        rows = dynamodb_backends[DEFAULT_ACCOUNT_ID][os.environ["AWS_DEFAULT_REGION"]].tables[TABLE].items.values()
        items = [item.to_json()["Attributes"] for sorted_rows in rows for item in sorted_rows.values()]
        return {item_key(item): item for item in items}

    def entries(self) -> int:
        """How many entries stand in the book."""
        return sum(sort_key.startswith(keys.entry_range("", "")[0]) for _, sort_key in self.items())

    def warm_up(self) -> None:
        """One call of each account, as a first invocation."""
        self.rate(mix.standard_mix(WARM_UP_FIRST, per_account=1))

    def rate(self, bodies: list[str]) -> list[str]:
        """Deliver these bodies to rate_calls; the ids it hands back."""
        answer = self.rater.handler(mix.delivery(bodies), Context(ENOUGH_SECONDS))
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def read(self, event: dict[str, Any]) -> dict[str, Any]:
        """Hand a request to list_usage; its answer's body."""
        answer = self.reader.handler(event, Context(ENOUGH_SECONDS))
        if answer["statusCode"] != 200:
            raise RuntimeError(answer["body"])
        body: dict[str, Any] = json.loads(answer["body"])
        return body


def same(line: Line, _: Line | None) -> Line:
    """The line, whatever stands there."""
    return line


@contextmanager
def laboratory() -> Iterator[Laboratory]:
    """A laboratory over moto, for as long as it is needed."""
    with mock_aws(), pytest.MonkeyPatch.context() as monkeypatch:
        make_moto_cheap(monkeypatch)
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        made = Laboratory()
        made.fresh()
        yield made


@contextmanager
def captured_output() -> Iterator[IO[bytes]]:
    """Everything this process writes to stdout and stderr meanwhile, by whatever stream, as a file to measure."""
    with tempfile.TemporaryFile() as kept:
        sys.stdout.flush()
        sys.stderr.flush()
        streams = {descriptor: os.dup(descriptor) for descriptor in (1, 2)}
        try:
            for descriptor in streams:
                os.dup2(kept.fileno(), descriptor)
            try:
                yield kept
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
        finally:
            for descriptor, saved in streams.items():
                os.dup2(saved, descriptor)
                os.close(saved)
