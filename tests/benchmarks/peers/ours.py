"""This application's side: a table in a process of its own, and workers that send deliveries to it over HTTP.

python -m tests.benchmarks.peers.ours serve            prints the address of a DynamoDB with 100 accounts
python -m tests.benchmarks.peers.ours deliver FILE     waits for a line on standard input, then charges the bodies
                                                       of FILE as one delivery, and prints a JSON object of counts
"""

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tests.conftest  # noqa: F401 - sets the environment before any function is imported
from calling_credit.dynamodb import keys
from tests.benchmarks import mix
from tests.benchmarks.client_cpu import FixedDeck
from tests.benchmarks.laboratory import ENOUGH_SECONDS, capture_output, create_accounts
from tests.benchmarks.peers.table_server import table_server
from tests.harness.table import TABLE, Context, load_app
from tests.harness.template import table_properties

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WARM_UP = "warm_up_"
"""How the ids of calls begin that a worker charges before its measurement."""
ENDPOINT = "AWS_ENDPOINT_URL_DYNAMODB"


def serve() -> None:
    """Serve a table until standard input ends."""
    with table_server() as address:
        client = _client()
        client.create_table(TableName=TABLE, **table_properties() | {"StreamSpecification": {"StreamEnabled": False}})
        create_accounts(client)
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        sys.stdin.read()


def deliver(path: str) -> None:
    """Charge the bodies of a file as one delivery."""
    rater = load_app("rate_calls")
    rater.decks = FixedDeck()  # type: ignore[attr-defined]
    requests: Counter[str] = Counter()
    rater.dynamodb.meta.events.register("before-send.dynamodb", lambda **_: requests.update(("requests",)))
    bodies = Path(path).read_text(encoding="utf-8").splitlines()
    with capture_output():
        rater.handler(mix.delivery(warm_up()), Context(ENOUGH_SECONDS))
        requests.clear()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    with capture_output():
        wall, cpu = time.monotonic(), time.process_time()
        answer = rater.handler(mix.delivery(bodies), Context(ENOUGH_SECONDS))
        seconds = {"wall": time.monotonic() - wall, "cpu": time.process_time() - cpu}
    counts = {"posted": len(bodies) - len(answer["batchItemFailures"]), "refused": len(answer["batchItemFailures"])}
    sys.stdout.write(json.dumps({**requests, **counts, **seconds}) + "\n")


def warm_up() -> list[str]:
    """Return a call of each account, as the first invocation of a process."""
    calls = [json.loads(body) for body in mix.standard_mix(per_account=1)]
    return [json.dumps(call | {"call_id": f"{WARM_UP}{os.getpid()}_{index}"}) for index, call in enumerate(calls)]


def entries() -> dict[str, int]:
    """Return the amount of each entry in micro-dollars, by the id of its call."""
    client, found = _client(), dict[str, int]()
    for account in range(mix.ACCOUNTS):
        query: dict[str, Any] = {
            "TableName": TABLE,
            "KeyConditionExpression": "PK = :pk AND begins_with(SK, :entry)",
            "ExpressionAttributeValues": {
                ":pk": {"S": keys.account_pk(mix.account_id(account))},
                ":entry": {"S": "ENTRY#"},
            },
        }
        for page in client.get_paginator("query").paginate(**query):
            found |= {
                keys.cause_of(item["SK"]["S"]): -int(item["amount_micros"]["N"])
                for item in page["Items"]  # An entry takes credit.
            }
    return {call_id: amount for call_id, amount in found.items() if not call_id.startswith(WARM_UP)}


def _client() -> "DynamoDBClient":
    from calling_credit.dynamodb.client import dynamodb_client  # noqa: PLC0415 - reads the environment

    return dynamodb_client()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    else:
        deliver(sys.argv[2])
