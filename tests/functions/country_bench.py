"""Accounts with a cap on the first calls to a country."""

from datetime import UTC, datetime, timedelta
from typing import Any

from calling_credit.accounts.country_store import CountryStore
from calling_credit.instants import format_instant
from tests.harness.capped import check_caps
from tests.harness.http import Answer
from tests.harness.world import JAPAN, World

DAY = 86_400
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DOLLAR = 1_000_000
CAP = {"limits": {"first_country_cap": "5.00"}}
COUNTER = "SPENT#2026-11-23#COUNTRY#JP"


def index(world: World) -> int:
    """Index the account's countries, as `make index-countries` does."""
    store = CountryStore(world.stack.dynamodb, world.stack.table_name)
    return store.index_account("acct_1", world.clock.now)


def switch_on(world: World, cap: object = "5.00") -> Answer:
    """Index the account's countries, and switch the cap on."""
    index(world)
    return world.operate("PUT", "/accounts/acct_1", {"limits": {"first_country_cap": cap}})


def counters(world: World) -> dict[str, tuple[int, int, int, int]]:
    """The limit, spent, held, and left micro-dollars of each counter, after checking them."""
    return check_caps(world.stack.items("acct_1"))


def finished(call_id: str, seconds: int, to: str = JAPAN, at: datetime = NOON) -> dict[str, Any]:
    """The event of a finished call that ended at a time."""
    started, ended = format_instant(at - timedelta(seconds=seconds)), format_instant(at)
    times = {"started_at": started, "answered_at": started, "ended_at": ended}
    return {"call_id": call_id, "to": to, "duration_seconds": seconds, **times}
