"""Events that cost nothing need only their account and their call: no other field can refuse them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.call_events import parse_call
from calling_credit.calls import Call, FreeEvent
from calling_credit.rejection_codes import Rejection
from tests.domain.examples import EVENT, NOW, free_event, rejection_code

NAMES = {"account_id": "acct_1", "call_id": "c_1"}
GARBAGE: list[Any] = [None, "", "withheld", "2026-11-23", "+44 20", 7, -1, 1.5, True, [], ["x"], {}, {"a": None}]
IRRELEVANT = ("version", "line_id", "user_id", "from", "to", "started_at", "answered_at", "ended_at", "extra")
FREE: list[dict[str, Any]] = [
    {"direction": "inbound"},
    {"direction": "inbound", "duration_seconds": 125, "disposition": "answered"},
    {"direction": "inbound", "duration_seconds": "long", "disposition": "hung_up"},
    {},
    {"direction": "outbound"},
    {"direction": "sideways"},
    {"disposition": "busy"},
    {"disposition": "hung_up", "duration_seconds": None},
    {"disposition": 7, "duration_seconds": 0},
    {"disposition": "no_answer", "duration_seconds": 0.0},
    {"disposition": "answered", "duration_seconds": 0},
    {"disposition": "answered", "duration_seconds": -0.0},
]
CLAIMS: list[tuple[dict[str, Any], str]] = [
    ({"direction": "outbound", "duration_seconds": 5, "disposition": "busy"}, "duration_mismatch"),
    ({"direction": "outbound", "duration_seconds": 5, "disposition": "hung_up"}, "invalid_disposition"),
    ({"direction": "sideways", "duration_seconds": 5}, "invalid_direction"),
    ({"direction": None, "duration_seconds": 5}, "invalid_direction"),
    ({"duration_seconds": None, "answered_at": None}, "missing_field"),
    ({"duration_seconds": False, "disposition": "busy"}, "invalid_duration"),
    ({"duration_seconds": "0", "disposition": "busy"}, "invalid_duration"),
    ({"duration_seconds": None, "disposition": "ANSWERED"}, "invalid_disposition"),
    ({"version": "2", "duration_seconds": None, "disposition": "busy"}, "unknown_version"),
]


@pytest.mark.parametrize("event", FREE, ids=str)
def test_an_event_that_costs_nothing_needs_only_its_account_and_call(event: dict[str, Any]) -> None:
    result = parse_call(json.dumps(NAMES | event), NOW)
    assert isinstance(result, FreeEvent)
    assert (result.account_id, result.call_id, result.call_key, result.ended_at) == ("acct_1", "c_1", "c_1", None)


@given(
    st.sampled_from(FREE),
    st.dictionaries(st.sampled_from(IRRELEVANT), st.sampled_from(GARBAGE)),
)
def test_no_irrelevant_field_refuses_an_event_that_costs_nothing(event: dict[str, Any], other: dict[str, Any]) -> None:
    assert isinstance(parse_call(json.dumps(EVENT | other | NAMES | {"duration_seconds": 0} | event), NOW), FreeEvent)


@pytest.mark.parametrize(("changes", "code"), CLAIMS, ids=str)
def test_an_event_that_may_claim_talk_time_is_refused(changes: dict[str, Any], code: str) -> None:
    assert rejection_code(json.dumps(EVENT | changes)) == code


@pytest.mark.parametrize("field", ["user_id", "answered_at"])
def test_an_empty_optional_field_is_an_absent_one(field: str) -> None:
    empty, absent = (parse_call(json.dumps(EVENT | {field: value}), NOW) for value in ("", None))
    assert isinstance(empty, Call)
    assert empty == absent


@pytest.mark.parametrize("missing", sorted(NAMES))
def test_an_event_without_account_or_call_is_refused(missing: str) -> None:
    event = {name: value for name, value in NAMES.items() if name != missing} | {"direction": "inbound"}
    result = parse_call(json.dumps(event), NOW)
    assert isinstance(result, Rejection)
    assert (result.code, result.detail.split()[0]) == ("missing_field", missing)


def test_an_event_that_costs_nothing_says_when_its_call_ended_if_it_can() -> None:
    assert free_event(direction="inbound").ended_at == "2026-11-23T10:02:09.000Z"
    assert free_event(direction="inbound", ended_at="soon").ended_at is None


@pytest.mark.parametrize(
    ("changes", "is_answered"),
    [
        ({"direction": "inbound"}, True),
        ({"direction": "inbound", "duration_seconds": None}, True),
        ({"direction": "inbound", "duration_seconds": 0}, False),
        ({"direction": "inbound", "duration_seconds": None, "disposition": "busy"}, False),
        ({"duration_seconds": 0}, False),
    ],
)
def test_only_an_inbound_event_of_talk_time_is_answered(changes: dict[str, Any], is_answered: bool) -> None:
    assert free_event(**changes).is_answered is is_answered


@given(st.sampled_from([1, 60, 125, 604_800]), st.sampled_from(["outbound", "sideways", None]))
def test_a_positive_duration_is_never_free_unless_inbound(seconds: int, direction: Any) -> None:
    """The law behind all this: no event that claims talk time is taken without a charge."""
    event = EVENT | {"duration_seconds": seconds, "direction": direction}
    assert isinstance(parse_call(json.dumps(event), NOW), Call | Rejection)
