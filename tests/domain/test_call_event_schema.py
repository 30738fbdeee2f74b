"""The published JSON Schema is generated from the model and agrees with the parser on every single field."""

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest

from calling_credit.call_events import Call, Rejection, parse_call
from ops.call_event_schema import EXAMPLE, schema
from tests.harness.template import ROOT

PUBLISHED = json.loads((ROOT / "docs" / "call-event.schema.json").read_text(encoding="utf-8"))
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_the_published_schema_matches_the_model() -> None:
    assert schema() == PUBLISHED, "run `make schema` and commit docs/call-event.schema.json"


def test_the_example_satisfies_the_schema_and_the_parser() -> None:
    jsonschema.validate(EXAMPLE, PUBLISHED)
    assert isinstance(parse_call(json.dumps(EXAMPLE), NOW), Call)


@pytest.mark.parametrize(
    "change",
    [
        {"version": "2"},
        {"call_id": "a b"},
        {"account_id": ""},
        {"direction": "sideways"},
        {"from": "4155550100"},
        {"to": "+44 20 7183 8750"},
        {"duration_seconds": -1},
        {"duration_seconds": 125.5},
        {"duration_seconds": "125"},
        {"disposition": "hung_up"},
        {"started_at": 1},
    ],
    ids=str,
)
def test_the_schema_and_the_parser_refuse_the_same_fields(change: dict[str, Any]) -> None:
    event = EXAMPLE | change
    assert isinstance(parse_call(json.dumps(event), NOW), Rejection)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(event, PUBLISHED)


@pytest.mark.parametrize("field", [name for name in EXAMPLE if name != "answered_at"])
def test_schema_and_parser_require_every_field_but_answered_at(field: str) -> None:
    event = {name: value for name, value in EXAMPLE.items() if name != field}
    rejection = parse_call(json.dumps(event), NOW)
    assert isinstance(rejection, Rejection)
    assert rejection.code == "missing_field"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(event, PUBLISHED)
