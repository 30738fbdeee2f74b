"""Refusals of the deployed stack as SIP answers, emergency calls, and callers who write what they like."""

import time
from collections.abc import Callable
from typing import Any, Final

import pytest

from local.sipp import Outcome
from local.stripe_stand_in.controls import Controls
from tests.stack.conftest import eventually
from tests.stack.customers import open_customer, stand_in
from tests.switch.lines import BERLIN, LONDON, NEW_YORK, Line, Sites
from tests.switch.raw_sip import invite

UNRATED: Final = "+9991234567"
SATELLITE: Final = "+881612345678"
UNKNOWN_LINE: Final = "+13129999999"
EMERGENCY: Final = ("911", "112", "+1911", "988")

Change = Callable[[Line], None]


def switch_off(line: Line) -> None:
    """Turn international calling off."""
    line.change("/lines/line_1", number=line.number, user_id="user_1", international_calling=False)


REFUSALS: Final[dict[str, tuple[int, str, str | None, Change | None]]] = {
    "insufficient_credit": (402, LONDON, None, None),
    "daily_spend_limit": (402, LONDON, "5.00", lambda line: line.change(limits={"daily_spend": "0.01"})),
    "call_price_limit": (402, LONDON, "5.00", lambda line: line.change(limits={"call_price": "0.01"})),
    "account_frozen": (403, LONDON, "5.00", lambda line: line.change(frozen=True)),
    "account_closed": (403, LONDON, "5.00", lambda line: line.change(status="closed")),
    "international_calling_off": (403, LONDON, "5.00", switch_off),
    "destination_blocked": (403, LONDON, "5.00", lambda line: line.change(limits={"blocked": ["GB"]})),
    "high_cost_destination": (403, SATELLITE, "50.00", None),
    "destination_unrated": (404, UNRATED, "5.00", None),
    "invalid_number": (404, "not-a-number", "5.00", None),
}
"""The SIP status of each reason, the dialed number, the credit, and what happens to the account before."""


def play_refusals(sites: Sites) -> dict[str, Any]:
    """One call from a line of its own for each reason, all at once."""
    running = {}
    for reason, (_, called, credit, change) in REFUSALS.items():
        line = sites.line(credit)
        if change is not None:
            change(line)
        running[reason] = (line, sites.main.call(line.number, called))
    unknown = sites.main.call(UNKNOWN_LINE, LONDON).outcome()
    outcomes = {reason: (line, sipp.outcome()) for reason, (line, sipp) in running.items()}
    time.sleep(3)  # A report would have been sent by now.
    return {"outcomes": outcomes, "unknown": unknown, "door": sites.main.door}


@pytest.mark.scene(play=play_refusals)
@pytest.mark.parametrize("reason", REFUSALS)
def test_refusal_is_a_sip_answer_with_its_reason(scene: dict[str, Any], reason: str) -> None:
    line, outcome = scene["outcomes"][reason]
    assert (outcome.status, outcome.reason) == (REFUSALS[reason][0], reason)
    assert "retry-after" not in outcome.headers
    assert (line.charges(), line.holds()) == ([], [])
    assert scene["door"].reported(line.number) == []


@pytest.mark.scene(play=play_refusals)
def test_call_of_an_unknown_number_is_refused(scene: dict[str, Any]) -> None:
    assert (scene["unknown"].status, scene["unknown"].reason) == (403, "unknown_number")


def play_simultaneous_calls(sites: Sites) -> list[Outcome]:
    line = sites.line()
    line.change(limits={"simultaneous_calls": 1})
    first = sites.main.call(line.number, LONDON, 10)
    eventually(lambda: line.balance()["live_holds"] == 1, 30)
    return [sites.main.call(line.number, BERLIN).outcome(), first.outcome()]


@pytest.mark.scene(play=play_simultaneous_calls)
def test_call_above_the_limit_of_simultaneous_calls_is_busy(scene: list[Outcome]) -> None:
    second, first = scene
    assert (second.status, second.reason) == (486, "simultaneous_calls_limit")
    assert first.status == 200


def play_recharge(sites: Sites) -> dict[str, Any]:
    """An account below its threshold, whose bank takes its time, and whose caller dials twice."""
    with sites.lock:
        customer = open_customer(sites.stack, "0.01")
        customer.set_rule(customer.save_card("pm_card_processing"), "5.00", "20.00")
        [payment] = eventually(customer.intents, 60)
        eventually(lambda: customer.intents()[0].status == "processing", 60)
    line = sites.line_of(customer.account_id)
    refused = sites.main.call(line.number, LONDON).outcome()
    Controls(stand_in(sites.stack)).settle(payment.id)
    eventually(lambda: line.balance()["posted"] > 20_000_000, 60)
    return {"refused": refused, "allowed": sites.main.call(line.number, LONDON).outcome(), "charges": line.charged(1)}


