"""Hostile JSON in call events and Stripe's callbacks is refused with a code, and raises nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.call_events import parse_call
from calling_credit.calls import Call
from calling_credit.errors import BadRequest
from calling_credit.payments.webhook_signature import StripeEvent, verify_event
from calling_credit.rejection_codes import Rejection
from calling_credit.unique_keys import DuplicateKeyError, find_duplicate_key, has_unique_keys, shown_key, unique_keys
from ops.check_calls import rejections_of
from tests.domain.examples import EVENT, NOW, event_body, rejection_code
from tests.domain.test_webhooks import SECRET, signed

NESTED = (
    "[" * 100_000,
    "[" * 100_000 + "]" * 100_000,
    '{"a":' * 100_000 + "1" + "}" * 100_000,
    '{"a":[' * 50_000,
)
DUPLICATES = (
    ('{"a": 1, "a": 1}', "a"),
    ('{"a": 1, "b": 2, "c": 3, "b": 2}', "b"),
    ('[{"a": {"b": 1, "c": [], "b": 2}}]', "b"),
    ('{"a": {"x": 1}, "b": [[{"x": null, "x": null}]]}', "x"),
    ('{"\\u0061": 1, "a": 2}', "a"),
    ('{"": 1, "": 2}', ""),
    ('{"a": ' + "9" * 5_000 + ', "a": 1}', "a"),
    ('{"a": 1e999, "a": 1}', "a"),
    ('{"\\ud800": 1, "\\ud800": 2}', "\ud800"),
)
UNIQUE = ("{}", "[]", "5", '{"a": {"a": {"a": 1}}, "b": {"a": 1}}', '{"a": 1, "A": 2, " a": 3, "a\\u0000": 4}')


# --- Keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "key"), DUPLICATES, ids=range(len(DUPLICATES)))
def test_a_key_that_is_named_twice_is_found_at_any_depth(text: str, key: str) -> None:
    assert find_duplicate_key(text) == key


@pytest.mark.parametrize("text", UNIQUE)
def test_keys_of_different_objects_are_no_duplicates(text: str) -> None:
    assert find_duplicate_key(text) is None


VALUES = st.sampled_from(
    ("1", "null", '""', '"a"', '"a,: {}"', '"\\""', "[]", '["a"]', "{}", '{"a": 1}', '{"a": 1, "a": 2}')
)


@given(st.lists(st.tuples(st.sampled_from(("a", "b", "é", "\\u0061")), VALUES), max_size=5))
def test_counting_quotation_marks_never_misses_a_second_key(members: list[tuple[str, str]]) -> None:
    text = "{" + ", ".join(f'"{name}": {value}' for name, value in members) + "}"
    if has_unique_keys(text, json.loads(text)):
        assert find_duplicate_key(text) is None


def test_the_usual_event_is_known_to_name_no_key_twice() -> None:
    assert has_unique_keys(event_body(), EVENT)


@given(st.lists(st.tuples(st.sampled_from("abcdé"), st.integers(0, 3)), max_size=6))
def test_an_object_has_as_many_members_as_pairs_or_is_refused(pairs: list[tuple[str, int]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) == len(names):
        assert unique_keys(pairs) == dict(pairs)
    else:
        with pytest.raises(DuplicateKeyError) as refused:
            unique_keys(pairs)
        assert names.count(refused.value.key) > 1


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("duration_seconds", '"duration_seconds"'),
        ("line_12", '"line_12"'),
        ('a"\n\u202e', '"a\\"\\n\\u202e"'),
        ("\ud800", '"\\ud800"'),
        ("x" * 65, f'"{"x" * 64}..."'),
        ("+442071838750", '"+############"'),
        ("+44 20 7183 8750", '"+## ## #### ####"'),
        ("٤٤٢٠٧١٨٣٨", f'"{"#" * 9}"'),
    ],
    ids=ascii,
)
def test_a_key_is_shown_short_in_ascii_and_without_numbers(key: str, shown: str) -> None:
    assert shown_key(key) == shown


# --- Call events ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extra", "key"),
    [
        ('"duration_seconds": 0', "duration_seconds"),
        ('"duration_seconds": 125', "duration_seconds"),
        ('"direction": "inbound"', "direction"),
        ('"to": "911"', "to"),
        ('"\\u0074o": "911"', "to"),
        ('"account_id": "acct_2"', "account_id"),
        ('"extra": {"x": [{"y": 1, "y": 1}]}', "y"),
    ],
)
def test_an_event_that_names_a_key_twice_is_refused_at_any_cost(extra: str, key: str) -> None:
    for body in (f"{event_body()[:-1]}, {extra}}}", f"{{{extra}, {event_body()[1:]}"):
        result = parse_call(body, NOW)
        assert isinstance(result, Rejection)
        assert (result.code, f'"{key}"' in result.detail) == ("duplicate_key", True)


def test_checking_a_file_reports_events_that_name_a_key_twice() -> None:
    body = f'{event_body()[:-1]}, "to": "{EVENT["to"]}"}}'
    assert [(number, one.code) for number, one in rejections_of([(1, event_body()), (2, body)], NOW)] == [
        (2, "duplicate_key")
    ]


@pytest.mark.parametrize("body", NESTED, ids=range(len(NESTED)))
def test_a_deeply_nested_event_is_refused(body: str) -> None:
    assert rejection_code(body) == "body_too_large"
    assert rejection_code(body[:16_000]) == "malformed_json"


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e308", "9" * 4_000, "1e-999"])
def test_a_number_that_no_duration_has_is_refused(value: str) -> None:
    body = event_body().replace('"duration_seconds": 125', f'"duration_seconds": {value}')
    assert value in body
    if value != "1e-999":  # It is read as 0.0, so the event costs nothing.
        assert rejection_code(body) in ("invalid_duration", "malformed_json")


@pytest.mark.parametrize("value", ["9" * 4_000, "-0", "1e999", "[" * 90 + "]" * 90, '"\\ud83d\\ude00"'])
def test_an_odd_value_of_an_unknown_field_does_not_stop_a_call(value: str) -> None:
    assert isinstance(parse_call(f'{event_body()[:-1]}, "extra": {value}}}', NOW), Call)


def test_an_event_with_half_a_character_is_malformed() -> None:
    assert rejection_code(f'{event_body()[:-1]}, "extra": "\\ud800"}}') == "malformed_json"
    assert rejection_code(f'{event_body()[:-1]}, "\ud800": 1}}') == "malformed_json"


# --- Stripe's callbacks -----------------------------------------------------------------------------------------------


def event(**changes: Any) -> dict[str, Any]:
    """An event of Stripe as a dictionary."""
    data = {"object": {"id": "pi_1", "customer": "cus_1"}}
    return {"id": "evt_1", "type": "payment_intent.succeeded", "created": 1_795_435_200, "data": data} | changes


def verified(body: bytes) -> StripeEvent:
    """The event of a signed body."""
    return verify_event(body, signed(body), SECRET, NOW)


def of_object(**fields: Any) -> str:
    """The body of an event about this object."""
    return json.dumps(event(data={"object": fields}))


MALFORMED = (
    *NESTED,
    '{"id": "evt_1", "type": "x", "data": {"object": {"id": ' + "[" * 100_000,
    '{"id": "evt_1", "type": "x", "data": {"object": {"id": ' + "[" * 30_000 + "]" * 30_000 + "}}}",
    "9" * 5_000,
    json.dumps(event(created=float("nan"))),
    json.dumps(event(created=float("inf"))),
    json.dumps(event(created=-1)),
    json.dumps(event(created=10**12)),
    json.dumps(event(created=10**30)),
    json.dumps(event(created="soon")),
    json.dumps(event(created=[1])),
    json.dumps(event(id="\ud800")),
    json.dumps(event(id="e" * 256)),
    json.dumps(event(type="e" * 3_000)),
    of_object(id="pi_" + "x" * 3_000),
    of_object(id="pi_\ud800"),
    of_object(id="pi_1", metadata=["x"]),
    of_object(id="pi_1", metadata={"account_id": "\udfff"}),
)


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_a_signed_body_that_cannot_be_an_event_is_400(body: str) -> None:
    with pytest.raises(BadRequest) as refused:
        verified(body.encode())
    assert refused.value.code == "malformed_event"


def test_an_event_without_a_time_or_with_long_metadata_is_read() -> None:
    assert verified(json.dumps(event(created=None)).encode()).created == 0
    foreign = of_object(id="pi_1", metadata={"account_id": "x" * 500}).encode()
    assert verified(foreign).account_id == "x" * 500
