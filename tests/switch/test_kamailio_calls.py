"""Calls from SIPp through Kamailio to SIPp: asked about, extended, ended, reported, and charged by a deployed stack."""

import math
from typing import Any, Final

import pytest

from local.sipp import read_trace
from tests.stack.conftest import eventually
from tests.switch.lines import BERLIN, LONDON, MEXICO, NEW_YORK, PARIS, Sites, micros, price_of

TOLERANCE_SECONDS: Final = 2.0
"""HangUpToleranceSeconds."""
PROCESSING_SECONDS: Final = 2.0
"""What a busy machine may add to a timer of whole seconds."""
MANY, RATE = 100, 10.0


def play_allowed_call(sites: Sites) -> dict[str, Any]:
    line = sites.line()
    outcome = sites.main.call(line.number, LONDON, 2.4).outcome()
    charges = line.charged(1)
    return {"line": line, "outcome": outcome, "charges": charges, "event": sites.main.door.reported(line.number)}


@pytest.mark.scene(play=play_allowed_call)
def test_allowed_call_is_charged_to_the_cent(scene: dict[str, Any]) -> None:
    line, outcome, [event] = scene["line"], scene["outcome"], scene["event"]
    assert (outcome.status, outcome.ended_by) == (200, "us")
    assert scene["charges"] == [price_of(line.number, LONDON, 3)] == [micros(event)] == [14_000]
    assert line.balance() == {"posted": 4_986_000, "held": 0, "available": 4_986_000, "live_holds": 0}
    assert outcome.seconds <= event["duration_seconds"] <= outcome.seconds + TOLERANCE_SECONDS
    assert event["disposition"] == "answered"


def play_national_dialing(sites: Sites) -> list[int]:
    line = sites.line()
    assert sites.main.call(line.number, f"011{BERLIN[1:]}", 2.4).outcome().status == 200
    return line.charged(1)


@pytest.mark.scene(play=play_national_dialing)
def test_number_dialed_with_011_is_charged_by_its_country(scene: list[int]) -> None:
    assert scene in ([price_of("+13125550100", BERLIN, seconds)] for seconds in (3, 4))


def play_domestic_call(sites: Sites) -> dict[str, Any]:
    line = sites.line("0.01")
    outcome = sites.main.call(line.number, NEW_YORK, 32.4).outcome()
    eventually(lambda: sites.main.door.reported(line.number))
    return {"line": line, "outcome": outcome, "asked": sites.main.door.asked(line.number)}


@pytest.mark.scene(play=play_domestic_call)
def test_domestic_call_is_asked_about_extended_and_free(scene: dict[str, Any]) -> None:
    assert (scene["outcome"].status, scene["outcome"].ended_by) == (200, "us")
    assert len(scene["asked"]) >= 2
    assert (scene["line"].charges(), scene["line"].holds()) == ([], [])


def play_long_call(sites: Sites) -> dict[str, Any]:
    """Credit for 90 seconds, granted 20 at a time; the caller would talk for two minutes."""
    line = sites.line(None)
    credit = price_of(line.number, BERLIN, 90)
    line.give(credit)
    outcome = sites.main.call(line.number, BERLIN, 120).outcome()
    return {
        "credit": credit,
        "outcome": outcome,
        "charges": line.charged(1),
        "holds": line.holds(),
        "granted": [one.answer["max_seconds"] for one in sites.main.door.asked(line.number)],
        "balance": line.balance(),
    }


@pytest.mark.scene(play=play_long_call)
def test_call_of_90_seconds_is_extended_to_its_end_and_costs_its_hold(scene: dict[str, Any]) -> None:
    outcome, granted, credit = scene["outcome"], scene["granted"], scene["credit"]
    assert (outcome.status, outcome.ended_by) == (200, "them")
    assert "granted_time_over" in outcome.headers.get("reason", "granted_time_over")
    assert granted[0] == 20
    assert granted == sorted(granted)
    assert len(set(granted)) >= 6
    assert granted[-1] == 90
    assert 88 <= outcome.seconds <= 90 + TOLERANCE_SECONDS + PROCESSING_SECONDS
    assert scene["charges"] == [credit]
    assert scene["holds"] == [{"status": "released", "amount": credit, "seconds": 90}]
    assert scene["balance"] == {"posted": 0, "held": 0, "available": 0, "live_holds": 0}


def play_limited_call(sites: Sites) -> dict[str, Any]:
    line = sites.line(None)
    credit = price_of(line.number, BERLIN, 12)
    line.give(credit)
    outcome = sites.main.call(line.number, BERLIN, 60).outcome()
    return {"credit": credit, "outcome": outcome, "charges": line.charged(1), "balance": line.balance()}


@pytest.mark.scene(play=play_limited_call)
def test_limit_ends_a_call_by_bye_and_never_costs_more_than_held(scene: dict[str, Any]) -> None:
    outcome = scene["outcome"]
    assert (outcome.status, outcome.ended_by) == (200, "them")
    assert 11 <= outcome.seconds <= 12 + TOLERANCE_SECONDS + PROCESSING_SECONDS
    assert scene["charges"] == [scene["credit"]]
    assert scene["balance"]["available"] == 0


def play_many_calls(sites: Sites) -> dict[str, Any]:
    """100 calls, 10 a second, to four destinations with different increments and durations."""
    line, site = sites.line("100.00"), sites.main
    line.change(limits={"simultaneous_calls": 500})
    destinations = {LONDON: 2.3, BERLIN: 3.7, PARIS: 1.2, MEXICO: 4.4}
    number, rate = MANY // len(destinations), RATE / len(destinations)
    running = [site.call(line.number, called, talk, calls=number, rate=rate) for called, talk in destinations.items()]
    outcomes = [outcome for one in running for outcome in one.outcomes()]
    mine = {call_id for one in running for call_id in read_trace(one.trace)}
    called = [outcome for call_id, outcome in read_trace(site.folder / "callee.trace").items() if call_id in mine]
    charges = line.charged(MANY)
    events = site.door.reported(line.number)
    return {"outcomes": outcomes, "called": called, "charges": charges, "events": events, "balance": line.balance()}


@pytest.mark.scene(play=play_many_calls)
def test_100_calls_at_10_a_second_are_charged_to_the_cent(scene: dict[str, Any]) -> None:
    events, charges = scene["events"], scene["charges"]
    assert [outcome.status for outcome in scene["outcomes"]] == [200] * MANY
    assert len({event["call_id"] for event in events}) == len(events) == len(charges) == MANY
    assert charges == sorted(map(micros, events))
    assert scene["balance"]["posted"] == scene["balance"]["available"] == 100_000_000 - sum(map(micros, events))
    reported = sorted(event["duration_seconds"] for event in events)
    shortest = sorted(math.ceil(outcome.seconds) for outcome in scene["outcomes"])
    longest = sorted(math.ceil(outcome.seconds) for outcome in scene["called"])
    assert all(low <= mid <= high for low, mid, high in zip(shortest, reported, longest, strict=True))
