"""Example states of automatic recharge after claims, declines, and suspensions."""

from dataclasses import replace
from datetime import datetime

from calling_credit.recharge.attempts import (
    State,
    SuspensionReason,
    await_customer,
    record_claim,
    record_decline,
    remove_card,
)
from calling_credit.topups.declines import Decline
from tests.domain.examples import NOW
from tests.domain.payment_examples import (
    CARD,
    MANUAL,
    OTHER_CARD,
    RULE,
    ahead,
    automatic,
    usd,
)

SOFT = Decline("insufficient_funds")
HARD = Decline("expired_card")
BEGUN = record_claim(State(), "tu_1", usd("50"), CARD.fingerprint, NOW)
OTHER_MANUAL = replace(MANUAL, card=OTHER_CARD)


def begun(state: State, now: datetime = NOW) -> State:
    """The state after the claim of the next attempt."""
    return record_claim(state, f"tu_{state.attempt + 1}", usd("50"), CARD.fingerprint, now)


def declined_times(times: int) -> State:
    """The state after this many consecutive soft declines."""
    state = State()
    for number in range(1, times + 1):
        state = record_decline(begun(state), automatic(number), SOFT, NOW)
    return state


def outcomes(state: State) -> list[str]:
    """The outcome of each attempt."""
    return [attempt.outcome for attempt in state.recent]


SUSPENDED = {
    SuspensionReason.AUTHENTICATION: await_customer(BEGUN, automatic(1)),
    SuspensionReason.REPEATEDLY: declined_times(3),
    SuspensionReason.UNUSABLE: record_decline(BEGUN, automatic(1), HARD, NOW),
    SuspensionReason.REMOVED: remove_card(declined_times(1)),
}
BACKING_OFF = record_decline(BEGUN, automatic(1), SOFT, NOW)
CAPPED = State(stopped="daily_limit", next_attempt_at=ahead(hours=5))
STORED_RULE = replace(
    RULE, hourly_count=5, daily_limit_micros=usd("150.50"), monthly_limit_micros=usd("300"), version=4
)
