"""Declined cards: which declines are permanent, and the message for the customer."""

from typing import get_args

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.topups.declines import (
    HARD_CODES,
    NOT_OF_ISSUER,
    SOFT_CODES,
    Decline,
    DeclineKind,
    message_of,
    public_code,
)

FOR_GOOD = [
    "card_not_supported",
    "card_removed",
    "currency_not_supported",
    "do_not_try_again",
    "expired_card",
    "expired_payment_method",
    "fraudulent",
    "incorrect_number",
    "invalid_account",
    "invalid_card_type",
    "invalid_cvc",
    "invalid_expiry_month",
    "invalid_expiry_year",
    "invalid_number",
    "lost_card",
    "merchant_blacklist",
    "new_account_information_available",
    "not_permitted",
    "pickup_card",
    "restricted_card",
    "revocation_of_all_authorizations",
    "revocation_of_authorization",
    "security_violation",
    "service_not_allowed",
    "stolen_card",
    "stop_payment_order",
    "testmode_decline",
    "transaction_not_allowed",
]
FOR_NOW = [
    "authentication_required",
    "call_issuer",
    "card_declined",
    "card_velocity_exceeded",
    "do_not_honor",
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


def sdk_codes(field: str) -> set[str]:
    """Every code that the pinned SDK lists for this field of a payment's or a saved card's last error."""
    values = [value for error in SDK_ERRORS[field] for value in flat(error.__annotations__[field])]
    return {code for code in values if isinstance(code, str)}


def flat(hint: object) -> list[object]:
    """The values of a type: of a Literal, also within a Union."""
    return [value for part in get_args(hint) for value in (flat(part) if get_args(part) else [part])]


DOCUMENTED = """
    approve_with_id authentication_not_handled authentication_required call_issuer card_not_supported
    card_velocity_exceeded currency_not_supported do_not_honor do_not_try_again duplicate_transaction
    expired_card fraudulent generic_decline incorrect_address incorrect_cvc incorrect_number incorrect_pin
    incorrect_zip insufficient_funds invalid_account invalid_amount invalid_cvc invalid_expiry_month
    invalid_expiry_year invalid_number invalid_pin issuer_not_available lost_card merchant_blacklist
    mobile_device_authentication_required new_account_information_available no_action_taken not_permitted
    offline_pin_required online_or_offline_pin_required pickup_card pin_try_exceeded processing_error
    reenter_transaction restricted_card revocation_of_all_authorizations revocation_of_authorization
    security_violation service_not_allowed stolen_card stop_payment_order testmode_decline
    transaction_not_allowed try_again_later withdrawal_count_limit_exceeded
""".split()  # noqa: SIM905 - one name a line would take a page
"""The codes of card payments (docs.stripe.com/declines/codes). In the SDK a decline code is any text, so it lists
only error codes; a test notices when that changes.
"""
SDK_ERRORS = {
    "code": (stripe.PaymentIntent.LastPaymentError, stripe.SetupIntent.LastSetupError),
    "decline_code": (stripe.PaymentIntent.LastPaymentError, stripe.SetupIntent.LastSetupError),
    "advice_code": (stripe.PaymentIntent.LastPaymentError, stripe.Charge.Outcome),
}


def test_every_code_of_the_sdk_and_of_the_documentation_has_one_class() -> None:
    codes = sdk_codes("code")
    assert len(codes) > 200, "the SDK lists the codes differently"
    assert len(DOCUMENTED) == len(set(DOCUMENTED)) == 50
    assert (codes | set(DOCUMENTED)) - HARD_CODES - SOFT_CODES - NOT_OF_ISSUER == set()
    assert HARD_CODES - codes - set(DOCUMENTED) <= {"expired_payment_method", "invalid_card_type", "restricted_card"}
    for first, second in ((HARD_CODES, SOFT_CODES), (HARD_CODES, NOT_OF_ISSUER), (SOFT_CODES, NOT_OF_ISSUER)):
        assert not first & second


def test_the_sdk_lists_no_decline_codes_so_the_documentation_must() -> None:
    assert sdk_codes("decline_code") == set(), "compare the table with this list"
    assert sdk_codes("advice_code") == {"confirm_card_data", "do_not_try_again", "try_again_later"}


def test_a_bank_that_repeats_its_wish_for_authentication_does_not_decline() -> None:
    assert Decline("authentication_not_handled").kind is DeclineKind.NOT_OF_ISSUER
    assert public_code("authentication_not_handled") == "authentication_required"


@given(st.text())
def test_an_unknown_code_is_a_soft_decline_of_the_issuer(code: str) -> None:
    if code not in HARD_CODES | NOT_OF_ISSUER:
        assert Decline(code).kind is DeclineKind.SOFT
        assert not Decline(code).is_hard


@pytest.mark.parametrize(
    "code", ["authentication_required", "processing_error", "issuer_not_available", "lock_timeout"]
)
def test_a_failure_that_the_issuer_did_not_decide_is_no_decline(code: str) -> None:
    assert Decline(code).kind is DeclineKind.NOT_OF_ISSUER


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
