"""The standard mix M: 1,000 answered calls of 100 accounts, 10 calls each, as one SQS delivery. Depends on
the event's form and the deck's file, not on how they are processed.

All calls of an account fall on one local date and in one category, as the budget for write units assumes: another date
or category in the same delivery adds two write units for its own daily total.
"""

import csv
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from tests.harness.template import ROOT

ACCOUNTS = 100
CALLS_PER_ACCOUNT = 10
EVENTS = ACCOUNTS * CALLS_PER_ACCOUNT
CATEGORY = "outbound_international_call"
PREMIUM_CATEGORY = "outbound_premium_call"
DECK_FILE = ROOT / "local" / "rates.csv"
SEED = 20261123


def account_id(index: int) -> str:
    """Return the id of an account."""
    return f"acct_{index:04d}"


def line_id(index: int) -> str:
    """Return the id of the account's line."""
    return f"line_{index:04d}"


@lru_cache
def numbers(category: str) -> list[str]:
    """Return one number per prefix of a category of the example deck, unless a longer prefix splits it."""
    with DECK_FILE.open(encoding="utf-8", newline="") as file:
        rows = [(row["prefix"], row["category"]) for row in csv.DictReader(file)]
    others = {prefix for prefix, other in rows if other != category}
    sample = []
    for prefix in sorted(prefix for prefix, own in rows if own == category):
        number = prefix.ljust(11, "5")
        if not any(number.startswith(other) for other in others if len(other) > len(prefix)):
            sample.append(f"+{number}")
    return sample


def noon_days_ago(days: int) -> datetime:
    """Return noon UTC some days ago, far from midnight in the accounts' time zone."""
    return datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=days)


def number_of(account: int) -> str:
    """Return the number of an account's line."""
    return f"+1415556{account:04d}"


def event_body(index: int, account: int, number: str, started: datetime, seconds: int) -> str:
    """Return the event of an answered call."""
    answered = started + timedelta(seconds=4)
    return json.dumps(
        {
            "version": "1",
            "call_id": f"c_{index:016x}",
            "account_id": account_id(account),
            "line_id": line_id(account),
            "user_id": f"user_{account:04d}",
            "direction": "outbound",
            "from": number_of(account),
            "to": number,
            "started_at": _text(started),
            "answered_at": _text(answered),
            "ended_at": _text(answered + timedelta(seconds=seconds)),
            "duration_seconds": seconds,
            "disposition": "answered",
        }
    )


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def standard_mix(first: int = 0, *, per_account: int = CALLS_PER_ACCOUNT) -> list[str]:
    """Return the bodies of M, shuffled like a queue; numbers start at `first`, with `per_account` calls per account."""
    rng = random.Random(SEED + first)
    international = numbers(CATEGORY)
    start = noon_days_ago(1)
    bodies = [
        event_body(
            first + index,
            index % ACCOUNTS,
            rng.choice(international),
            start + timedelta(seconds=first + index),
            rng.randint(1, 1800),
        )
        for index in range(ACCOUNTS * per_account)
    ]
    rng.shuffle(bodies)
    return bodies


def calls_of_one_account(count: int) -> list[str]:
    """Return `count` calls of the first account."""
    international = numbers(CATEGORY)
    start = noon_days_ago(1)
    return [
        event_body(index, 0, international[index % len(international)], start + timedelta(seconds=index), 60)
        for index in range(count)
    ]


def month_of_calls(count: int) -> list[str]:
    """Return calls of the first account over the last 30 days, in two categories each day."""
    destinations = (numbers(CATEGORY)[0], numbers(PREMIUM_CATEGORY)[0])
    return [
        event_body(
            index,
            0,
            destinations[index // 30 % 2],
            noon_days_ago(1 + index % 30) + timedelta(seconds=index),
            60 + index,
        )
        for index in range(count)
    ]


def with_poison(bodies: Sequence[str], count: int) -> list[str]:
    """Return the bodies with `count` malformed ones, in three different ways."""
    rng = random.Random(SEED)
    chosen = set(rng.sample(range(len(bodies)), count))
    ways = (
        lambda body: body[: len(body) // 2],
        lambda body: json.dumps(json.loads(body) | {"to": "+00"}),
        lambda body: json.dumps(json.loads(body) | {"duration_seconds": -1}),
    )
    return [ways[index % 3](body) if index in chosen else body for index, body in enumerate(bodies)]


def delivery(bodies: Sequence[str]) -> dict[str, Any]:
    """Return an SQS delivery of these bodies in Lambda's form."""
    sent = int(datetime.now(UTC).timestamp() * 1000)
    return {
        "Records": [
            {
                "messageId": f"00000000-0000-4000-8000-{index:012d}",
                "receiptHandle": "handle",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": str(sent + index),
                    "SenderId": "switch",
                    "ApproximateFirstReceiveTimestamp": str(sent + index),
                },
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:calls",
                "awsRegion": "us-east-1",
            }
            for index, body in enumerate(bodies)
        ]
    }
