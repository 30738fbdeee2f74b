"""Example requests, rows, and contexts for tests of admission."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from calling_credit.accounts.limits import Limits
from calling_credit.admission.decision import (
    AdmissionContext,
    AdmissionRequest,
    Credit,
    Decision,
)
from calling_credit.admission.refusals import AccountStatus
from calling_credit.ledger.holds import Hold
from calling_credit.rates.deck import RateRow
from tests.domain.examples import NOW

LIFTED = Limits(10**15, 10**15, 10**6, 10**15)
"""Limits that no test of prices reaches."""
DOLLAR = 1_000_000
NUMBER = "+442071838750"


def row(**changes: Any) -> RateRow:
    """A row of a dollar a minute, billed in whole minutes, with the given changes."""
    cells: dict[str, Any] = {
        "prefix": "44",
        "destination": "United Kingdom",
        "country": "GB",
        "origin": "*",
        "rate_micros_per_minute": DOLLAR,
        "connection_fee_micros": 0,
        "minimum_seconds": 60,
        "increment_seconds": 60,
        "effective_from": "2020-01-01T00:00:00.000Z",
        "category": "outbound_international_call",
    }
    return RateRow(**cells | changes)


def ask(seconds: int = 600, **changes: Any) -> AdmissionRequest:
    """The request of the switch for the example call."""
    return replace(AdmissionRequest("c_1", "acct_1", "line_1", NUMBER, seconds), **changes)


def context_of(**changes: Any) -> AdmissionContext:
    """The context of an account with 100 dollars and no effective limit, with the given changes."""
    usual: dict[str, Any] = {
        "request": ask(),
        "account": AccountStatus(is_closed=False, is_frozen=False, holds=True, limits=LIFTED),
        "may_call_abroad": True,
        "origin": "US",
        "row": row(),
        "deck_version": "deck-1",
        "stored_hold": None,
        "credit": Credit(100 * DOLLAR),
        "now": NOW,
    }
    return AdmissionContext(**usual | changes)


def account_with(**limits: Any) -> AccountStatus:
    """An account with these limits."""
    return AccountStatus(is_closed=False, is_frozen=False, holds=True, limits=replace(LIFTED, **limits))


def hold_of(decision: Decision) -> Hold:
    """The hold of a decision."""
    assert decision.hold is not None
    return decision.hold


def after(seconds: float, hold: Hold, asked: int = 600, **changes: Any) -> AdmissionContext:
    """The context of a second request for the same call, this many seconds later."""
    credit = Credit(100 * DOLLAR - hold.amount_micros, hold.amount_micros, 1)
    usual: dict[str, Any] = {
        "request": ask(asked),
        "stored_hold": hold,
        "now": NOW + timedelta(seconds=seconds),
        "credit": credit,
    }
    return context_of(**usual | changes)
