"""Calls become charges exactly once: what a batch posts, keeps, and sends back."""

import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.sweep import read_kept
from calling_credit.errors import Unavailable
from calling_credit.instants import format_instant
from tests.domain.examples import EVENT, NOW, deck_csv, event_body
from tests.harness.queue import delivery, failures
from tests.harness.table import sample_event
from tests.harness.template import ROOT
from tests.harness.world import INCLUDED, JAPAN, MOBILE, PREMIUM, SHORT_CODE, UNCOVERED, UNITED_KINGDOM, World

pytestmark = pytest.mark.dynamodb
CHARGE = 300_000
"""What the example call (125 s, billed 180) costs by the small deck, in micros."""
UNANSWERED: dict[str, Any] = {"disposition": "busy", "duration_seconds": 0, "answered_at": None}


def calls(count: int, **changes: Any) -> list[dict[str, Any]]:
    """So many calls that differ in their id."""
    return [{"call_id": f"c_{number}", **changes} for number in range(count)]


def at(days: int) -> dict[str, str]:
    """Times of the example call, moved by so many days."""
    return {
        name: f"{NOW.date() + timedelta(days=days)}{EVENT[name][10:]}"
        for name in ("started_at", "answered_at", "ended_at")
    }


def transactions(requests: list[tuple[str, dict[str, Any]]]) -> list[int]:
    """How many actions each transaction had."""
    return [len(params["TransactItems"]) for name, params in requests if name == "TransactWriteItems"]


@pytest.fixture
def log(world: World) -> Iterator[io.StringIO]:
    """What rate_calls logs (its metrics are printed)."""
    handler = world.stack.apps["rate_calls"].logger.registered_handler
    before = handler.setStream(stream := io.StringIO())
    yield stream
    handler.setStream(before)


def lines_of(log: io.StringIO) -> list[dict[str, Any]]:
    """The log's lines."""
    return [json.loads(line) for line in log.getvalue().splitlines()]


# --- The sample -------------------------------------------------------------------------------------------------------


def test_the_sample_batch_is_posted_except_the_malformed_message(world: World) -> None:
    world.stack.publish((ROOT / "local" / "rates.csv").read_bytes(), "example")
    for account in ("acct_meridian", "acct_lakeside"):
        world.create_account(account, time_zone="America/New_York")
    event = sample_event("rate_calls")
    [malformed] = [record for record in event["Records"] if "ended_at" not in json.loads(record["body"])]
    assert failures(world.stack.invoke("rate_calls", event)) == [malformed["messageId"]]
    assert [keys.id_of(entry["SK"]) for entry in world.entries("acct_meridian")] == ["c_9f2c1d7e", "c_0b6e44aa"]
    [charged] = world.entries("acct_lakeside")
    assert (charged["to"], charged["duration_seconds"], charged["deck"]) == ("+33142685300", 645, "example")
    assert world.balance("acct_meridian") < 0
    assert world.balance("acct_lakeside") < 0


# --- One call ---------------------------------------------------------------------------------------------------------


def test_a_call_becomes_one_entry_that_explains_its_price(world: World) -> None:
    assert world.deliver({}) == []
    [entry] = world.entries()
    assert entry == {
        "PK": "ACCOUNT#acct_1",
        "SK": "ENTRY#2026-11-23T10:00:00.000Z#c_1",
        "kind": "call_charged",
        "category": "outbound_international_call",
        "amount_micros": -CHARGE,
        "debit": "customer_credit",
        "credit": "call_revenue",
        "local_date": "2026-11-23",
        "recorded_at": "2026-11-23T12:00:00.000Z",
        "facts_hash": entry["facts_hash"],
        "billed_seconds": 180,
        "line_id": "line_1",
        "user_id": "user_1",
        "to": UNITED_KINGDOM,
        "origin": "US",
        "destination": "United Kingdom",
        "country": "GB",
        "prefix": "44",
        "duration_seconds": 125,
        "rate_micros_per_minute": 100_000,
        "connection_fee_micros": 0,
        "deck": "deck-1",
    }
    assert world.balance() == -CHARGE


def test_the_balance_may_fall_below_zero_and_says_when_it_changed(world: World) -> None:
    world.adjust("0.10", "k_1")
    world.clock.now += timedelta(minutes=5)
    world.deliver({})
    assert world.balance() == 100_000 - CHARGE
    assert world.of_kind("BALANCE")[0]["updated_at"] == "2026-11-23T12:05:00.000Z"