@pytest.mark.scene(play=play_recharge)
def test_call_during_a_recharge_is_told_to_retry_and_then_allowed(scene: dict[str, Any]) -> None:
    refused = scene["refused"]
    assert (refused.status, refused.reason, refused.headers["retry-after"]) == (503, "recharging", "15")
    assert (scene["allowed"].status, scene["charges"]) == (200, [14_000])


def play_emergency(sites: Sites) -> dict[str, Any]:
    """Emergency calls from a frozen account's line and from no line at all; then with the API shut."""
    line = sites.line(None)
    line.change(frozen=True)
    running = [sites.main.call(line.number, number, 1) for number in EMERGENCY]
    running += [sites.main.call("anonymous", number, 1) for number in EMERGENCY]
    site = sites.get("shut", REQUESTED_SECONDS="20")
    site.door.shut()
    began = time.monotonic()
    running += [site.call(line.number, number, 1) for number in EMERGENCY]
    refused = site.call(line.number, NEW_YORK).outcome()
    outcomes = [one.outcome() for one in running]
    asked = sites.main.door.asked(line.number) + sites.main.door.asked("anonymous")
    return {"outcomes": outcomes, "asked": asked, "refused": refused, "seconds": time.monotonic() - began}


@pytest.mark.scene(play=play_emergency)
def test_emergency_call_is_connected_without_a_question(scene: dict[str, Any]) -> None:
    assert {(outcome.status, outcome.ended_by) for outcome in scene["outcomes"]} == {(200, "us")}
    assert len(scene["outcomes"]) == 3 * len(EMERGENCY)
    assert scene["asked"] == []
    assert (scene["refused"].status, scene["refused"].reason) == (503, "no_answer")


def play_silent_api(sites: Sites) -> dict[str, Any]:
    """An API that takes questions and never answers: every asking process waits, and a person dials 911."""
    site = sites.get("silent", ASKING_PROCESSES="2")
    site.door.silence()
    line = sites.line()
    waiting = [site.call(line.number, LONDON, 1) for _ in range(6)]
    eventually(lambda: site.door.silenced >= 2, 30)
    began = time.monotonic()
    outcome = site.call(line.number, "911", 1).outcome()
    seconds = time.monotonic() - began
    for one in waiting:
        one.abandon()
    return {"outcome": outcome, "seconds": seconds}


@pytest.mark.scene(play=play_silent_api)
def test_emergency_call_does_not_wait_while_the_api_is_silent(scene: dict[str, Any]) -> None:
    assert scene["outcome"].status == 200
    assert scene["seconds"] < 10, "a question takes 20 s here"


HOSTILE: Final = (
    "%22%7D%0d%0aX-Injected:%201",
    'a"},{"b',
    "+1312555%0d%0aBYE",
    "+13125550100\\",
    "0'||'1",
    "{}",
    "+1|2|3",
    "$var(call)",
    "1" * 33,
    "",
)
"""Numbers that try to leave their field."""
HOSTILE_CALL_ID: Final = 'x"},{"call_id":"y|$var(call)'


def play_hostile_callers(sites: Sites) -> dict[str, Any]:
    """Strange numbers and a strange Call-ID."""
    site, line = sites.main, sites.line()
    statuses = [invite(site.sip_port, text, LONDON) for text in HOSTILE]
    statuses += [invite(site.sip_port, line.number, text) for text in HOSTILE]
    statuses.append(invite(site.sip_port, UNKNOWN_LINE, LONDON, HOSTILE_CALL_ID))
    asked = [one.body for one in site.door.exchanges if one.path.endswith("/authorize")]
    return {"statuses": statuses, "asked": asked}


@pytest.mark.scene(play=play_hostile_callers)
def test_what_a_caller_writes_stays_in_its_field(scene: dict[str, Any]) -> None:
    assert set(scene["statuses"]) <= {0, 400, 403, 404}, "Kamailio drops what it cannot parse"
    assert all(set(question) == {"call_id", "from", "to", "requested_seconds"} for question in scene["asked"])
    assert all(set(question["from"] + question["to"]) <= set("+0123456789*#().-") for question in scene["asked"])
