"""Declined cards: which declines are permanent, and the message for the customer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.topups.declines import Decline, message_of, public_code

FOR_GOOD = [
    "card_not_supported",
    "card_removed",
    "expired_card",
    "incorrect_number",
    "invalid_account",
    "invalid_number",
    "lost_card",
    "new_account_information_available",
    "pickup_card",
    "restricted_card",
    "revocation_of_all_authorizations",
    "revocation_of_authorization",
    "stolen_card",
    "stop_payment_order",
]
FOR_NOW = [
    "authentication_required",
    "call_issuer",
    "card_declined",
    "card_velocity_exceeded",
    "do_not_honor",
    "fraudulent",
    "generic_decline",
    "incorrect_cvc",
    "insufficient_funds",
    "issuer_not_available",
    "processing_error",
    "reenter_transaction",
    "try_again_later",
    "withdrawal_count_limit_exceeded",
]
TOLD = [
    "authentication_required",
    "card_removed",
    "card_velocity_exceeded",
    "expired_card",
    "incorrect_cvc",
    "insufficient_funds",
    "payment_intent_authentication_failure",
    "processing_error",
    "withdrawal_count_limit_exceeded",
]


@pytest.mark.parametrize("code", FOR_GOOD)
@pytest.mark.parametrize("advice", [None, "try_again_later", "confirm_card_data"])
def test_these_declines_are_permanent_with_any_advice(code: str, advice: str | None) -> None:
    assert Decline(code, advice).is_hard


@pytest.mark.parametrize("code", FOR_NOW)
def test_soft_declines_are_temporary_unless_stripe_advises_otherwise(code: str) -> None:
    assert not Decline(code).is_hard
    assert not Decline(code, "try_again_later").is_hard
    assert Decline(code, "do_not_try_again").is_hard


@pytest.mark.parametrize("code", TOLD)
def test_a_customer_message_contains_only_public_facts(code: str) -> None:
    assert public_code(code) == code
    assert message_of(code) != message_of("card_declined")


@pytest.mark.parametrize("code", ["lost_card", "stolen_card", "pickup_card", "restricted_card", "fraudulent"])
def test_a_lost_or_stolen_card_is_shown_as_declined(code: str) -> None:
    assert public_code(code) == "card_declined"
    assert message_of(code) == message_of("card_declined")


@given(st.sampled_from([*FOR_GOOD, *FOR_NOW, *TOLD]) | st.text())
def test_every_stripe_code_gives_a_known_code_and_full_sentences(code: str) -> None:
    assert public_code(code) in {*TOLD, "card_declined"}
    assert message_of(code) == message_of(public_code(code))
    assert message_of(code).endswith(".")
