"""The recharge rule as set by a customer: refused with a code, or merged with the stored rule."""

from dataclasses import replace
from typing import Any

import pytest

from calling_credit.errors import InvalidValue
from calling_credit.recharge import attempts
from calling_credit.recharge.attempts import State
from calling_credit.recharge.decision import Rule
from calling_credit.recharge.settings import (
    RuleSettings,
    apply_settings,
    parse_rule_settings,
    rule_view,
)
from calling_credit.topups.topup import Card
from tests.domain.attempt_examples import BACKING_OFF, BEGUN, CAPPED, STORED_RULE
from tests.domain.examples import NOW
from tests.domain.payment_examples import (
    ATTACHED_AGAIN,
    BOUNDS,
    CARD,
    OTHER_CARD,
    RULE,
    ago,
    usd,
)

BODY = {"enabled": True, "threshold": "10.00", "amount": "50.00", "payment_method_id": "pm_1"}
WISH = RuleSettings(
    enabled=True,
    threshold_micros=usd("10"),
    amount_micros=usd("50"),
    payment_method_id="pm_1",
    hourly_count=3,
    daily_limit_micros=usd("200"),
    monthly_limit_micros=usd("1000"),
)


# --- Requests ---------------------------------------------------------------------------------------------------------


def test_absent_limits_have_their_defaults() -> None:
    assert parse_rule_settings(BODY, None, BOUNDS) == WISH
    assert (
        parse_rule_settings(BODY | dict.fromkeys(("hourly_count", "daily_limit", "monthly_limit")), None, BOUNDS)
        == WISH
    )


def test_a_request_may_set_every_field() -> None:
    limits = {"hourly_count": 20, "daily_limit": "50", "monthly_limit": "10000.00"}
    wish = parse_rule_settings(BODY | {"enabled": False, "threshold": "0", "amount": "5", **limits}, None, BOUNDS)
    assert wish == RuleSettings(False, 0, usd("5"), "pm_1", 20, usd("50"), usd("10000"))


def test_absent_or_null_fields_keep_their_values() -> None:
    current = RuleSettings(True, usd("10"), usd("50"), "pm_1", 5, usd("150.50"), usd("300"))
    assert parse_rule_settings({}, STORED_RULE, BOUNDS) == current
    assert (
        parse_rule_settings(dict.fromkeys([*BODY, "hourly_count", "daily_limit", "monthly_limit"]), STORED_RULE, BOUNDS)
        == current
    )
    assert parse_rule_settings({"enabled": False}, STORED_RULE, BOUNDS) == replace(current, enabled=False)
    assert parse_rule_settings({"monthly_limit": "60"}, STORED_RULE, BOUNDS) == replace(
        current, monthly_limit_micros=usd("60")
    )


@pytest.mark.parametrize("state", [State(), State(suspended_reason=attempts.SuspensionReason.UNUSABLE)])
def test_sending_back_the_shown_rule_changes_nothing(state: State) -> None:
    card = Card(STORED_RULE.payment_method_id, STORED_RULE.brand, STORED_RULE.last4, STORED_RULE.fingerprint)
    wish = parse_rule_settings(rule_view(STORED_RULE, state, NOW), STORED_RULE, BOUNDS)
    assert apply_settings(wish, card, STORED_RULE, state, NOW) == (STORED_RULE, state)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"enabled": "true"}, "invalid_field"),
        ({"enabled": 1}, "invalid_field"),
        ({"enabled": []}, "invalid_field"),
        ({"threshold": 10}, "invalid_amount"),
        ({"threshold": "10.001"}, "invalid_amount"),
        ({"threshold": "1e1"}, "invalid_amount"),
        ({"threshold": "-0.01"}, "amount_out_of_range"),
        ({"threshold": "10000.01"}, "amount_out_of_range"),
        ({"amount": 50}, "invalid_amount"),
        ({"amount": "50.001"}, "invalid_amount"),
        ({"amount": "NaN"}, "invalid_amount"),
        ({"amount": "-50"}, "amount_out_of_range"),
        ({"amount": "4.99"}, "amount_out_of_range"),
        ({"amount": "500.01"}, "amount_out_of_range"),
        ({"payment_method_id": ""}, "invalid_payment_method"),
        ({"payment_method_id": "../pm_1"}, "invalid_payment_method"),
        ({"payment_method_id": 5}, "invalid_payment_method"),
        ({"hourly_count": 0}, "invalid_field"),
        ({"hourly_count": 21}, "invalid_field"),
        ({"hourly_count": -1}, "invalid_field"),
        ({"hourly_count": 3.0}, "invalid_field"),
        ({"hourly_count": True}, "invalid_field"),
        ({"hourly_count": "3"}, "invalid_field"),
        ({"daily_limit": 200}, "invalid_amount"),
        ({"daily_limit": "200.001"}, "invalid_amount"),
        ({"daily_limit": "-200"}, "amount_out_of_range"),
        ({"daily_limit": "10000.01"}, "amount_out_of_range"),
        ({"monthly_limit": 1000}, "invalid_amount"),
        ({"monthly_limit": "-1"}, "amount_out_of_range"),
        ({"monthly_limit": "10000.01"}, "amount_out_of_range"),
        ({"daily_limit": "49.99"}, "limit_below_amount"),
        ({"daily_limit": "0"}, "limit_below_amount"),
        ({"monthly_limit": "49.99"}, "limit_below_amount"),
        ({"amount": "200.01"}, "limit_below_amount"),
    ],
    ids=str,
)
def test_an_invalid_rule_is_refused(change: dict[str, Any], code: str) -> None:
    for current in (None, RULE):
        with pytest.raises(InvalidValue) as refused:
            parse_rule_settings(BODY | change, current, BOUNDS)
        assert refused.value.code == code
        assert refused.value.detail.endswith(".")
        assert next(iter(change)) in refused.value.detail


