"""Parties that SIPp cannot play: two calls with one Call-ID, a caller who repeats INVITE, parties that disappear."""

import time
from typing import Any, Final

import pytest

from tests.switch.lines import BERLIN, LONDON, Line, Sites, micros, price_of
from tests.switch.raw_sip import Answerer, Caller

CREDIT_SECONDS: Final = 12
LATEST: Final = CREDIT_SECONDS + 4
"""The tolerance, and what a busy machine may add."""


def play_twins(sites: Sites) -> dict[str, Any]:
    """Two calls with one Call-ID and one tag, at the same time, to numbers of different prices."""
    line = sites.line()
    same = {"call_id": f"twin-{time.monotonic_ns()}", "tag": "twin"}
    with Answerer() as answerer:
        site = sites.get("twins", GATEWAY=f'"sip:127.0.0.1:{answerer.port}"')
        calls = [site.call(line.number, called, talk, **same) for called, talk in ((LONDON, 8.4), (BERLIN, 3.4))]
        outcomes = [one.outcome() for one in calls]
    return {"outcomes": outcomes, "charges": line.charged(2), "events": site.door.reported(line.number)}


@pytest.mark.scene(play=play_twins)
def test_calls_with_one_call_id_and_tag_are_charged_as_two(scene: dict[str, Any]) -> None:
    assert {(outcome.status, outcome.ended_by) for outcome in scene["outcomes"]} == {(200, "us")}
    seconds = {event["to"]: event["duration_seconds"] for event in scene["events"]}
    assert set(seconds) == {LONDON, BERLIN}
    assert 9 <= seconds[LONDON] <= 12
    assert 4 <= seconds[BERLIN] <= 7
    assert scene["charges"] == sorted(map(micros, scene["events"]))


def line_with_seconds(sites: Sites) -> Line:
    """Open a line whose credit pays for a few seconds."""
    line = sites.line(None)
    line.give(price_of(line.number, BERLIN, CREDIT_SECONDS))
    return line


def play_repeated_invites(sites: Sites) -> dict[str, Any]:
    """A caller sends INVITE again and again, without ACK, and would talk forever."""
    line = line_with_seconds(sites)
    with Answerer() as answerer:
        site = sites.get("repeated", REQUESTED_SECONDS="20", GATEWAY=f'"sip:127.0.0.1:{answerer.port}"')
        party = Caller(site.sip_port, line.number, BERLIN)
        status, _ = party.invite()
        began = time.monotonic()
        while not (is_over := party.wait_for_bye(2)) and time.monotonic() - began < 3 * LATEST:
            party.send("INVITE")
        seconds = time.monotonic() - began
        party.close()
        repeated = answerer.invites - 1
    outcome = {"status": status, "repeated": repeated, "seconds": seconds, "is_over": is_over}
    return outcome | {"line": line, "charges": line.charged(1)}


@pytest.mark.scene(play=play_repeated_invites)
def test_invites_in_a_call_do_not_lengthen_it(scene: dict[str, Any]) -> None:
    assert (scene["status"], scene["is_over"]) == (200, True)
    assert scene["repeated"] >= 3
    assert scene["seconds"] <= LATEST
    assert scene["charges"] == [price_of(scene["line"].number, BERLIN, CREDIT_SECONDS)]


def play_lost_parties(sites: Sites) -> dict[str, Any]:
    """Both parties disappear without a BYE, and answer none."""
    line = line_with_seconds(sites)
    with Answerer() as answerer:
        site = sites.get("lost", REQUESTED_SECONDS="20", GATEWAY=f'"sip:127.0.0.1:{answerer.port}"')
        party = Caller(site.sip_port, line.number, BERLIN)
        status, _ = party.invite()
        party.close()
    began = time.monotonic()
    charges = line.charged(1)
    return {"line": line, "status": status, "charges": charges, "seconds": time.monotonic() - began}


@pytest.mark.scene(play=play_lost_parties)
def test_call_whose_parties_disappear_ends_and_costs_its_hold(scene: dict[str, Any]) -> None:
    assert scene["status"] == 200
    assert scene["charges"] == [price_of(scene["line"].number, BERLIN, CREDIT_SECONDS)]
    assert scene["seconds"] <= 60
