"""The row of client CPU: a whole invocation of M (parse, rate, post, log) relative to bare boto3 that sends
the same transactions.

A hook answers each request immediately, so that process CPU time is the client's alone. Each run is paired with a run
of bare boto3, and the median of the pairs counts, because the speed of a shared machine drifts.
"""

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_csv import parse_deck
from tests.benchmarks import mix
from tests.benchmarks.laboratory import ENOUGH_SECONDS, capture_output
from tests.benchmarks.rows import Row
from tests.harness.table import TABLE, Context, load_app

ROUNDS = 11
STOCK_ROUNDS = 3
BUDGET = 0.8
NUMBERS = {mix.account_id(account): mix.number_of(account) for account in range(mix.ACCOUNTS)}


class InstantTable:
    """Answers every DynamoDB request immediately and records the bodies of transactions."""

    def __init__(self) -> None:
        self.transactions: list[dict[str, Any]] = []
        self.is_recording = False

    def attach(self, client: Any) -> None:
        """Answer the requests of this client."""
        client.meta.events.register("before-send", self._answer)

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        target = request.headers["X-Amz-Target"].decode().rsplit(".", 1)[1]
        answer = {}
        if target == "TransactWriteItems":
            if self.is_recording:
                self.transactions.append(json.loads(request.body))
        elif target == "BatchGetItem":
            keys = json.loads(request.body)["RequestItems"][TABLE]["Keys"]
            answer = {"Responses": {TABLE: [key | _facts(key) for key in keys]}, "UnprocessedKeys": {}}
        elif target == "GetItem":
            answer = {"Item": json.loads(request.body)["Key"] | {"time_zone": {"S": "UTC"}}}
        headers: Any = {"content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "benchmark"}
        return AWSResponse(request.url, 200, headers, _Body(json.dumps(answer).encode()))


def _facts(key: dict[str, dict[str, str]]) -> dict[str, Any]:
    """An account, or its line with the number from which its calls come."""
    line = {"international_calling": {"BOOL": True}, "number": {"S": NUMBERS[key["PK"]["S"].partition("#")[2]]}}
    return {"time_zone": {"S": "UTC"}, **line}


class _Body:
    """The body of an answer for botocore."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: Any, **__: Any) -> Any:
        """Yield the whole content."""
        yield self._content


class FixedDeck:
    """The deck of a warm function, in force at every time."""

    def __init__(self) -> None:
        deck = parse_deck(mix.DECK_FILE.read_bytes(), "deck-1")
        if not isinstance(deck, Deck):
            raise TypeError("the example deck has errors")
        self._deck = deck

    def deck_for(self, *_: object) -> Deck:
        """Return the deck of any call."""
        return self._deck

    def version_at(self, _: object) -> str:
        """Return the version of the deck."""
        return self._deck.version


def cpu_rows(stock: Any) -> list[Row]:
    """Return the row, with the stock stack's ratio."""
    instant = InstantTable()
    rater, bare = load_app("rate_calls"), boto3.client("dynamodb")
    rater.decks = FixedDeck()  # type: ignore[attr-defined]
    for client in (rater.dynamodb, bare, stock.table.meta.client):
        instant.attach(client)
    delivery, context = mix.delivery(mix.standard_mix()), Context(ENOUGH_SECONDS)

    def send_bare() -> None:
        for transaction in instant.transactions:
            bare.transact_write_items(TransactItems=transaction["TransactItems"])

    with capture_output():
        instant.is_recording = True
        rater.handler(delivery, context)
        instant.is_recording = False
        ours = run_pairs(lambda: rater.handler(delivery, context), send_bare, ROUNDS)
        usual = run_pairs(lambda: stock.lambda_handler(delivery, context), send_bare, STOCK_ROUNDS)
    if sum(len(transaction["TransactItems"]) for transaction in instant.transactions) != mix.EVENTS + 2 * mix.ACCOUNTS:
        raise RuntimeError("M was not posted completely, so its CPU time is invalid")
    ratio = statistics.median(own / base for own, base in ours)
    own_us, base_us = (min(seconds) / mix.EVENTS * 1e6 for seconds in zip(*ours, strict=True))
    return [
        Row(
            f"client CPU per call on M, over bare transact_write_items (median of {ROUNDS})",
            "ratio",
            BUDGET,
            ratio,
            shown=f"{ratio:.2f} (least {own_us:,.0f} us / {base_us:,.0f} us)",
            stock=f"{statistics.median(own / base for own, base in usual):.2f} (of {STOCK_ROUNDS})",
        )
    ]


def run_pairs(run: Callable[[], object], base: Callable[[], object], rounds: int) -> list[tuple[float, float]]:
    """Return the CPU seconds of each run and of its base right after it; the first pair is a discarded warm-up."""
    return [(cpu(run), cpu(base)) for _ in range(rounds + 1)][1:]


def cpu(run: Callable[[], object]) -> float:
    """Return the CPU seconds of the process, all threads included."""
    before = time.process_time()
    run()
    return time.process_time() - before