@pytest.mark.parametrize(
    "changes",
    [
        {"direction": "inbound"},
        UNANSWERED,
        {"to": SHORT_CODE},
        {"to": INCLUDED},
        {"duration_seconds": 0, "ended_at": EVENT["answered_at"]},
    ],
    ids=["inbound", "unanswered", "short code", "included", "zero seconds"],
)
def test_a_call_that_costs_nothing_makes_no_entry(world: World, changes: dict[str, Any]) -> None:
    before = world.stack.items()
    assert world.deliver(changes) == []
    assert world.stack.items() == before


def test_a_price_of_zero_makes_no_entry(world: World) -> None:
    world.stack.publish(deck_csv({"rate_per_minute": "0"}), "free")
    before = world.stack.items()
    assert world.deliver({}) == []
    assert world.stack.items() == before


def test_a_closed_accounts_finished_call_is_charged(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    assert world.deliver({}) == []
    assert world.balance() == -CHARGE


# --- The same call again ----------------------------------------------------------------------------------------------


def test_the_same_call_twice_in_a_batch_is_one_charge(world: World) -> None:
    assert world.deliver({}, {"started_at": "2026-11-23T10:00:00Z"}, {}) == []
    assert (len(world.entries()), world.balance()) == (1, -CHARGE)


def test_a_batch_delivered_again_changes_nothing(world: World) -> None:
    batch = [*calls(5), {"call_id": "c_p", "to": PREMIUM}, {"call_id": "c_u", "to": UNCOVERED}]
    assert world.deliver(*batch) == []
    after = world.stack.items()
    world.clock.now += timedelta(days=3)
    for _ in range(3):
        assert world.deliver(*batch) == []
    assert world.stack.items() == after


def test_a_mixed_batch_posts_its_new_calls_in_the_second_transaction(world: World) -> None:
    world.deliver(*calls(3))
    with world.recorded("rate_calls") as requests:
        assert world.deliver(*calls(6)) == []
    assert transactions(requests) == [6 + 1 + 1, 3 + 1 + 1]
    assert world.balance() == -6 * CHARGE


def test_a_batch_delivered_again_takes_one_transaction_an_account(world: World) -> None:
    world.deliver(*calls(6))
    with world.recorded("rate_calls") as requests:
        assert world.deliver(*calls(6)) == []
    assert transactions(requests) == [8]


def test_a_redelivered_call_is_not_charged_again_after_a_price_change(world: World) -> None:
    world.deliver({})
    after = world.stack.items()
    world.stack.publish(deck_csv({"rate_per_minute": "9.99", "category": "satellite_call"}), "deck-2")
    assert world.deliver({}) == []
    assert world.stack.items() == after


def test_a_call_delivered_again_after_the_zone_changed_stays_on_its_day(world: World) -> None:
    world.deliver({})
    world.operate("PUT", "/accounts/acct_1", {"time_zone": "Pacific/Kiritimati"})
    world.stack.forget()
    world.deliver({})
    assert [entry["local_date"] for entry in world.entries()] == ["2026-11-23"]
    assert world.balance() == -CHARGE


def test_a_charged_call_is_not_kept_when_its_destination_loses_its_price(world: World) -> None:
    world.deliver({})
    after = world.stack.items()
    world.stack.publish(deck_csv({"prefix": "45", "country": "DK"}), "deck-2")
    assert world.deliver({}) == []
    assert world.stack.items() == after


# --- The same call with other facts -----------------------------------------------------------------------------------


def test_in_a_batch_the_message_sent_first_wins_and_the_other_goes_back(world: World) -> None:
    event = delivery({"to": MOBILE}, {})
    event["Records"].reverse()
    assert failures(world.stack.invoke("rate_calls", event)) == ["m_1"]
    assert [entry["to"] for entry in world.entries()] == [MOBILE]
    assert world.balance() == -750_000


def test_across_batches_the_call_that_was_posted_wins_and_nothing_changes(world: World) -> None:
    world.deliver({})
    after = world.stack.items()
    assert world.deliver({"to": MOBILE}) == ["m_0"]
    assert world.deliver({"user_id": "user_2"}, {"user_id": "user_2"}) == ["m_0", "m_1"]
    assert world.stack.items() == after


def test_a_conflict_does_not_hold_up_its_neighbours(world: World) -> None:
    world.deliver({})
    assert world.deliver({"to": MOBILE}, {"call_id": "c_2"}, {"call_id": "c_3", "to": JAPAN}) == ["m_0"]
    assert [keys.id_of(entry["SK"]) for entry in world.entries()] == ["c_1", "c_2", "c_3"]
    world.balance()


def test_the_same_call_id_at_another_time_or_account_is_another_call(world: World) -> None:
    world.create_account("acct_2")
    assert world.deliver({}, {"started_at": "2026-11-23T10:00:00.001Z"}, {"account_id": "acct_2"}) == []
    assert (len(world.entries()), len(world.entries("acct_2"))) == (2, 1)


# --- Unknown accounts -------------------------------------------------------------------------------------------------


def test_a_call_of_an_unknown_account_goes_back_alone_and_writes_nothing(world: World) -> None:
    unknown = {"account_id": "acct_x"}
    assert world.deliver(unknown, {}, {**unknown, "call_id": "c_2", "to": UNCOVERED}) == ["m_0", "m_2"]
    assert world.stack.items("acct_x") == []
    assert world.balance() == -CHARGE


def test_a_redelivered_call_posts_once_its_account_exists(world: World) -> None:
    assert world.deliver({"account_id": "acct_late"}) == ["m_0"]
    world.create_account("acct_late")
    assert world.deliver({"account_id": "acct_late"}) == []
    assert world.balance("acct_late") == -CHARGE


def test_free_calls_of_unknown_accounts_are_done_with(world: World) -> None:
    free = [{"to": INCLUDED}, {"call_id": "c_2", **UNANSWERED}]
    assert world.deliver(*({"account_id": "acct_x", **call} for call in free)) == []
    assert world.stack.items("acct_x") == []


# --- Messages that are no calls ---------------------------------------------------------------------------------------

POISON: dict[str, str] = {
    "malformed_json": "{",
    "missing_field": json.dumps({name: value for name, value in EVENT.items() if name != "user_id"}),
    "unknown_version": event_body(version="2"),
    "invalid_id": event_body(account_id="a#b"),
    "invalid_direction": event_body(direction="sideways"),
    "invalid_number": event_body(to="+44 20 7183 8750"),
    "invalid_timestamp": event_body(started_at="2026-11-23T10:00:00"),
    "invalid_duration": event_body(duration_seconds=-1),
    "invalid_disposition": event_body(disposition="hung_up"),
    "started_too_far_ahead": event_body(started_at="2026-11-24T12:00:00.001Z", ended_at="2026-11-25T00:00:00Z"),
    "started_too_long_ago": event_body(started_at="2026-08-25T11:59:59.999Z"),
    "ended_before_started": event_body(ended_at="2026-11-23T09:00:00Z"),
    "duration_mismatch": event_body(duration_seconds=100),
    "body_too_large": event_body(note="x" * 20_000),
}


@pytest.mark.parametrize("code", POISON)
def test_an_invalid_message_goes_back_alone_and_its_reason_is_logged(world: World, log: io.StringIO, code: str) -> None:
    before = len(world.stack.items())
    assert world.deliver(POISON[code], {"call_id": "c_good"}) == ["m_0"]
    assert [keys.id_of(entry["SK"]) for entry in world.entries()] == ["c_good"]
    assert len(world.stack.items()) == before + 2, "the good call's entry and day"
    [refusal] = [line for line in lines_of(log) if line["level"] == "WARNING"]
    assert (refusal["message"], refusal["message_id"]) == (code, "m_0")
    assert refusal["detail"].endswith(".")


@pytest.mark.parametrize("poison", [1, 10, 999, 1000])
def test_poison_in_a_thousand_goes_back_and_the_others_are_posted(world: World, poison: int) -> None:
    accounts = [f"acct_p{number}" for number in range(10)]
    for account in accounts:
        world.create_account(account)
    bad = [event_body(version="2", call_id=f"c_{number}") for number in range(poison)]
    good = [
        event_body(call_id=f"c_{number}", account_id=accounts[number % len(accounts)])
        for number in range(1000 - poison)
    ]
    messages = [*bad, *good]
    messages[::2], messages[1::2] = messages[:500], messages[500:]
    expected = [f"m_{number}" for number, body in enumerate(messages) if '"version": "2"' in body]
    assert sorted(world.deliver(*messages)) == sorted(expected)
    assert len(expected) == poison
    assert sum(world.balance(account) for account in accounts) == -CHARGE * (1000 - poison)


def test_an_empty_batch_is_answered(world: World) -> None:
    assert world.deliver() == []


# --- Unrated ----------------------------------------------------------------------------------------------------------


def kept(world: World, kind: str) -> list[dict[str, Any]]:
    """What the sweep index lists of a kind."""
    return list(read_kept(world.stack.dynamodb, world.stack.table_name, kind))


def test_a_call_without_a_price_is_kept_whole_and_listed_and_not_charged(world: World) -> None:
    assert world.deliver({"to": UNCOVERED}) == []
    [unrated] = kept(world, "unrated")
    assert unrated["SK"] == keys.unrated_sk("2026-11-23T10:00:00.000Z", "c_1")
    assert {name: unrated[name] for name in ("line_id", "user_id", "direction", "from", "to", "duration_seconds")} == {
        "line_id": "line_1",
        "user_id": "user_1",
        "direction": "outbound",
        "from": EVENT["from"],
        "to": UNCOVERED,
        "duration_seconds": 125,
    }
    assert unrated["ended_at"] == EVENT["ended_at"]
    assert (world.entries(), world.balance()) == ([], 0)


def test_an_unrated_call_delivered_again_is_kept_once(world: World) -> None:
    world.deliver({"to": UNCOVERED}, {"to": UNCOVERED})
    after = world.stack.items()
    world.clock.now += timedelta(hours=1)
    assert world.deliver({"to": UNCOVERED}) == []
    assert world.stack.items() == after


def test_an_unrated_call_with_other_facts_is_a_conflict(world: World) -> None:
    world.deliver({"to": UNCOVERED})
    assert world.deliver({"to": UNCOVERED, "user_id": "user_2"}) == ["m_0"]
    assert len(kept(world, "unrated")) == 1


def test_unrated_calls_of_many_accounts_are_all_listed(world: World) -> None:
    for number in range(8):
        world.create_account(f"acct_u{number}")
    assert world.deliver(*({"account_id": f"acct_u{number}", "to": UNCOVERED} for number in range(8))) == []
    assert sorted(keys.account_of(item["PK"]) for item in kept(world, "unrated")) == [f"acct_u{n}" for n in range(8)]


# --- Strays -----------------------------------------------------------------------------------------------------------


def test_a_call_on_an_unknown_line_is_charged_and_listed(world: World) -> None:
    assert world.deliver({"line_id": "line_x"}) == []
    assert world.balance() == -CHARGE
    [stray] = kept(world, "stray")
    assert (stray["SK"], stray["line_id"]) == (keys.stray_sk("2026-11-23T10:00:00.000Z", "c_1"), "line_x")


def test_a_call_on_a_disabled_line_is_charged_and_listed(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1/lines/line_1", {"international_calling": False})
    assert world.deliver({}) == []
    assert (world.balance(), len(kept(world, "stray"))) == (-CHARGE, 1)


def test_a_call_on_an_enabled_line_is_no_stray_and_neither_is_a_free_one(world: World) -> None:
    world.deliver({}, {"call_id": "c_2", "line_id": "line_x", "to": INCLUDED})
    assert kept(world, "stray") == []


def test_an_unrated_call_on_an_unknown_line_is_listed_as_both(world: World) -> None:
    assert world.deliver({"line_id": "line_x", "to": UNCOVERED}) == []
    assert (len(kept(world, "unrated")), len(kept(world, "stray"))) == (1, 1)


def test_a_stray_whose_call_is_refused_is_not_listed(world: World) -> None:
    world.deliver({})
    assert world.deliver({"line_id": "line_x"}) == ["m_0"]
    assert kept(world, "stray") == []


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
    messages = [{**call, **at(-(number % days))} for number, call in enumerate(calls(count))]
    with world.recorded("rate_calls") as requests:
        assert world.deliver(*messages) == []
    assert transactions(requests) == actions
    reads = 2 + -(-count // 100)  # Accounts, lines, and a hundred holds at a time.
    assert Counter(name for name, _ in requests) == {"BatchGetItem": reads, "TransactWriteItems": len(actions)}
    assert (len(world.entries()), world.balance()) == (count, -CHARGE * count)


def test_posting_reads_neither_balance_nor_entries(world: World) -> None:
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
    free = {"disposition": "busy", "duration_seconds": 0}
    assert world.deliver({"account_id": "acct_2"}) == []
    messages = [{"account_id": "acct_2", "call_id": f"c_{number}"} for number in range(2, 12)]
    with world.recorded("rate_calls") as requests:
        assert world.deliver(*messages, free | {"account_id": "acct_2", "call_id": "c_free"}) == []
    assert [name for name, _ in requests] == ["TransactWriteItems"]


def bytes_of(item: dict[str, Any]) -> int:
    """An item's size by DynamoDB's rules: UTF-8 bytes of names and texts; a number a byte for two digits, and one
    or two more.
    """
    total = 0
    for name, attribute in item.items():
        [(kind, value)] = attribute.items()
        assert kind in ("S", "N")
        total += len(name.encode())
        total += len(value.encode()) if kind == "S" else (len(value.lstrip("-")) + 1) // 2 + 1 + value.startswith("-")
    return total


def largest_entry(world: World) -> int:
    """The size of the largest entry in the table."""
    items = world.stack.dynamodb.scan(TableName=world.stack.table_name)["Items"]
    return max(bytes_of(item) for item in items if item["SK"]["S"].startswith("ENTRY#"))


def test_the_largest_legal_charge_takes_one_write_unit(world: World) -> None:
    account, line, user, call = "a" * 64, "l" * 64, "u" * 64, "c" * 96
    world.create_account(account)
    row = {
        "prefix": "123456789012345",
        "destination": "é" * 45,
        "country": "001",
        "rate_per_minute": "99.999999",
        "connection_fee": "99.999999",
        "minimum_seconds": "3599",
        "increment_seconds": "3599",
        "category": "x" * 40,
    }
    world.stack.publish(deck_csv(row), "20261123T120000Z-0123456789ab")
    day = {
        "started_at": "2026-11-22T10:00:00Z",
        "answered_at": "2026-11-22T10:00:00Z",
        "ended_at": "2026-11-23T10:00:00Z",
    }
    ids = {"account_id": account, "line_id": line, "user_id": user, "call_id": call}
    assert world.deliver({**ids, **day, "to": "+123456789012345", "duration_seconds": 86_400}) == []
    size = largest_entry(world)
    assert 700 < size < 1024


def test_the_largest_legal_adjustment_takes_one_write_unit(world: World) -> None:
    account = "a" * 64
    world.create_account(account)
    for reason in ("x" * 200, "é" * 200, "\U00020000" * 200):
        body = {"amount": "-99999.9999", "reason": reason}
        answer = world.operate("POST", f"/accounts/{account}/adjustments", body, key=reason[:1].encode().hex())
        assert answer.status == 201 or answer.code == "invalid_field"
    assert 400 < largest_entry(world) < 1024


# --- Rates ------------------------------------------------------------------------------------------------------------


def test_without_a_deck_the_whole_batch_waits_and_nothing_is_written(world: World) -> None:
    app = world.stack.apps["rate_calls"]
    before = world.stack.items()
    import boto3  # noqa: PLC0415 - after moto

    boto3.client("s3").delete_object(Bucket="calling-credit-test-decks", Key="active.json")
    world.stack.forget()
    with pytest.raises(Unavailable, match="no_active_deck"):
        app.handler(delivery({}), None)
    assert world.stack.items() == before


def test_a_deck_changed_after_it_was_published_prices_nothing(world: World) -> None:
    import boto3  # noqa: PLC0415 - after moto

    world.stack.publish(deck_csv({}), "deck-9")
    boto3.client("s3").put_object(
        Bucket="calling-credit-test-decks", Key="decks/deck-9.csv", Body=deck_csv({}, {"prefix": "45"})
    )
    world.stack.forget()
    with pytest.raises(Unavailable, match="unusable_deck"):
        world.deliver({})
    assert world.entries() == []


def test_a_warm_function_follows_a_newly_published_deck_within_a_minute(world: World) -> None:
    world.deliver({})
    app = world.stack.apps["rate_calls"]
    remembered = app.deck._deck, app.deck._checked_at
    world.stack.publish(deck_csv({"rate_per_minute": "0.20"}), "deck-2")
    app.deck._deck, app.deck._checked_at = remembered
    world.deliver({"call_id": "c_2"})
    world.clock.now += timedelta(seconds=59)
    world.deliver({"call_id": "c_3"})
    assert [(entry["deck"], entry["amount_micros"]) for entry in world.entries()] == [
        ("deck-1", -300_000),
        ("deck-1", -300_000),
        ("deck-2", -600_000),
    ]


# --- What is said -----------------------------------------------------------------------------------------------------


def metrics_of(printed: str) -> dict[str, Any]:
    """The counts of one printed metrics document, by name."""
    [document] = [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]
    [directive] = document["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("CallingCredit", [["service"]])
    return {metric["Name"]: sum(document[metric["Name"]]) for metric in directive["Metrics"]}


def test_the_counts_of_a_batch_are_metrics(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.deliver({})
    capsys.readouterr()
    unrated, stray, conflict = (
        {"call_id": "c_2", "to": UNCOVERED},
        {"call_id": "c_3", "line_id": "line_x"},
        {"to": MOBILE},
    )
    assert world.deliver({}, unrated, stray, {"call_id": "c_4", "to": INCLUDED}, "{") == ["m_4"]
    assert metrics_of(capsys.readouterr().out) == {
        "CallsReceived": 5,
        "CallsPosted": 1,
        "CallsReplayed": 1,
        "CallsFree": 1,
        "CallsUnrated": 1,
        "CallsRefused": 1,
        "CallsConflicting": 0,
        "StrayCalls": 1,
    }
    world.deliver(conflict)
    counted = metrics_of(capsys.readouterr().out)
    assert (counted["CallsRefused"], counted["CallsConflicting"]) == (1, 1)


def test_no_whole_number_ever_reaches_the_log(
    world: World, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    numbers = [UNITED_KINGDOM, MOBILE, JAPAN, PREMIUM, INCLUDED, UNCOVERED]
    messages: list[Any] = [{"call_id": f"c_{number}", "to": to} for number, to in enumerate(numbers)]
    messages += [*POISON.values(), {"call_id": "c_x", "account_id": "acct_x"}, {"call_id": "c_0", "to": MOBILE}]
    world.deliver(*messages)
    printed = capfd.readouterr()
    written = log.getvalue() + printed.out + printed.err
    assert written.count("message_id") >= len(POISON) + 2
    for number in [*numbers, EVENT["from"], "+44 20 7183 8750"]:
        assert number not in written
        assert number.lstrip("+") not in written


def test_every_refused_message_is_logged_with_its_id_and_code(world: World, log: io.StringIO) -> None:
    world.deliver({})
    refused = world.deliver({"to": MOBILE}, {"call_id": "c_2", "account_id": "acct_x"}, "[]", {"call_id": "c_3"})
    warned = {line["message_id"]: line["message"] for line in lines_of(log) if line["level"] == "WARNING"}
    assert warned == {"m_0": "conflicting_call", "m_1": "unknown_account", "m_2": "malformed_json"}
    assert sorted(refused) == sorted(warned)


def test_a_good_batch_is_one_line_of_log_however_many_calls(world: World, log: io.StringIO) -> None:
    world.deliver(*calls(200))
    [line] = lines_of(log)
    assert (line["message"], line["calls_posted"], line["calls_refused"]) == ("batch", 200, 0)


def test_when_time_runs_out_the_remaining_messages_go_back_unwritten(world: World) -> None:
    before = world.stack.items()
    event = delivery({}, {"call_id": "c_2", "to": UNCOVERED}, {"call_id": "c_3", "to": INCLUDED})
    assert failures(world.stack.invoke("rate_calls", event, seconds=9.0)) == ["m_0", "m_1"]
    assert world.stack.items() == before


def test_a_call_exactly_90_days_old_is_posted(world: World) -> None:
    started = format_instant(NOW - timedelta(days=90))
    times = {
        "started_at": started,
        "answered_at": started,
        "ended_at": format_instant(NOW - timedelta(days=90, seconds=-60)),
    }
    assert world.deliver({**times, "duration_seconds": 60}) == []
    assert world.balance() == -100_000
