"""The price list of a batch, and the metrics and log lines that it writes."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.instants import format_instant
from tests.domain.examples import EVENT, NOW, deck_csv
from tests.functions.calls_bench import POISON, calls, lines_of, log
from tests.harness.queue import delivery, failures
from tests.harness.table import Context
from tests.harness.world import INCLUDED, JAPAN, MOBILE, PREMIUM, UNCOVERED, UNITED_KINGDOM, World

__all__ = ["log"]

pytestmark = pytest.mark.dynamodb


# --- Rates ------------------------------------------------------------------------------------------------------------


def test_without_a_deck_the_whole_batch_waits_and_nothing_is_written(world: World) -> None:
    app = world.stack.apps["rate_calls"]
    before = world.stack.items()
    import boto3  # noqa: PLC0415 - after moto

    boto3.client("s3").delete_object(Bucket="calling-credit-test-decks", Key="active.json")
    world.stack.forget()
    assert failures(app.handler(delivery({}), Context())) == ["m_0"]
    assert world.stack.items() == before


def test_a_deck_changed_after_it_was_published_prices_nothing(world: World) -> None:
    import boto3  # noqa: PLC0415 - after moto

    world.stack.publish(deck_csv({}), "deck-9")
    for key in ("decks/deck-9.csv", "compiled/deck-9.deck"):
        boto3.client("s3").put_object(Bucket="calling-credit-test-decks", Key=key, Body=deck_csv({}, {"prefix": "45"}))
    world.stack.forget()
    assert world.deliver({}, {"call_id": "c_2", "to": "911"}) == ["m_0"], "only the call that needs the deck waits"
    assert world.entries() == []


def test_a_warm_function_follows_a_newly_published_deck_within_a_minute(world: World) -> None:
    world.deliver({})
    app = world.stack.apps["rate_calls"]
    remembered = app.decks._known
    world.stack.publish(deck_csv({"rate_per_minute": "0.20"}), "deck-2")
    app.decks._known = remembered
    world.deliver({"call_id": "c_2"})
    world.clock.now += timedelta(seconds=59)
    world.deliver({"call_id": "c_3"})
    assert [(entry["deck"], entry["amount_micros"]) for entry in world.entries()] == [
        ("deck-1", -300_000),
        ("deck-1", -300_000),
        ("deck-2", -600_000),
    ]


# --- Log and metrics --------------------------------------------------------------------------------------------------


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
        "SuspiciousCalls": 0,
        "CallsFromOtherNumber": 0,
        "LineMismatches": 0,
        "CallsPostedLate": 1,
        "CallAgeSeconds": 7071,
    }
    world.deliver(conflict)
    counted = metrics_of(capsys.readouterr().out)
    assert (counted["CallsRefused"], counted["CallsConflicting"]) == (1, 1)


def test_the_age_of_a_call_is_the_time_from_its_end_until_it_is_posted(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = world.clock.now - timedelta(seconds=60)
    times = {"started_at": format_instant(ended - timedelta(seconds=125)), "ended_at": format_instant(ended)}
    world.deliver(times | {"answered_at": None})
    counted = metrics_of(capsys.readouterr().out)
    assert (counted["CallAgeSeconds"], counted["CallsPostedLate"]) == (60, 0)
    world.deliver(times | {"answered_at": None})
    assert "CallAgeSeconds" not in metrics_of(capsys.readouterr().out), "it was posted before"


def test_a_large_batch_gives_a_sample_of_its_ages_in_one_record(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.deliver(*({"call_id": f"c_{number}"} for number in range(150)))
    [document] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert len(document["CallAgeSeconds"]) == 99
    [unit] = [m["Unit"] for m in document["_aws"]["CloudWatchMetrics"][0]["Metrics"] if m["Name"] == "CallAgeSeconds"]
    assert unit == "Seconds"


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
