"""Each field of a call event: accepted values, and the code of each refusal."""

import json

import pytest

from calling_credit.call_events import Rejection, parse_call
from tests.domain.examples import EVENT, NOW, call, event_body, rejection_code

UNANSWERED = {"disposition": "no_answer", "duration_seconds": 0, "answered_at": None}


@pytest.mark.parametrize("field", sorted(set(EVENT) - {"answered_at"}))
def test_a_refusal_names_the_missing_field(field: str) -> None:
    body = json.dumps({name: value for name, value in EVENT.items() if name != field})
    result = parse_call(body, NOW)
    assert isinstance(result, Rejection)
    assert result.code == "missing_field"
    assert result.detail.startswith(f"{field} is missing")


@pytest.mark.parametrize("field", ["calling_number", "dialled_number"])
def test_internal_field_names_are_not_accepted(field: str) -> None:
    outside = {"calling_number": "from", "dialled_number": "to"}[field]
    event = {name: value for name, value in EVENT.items() if name != outside} | {field: EVENT[outside]}
    assert rejection_code(json.dumps(event)) == "missing_field"


@pytest.mark.parametrize("version", ["2", "1.0", "", 1, None])
def test_another_version_is_refused(version: object) -> None:
    assert rejection_code(event_body(version=version)) == "unknown_version"


@pytest.mark.parametrize("field", ["call_id", "account_id", "line_id", "user_id"])
@pytest.mark.parametrize(
    "value", ["", "a b", "a#b", "a/b", "_a", "é", "a\n", "a\0", "x" * 97, 7, None, ["a"]], ids=ascii
)
def test_an_id_that_is_unsafe_in_a_key_is_refused(field: str, value: object) -> None:
    assert rejection_code(event_body(**{field: value})) == "invalid_id"


def test_ids_are_accepted_up_to_their_maximum_length() -> None:
    assert call(call_id="c" * 96, account_id="a" * 64, line_id="l" * 64, user_id="u" * 64).call_id == "c" * 96
    for field in ("account_id", "line_id", "user_id"):
        assert rejection_code(event_body(**{field: "x" * 65})) == "invalid_id"


@pytest.mark.parametrize("direction", ["OUTBOUND", "internal", "", None, 1])
def test_another_direction_is_refused(direction: object) -> None:
    assert rejection_code(event_body(direction=direction)) == "invalid_direction"


@pytest.mark.parametrize(
    "number",
    [
        "",
        "+",
        "442071838750",
        "00442071838750",
        "+0442071838750",
        "+44 2071838750",
        "+44-2071838750",
        "+44\uff12071838750",
        "+٤٤٢٠٧١٨٣٨٧٥٠",
        "+442071838750\n",
        "+123456",
        "+1234567890123456",
        "anonymous",
        "sip:a@b",
        "9" * 7,
        "1",
        "*67",
        442071838750,
        None,
    ],
    ids=ascii,
)
def test_an_invalid_dialled_number_is_refused(number: object) -> None:
    assert rejection_code(event_body(to=number)) == "invalid_number"


@pytest.mark.parametrize("number", ["", "4155550100", "911", "+1415555\uff10100", "+14155550100\n", None], ids=ascii)
def test_a_calling_number_that_is_not_e164_is_refused(number: object) -> None:
    assert rejection_code(event_body(from_=number)) == "invalid_number"


@pytest.mark.parametrize("number", ["911", "988", "11", "116117", "+1234567", "+123456789012345"])
def test_short_codes_and_e164_numbers_of_any_length_are_accepted(number: str) -> None:
    assert call(to=number).dialled_number == number


@pytest.mark.parametrize("field", ["started_at", "ended_at"])
@pytest.mark.parametrize("value", ["", "yesterday", "2026-11-23", "2026-11-23T10:00:00", 1795431600, None])
def test_a_time_that_is_not_rfc_3339_is_refused(field: str, value: object) -> None:
    assert rejection_code(event_body(**{field: value})) == "invalid_timestamp"


@pytest.mark.parametrize("value", ["", "soon", "2026-11-23T10:00:04", 7, True, [], {}])
def test_an_answered_call_needs_a_readable_answered_at(value: object) -> None:
    assert rejection_code(event_body(answered_at=value)) == "invalid_timestamp"


def test_an_answered_call_without_answered_at_is_refused() -> None:
    assert rejection_code(event_body(answered_at=None)) == "missing_field"
    assert (
        rejection_code(json.dumps({name: value for name, value in EVENT.items() if name != "answered_at"}))
        == "missing_field"
    )


@pytest.mark.parametrize("value", [None, "", "soon", 7, [], "2026-11-23T10:00:04.000Z", "2030-01-01T00:00:00Z"])
def test_answered_at_of_an_unanswered_call_is_ignored(value: object) -> None:
    assert call(**UNANSWERED | {"answered_at": value}) == call(**UNANSWERED)


@pytest.mark.parametrize("value", [-1, 86_401, 10**30, 125.0, 125.5, "125", True, None, [125], float("inf")], ids=ascii)
def test_an_absurd_duration_is_refused(value: object) -> None:
    assert rejection_code(event_body(duration_seconds=value)) == "invalid_duration"


@pytest.mark.parametrize("disposition", ["", "ANSWERED", "hung_up", None, 1])
def test_another_disposition_is_refused(disposition: object) -> None:
    assert rejection_code(event_body(disposition=disposition)) == "invalid_disposition"


@pytest.mark.parametrize("disposition", ["no_answer", "busy", "failed", "canceled"])
def test_every_unanswered_call_has_a_duration_of_zero(disposition: str) -> None:
    assert call(**UNANSWERED | {"disposition": disposition}).duration_seconds == 0
    assert (
        rejection_code(event_body(**UNANSWERED | {"disposition": disposition, "duration_seconds": 1}))
        == "duration_mismatch"
    )
