"""Messages of the nightly proof hold every account once, fit into SQS's limits, and say what they were told."""

import json
import random
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from calling_credit.audit.changed_days import utc_ranges
from calling_credit.audit.checkpoints import FULL_PROOF_DAYS
from calling_credit.audit.fan_out import Progress, parse_progress
from calling_credit.audit.nightly_proof import Task
from calling_credit.audit.proof import Payment
from calling_credit.audit.proof_messages import MAX_ACCOUNTS, message_bodies, parse_tasks
from calling_credit.charging.call_queue import MAX_BATCH_BYTES, batches
from calling_credit.instants import format_instant, local_date
from calling_credit.topups.reversals import Losses

NIGHT = date(2026, 11, 24)
PAID_AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


def payment(account_id: str, number: int, text: str = "") -> Payment:
    """A payment with a refund."""
    return Payment(f"pi_{number}{text}", f"tu_{number}{text}", account_id, 25_000_000, PAID_AT, Losses(1, 2), PAID_AT)


def test_a_hundred_thousand_accounts_need_few_requests() -> None:
    tasks = [Task(f"acct_{number:032d}", NIGHT) for number in range(100_000)]
    bodies = list(message_bodies(tasks))
    assert sorted(task.account_id for body in bodies for task in parse_tasks(body)) == [one.account_id for one in tasks]
    full = sum(task.is_full for task in tasks)
    assert 3_000 < full < 3_700
    assert len(bodies) <= full + (100_000 - full) // MAX_ACCOUNTS + 1
    assert len(list(batches(bodies))) <= 800  # 8 s at 10 ms for each.


def test_every_account_has_one_turn_for_a_full_proof_in_a_month() -> None:
    nights = [NIGHT + timedelta(days=number) for number in range(FULL_PROOF_DAYS)]
    for number in range(500):
        assert sum(Task(f"acct_{number}", night).is_full for night in nights) == 1


def test_a_message_says_the_payments_that_it_was_told() -> None:
    tasks = [
        Task("acct_1", NIGHT, tuple(payment("acct_1", number) for number in range(120))),
        Task('a"#\u00e9', NIGHT, (Payment("pi_x", "tu_x", 'a"#\u00e9', 1, PAID_AT),)),
    ]
    parsed = [task for body in message_bodies(tasks) for task in parse_tasks(body)]
    assert {task.night for task in parsed} == {NIGHT}
    told = [one for task in parsed for one in task.payments]
    assert told == [one for task in tasks for one in task.payments]


def test_messages_with_long_texts_fit_into_a_request() -> None:
    text = "\u00e9" * 490
    tasks = [Task(f"acct_{n}{text}", NIGHT, tuple(payment("", m, text) for m in range(60))) for n in range(5)]
    bodies = list(message_bodies(tasks))
    assert all(body.isascii() for body in bodies)
    assert all(sum(map(len, batch)) <= MAX_BATCH_BYTES or len(batch) == 1 for batch in batches(bodies))
    assert max(map(len, bodies)) < MAX_BATCH_BYTES * 4


def test_no_task_makes_no_message() -> None:
    assert list(message_bodies([])) == []
    assert parse_tasks(json.dumps({"night": "2026-11-24", "accounts": []})) == []


@pytest.mark.parametrize("damage", ["", "[]", "1", "{", "{}", '{"night": 1}', '{"other": 1}'])
def test_a_damaged_position_begins_the_night_again(damage: str) -> None:
    assert parse_progress(damage, NIGHT) == Progress("2026-11-24")
    stored = Progress("2026-11-24", paid=True, shard=2, after="acct_1")
    assert parse_progress(json.dumps(asdict(stored)), NIGHT) == stored
    assert parse_progress(json.dumps(asdict(stored)), NIGHT + timedelta(days=1)) == Progress("2026-11-25")
    for name in asdict(stored):
        assert parse_progress(json.dumps(asdict(stored) | {name: None}), NIGHT) == Progress("2026-11-24")


def test_a_damaged_day_has_no_range() -> None:
    assert list(utc_ranges(["", "day", "2026-13-01", "0001-01-01", "9999-12-31"])) == []


def test_ranges_hold_every_entry_of_a_local_date_in_any_zone() -> None:
    chance = random.Random(16)
    zones = ["Pacific/Kiritimati", "Etc/GMT+12", "America/New_York", "Asia/Kathmandu", "UTC"]
    for _ in range(500):
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(60 * 24 * 400))
        date_there = local_date(at, chance.choice(zones))
        others = {(date.fromisoformat(date_there) + timedelta(days=chance.randrange(-9, 9))).isoformat()}
        ranges = list(utc_ranges({date_there, *others}))
        assert any(low <= format_instant(at) < high for low, high in ranges)
        assert ranges == sorted(ranges)
        assert all(first[1] < second[0] for first, second in pairwise(ranges))
