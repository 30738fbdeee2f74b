"""Intents that do not match their top-up are reported and never credited."""

from dataclasses import replace
from typing import Any

import pytest

from calling_credit.topups.decision import (
    MismatchCode,
    ReportMismatch,
    mismatch,
    next_action,
)
from calling_credit.topups.topup import (
    TopUpStatus,
)
from tests.domain.examples import NOW
from tests.domain.payment_examples import INTENT, MANUAL, unread_rule, usd

MISMATCHES: list[tuple[dict[str, Any], MismatchCode | None]] = [
    ({"intent_id": "pi_2"}, MismatchCode.OTHER_INTENT),
    ({"currency": "eur"}, MismatchCode.CURRENCY_MISMATCH),
    ({"currency": "USD"}, MismatchCode.CURRENCY_MISMATCH),
    ({"customer_id": "cus_2"}, MismatchCode.CUSTOMER_MISMATCH),
    ({"customer_id": ""}, MismatchCode.CUSTOMER_MISMATCH),
    ({"amount_micros": usd("24.99")}, MismatchCode.AMOUNT_MISMATCH),
    ({"amount_micros": usd("2500"), "received_micros": usd("2500")}, MismatchCode.AMOUNT_MISMATCH),
    ({"received_micros": usd("24.99")}, MismatchCode.AMOUNT_MISMATCH),
    ({"received_micros": 0}, MismatchCode.AMOUNT_MISMATCH),
    ({"status": "processing", "received_micros": 0}, None),
    ({"status": "processing", "amount_micros": usd("26"), "received_micros": 0}, MismatchCode.AMOUNT_MISMATCH),
    ({"intent_id": "pi_2", "currency": "eur", "customer_id": "", "amount_micros": 1}, MismatchCode.OTHER_INTENT),
]


@pytest.mark.parametrize(("change", "reason"), MISMATCHES, ids=str)
def test_unexpected_intent_is_reported_and_never_credited(change: dict[str, Any], reason: MismatchCode | None) -> None:
    intent = replace(INTENT, **change)
    assert mismatch(MANUAL, intent) == reason
    if reason is not None:
        for status in TopUpStatus:
            topup = replace(MANUAL, status=status)
            assert next_action(topup, intent, NOW, unread_rule) == ReportMismatch(intent, reason)


def test_top_up_without_stored_intent_accepts_any_that_fits() -> None:
    assert mismatch(replace(MANUAL, intent_id=None), replace(INTENT, intent_id="pi_2")) is None
