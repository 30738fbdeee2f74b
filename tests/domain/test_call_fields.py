"""Each field of a call event: accepted values, and the code of each refusal."""

import json

import pytest

from calling_credit.call_events import parse_call
from calling_credit.calls import FreeEvent
from calling_credit.ids import call_key
from calling_credit.rejection_codes import Rejection
from tests.domain.examples import EVENT, NOW, call, event_body, rejection_code

OPTIONAL = {"answered_at", "user_id", "from", "duration_seconds"}
"""The fields that a call which costs may lack; without its duration, its times say how long it took."""


@pytest.mark.parametrize("field", sorted(set(EVENT) - OPTIONAL - {"disposition"}))
def test_a_refusal_names_the_missing_field(field: str) -> None:
    body = json.dumps({name: value for name, value in EVENT.items() if name != field})
    result = parse_call(body, NOW)
    assert isinstance(result, Rejection)
    assert result.code == "missing_field"
    assert result.detail.startswith(f"{field} is missing")


def test_a_call_that_was_talked_on_needs_its_disposition() -> None:
    assert rejection_code(json.dumps({name: EVENT[name] for name in EVENT if name != "disposition"})) == "missing_field"


@pytest.mark.parametrize("field", ["user_id", "from", "answered_at"])
@pytest.mark.parametrize("is_null", [False, True])
def test_a_call_that_costs_may_lack_what_does_not_price_it(field: str, is_null: bool) -> None:
    event = {name: value for name, value in EVENT.items() if name != field} | ({field: None} if is_null else {})
    result = parse_call(json.dumps(event), NOW)
    assert not isinstance(result, Rejection), result
    assert result.facts_hash == call().facts_hash  # type: ignore[union-attr]


def test_internal_field_names_are_not_accepted() -> None:
    event = {name: value for name, value in EVENT.items() if name != "to"} | {"dialled_number": EVENT["to"]}
    assert rejection_code(json.dumps(event)) == "missing_field"


@pytest.mark.parametrize("version", ["2", "1.0", "", 1, None])
def test_another_version_is_refused(version: object) -> None:
    assert rejection_code(event_body(version=version)) == "unknown_version"


@pytest.mark.parametrize("field", ["account_id", "line_id", "user_id"])
@pytest.mark.parametrize("value", ["", "a b", "a#b", "a/b", "_a", "é", "a\n", "a\0", "x" * 65, 7, ["a"]], ids=ascii)
def test_an_id_that_is_unsafe_in_a_key_is_refused(field: str, value: object) -> None:
    if (field, value) == ("user_id", ""):
        value = " "  # An empty user_id is an absent one.
    assert rejection_code(event_body(**{field: value})) == "invalid_id"


@pytest.mark.parametrize("field", ["account_id", "line_id", "call_id"])
def test_a_null_id_is_refused(field: str) -> None:
    assert rejection_code(event_body(**{field: None})) == "invalid_id"


def test_ids_are_accepted_up_to_their_maximum_length() -> None:
    assert call(call_id="c" * 255, account_id="a" * 64, line_id="l" * 64, user_id="u" * 64).call_id == "c" * 255


UNUSUAL = [
    "~",
    "a/b",
    "{b1c2}",
    "a b",
    " ",
    "[2001:db8::1]",
    "é",
    "通話",
    "🎧",
    "a#b",
    "h_1",
    "_a",
    "x" * 97,
    "x" * 255,
]


@pytest.mark.parametrize("call_id", UNUSUAL)
def test_an_unusual_call_id_is_kept_and_hashed_for_keys(call_id: str) -> None:
    result = call(call_id=call_id)
    assert result.call_id == call_id
    assert result.call_key == call_key(call_id)
    assert result.call_key.startswith("h_")
    assert len(result.call_key) == 34
    assert result.key[2] == result.call_key


def test_unusual_call_ids_have_different_keys() -> None:
    assert len({call_key(call_id) for call_id in UNUSUAL}) == len(UNUSUAL)
    assert call_key(call_key("a b")) != call_key("a b"), "an id that looks like a hash is hashed too"


