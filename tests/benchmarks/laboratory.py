"""The environment of the count budgets: the handlers and the stock stack over moto, with every request recorded. The
modules of the rows decide what is measured.
"""

import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import IO, TYPE_CHECKING, Any, TypeVar

import boto3
import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID, botocore_stubber
from moto.dynamodb.models import dynamodb_backends

from calling_credit.accounts.account import Account, Line
from calling_credit.accounts.line_store import LineStore
from calling_credit.accounts.store import AccountStore
from calling_credit.accounts.user import User
from calling_credit.accounts.user_store import UserStore
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.client import dynamodb_client
from tests.benchmarks import mix
from tests.benchmarks.capacity import Attributes, Key, Request, item_key
from tests.harness.actors import OPERATOR
from tests.harness.fast_moto import make_moto_cheap
from tests.harness.table import BUCKET, TABLE, Context, Stack, load_app
from tests.harness.template import table_properties

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ENOUGH_SECONDS = 3600.0
"""The remaining time of an invocation, so that a slow machine does not change a count."""
WARM_UP_FIRST = 10_000
"""The first number of the warm-up calls: other calls than those of M, on the same day."""

T = TypeVar("T")


class Wire:
    """Records every DynamoDB request to moto with its answer. Passes on one request at a time, because moto is not
    thread-safe.
    """

    def __init__(self) -> None:
        self._requests: list[Request] = []
        self._one_at_a_time = threading.Lock()

    def attach(self, client: Any) -> None:
        """Record the requests of this client from now on.

        Removes moto's own hook: botocore calls every hook, so moto would execute each request twice.
        """
        client.meta.events.unregister("before-send", botocore_stubber)
        client.meta.events.register("before-send", self._pass_on)

    def release(self, client: Any) -> None:
        """Stop recording this client."""
        client.meta.events.unregister("before-send", self._pass_on)

    @contextmanager
    def record(self) -> Iterator[list[Request]]:
        """Yield the requests sent meanwhile."""
        requests: list[Request] = []
        self._requests = requests
        try:
            yield requests
        finally:
            self._requests = []

    def _pass_on(self, request: Any, event_name: str, **_: Any) -> Any:
        with self._one_at_a_time:
            answer: Any = botocore_stubber(event_name, request)
            operation = request.headers["X-Amz-Target"]
            name = (operation.decode() if isinstance(operation, bytes) else operation).rsplit(".", 1)[1]
            body = request.body.decode() if isinstance(request.body, bytes) else request.body
            self._requests.append(Request(name, json.loads(body), json.loads(answer.content)))
            return answer


