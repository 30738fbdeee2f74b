"""The published JSON Schema is generated from the model and agrees with the parser on every single field."""

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calling_credit.accounts.number_history import Assignment, Holder, LineName
from calling_credit.accounts.posting_facts import Facts
from calling_credit.call_events import parse_call, parse_event
from calling_credit.calls import Call, FreeEvent
from calling_credit.charging.named_events import LineFinder
from calling_credit.rejection_codes import Rejection
from ops.call_event_schema import EXAMPLE, schema
from tests.harness.template import ROOT

PUBLISHED = json.loads((ROOT / "docs" / "call-event.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(PUBLISHED)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ABSENT = object()


def test_the_published_schema_matches_the_model() -> None:
    assert schema() == PUBLISHED, "run `make schema` and commit docs/call-event.schema.json"


def test_the_example_satisfies_the_schema_and_the_parser() -> None:
    jsonschema.validate(EXAMPLE, PUBLISHED)
    assert isinstance(parse_call(json.dumps(EXAMPLE), NOW), Call)


class EveryNumber:
    """A table in which every number belongs to a line, and every line is unknown."""

    def resolve(self, questions: Any, _: datetime) -> dict[Any, Assignment]:
        """The line of every number."""
        return dict.fromkeys(questions, Assignment(Holder(LineName("acct_1", "line_1"), "user_1"), ""))

    def load(self, *_: Any) -> Facts:
        """No account and no line."""
        return Facts({}, frozenset(), {})


TABLE: Any = EveryNumber()
FINDER = LineFinder(TABLE, TABLE, "US")


def parsed(event: dict[str, Any]) -> Call | FreeEvent | Rejection:
    """The outcome for an event over a table in which every number has a line."""
    [completed] = FINDER.complete([event], NOW)
    return completed if isinstance(completed, Rejection) else parse_event(completed, NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"version": "2"},
        {"call_id": "a\nb"},
        {"call_id": ""},
        {"call_id": "x" * 256},
        {"account_id": "a b"},
        {"direction": "sideways"},
        {"to": ""},
        {"duration_seconds": -1},
        {"duration_seconds": "two minutes"},
        {"disposition": "hung_up"},
        {"started_at": 1},
    ],
    ids=str,
)
def test_the_schema_and_the_parser_refuse_the_same_fields(change: dict[str, Any]) -> None:
    event = EXAMPLE | change
    assert isinstance(parsed(event), Rejection)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(event, PUBLISHED)


@pytest.mark.parametrize("field", ["direction", "to", "started_at", "disposition"])
def test_schema_and_parser_require_the_same_fields_of_a_call_that_costs(field: str) -> None:
    event = {name: value for name, value in EXAMPLE.items() if name != field}
    rejection = parsed(event)
    assert isinstance(rejection, Rejection)
    assert rejection.code == "missing_field"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(event, PUBLISHED)


@pytest.mark.parametrize(
    "absent",
    [("version",), ("user_id",), ("answered_at",), ("ended_at",), ("account_id", "line_id", "user_id"), ("line_id",)],
)
def test_what_a_record_does_not_have_is_not_required(absent: tuple[str, ...]) -> None:
    event = {name: value for name, value in EXAMPLE.items() if name not in absent}
    for one in (event, event | dict.fromkeys(absent), event | dict.fromkeys(set(absent) - {"version"}, "")):
        jsonschema.validate(one, PUBLISHED)
        call = parsed(one)
        assert isinstance(call, Call), call
        assert (call.duration_seconds, call.happened_at) == (125, EXAMPLE["started_at"])


@pytest.mark.parametrize("number", ["anonymous", "", None, "1001", 7])
def test_an_event_names_its_account_or_the_number_of_a_line(number: object) -> None:
    event = {name: value for name, value in EXAMPLE.items() if name not in ("account_id", "line_id")}
    jsonschema.validate(event, PUBLISHED)
    assert isinstance(parsed(event), Call)
    for other in ({"from": number}, {"direction": "inbound"}, {"started_at": None}):
        assert isinstance(parsed(event | other), Rejection)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(event | other, PUBLISHED)


ACROSS_FIELDS = {
    "invalid_number",
    "invalid_timestamp",
    "started_too_far_ahead",
    "started_too_long_ago",
    "ended_before_started",
    "ended_in_the_future",
    "duration_mismatch",
}
"""What the schema cannot say. Formats such as date-time are annotations in JSON Schema."""
IDS = ["c_1", "", "a b", "~", "h_x", "x" * 97, "x" * 256, "é", 7, None]
VALUES: dict[str, list[Any]] = {
    "version": ["1", ABSENT, "2", "1.0", "10", 1, None, "one"],
    "call_id": [*IDS, "a\n", "a\x7f", "通話", "x" * 255],
    "account_id": ["acct_1", "a b", "", "x" * 65, 7, None, ABSENT, ABSENT],
    "line_id": IDS,
    "user_id": IDS,
    "direction": ["outbound", "inbound", "sideways", None, 1],
    "from": ["+14155550100", "(415) 555-0100", "1001", "", "anonymous", None, 7],
    "to": [
        "+442071838750",
        "911",
        "+911",
        "+1911",
        "+44911",
        "411",
        "1",
        "442071838750",
        "+44 20",
        "011442071838750",
        "",
        911,
        None,
    ],
    "started_at": [EXAMPLE["started_at"], EXAMPLE["started_at"], "2026-11-23 10:00:00", "", None, 7],
    "ended_at": [EXAMPLE["ended_at"], EXAMPLE["ended_at"], ABSENT, "2026-11-23 10:02:09Z", "", None, 7],
    "answered_at": [EXAMPLE["answered_at"], "", None, 7, True],
    "duration_seconds": [
        125,
        125.0,
        0,
        0.0,
        -1,
        124.5,
        604_801,
        "0",
        "125",
        " 124.2 ",
        "0.0",
        "",
        "-1",
        "1e9",
        True,
        False,
        None,
    ],
    "disposition": ["answered", "ANSWERED", " answered ", "completed", "NO ANSWER", "busy", "hung_up", None, 7],
}
changes = st.fixed_dictionaries(
    {}, optional={name: st.just(ABSENT) | st.sampled_from(values) for name, values in VALUES.items()}
)


@settings(max_examples=1500, deadline=None)
@given(changes)
def test_the_schema_says_what_the_parser_does(change: dict[str, Any]) -> None:
    event = {name: value for name, value in (EXAMPLE | change).items() if value is not ABSENT}
    result = parsed(event)
    valid = VALIDATOR.is_valid(event)
    if isinstance(result, Call | FreeEvent):
        assert valid, event
    else:
        assert not valid or result.code in ACROSS_FIELDS, (event, result)