@pytest.mark.parametrize("call_id", ["c_1", "1-2@host:5060+x.y", "x" * 96, "hx", "H_1"])
def test_a_usual_call_id_is_its_own_key(call_id: str) -> None:
    assert call(call_id=call_id).call_key == call_id


@pytest.mark.parametrize("value", ["", "a\n", "a\0", "\x7f", "a\x85b", "\u2028", "x" * 256, 7, ["a"]], ids=ascii)
def test_an_empty_unprintable_or_long_call_id_is_refused(value: object) -> None:
    assert rejection_code(event_body(call_id=value)) == "invalid_id"
    assert (
        rejection_code(json.dumps({"account_id": "acct_1", "call_id": value, "direction": "inbound"})) == "invalid_id"
    )


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


@pytest.mark.parametrize(
    "caller",
    ["", "anonymous", "4155550100", "911", "+1415555\uff10100", "+14155550100\n", None, 7, ["x"], {"a": 1}, True],
)
def test_a_withheld_or_odd_caller_id_never_refuses_a_call(caller: object) -> None:
    result = call(from_=caller)
    assert result.calling_number is None
    assert result.facts_hash == call().facts_hash


@pytest.mark.parametrize("number", ["411", "00", "11", "116117", "+1234567", "+123456789012345"])
def test_short_codes_and_e164_numbers_of_any_length_are_accepted(number: str) -> None:
    assert call(to=number).dialled_number == number


@pytest.mark.parametrize("field", ["started_at", "ended_at"])
@pytest.mark.parametrize("value", ["", "yesterday", "2026-11-23", "2026-11-23T10:00:00", 1795431600, None])
def test_a_time_that_is_not_rfc_3339_is_refused(field: str, value: object) -> None:
    assert rejection_code(event_body(**{field: value})) == "invalid_timestamp"


@pytest.mark.parametrize("value", [" ", "soon", "2026-11-23T10:00:04", 7, True, [], {}])
def test_an_answered_call_needs_a_readable_answered_at(value: object) -> None:
    assert rejection_code(event_body(answered_at=value)) == "invalid_timestamp"


@pytest.mark.parametrize(
    "value", [-1, 604_801, 10**30, 125.5, "125", "", True, False, [125], {}, float("inf"), float("nan")], ids=ascii
)
def test_an_absurd_duration_is_refused(value: object) -> None:
    assert rejection_code(event_body(duration_seconds=value)) == "invalid_duration"


def test_a_whole_number_may_be_written_with_a_decimal_point() -> None:
    assert call(duration_seconds=125.0) == call()
    assert type(call(duration_seconds=125.0).duration_seconds) is int


@pytest.mark.parametrize(("ended_at", "seconds"), [("09.000Z", 125), ("09.001Z", 126), ("08.999Z", 125)])
def test_without_a_duration_the_times_count_rounded_up(ended_at: str, seconds: int) -> None:
    assert call(duration_seconds=None, ended_at=f"2026-11-23T10:02:{ended_at}").duration_seconds == seconds


def test_an_answered_call_without_duration_and_answered_at_is_refused() -> None:
    assert rejection_code(event_body(duration_seconds=None, answered_at=None)) == "missing_field"


@pytest.mark.parametrize("disposition", ["", "ANSWERED", "hung_up", None, 1])
def test_another_disposition_is_refused(disposition: object) -> None:
    assert rejection_code(event_body(disposition=disposition)) == "invalid_disposition"


@pytest.mark.parametrize("disposition", ["no_answer", "busy", "failed", "canceled"])
def test_a_positive_duration_with_another_disposition_is_refused(disposition: str) -> None:
    assert rejection_code(event_body(disposition=disposition, duration_seconds=1)) == "duration_mismatch"


@pytest.mark.parametrize("number", ["911", "988", "+911", "+112", "+1911", "+44999"])
def test_an_event_of_an_emergency_call_is_free_with_any_other_fields(number: str) -> None:
    odd = {"started_at": "yesterday", "duration_seconds": 10**9, "line_id": 7, "disposition": "rescued", "version": "9"}
    for body in (event_body(to=number), event_body(to=number, **odd)):
        event = parse_call(body, NOW)
        assert isinstance(event, FreeEvent)
        assert (event.account_id, event.call_id) == ("acct_1", "c_1")