@pytest.mark.parametrize("field", BODY)
def test_a_first_rule_must_set_every_field_without_a_default(field: str) -> None:
    for body in ({name: value for name, value in BODY.items() if name != field}, BODY | {field: None}):
        with pytest.raises(InvalidValue, match=field) as refused:
            parse_rule_settings(body, None, BOUNDS)
        assert refused.value.code == "missing_field"


def test_an_amount_above_the_stored_limit_is_refused() -> None:
    with pytest.raises(InvalidValue, match="daily_limit") as refused:
        parse_rule_settings({"amount": "151"}, STORED_RULE, BOUNDS)
    assert refused.value.code == "limit_below_amount"
    assert parse_rule_settings({"amount": "150.50"}, STORED_RULE, BOUNDS).amount_micros == usd("150.50")


# --- The resulting rule and state -------------------------------------------------------------------------------------


def put(state: State, card: Card = CARD, rule: Rule | None = RULE, **body: Any) -> State:
    """The state after a PUT with this card."""
    wish = parse_rule_settings(BODY | {"payment_method_id": card.payment_method_id} | body, rule, BOUNDS)
    return apply_settings(wish, card, rule, state, NOW)[1]


def test_a_first_rule_has_the_requested_settings_and_card() -> None:
    assert apply_settings(WISH, CARD, None, State(), NOW) == (RULE, State())


def test_a_changed_rule_keeps_its_version_until_it_is_stored() -> None:
    rule, _ = apply_settings(replace(WISH, enabled=False), OTHER_CARD, STORED_RULE, State(), NOW)
    assert rule == replace(
        RULE, enabled=False, payment_method_id="pm_2", brand="mastercard", last4="4444", fingerprint="fp_2", version=4
    )


def test_any_change_clears_a_cap_but_keeps_a_back_off() -> None:
    assert put(CAPPED) == State()
    assert put(BACKING_OFF) == BACKING_OFF
    assert put(BACKING_OFF, ATTACHED_AGAIN) == BACKING_OFF
    assert put(BACKING_OFF, rule=replace(RULE, enabled=False)) == BACKING_OFF


def test_any_change_clears_an_expired_back_off() -> None:
    over = replace(BACKING_OFF, not_before=ago(), next_attempt_at=ago())
    assert put(over) == attempts.wake(over)


def test_another_card_resets_the_state_but_keeps_the_attempts() -> None:
    fresh = put(BACKING_OFF, OTHER_CARD)
    assert fresh == State(attempt=1, recent=BACKING_OFF.recent)


@pytest.mark.parametrize(
    ("reason", "same", "attached_again", "another", "switched_on_again"),
    [
        (attempts.SuspensionReason.REPEATEDLY, False, False, True, True),
        (attempts.SuspensionReason.UNUSABLE, False, False, True, False),
        (attempts.SuspensionReason.AUTHENTICATION, False, False, True, False),
    ],
)
def test_the_end_of_a_suspension_depends_on_its_cause(
    reason: str, same: bool, attached_again: bool, another: bool, switched_on_again: bool
) -> None:
    suspended = replace(BEGUN, in_flight=None, suspended_reason=reason, failed_fingerprint=CARD.fingerprint)
    assert (put(suspended).suspended_reason is None) == same
    assert (put(suspended, ATTACHED_AGAIN).suspended_reason is None) == attached_again
    assert (put(suspended, OTHER_CARD).suspended_reason is None) == another
    off = replace(RULE, enabled=False)
    assert (put(suspended, rule=off).suspended_reason is None) == switched_on_again
    assert put(suspended, rule=off, enabled=False).suspended_reason == reason


def test_choosing_any_saved_card_replaces_a_removed_card() -> None:
    removed = attempts.remove_card(State())
    assert put(removed).suspended_reason == attempts.SuspensionReason.REMOVED
    assert put(removed, ATTACHED_AGAIN) == put(removed, OTHER_CARD) == State()


def test_no_change_interrupts_a_payment_in_flight() -> None:
    for after in (put(BEGUN), put(BEGUN, OTHER_CARD), put(BEGUN, enabled=False)):
        assert after == BEGUN
