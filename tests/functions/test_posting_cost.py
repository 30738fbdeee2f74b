"""Calls are posted on their local day in as few transactions and write units as possible."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from calling_credit.accounts.daily_sums import mark_counted
from calling_credit.charging.corrections import FACTS
from calling_credit.charging.rerating import replacing_entries
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.ledger.call_entries import charge_entry
from calling_credit.ledger.charged_calls import ChargedCall
from calling_credit.ledger.entries import Entry
from calling_credit.ledger.posting import entry_item
from calling_credit.rates.deck import RateRow
from calling_credit.rates.deck_store import deck_version
from calling_credit.rates.pricing import RatedCall
from tests.benchmarks.capacity import item_bytes
from tests.domain.admission_examples import row
from tests.domain.examples import EVENT, NOW, call, deck_csv
from tests.functions.calls_bench import CHARGE, age_lines, calls, transactions
from tests.harness.world import PREMIUM, World, number_of

pytestmark = pytest.mark.dynamodb


def at(days: int) -> dict[str, str]:
    """The times of the example call, moved by days."""
    return {
        name: f"{NOW.date() + timedelta(days=days)}{EVENT[name][10:]}"
        for name in ("started_at", "answered_at", "ended_at")
    }


# --- Days -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("started", "day"),
    [
        ("2026-11-01T03:59:59.999Z", "2026-10-31"),
        ("2026-11-01T04:00:00.000Z", "2026-11-01"),
        ("2026-11-01T05:30:00.000Z", "2026-11-01"),
        ("2026-11-01T06:30:00.000Z", "2026-11-01"),
        ("2026-11-02T04:59:59.999Z", "2026-11-01"),
        ("2026-11-02T05:00:00.000Z", "2026-11-02"),
    ],
)
def test_a_call_stands_on_the_day_of_its_account_also_when_clocks_change(world: World, started: str, day: str) -> None:
    world.create_account("acct_ny", time_zone="America/New_York")
    ended = f"{started[:14]}59:59.999Z"
    unlike = {"started_at": started, "answered_at": ended, "ended_at": ended, "duration_seconds": 1}
    assert world.deliver({"account_id": "acct_ny", **unlike}) == []
    assert [entry["local_date"] for entry in world.entries("acct_ny")] == [day]
    assert [keys.date_of(item["SK"]) for item in world.of_kind("DAY", "acct_ny")] == [day]


def test_a_new_time_zone_counts_for_later_calls_within_a_minute(world: World) -> None:
    world.deliver({})
    world.operate("PUT", "/accounts/acct_1", {"time_zone": "Pacific/Kiritimati"})
    world.clock.now += timedelta(seconds=61)
    world.deliver({"call_id": "c_2"})
    assert [entry["local_date"] for entry in world.entries()] == ["2026-11-23", "2026-11-24"]
    world.balance()


def test_a_late_call_stands_on_its_own_day_and_shows_when_it_was_recorded(world: World) -> None:
    assert world.deliver(at(-89)) == []
    [entry] = world.entries()
    assert (entry["local_date"], entry["recorded_at"]) == ("2026-08-26", "2026-11-23T12:00:00.000Z")


def test_days_hold_every_category_on_its_own(world: World) -> None:
    world.deliver({}, {"call_id": "c_2"}, {"call_id": "c_3", "to": PREMIUM}, {"call_id": "c_4", **at(-1)})
    assert {
        item["SK"]: (item["entry_count"], item["billed_seconds"], item["total_micros"]) for item in world.of_kind("DAY")
    } == {
        "DAY#2026-11-22#outbound_international_call": (1, 180, -300_000),
        "DAY#2026-11-23#outbound_international_call": (2, 360, -600_000),
        "DAY#2026-11-23#outbound_premium_call": (1, 180, -6_500_000),
    }
    assert world.balance() == -7_400_000


# --- Transactions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "days", "actions"),
    [
        (1, 1, [3]),
        (97, 1, [99]),
        (98, 1, [100]),
        (99, 1, [100, 3]),
        (196, 1, [100, 100]),
        (60, 39, [100]),
        (50, 50, [99, 3]),
        (250, 5, [100, 100, 68]),
    ],
)
def test_an_accounts_calls_take_as_few_transactions_of_100_actions_as_fit(
    world: World, count: int, days: int, actions: list[int]
) -> None:
    age_lines(world)
    messages = [{**one, **at(-(number % days))} for number, one in enumerate(calls(count))]
    with world.recorded("rate_calls") as requests:
        assert world.deliver(*messages) == []
    assert transactions(requests) == actions
    reads = 2 + -(-count // 100)  # Accounts, lines, and a hundred holds at a time.
    assert Counter(name for name, _ in requests) == {"BatchGetItem": reads, "TransactWriteItems": len(actions)}
    assert (len(world.entries()), world.balance()) == (count, -CHARGE * count)


def test_posting_reads_neither_balance_nor_entries(world: World) -> None:
    age_lines(world)
    with world.recorded("rate_calls") as requests:
        world.deliver(*calls(10))
    read = [
        key["SK"]["S"]
        for name, params in requests
        if name == "BatchGetItem"
        for key in params["RequestItems"][world.stack.table_name]["Keys"]
    ]
    assert sorted(read) == ["ACCOUNT", *(f"HOLD#c_{number}" for number in range(10)), "LINE#line_1"]


def test_posting_without_admission_reads_nothing_for_cached_accounts(world: World) -> None:
    world.create_account("acct_2", admission=False)
    age_lines(world, "acct_2")
    own = {"account_id": "acct_2", "from": number_of("acct_2")}
    free = {"disposition": "busy", "duration_seconds": 0}
    assert world.deliver(own) == []
    messages = [own | {"call_id": f"c_{number}"} for number in range(2, 12)]
    with world.recorded("rate_calls") as requests:
        assert world.deliver(*messages, free | own | {"call_id": "c_free"}) == []
    assert [name for name, _ in requests] == ["TransactWriteItems"]


def counted(entry: Entry) -> Entry:
    """The entry of an account with daily sums and budgets, which says how it counts in them."""
    [marked] = mark_counted([entry], frozenset({entry.account_id}), {})
    return replace(marked, explanation={**marked.explanation, "counted": "LUCY"})


def largest_entry(world: World) -> int:
    """The size of the largest entry in the table."""
    items = world.stack.dynamodb.scan(TableName=world.stack.table_name)["Items"]
    return max(item_bytes(item) for item in items if item["SK"]["S"].startswith("ENTRY#"))


def test_the_largest_legal_charge_takes_one_write_unit(world: World) -> None:
    account, line, user, call_id = "a" * 64, "l" * 64, "u" * 64, "c" * 96
    world.create_account(account)
    cells = {
        "prefix": "123456789012345",
        "destination": "é" * 45,
        "country": "001",
        "rate_per_minute": "99.999999",
        "connection_fee": "99.999999",
        "minimum_seconds": "3599",
        "increment_seconds": "3599",
        "category": "x" * 40,
    }
    world.stack.publish(deck_csv(cells), "20261123T120000Z-0123456789ab")
    day = {
        "started_at": "2026-11-22T10:00:00Z",
        "answered_at": "2026-11-22T10:00:00Z",
        "ended_at": "2026-11-23T10:00:00Z",
    }
    ids = {"account_id": account, "line_id": line, "user_id": user, "call_id": call_id}
    assert world.deliver({**ids, **day, "to": "+123456789012345", "duration_seconds": 86_400}) == []
    size = largest_entry(world)
    assert 700 < size < 1024


@pytest.mark.parametrize("call_id", ["c" * 96, "{" + "c" * 95, "\U0001f3a7" * 255])
def test_the_largest_charge_of_a_held_call_takes_one_write_unit(call_id: str) -> None:
    """The largest entry with every attribute; an unusual call id is left out, because it does not fit."""
    price = RateRow("4" * 15, "x" * 90, "001", "*", 10**9, 10**9, 3600, 3600, "2020-01-01T00:00:00.000Z", "c" * 40)
    ids = {"account_id": "a" * 64, "line_id": "l" * 64, "user_id": "u" * 64, "call_id": call_id}
    longest = replace(call(**ids), duration_seconds=604_800, dialled_number="+" + "4" * 15)
    charge = RatedCall(price, "v" * 60, "US", 604_800, 10**13, granted_seconds=86_400)
    item = entry_item(counted(charge_entry(longest, charge, "UTC", NOW)))
    assert {"facts_version", "granted_seconds", "promised", "suspicious", "sums"} <= set(item)
    assert 800 < item_bytes(item) < 1024


def test_the_largest_corrected_charge_takes_one_write_unit() -> None:
    """The version of its deck is one as decks have it; that of the other tests is longer than any."""
    price = RateRow("4" * 15, "x" * 90, "001", "*", 10**9, 10**9, 3600, 3600, "2020-01-01T00:00:00.000Z", "c" * 40)
    ids = {"account_id": "a" * 64, "line_id": "l" * 64, "user_id": "u" * 64, "call_id": "c" * 96}
    longest = replace(call(**ids), duration_seconds=604_800, dialled_number="+" + "4" * 15)
    charge = RatedCall(price, deck_version(b"", NOW), "US", 604_800, 10**13, granted_seconds=86_400)
    entry = counted(charge_entry(longest, charge, "UTC", NOW))
    young = entry_item(replace(entry, explanation={**entry.explanation, "young_micros": 10**13}))
    marks = {"correction": f"cor_{'0' * 32}", "run": f"run_{'0' * 16}"}
    charged = ChargedCall(from_attributes(young))
    entries = replacing_entries(charged, charge, FACTS, marks, NOW, duration_seconds=604_800, waived=True)
    assert len(entries) == 2
    assert all(800 < item_bytes(item) < 1024 for item in (young, *map(entry_item, entries)))
    assert all("young_micros" in entry.explanation for entry in entries)


def test_an_unusual_call_id_is_kept_on_its_entry_while_it_fits() -> None:
    charge = RatedCall(row(), "deck-1", "US", 60, 10**6)
    item = entry_item(charge_entry(call(call_id="[2001:db8::1] ~/{}"), charge, "UTC", NOW))
    assert item["call_id"] == {"S": "[2001:db8::1] ~/{}"}
    assert "call_id" not in entry_item(charge_entry(call(), charge, "UTC", NOW))


def test_the_largest_legal_adjustment_takes_one_write_unit(world: World) -> None:
    account = "a" * 64
    world.create_account(account)
    for reason in ("x" * 200, "é" * 200, "\U00020000" * 200):
        body = {"amount": "-99999.9999", "reason": reason}
        answer = world.operate("POST", f"/accounts/{account}/adjustments", body, key=reason[:1].encode().hex())
        assert answer.status == 201 or answer.code == "invalid_field"
    assert 400 < largest_entry(world) < 1024
