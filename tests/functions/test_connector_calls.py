"""A switch with a connector key asks and reports as one with a token does, within the rate of its key."""

from datetime import timedelta
from typing import Any

import pytest

from calling_credit.api.switch import SwitchCaller, switch_caller
from calling_credit.errors import Forbidden
from tests.functions.connectors_bench import admitted, ask_with_key, basic, check, create_key, revoke_key
from tests.functions.holds_bench import credit
from tests.functions.numbers_bench import call_at
from tests.functions.report_bench import Reporter
from tests.harness.http import Answer, http_event
from tests.harness.table import sample_event
from tests.harness.world import World

__all__ = ["credit"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
AUTHORIZE, REPORT = "calls/authorize", "calls/report"


def ask(world: World, key: str, **more: Any) -> Any:
    """The answer to a question with a key."""
    answer = ask_with_key(world, f"Bearer {key}", **more)
    assert answer is not None
    return answer


def test_a_key_authorizes_a_call_as_a_token_does(world: World) -> None:
    by_key = ask(world, create_key(world))
    assert by_key.status == 200
    assert by_key.body == world.authorize().body
    assert by_key.body["decision"] == "allow"
    held = [item["authorized_at"] for item in world.of_kind("HOLD")]
    assert held == ["2026-11-23T12:00:00.000Z"], "the same call, asked for twice"


def test_a_switch_may_change_from_a_token_to_a_key_during_a_call(world: World) -> None:
    key = create_key(world)
    assert world.authorize(seconds=60).body["max_seconds"] == 60
    assert ask(world, key, requested_seconds=600).body["max_seconds"] == 600
    assert len(world.of_kind("HOLD")) == 1


def report(world: World, key: str, event: dict[str, Any]) -> Answer:
    """The answer to a report with a key."""
    request = admitted(world, f"Bearer {key}", "report_calls", "/calls/events", event)
    assert request is not None
    return Reporter(world).post(request)


def test_a_key_reports_calls_and_each_route_counts_for_itself(world: World) -> None:
    key = create_key(world, per_minute=1)
    event = {"direction": "inbound", "call_id": "c_in", "account_id": "acct_1", "line_id": "line_1"}
    answer = report(world, key, event)
    assert (answer.status, answer.body) == (200, {"accepted": 1, "rejected": []})
    assert ask(world, key).status == 200
    answer = report(world, key, event)
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (429, "too_many_requests", "60")


def test_times_without_a_zone_are_read_in_the_zone_of_the_key(world: World) -> None:
    call = call_at(world, "c_1") | {"direction": "outbound", "disposition": "answered"}
    naive = {"started_at": "2026-11-23 07:02:00", "answered_at": None, "ended_at": "2026-11-23 07:03:00"}
    event = {name: value for name, value in (call | naive).items() if value is not None}
    world.clock.now += timedelta(minutes=5)
    plain = report(world, create_key(world), event).body
    assert (plain["accepted"], plain["rejected"][0]["code"]) == (0, "invalid_timestamp")
    assert "started_at" in plain["rejected"][0]["detail"]
    reporter = Reporter(world)
    key = create_key(world, "sbc-2", "America/New_York")
    request = admitted(world, f"Bearer {key}", "report_calls", "/calls/events", event)
    assert request is not None
    assert reporter.post(request).body == {"accepted": 1, "rejected": []}
    [queued] = reporter.queue.events
    assert (queued["started_at"], queued["account_id"]) == ("2026-11-23T12:02:00.000Z", "acct_1")


def test_a_revoked_or_unknown_key_reaches_no_function(world: World) -> None:
    key = create_key(world)
    assert ask_with_key(world, basic("sbc-1", key)) is not None
    revoke_key(world)
    before = world.stack.items()
    for header in (basic("sbc-1", key), f"Bearer {key}", "Bearer ck_" + "A" * 43, basic("sbc-2", key), "Bearer x.y.z"):
        assert ask_with_key(world, header) is None
    assert world.stack.items() == before


# --- The rate of a key ------------------------------------------------------------------------------------------------


def test_a_key_sends_as_much_a_minute_as_it_was_created_with(world: World) -> None:
    slow, fast = create_key(world, "slow", per_minute=3), create_key(world, "fast", per_minute=30)
    answers = [ask(world, slow) for _ in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert (answers[-1].code, answers[-1].headers["retry-after"]) == ("too_many_requests", "20")
    assert [ask(world, fast).status for _ in range(30)] == [200] * 30, "keys do not disturb each other"
    assert [world.authorize().status for _ in range(40)] == [200] * 40, "nor a switch with a token"
    world.clock.now = world.clock.now.replace(second=20)
    assert [ask(world, slow).status for _ in range(2)] == [200, 429]


def test_a_refused_request_holds_nothing(world: World) -> None:
    key = create_key(world, per_minute=1)
    assert ask(world, key).status == 200
    before = world.stack.items()
    assert ask(world, key, call_id="c_2").status == 429
    assert world.stack.items() == before


def test_a_request_that_cannot_be_read_counts_too(world: World) -> None:
    key = create_key(world, per_minute=2)
    assert [ask(world, key, to="").status for _ in range(3)] == [422, 422, 429]


# --- What the function learns -----------------------------------------------------------------------------------------


def event_with(authorizer: Any) -> dict[str, Any]:
    """The request of a connector with this part of its context."""
    event = http_event("authorize_call", "POST", "/connector/calls/authorize", signed_in=False)
    event["requestContext"]["authorizer"] = authorizer
    return event


def test_the_function_learns_name_zone_and_rate_of_the_key(world: World) -> None:
    key = create_key(world, "sbc-1", "America/New_York", 900)
    context = check(world, f"Bearer {key}")["context"]
    for scope in (AUTHORIZE, REPORT):
        found = switch_caller(event_with({"lambda": context}), scope)
        assert found == SwitchCaller("connector:sbc-1", "America/New_York", 900)
    plain = check(world, f"Bearer {create_key(world, 'sbc-2')}")["context"]
    assert switch_caller(event_with({"lambda": plain}), REPORT) == SwitchCaller("connector:sbc-2", None, 600)


def test_a_token_has_no_zone_and_no_rate_of_its_own() -> None:
    caller = switch_caller(sample_event("authorize_call"), AUTHORIZE)
    assert caller == SwitchCaller("5h7exampleswitch", None, None)


@pytest.mark.parametrize(
    "authorizer",
    [
        None,
        {},
        {"lambda": None},
        {"lambda": {}},
        {"lambda": {"connector": "sbc-1", "zone": "", "per_minute": "600"}},
        {"lambda": {"connector": "sbc-1", "zone": "", "per_minute": "600", "scopes": ""}},
        {"lambda": {"connector": "sbc-1", "zone": "", "per_minute": "600", "scopes": "calls/authorized calls"}},
        {"jwt": {"claims": {"scope": AUTHORIZE}}},
        {"iam": {"connector": "sbc-1", "scopes": AUTHORIZE}},
    ],
    ids=str,
)
def test_a_request_that_no_authorizer_admitted_has_no_scope(authorizer: Any) -> None:
    event = event_with(authorizer)
    event["headers"]["authorization"] = "Bearer ck_" + "A" * 43
    with pytest.raises(Forbidden) as refused:
        switch_caller(event, AUTHORIZE)
    assert refused.value.code == "scope_required"
