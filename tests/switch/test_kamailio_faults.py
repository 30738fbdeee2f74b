"""The API, the agent, or Kamailio ends during calls. Each call is charged once, or never if none can report it."""

import time
from typing import Any, Final

import pytest

from tests.stack.conftest import eventually
from tests.stack.deployment import invoke
from tests.switch.conftest import HOLD_GRACE_SECONDS
from tests.switch.lines import BERLIN, LONDON, NEW_YORK, Sites, micros, price_of

CALLS: Final = 5


def play_api_killed(sites: Sites) -> dict[str, Any]:
    """The API is gone while five calls end, and a call begins; the agent is killed meanwhile, too."""
    site, line = sites.get("killed-api", REQUESTED_SECONDS="20", LEAD_SECONDS="8"), sites.line()
    running = [site.call(line.number, BERLIN, 16.4) for _ in range(CALLS)]
    free = site.call(line.number, NEW_YORK, 28.4)
    eventually(lambda: line.balance()["live_holds"] == CALLS and len(site.door.asked(line.number)) == CALLS + 1, 60)
    time.sleep(1)
    site.door.shut()
    outcomes = [one.outcome() for one in running]
    refused = site.call(line.number, LONDON).outcome()
    eventually(lambda: site.spooled() > 0, 30)
    site.kill_agent()
    site.start_agent()
    domestic = free.outcome()
    before = line.charges()
    site.door.open()
    charges = line.charged(CALLS)
    eventually(lambda: len(site.door.reported(line.number)) >= CALLS + 2, 60)
    return {
        "outcomes": [*outcomes, domestic],
        "refused": refused,
        "before": before,
        "charges": charges,
        "events": {event["call_id"]: event for event in site.door.reported(line.number)}.values(),
        "balance": line.balance(),
    }


@pytest.mark.scene(play=play_api_killed)
def test_calls_that_end_while_the_api_is_down_are_charged_once(scene: dict[str, Any]) -> None:
    assert {(outcome.status, outcome.ended_by) for outcome in scene["outcomes"]} == {(200, "us")}
    assert scene["before"] == []
    assert len(scene["charges"]) == CALLS
    assert scene["charges"] == sorted(cost for cost in map(micros, scene["events"]) if cost)
    assert scene["balance"]["posted"] == 5_000_000 - sum(scene["charges"]) == scene["balance"]["available"]


@pytest.mark.scene(play=play_api_killed)
def test_call_that_begins_while_the_api_is_down_is_refused(scene: dict[str, Any]) -> None:
    assert (scene["refused"].status, scene["refused"].reason) == (503, "no_answer")
    assert scene["refused"].headers["retry-after"] == "5"
    assert "failed" in {event["disposition"] for event in scene["events"]}


def play_open_door(sites: Sites) -> dict[str, Any]:
    """The same with WITHOUT_ANSWER "connect"."""
    times = {"UNASKED_SECONDS": "10", "REQUESTED_SECONDS": "10", "LEAD_SECONDS": "6"}
    site = sites.get("connect", WITHOUT_ANSWER='"connect"', **times)
    line = sites.line()
    site.door.shut()
    short, long = site.call(line.number, BERLIN, 2.4), site.call(line.number, LONDON, 25.4)
    outcomes = [short.outcome(), long.outcome()]
    site.door.open()
    return {
        "outcomes": outcomes,
        "charges": line.charged(2),
        "events": site.door.reported(line.number),
        "balance": line.balance(),
    }


@pytest.mark.scene(play=play_open_door)
def test_setting_connect_connects_calls_without_an_answer(scene: dict[str, Any]) -> None:
    assert {(outcome.status, outcome.ended_by) for outcome in scene["outcomes"]} == {(200, "us")}
    assert len(scene["events"]) == 2
    assert scene["charges"] == sorted(map(micros, scene["events"]))
    assert scene["balance"]["available"] == 5_000_000 - sum(scene["charges"])


def play_kamailio_killed(sites: Sites) -> dict[str, Any]:
    """Kamailio dies during three calls and starts again; their holds end, and a new call is charged."""
    site, line = sites.get("killed-kamailio", REQUESTED_SECONDS="10", LEAD_SECONDS="3"), sites.line()
    ended = site.call(line.number, BERLIN, 1.4).outcome()
    first = line.charged(1)
    running = [site.call(line.number, LONDON, 60) for _ in range(3)]
    eventually(lambda: line.balance()["live_holds"] == 3, 30)
    time.sleep(1)
    site.kill_kamailio()
    killed = time.monotonic()
    for one in running:
        one.abandon()
    held = line.balance()
    site.start_kamailio()
    again = site.call(line.number, BERLIN, 1.4).outcome()
    charges = line_charges(line, 2)
    time.sleep(max(0.0, 10 + HOLD_GRACE_SECONDS + 1 - (time.monotonic() - killed)))
    with sites.lock:
        invoke(sites.stack, "ExpireHoldsFunction", {})
    eventually(lambda: line.balance()["live_holds"] == 0, 90)
    return {
        "outcomes": [ended, again],
        "held": held,
        "first": first,
        "charges": [charges, line.charges()],
        "events": site.door.reported(line.number),
        "holds": line.holds(),
        "balance": line.balance(),
    }


def line_charges(line: Any, calls: int) -> list[int]:
    """Wait until this many calls are charged, while other calls may be held; return the charges."""
    eventually(lambda: len(line.charges()) >= calls, 60)
    charges: list[int] = line.charges()
    return charges


@pytest.mark.scene(play=play_kamailio_killed)
def test_holds_of_calls_that_died_with_kamailio_expire(scene: dict[str, Any]) -> None:
    assert [outcome.status for outcome in scene["outcomes"]] == [200, 200]
    assert scene["held"]["held"] == 3 * price_of("+13125550100", LONDON, 10)
    assert sorted(hold["status"] for hold in scene["holds"]) == ["expired"] * 3 + ["released"] * 2
    assert scene["charges"][0] == scene["charges"][1] == sorted(map(micros, scene["events"]))
    assert scene["balance"]["available"] == scene["balance"]["posted"] == 5_000_000 - sum(scene["charges"][1])


def play_agent_killed(sites: Sites) -> dict[str, Any]:
    """The agent is down when calls end: Kamailio keeps their reports."""
    site, line = sites.get("killed-agent"), sites.line()
    running = [site.call(line.number, BERLIN, 2.4) for _ in range(3)]
    time.sleep(1)
    site.kill_agent()
    outcomes = [one.outcome() for one in running]
    time.sleep(2)
    site.start_agent()
    charges = line.charged(3)
    return {"outcomes": outcomes, "charges": charges, "events": site.door.reported(line.number)}


@pytest.mark.scene(play=play_agent_killed)
def test_calls_that_end_while_the_agent_is_down_are_charged(scene: dict[str, Any]) -> None:
    assert {outcome.status for outcome in scene["outcomes"]} == {200}
    assert scene["charges"] == sorted(micros(event) for event in scene["events"])


def test_no_log_contains_the_key(sites: Sites, scenes: dict[Any, Any]) -> None:
    for scene in scenes.values():
        scene.exception(300)
    key = sites.stack.connector_key["key"]
    assert sites.all()
    for site in sites.all():
        assert key not in site.logs()
        assert "Basic " not in site.logs()
        traces = "".join(path.read_text(errors="replace") for path in site.folder.glob("*.trace"))
        assert key not in traces
