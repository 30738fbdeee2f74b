"""Rises of prices that are announced, for several tests."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.rates.list_publishing import PriceListBucket
from tests.functions.decks_bench import with_rows
from tests.harness.table import BUCKET, _s3
from tests.harness.world import World

LATER = {"effective_from": "2027-02-01"}
RISING = with_rows(LATER | {"rate_per_minute": "0.12"})
SCHEDULE = {"version": "0", "source": "aws.scheduler"}


@pytest.fixture
def called(clean: None, world: World) -> Iterator[None]:
    """A bucket without lists, and an account with daily sums that has called the United Kingdom."""

    def empty() -> None:
        for found in _s3().list_objects_v2(Bucket=BUCKET, Prefix="lists/").get("Contents", []):
            _s3().delete_object(Bucket=BUCKET, Key=found["Key"])

    empty()
    assert world.operate("PUT", "/accounts/acct_1", {"breakdown": True}).status == 200
    world.adjust("50.00", "credit")
    world.clock.now += timedelta(minutes=2)
    world.stack.forget()
    assert world.deliver({}) == []
    yield
    empty()


def announced(world: World, account: str = "acct_1") -> list[dict[str, Any]]:
    """The announcements of an account, oldest first."""
    items = [item for item in world.stack.items() if item["PK"] == f"ACCOUNT#{account}"]
    return [item for item in items if item.get("action") == "rate_change_announced"]


def run(world: World, seconds: int = 300) -> dict[str, Any]:
    """One run on schedule."""
    answer: dict[str, Any] = world.stack.invoke("publish_rates", SCHEDULE, seconds=seconds)
    return answer


def publish_list(world: World, name: str, data: bytes) -> str:
    """Publish a price list with all its findings allowed; return its version."""
    bucket = PriceListBucket(_s3(), BUCKET, name, 60)
    check = bucket.check(data, world.clock.now, world.clock.now)
    assert bucket.publish(data, check, world.clock.now, world.clock.now, check.counts) == "published"
    return check.version


def prices_told(world: World, account: str = "acct_1") -> list[list[str]]:
    """The next prices of each announcement of an account."""
    return [[one["next_price"] for one in item["new"]["changes"]] for item in announced(world, account)]
