"""The published schemas of events, and the stream filters that pass every announced change."""

import json
from typing import Any

import jsonschema
import pytest

from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.notifications.announcement import Announcement
from calling_credit.notifications.events import ALL
from ops.event_schemas import FOLDER, path, schema
from tests.domain.event_examples import BALANCE, CHANGES, ENTRY, PAYMENT, event_of
from tests.harness.template import template

# --- The published schemas --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ALL)
def test_the_published_schema_matches_the_model(form: type[Announcement]) -> None:
    published = json.loads(path(form).read_text(encoding="utf-8"))
    assert schema(form) == published, "run `make schema` and commit docs/events"
    assert set(published["required"]) == {"id", "type", "version", "account_id", "occurred_at", "data"}


def test_nothing_else_is_published() -> None:
    assert {found.name for found in FOLDER.iterdir()} == {path(form).name for form in ALL}


@pytest.mark.parametrize("change", [{"version": "2"}, {"id": "evt_1"}, {"type": "Other"}, {"data": {}}], ids=str)
def test_a_schema_rejects_other_events(change: dict[str, Any]) -> None:
    published = json.loads((FOLDER / "TopUpSucceeded.schema.json").read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(event_of(*CHANGES["TopUpSucceeded"]) | change, published)


# --- The stream filters -----------------------------------------------------------------------------------------------


def passes(pattern: Any, shown: Any) -> bool:
    """Whether a filter of Lambda passes a value of a record: text, prefix, and exists."""
    if isinstance(pattern, dict):
        return all(passes(part, (shown or {}).get(name)) for name, part in pattern.items())
    return any(
        shown is not None and (rule == {"exists": True} or str(shown).startswith(rule["prefix"]))
        if isinstance(rule, dict)
        else rule == shown
        for rule in pattern
    )


def passes_filters(new: dict[str, Any]) -> bool:
    """Whether a filter of the event source mapping passes an item's new image."""
    record = {"dynamodb": {"NewImage": to_attributes(new)}}
    mapping = template()["Resources"]["PublishEventsFunction"]["Properties"]["Events"]["Changes"]["Properties"]
    return any(passes(json.loads(found["Pattern"]), record) for found in mapping["FilterCriteria"]["Filters"])


@pytest.mark.parametrize("name", CHANGES)
def test_the_stream_filter_passes_every_announced_change(name: str) -> None:
    _, new = CHANGES[name]
    assert new is not None
    assert passes_filters(new)


def test_the_stream_filter_drops_changes_without_an_event() -> None:
    bare = {name: value for name, value in BALANCE.items() if name != "low_micros"}
    assert not passes_filters(bare)
    assert not passes_filters(ENTRY | {"kind": "call_charged"})
    assert not passes_filters(PAYMENT | {"status": "processing"})
