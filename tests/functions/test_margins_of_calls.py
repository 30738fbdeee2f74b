"""Margins count each charged call once, with what its customer pays now and what it cost, also after a change."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.rates.list_publishing import PriceListBucket
from tests.domain.examples import deck_csv
from tests.functions.corrections_bench import STARTED, correct
from tests.functions.decks_bench import clean
from tests.functions.desk_bench import ask
from tests.functions.minutes_bench import NOW, UK, give
from tests.functions.test_rerate_charged_calls import reprice
from tests.harness.actors import erase_number
from tests.harness.table import BUCKET, _s3
from tests.harness.world import JAPAN, World

__all__ = ["clean"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
DAYS = "from=2026-11-01&to=2026-11-30"
COST = deck_csv({"rate_per_minute": "0.04", "minimum_seconds": "1", "increment_seconds": "1"})


@pytest.fixture(autouse=True)
def bought(clean: None, world: World) -> Iterator[None]:
    """A bucket with a buying list for the United Kingdom alone, and an account with credit."""

    def empty() -> None:
        for found in _s3().list_objects_v2(Bucket=BUCKET, Prefix="lists/").get("Contents", []):
            _s3().delete_object(Bucket=BUCKET, Key=found["Key"])

    empty()
    costs = PriceListBucket(_s3(), BUCKET, "cost", 60)
    check = costs.check(COST, world.clock.now, world.clock.now)
    assert costs.publish(COST, check, world.clock.now, world.clock.now, check.counts) == "published"
    world.adjust("50.00", "credit")
    yield
    empty()


def margins(world: World, days: str = DAYS) -> Any:
    """The whole report."""
    answer = ask(world, "GET", f"/operator/margins?{days}")
    assert (answer.status, answer.body.get("next_cursor")) == (200, None), answer.text
    return answer.body


def total(world: World, days: str = DAYS) -> tuple[int, int, str, str]:
    """The calls, seconds, charges, and costs of the report."""
    found = margins(world, days)["total"]
    return found["calls"], found["duration_seconds"], found["charged"], found["cost"]


def call(world: World, seconds: int = 90, **facts: Any) -> None:
    ended = f"2026-11-23T10:{seconds // 60:02d}:{seconds % 60:02d}.000Z"
    times = {"started_at": STARTED, "answered_at": STARTED, "ended_at": ended}
    assert world.deliver(times | {"duration_seconds": seconds} | facts) == []


def test_a_corrected_call_counts_with_its_true_duration(world: World) -> None:
    call(world, 90)
    assert total(world) == (1, 90, "0.20", "0.06")
    assert correct(world, 60).status == 201
    assert total(world) == (1, 60, "0.10", "0.04")


def test_a_waived_call_brings_nothing_and_still_costs(world: World) -> None:
    call(world, 90)
    assert correct(world, None).status == 201
    assert total(world) == (1, 90, "0.00", "0.06")
    assert margins(world)["total"]["margin_percent"] is None


def test_a_rerated_call_counts_with_its_new_price(world: World) -> None:
    call(world, 90)
    world.stack.publish(deck_csv({"rate_per_minute": "0.30"}), "dearer")
    assert reprice(world)["changed"] == 1
    assert total(world) == (1, 90, "0.60", "0.06")


def test_a_call_covered_by_included_minutes_costs_and_brings_nothing(world: World) -> None:
    give(world, UK)
    world.clock.now += timedelta(hours=1)
    ended = {"ended_at": "2026-11-23T12:01:30Z", "duration_seconds": 90}
    assert world.deliver(NOW | ended) == []
    assert total(world) == (1, 90, "0.00", "0.06")


def test_calls_without_a_cost_or_a_number_are_counted_apart(world: World) -> None:
    call(world, 90)
    call(world, 60, call_id="c_2", to=JAPAN)
    assert (total(world), margins(world)["without_cost"]) == ((1, 90, "0.20", "0.06"), 1)
    erase_number(world.stack.dynamodb, world.stack.table_name, "acct_1", "+442071838750")
    found = margins(world)
    assert (found["total"]["calls"], found["left_out"], found["without_cost"]) == (0, 1, 1)


def test_a_closed_accounts_calls_still_count(world: World) -> None:
    call(world, 90)
    assert world.operate("PUT", "/accounts/acct_1", {"status": "closed"}).status == 200
    assert total(world)[0] == 1


@pytest.mark.parametrize(
    ("started", "days", "calls"),
    [
        ("2026-11-22T00:00:00.000Z", "from=2026-11-22&to=2026-11-22", 1),
        ("2026-11-22T23:59:59.999Z", "from=2026-11-22&to=2026-11-22", 1),
        ("2026-11-23T00:00:00.000Z", "from=2026-11-22&to=2026-11-22", 0),
        ("2026-11-21T23:59:59.999Z", "from=2026-11-22&to=2026-11-22", 0),
        ("2026-11-22T12:00:00.000Z", "from=2026-11-22", 1),
    ],
)
def test_the_days_are_utc_and_both_included(world: World, started: str, days: str, calls: int) -> None:
    facts = {"started_at": started, "answered_at": None, "ended_at": None, "duration_seconds": 60}
    assert world.deliver(facts) == []
    assert total(world, days)[0] == calls


@pytest.mark.parametrize(
    ("days", "code"),
    [
        ("from=2026-11-30&to=2026-11-01", "invalid_date_range"),
        ("from=0001-01-01&to=2026-11-30", "invalid_date_range"),
        ("from=x&to=2026-11-30", "invalid_date"),
        ("from=2026-11-01&to=9999-12-31", "invalid_date_range"),
        ("from=9999-12-31&to=9999-12-31", None),
    ],
)
def test_a_strange_period_is_refused(world: World, days: str, code: str | None) -> None:
    answer = ask(world, "GET", f"/operator/margins?{days}")
    assert (answer.status, answer.body.get("code")) == (200 if code is None else 422, code), answer.text


def test_customers_are_shown_no_cost(world: World) -> None:
    call(world, 90)
    for address in ("/usage", "/usage/outbound_international_call", "/statement", "/account/rates", "/overview"):
        query = {"country": "GB"} if address == "/account/rates" else {}
        text = world.get(address, **query).text
        assert "cost" not in text.lower(), address
        assert "margin" not in text.lower(), address
