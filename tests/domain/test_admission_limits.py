"""What an account's limits decide about a call: how long it may last, how many run at once, and where it may go."""

from dataclasses import replace

import pytest

from calling_credit.admission.decision import Credit, decide_admission
from tests.domain.admission_examples import DOLLAR, account_with, ask, context_of, hold_of, row


def test_the_lowest_limit_sets_the_maximum_duration() -> None:
    account = account_with(call_price_micros=5 * DOLLAR, daily_spend_micros=20 * DOLLAR)
    decision = decide_admission(context_of(account=account))
    assert (decision.max_seconds, decision.limited_by) == (300, "call_price_limit")
    credit = Credit(100 * DOLLAR, held_micros=7 * DOLLAR, live_holds=2, spent_micros=10 * DOLLAR)
    decision = decide_admission(context_of(account=account, credit=credit))
    assert (decision.max_seconds, decision.limited_by) == (180, "daily_spend_limit")
    decision = decide_admission(context_of(account=account, credit=replace(credit, spent_micros=13 * DOLLAR)))
    assert decision.reason == "daily_spend_limit"


def test_an_extension_does_not_count_as_another_simultaneous_call() -> None:
    account = account_with(simultaneous_calls=2)
    assert decide_admission(context_of(account=account, credit=Credit(DOLLAR, live_holds=1))).reason is None
    assert (
        decide_admission(context_of(account=account, credit=Credit(DOLLAR, live_holds=2))).reason
        == "simultaneous_calls_limit"
    )
    hold = hold_of(decide_admission(context_of(account=account)))
    later = context_of(account=account, stored_hold=hold, credit=Credit(90 * DOLLAR, 10 * DOLLAR, 2), request=ask(1200))
    assert decide_admission(later).max_seconds == 1200


@pytest.mark.parametrize(
    ("blocked", "is_refused"), [(("GB",), True), (("+4420",), True), (("+44207183875",), True), (("+447", "US"), False)]
)
def test_a_limit_blocks_countries_and_prefixes(blocked: tuple[str, ...], is_refused: bool) -> None:
    assert (
        decide_admission(context_of(account=account_with(blocked=blocked))).reason == "destination_blocked"
    ) is is_refused


def test_a_blocked_country_matches_the_deck_or_the_numbering_plan() -> None:
    """The country of a row and of a number may differ, for example +1 876 in a row of the United States."""
    jamaica = {"request": ask(dialled_number="+18765550123"), "row": row(prefix="1", country="US")}
    for country in ("JM", "US"):
        assert (
            decide_admission(context_of(account=account_with(blocked=(country,)), **jamaica)).reason
            == "destination_blocked"
        )
