"""The caps of automatic recharge: recharges per hour, declines of one card, and the multiples that the caps leave."""

from dataclasses import replace

import pytest

from calling_credit.recharge.attempts import (
    Attempt,
    AttemptOutcome,
    State,
    record_cancellation,
    record_claim,
    record_decline,
    record_payment,
)
from calling_credit.recharge.decision import BuyCredit, Stop, decide_recharge
from calling_credit.topups.declines import Decline
from tests.domain.payment_examples import (
    CARD,
    RULE,
    UNLIMITED,
    ago,
    ahead,
    automatic,
    declined_at,
    history,
    moment,
    remembering,
    situation,
    succeeded,
    usd,
)

# --- Declines of one card ---------------------------------------------------------------------------------------------


FOUR = [ago(days=days) for days in (29, 20, 10, 5)]


def test_four_declines_of_a_card_in_thirty_days_stop_the_rule() -> None:
    assert decide_recharge(situation(card=history(*FOUR))) == Stop("card_declined_too_often", ahead(days=1))
    assert decide_recharge(situation(card=history(*FOUR[1:]))) == BuyCredit(usd("50"))


def test_a_fifth_decline_extends_the_stop() -> None:
    card = history(*FOUR, ago(days=1))
    assert decide_recharge(situation(card=card)) == Stop("card_declined_too_often", ahead(days=10))


def test_the_cards_history_decides_and_not_the_attempts_of_the_rule() -> None:
    assert decide_recharge(situation(state=remembering(*map(declined_at, FOUR)))) == BuyCredit(usd("50"))


def test_a_card_without_a_fingerprint_is_not_charged_automatically() -> None:
    rule = replace(RULE, fingerprint=RULE.payment_method_id)
    assert decide_recharge(situation(rule=rule)) == Stop("card_unusable")


@pytest.mark.parametrize(
    ("oldest", "decision"),
    [
        (ago(days=30), BuyCredit(usd("50"))),
        (ago(days=30, milliseconds=-1), Stop("card_declined_too_often", ahead(milliseconds=1))),
    ],
)
def test_a_decline_counts_for_thirty_days_to_the_millisecond(oldest: str, decision: BuyCredit | Stop) -> None:
    assert decide_recharge(situation(card=history(oldest, *FOUR[1:]))) == decision


# --- An hour ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("oldest", "decision"),
    [
        (ago(minutes=60), BuyCredit(usd("50"))),
        (ago(minutes=60, milliseconds=-1), Stop("hourly_count", ahead(milliseconds=1))),
    ],
)
def test_the_hourly_count_covers_a_rolling_hour(oldest: str, decision: BuyCredit | Stop) -> None:
    recent = [succeeded(at) for at in (oldest, ago(minutes=30), ago(minutes=1))]
    assert decide_recharge(situation(state=remembering(*recent))) == decision


def test_a_lowered_hourly_count_stops_until_enough_attempts_expire() -> None:
    recent = [succeeded(ago(minutes=minutes)) for minutes in (50, 40, 10)]
    rule = replace(RULE, hourly_count=1)
    assert decide_recharge(situation(rule=rule, state=remembering(*recent))) == Stop("hourly_count", ahead(minutes=50))


@pytest.mark.parametrize("outcome", ["declined", "canceled", "authentication_required"])
def test_a_failed_attempt_no_longer_counts_toward_the_caps(outcome: str) -> None:
    rule = replace(RULE, hourly_count=1, daily_limit_micros=usd("50"), monthly_limit_micros=usd("50"))
    spent = succeeded(ago(minutes=30))
    for counting in (spent, replace(spent, outcome=AttemptOutcome.CLAIMED)):
        assert decide_recharge(situation(rule=rule, state=remembering(counting))) == Stop(
            "hourly_count", ahead(minutes=30)
        )
    failed = Attempt(1, spent.at, spent.amount_micros, spent.fingerprint, outcome)  # type: ignore[arg-type]
    lenient = replace(rule, hourly_count=2)
    assert decide_recharge(situation(rule=lenient, state=remembering(failed))) == BuyCredit(usd("50"))


def test_canceled_attempts_still_count_toward_the_hour() -> None:
    """The hourly count is the only limit on cancellations: they start no back-off and free their amount."""
    record_cancellation = [
        Attempt(n, ago(minutes=50 - n), usd("50"), CARD.fingerprint, AttemptOutcome.CANCELED) for n in range(1, 4)
    ]
    assert decide_recharge(situation(state=remembering(*record_cancellation))) == Stop(
        "hourly_count", ahead(minutes=11)
    )


def test_a_charge_counts_from_its_claim_until_it_fails() -> None:
    rule = replace(RULE, daily_limit_micros=usd("50"))
    begun = record_claim(State(), "tu_1", usd("50"), CARD.fingerprint, moment(ago(hours=2)))
    full = Stop("daily_limit", "2026-11-24T05:00:00.000Z")
    assert decide_recharge(situation(rule=rule, state=replace(begun, in_flight=None))) == full
    assert decide_recharge(situation(rule=rule, state=record_payment(begun, automatic(1)))) == full
    assert decide_recharge(situation(rule=rule, state=record_cancellation(begun, automatic(1)))) == BuyCredit(usd("50"))
    refused = record_decline(begun, automatic(1), Decline("insufficient_funds"), moment(ago(hours=2)))
    assert decide_recharge(situation(rule=rule, state=refused)) == BuyCredit(usd("50"))


def test_a_late_payment_counts_on_the_day_of_its_claim() -> None:
    rule = replace(RULE, daily_limit_micros=usd("50"))
    begun = record_claim(State(), "tu_1", usd("50"), CARD.fingerprint, moment(ago(hours=2)))
    late = record_payment(record_cancellation(begun, automatic(1)), automatic(1))
    assert decide_recharge(situation(rule=rule, state=late)) == Stop("daily_limit", "2026-11-24T05:00:00.000Z")


# --- Whole multiples --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("daily", "monthly", "maximum", "charge"),
    [
        ("10000", "10000", "10000", "450"),
        ("450", "10000", "10000", "450"),
        ("449.99", "10000", "10000", "400"),
        ("10000", "399.99", "10000", "350"),
        ("10000", "10000", "149.99", "100"),
        ("50", "10000", "500", "50"),
        ("300", "250", "200", "200"),
    ],
)
def test_a_charge_is_cut_to_the_multiples_that_every_cap_allows(
    daily: str, monthly: str, maximum: str, charge: str
) -> None:
    rule = replace(UNLIMITED, daily_limit_micros=usd(daily), monthly_limit_micros=usd(monthly))
    s = situation(rule=rule, posted_micros=usd("-429.80"), maximum_micros=usd(maximum))
    assert decide_recharge(s) == BuyCredit(usd(charge))


def test_a_charge_is_never_a_fraction_of_a_multiple() -> None:
    deep = {"posted_micros": usd("-1000")}
    assert decide_recharge(situation(state=remembering(succeeded(ago(hours=3), usd("120"))), **deep)) == BuyCredit(
        usd("50")
    )
    full = decide_recharge(situation(state=remembering(succeeded(ago(hours=3), usd("150.01"))), **deep))
    assert full == Stop("daily_limit", "2026-11-24T05:00:00.000Z")


def test_a_limit_below_the_spent_amount_stops() -> None:
    rule = replace(RULE, daily_limit_micros=usd("50"))
    assert isinstance(
        decide_recharge(situation(rule=rule, state=remembering(succeeded(ago(hours=3), usd("500"))))), Stop
    )