class Laboratory:
    """The handlers and the stock stack over moto, and a table of 100 accounts that can be recreated."""

    def __init__(self) -> None:
        self.wire = Wire()
        self._setup = dynamodb_client()
        self.table_properties = table_properties() | {"StreamSpecification": {"StreamEnabled": False}}
        self.rater = load_app("rate_calls")
        self.reader = load_app("list_usage")
        self.authorizer = load_app("authorize_call")
        self.wire.attach(self.rater.dynamodb)
        self.wire.attach(self.reader.dynamodb)
        self.reporter = load_app("report_calls")
        self.wire.attach(self.authorizer.dynamodb)
        self.wire.attach(self.reporter.dynamodb)
        apps = {"rate_calls": self.rater, "list_usage": self.reader, "authorize_call": self.authorizer}
        apps |= {"report_calls": self.reporter}
        self._stack = Stack(self._setup, apps)
        self.publish()
        self._seed: list[Attributes] = []

    def publish(self, deck: bytes | None = None) -> None:
        """Publish a deck, by default that of the mix, in force for every call."""
        self._stack.publish(mix.DECK_FILE.read_bytes() if deck is None else deck)

    def publish_list(self, name: str, rows: bytes) -> None:
        """Publish a price list, in force for every call."""
        self._stack.publish_list(name, rows, f"{name}-1")

    def publish_later(self, deck: bytes, version: str, in_force_from: datetime) -> None:
        """Publish a deck that is in force from a time on. Warm functions stay warm."""
        self._stack.publish(deck, version, in_force_from, forget=False)

    @property
    def dynamodb(self) -> "DynamoDBClient":
        """A client whose requests are not recorded."""
        return self._setup

    def reset(self) -> None:
        """Recreate the table with 100 accounts, each with an international line, and restart every function."""
        if self._seed:
            self._setup.delete_table(TableName=TABLE)
        self._setup.create_table(TableName=TABLE, **self.table_properties)
        if not self._seed:
            create_accounts(self._setup)
            self._seed = list(self.items().values())
        for start in range(0, len(self._seed), 25):
            puts: Any = [{"PutRequest": {"Item": item}} for item in self._seed[start : start + 25]]
            self._setup.batch_write_item(RequestItems={TABLE: puts})
        self._stack.forget()

    def items(self) -> dict[Key, Attributes]:
        """Return all items in DynamoDB's format, from moto's memory, because its Scan takes many seconds."""
        rows = dynamodb_backends[DEFAULT_ACCOUNT_ID][os.environ["AWS_DEFAULT_REGION"]].tables[TABLE].items.values()
        items = [item.to_json()["Attributes"] for sorted_rows in rows for item in sorted_rows.values()]
        return {item_key(item): item for item in items}

    def entries(self) -> int:
        """Return the number of ledger entries."""
        return sum(sort_key.startswith(keys.entry_range("", "")[0]) for _, sort_key in self.items())

    def warm_up(self) -> None:
        """Rate one call of each account, as a first invocation."""
        self.rate(mix.standard_mix(WARM_UP_FIRST, per_account=1))

    def rate(self, bodies: list[str]) -> list[str]:
        """Deliver these bodies to rate_calls; return the ids of failed messages."""
        answer = self.rater.handler(mix.delivery(bodies), Context(ENOUGH_SECONDS))
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def read(self, event: dict[str, Any]) -> dict[str, Any]:
        """Send a request to list_usage; return the body of the answer."""
        answer = self.reader.handler(event, Context(ENOUGH_SECONDS))
        if answer["statusCode"] != 200:
            raise RuntimeError(answer["body"])
        body: dict[str, Any] = json.loads(answer["body"])
        return body


def create_accounts(client: "DynamoDBClient") -> None:
    """Create 100 accounts, each with a user and an international line, which are older than their calls."""
    keeper, lines, users = AccountStore(client, TABLE), LineStore(client, TABLE), UserStore(client, TABLE)
    now = datetime.now(UTC) - timedelta(days=365)
    for index in range(mix.ACCOUNTS):
        account = Account(mix.account_id(index), "USD", "UTC", "open", ())
        keeper.store_account(account.account_id, partial(same, account), OPERATOR, now)
        user = User(f"user_{index:04d}", f"User {index}")
        users.store(mix.account_id(index), user, OPERATOR, now)
        line = Line(mix.line_id(index), mix.number_of(index), user.user_id, international_calling=True)
        lines.store_line(mix.account_id(index), line.line_id, partial(same, line), OPERATOR, now)


def same(item: T, _: T | None) -> T:
    """Return the account or line, regardless of the stored one."""
    return item


@contextmanager
def laboratory() -> Iterator[Laboratory]:
    """Create a laboratory over moto."""
    with mock_aws(), pytest.MonkeyPatch.context() as monkeypatch:
        make_moto_cheap(monkeypatch)
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        secrets = boto3.client("secretsmanager")
        secrets.create_secret(Name=os.environ["CURSOR_SECRET_ARN"], SecretString="bench-secret")
        lab = Laboratory()
        lab.reset()
        yield lab


@contextmanager
def capture_output() -> Iterator[IO[bytes]]:
    """Redirect stdout and stderr of this process, at the level of file descriptors, to a file."""
    with tempfile.TemporaryFile() as output:
        sys.stdout.flush()
        sys.stderr.flush()
        streams = {descriptor: os.dup(descriptor) for descriptor in (1, 2)}
        try:
            for descriptor in streams:
                os.dup2(output.fileno(), descriptor)
            try:
                yield output
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
        finally:
            for descriptor, saved in streams.items():
                os.dup2(saved, descriptor)
                os.close(saved)
