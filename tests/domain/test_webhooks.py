"""A callback is accepted only with a recent signature over its exact bytes, made with the configured secret."""

import json
from datetime import timedelta
from typing import Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.errors import BadRequest
from calling_credit.payments.webhook_signature import TOLERANCE_SECONDS, StripeEvent, verify_event
from tests.domain.examples import NOW

SECRET = "whsec_ours"
SENT_AT = int(NOW.timestamp())
EVENT: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "type": "payment_intent.succeeded",
    "data": {"object": {"id": "pi_1", "object": "payment_intent", "customer": "cus_1", "description": "Ünïcödé"}},
}
BODY = json.dumps(EVENT, ensure_ascii=False).encode()


def signed(body: bytes = BODY, secret: str = SECRET, sent_at: int = SENT_AT) -> str:
    """The signature header that Stripe sends with this body."""
    return str(stripe.WebhookSignature.generate_signature_header(body.decode(), secret, sent_at))


def assert_refused(code: str, body: bytes, signature: str | None) -> None:
    with pytest.raises(BadRequest) as refused:
        verify_event(body, signature, SECRET, NOW)
    assert refused.value.code == code
    assert refused.value.detail.endswith(".")


def test_a_callback_names_its_stripe_object() -> None:
    notice = StripeEvent("evt_1", "payment_intent.succeeded", "pi_1", "cus_1")
    assert verify_event(BODY, signed(), SECRET, NOW) == notice


@pytest.mark.parametrize("signature", [None, ""])
def test_a_callback_without_a_signature_is_refused(signature: str | None) -> None:
    assert_refused("missing_signature", BODY, signature)


@pytest.mark.parametrize("seconds", [-TOLERANCE_SECONDS, -1, 0, 1, TOLERANCE_SECONDS])
def test_a_clock_difference_of_five_minutes_is_accepted(seconds: int) -> None:
    assert verify_event(BODY, signed(sent_at=SENT_AT + seconds), SECRET, NOW).event_id == "evt_1"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (-TOLERANCE_SECONDS - 1, "stale_signature"),
        (-(10**9), "stale_signature"),
        (TOLERANCE_SECONDS + 1, "future_signature"),
        (10**9, "future_signature"),
    ],
)
def test_an_old_or_future_signature_is_refused(seconds: int, code: str) -> None:
    assert_refused(code, BODY, signed(sent_at=SENT_AT + seconds))


def test_a_signature_expires_after_five_minutes() -> None:
    header = signed()
    assert verify_event(BODY, header, SECRET, NOW + timedelta(minutes=5)).event_id == "evt_1"
    with pytest.raises(BadRequest) as refused:
        verify_event(BODY, header, SECRET, NOW + timedelta(minutes=5, milliseconds=1))
    assert refused.value.code == "stale_signature"


def test_a_signature_made_with_another_secret_is_refused() -> None:
    assert_refused("invalid_signature", BODY, signed(secret="whsec_theirs"))


@pytest.mark.parametrize(
    "body",
    [
        BODY.replace(b"pi_1", b"pi_2"),
        BODY + b" ",
        BODY.replace(b": ", b":"),
        json.dumps(EVENT).encode(),
        b"",
        b"{}",
    ],
)
def test_a_signature_covers_the_exact_bytes(body: bytes) -> None:
    assert_refused("invalid_signature", body, signed())


def test_the_checked_time_is_the_signed_time() -> None:
    old, fresh = signed(sent_at=SENT_AT - 3600), signed()
    signature = old.partition(",")[2]
    assert_refused("invalid_signature", BODY, f"t={SENT_AT},{signature}")
    assert_refused("stale_signature", BODY, f"{old},t={SENT_AT}")
    assert_refused("invalid_signature", BODY, f"t={SENT_AT},{old}")
    assert verify_event(BODY, f"{fresh},t={SENT_AT - 3600}", SECRET, NOW).event_id == "evt_1"


def test_one_valid_signature_of_several_is_enough() -> None:
    good, other = signed().partition(",")[2], signed(secret="whsec_old").partition(",")[2]
    for header in (f"t={SENT_AT},{other},{good}", f"t={SENT_AT},{good},{other}", f"t={SENT_AT},v0=x,{good}"):
        assert verify_event(BODY, header, SECRET, NOW).event_id == "evt_1"
    assert_refused("invalid_signature", BODY, f"t={SENT_AT},{other},{other}")


@pytest.mark.parametrize(
    "header",
    [
        "v1",
        "t",
        ",",
        "=,=",
        "garbage",
        f"t={SENT_AT}",
        f"t={SENT_AT},v1",
        f"t={SENT_AT},v1=",
        f"t={SENT_AT},v1=é",
        f"t={SENT_AT},v1=\ud800",
        f"t={SENT_AT}," + signed().partition(",v1=")[2],
        f"t={SENT_AT}," + signed().partition(",")[2].replace("v1", "v0"),
        signed().partition(",")[2],
        signed().replace("t=", "t=x"),
        signed().replace(",", ";"),
        signed().upper(),
        "t=" + "9" * 5000 + ",v1=a",
    ],
    ids=lambda header: ascii(header)[:30],
)
def test_an_invalid_signature_header_is_refused(header: str) -> None:
    assert_refused("invalid_signature", BODY, header)


@given(st.text(min_size=1) | st.text("t=v10,9é ", min_size=1))
def test_arbitrary_text_is_refused(header: str) -> None:
    assert_refused("invalid_signature", BODY, header)


def test_bytes_that_are_not_text_are_refused() -> None:
    assert_refused("invalid_signature", b"\xff\xfe", signed())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"null",
        b"[]",
        b'"text"',
        b"5",
        b"{}",
        b'{"id": "evt_1", "type": "x"}',
        b'{"id": "evt_1", "type": "x", "data": null}',
        b'{"id": "evt_1", "type": "x", "data": []}',
        b'{"id": "evt_1", "type": "x", "data": {}}',
        b'{"id": "evt_1", "type": "x", "data": {"object": null}}',
        b'{"id": "evt_1", "type": "x", "data": {"object": "pi_1"}}',
        b'{"id": "evt_1", "type": "x", "data": {"object": {}}}',
        b'{"id": "evt_1", "data": {"object": {"id": "pi_1"}}}',
        b'{"type": "x", "data": {"object": {"id": "pi_1"}}}',
        b'{"id": "evt_1", "type": "x", "data": {"object": {"id": "pi_1"}, "previous_attributes": "y"}}',
    ],
)
def test_a_signed_body_that_is_not_an_event_is_refused(body: bytes) -> None:
    assert_refused("malformed_event", body, signed(body))


@pytest.mark.parametrize(
    ("data", "customer_id"),
    [
        ({"object": {"id": "pm_1", "customer": None}, "previous_attributes": {"customer": "cus_1"}}, "cus_1"),
        ({"object": {"id": "pm_1", "customer": "cus_2"}, "previous_attributes": {"customer": "cus_1"}}, "cus_2"),
        ({"object": {"id": "pm_1", "customer": None}, "previous_attributes": None}, ""),
        ({"object": {"id": "pm_1"}}, ""),
    ],
)
def test_a_detached_card_event_names_its_customer(data: dict[str, Any], customer_id: str) -> None:
    body = json.dumps({"id": "evt_2", "type": "payment_method.detached", "data": data}).encode()
    notice = verify_event(body, signed(body), SECRET, NOW)
    assert notice == StripeEvent("evt_2", "payment_method.detached", "pm_1", customer_id)
