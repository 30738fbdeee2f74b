"""A card has four tries in 30 days for all paths together. Only an issuer's decline uses one up."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.topups import card_history
from calling_credit.topups.card_history import MAX_TRIES, NEW_CARD, CardHistory, CardRecord, CardRefusal
from calling_credit.topups.declines import Decline
from tests.domain.examples import NOW
from tests.domain.payment_examples import ahead

SOFT, HARD = Decline("generic_decline"), Decline("stolen_card")
DAY = timedelta(days=1)


def reserved(record: CardRecord, topup_id: str, number: int = 1, *, is_manual: bool = True) -> CardRecord:
    """The record after a reservation that succeeds."""
    result = card_history.reserve(record, topup_id, number, NOW, is_manual=is_manual)
    assert isinstance(result, CardRecord)
    return result


def declined(record: CardRecord, topup_id: str, decline: Decline = SOFT) -> CardRecord:
    """The record after a reserved and declined confirmation."""
    return card_history.record_decline(reserved(record, topup_id), topup_id, 1, decline, NOW)


def exhausted() -> CardRecord:
    """A card after four declines."""
    record = NEW_CARD
    for number in range(MAX_TRIES):
        record = declined(record, f"tu_{number}")
    return record


def tries_left(record: CardRecord) -> int:
    """The tries that the card has left."""
    return card_history.history_of(record, NOW).tries_left


def test_four_declines_end_the_tries_for_thirty_days() -> None:
    record = exhausted()
    history = card_history.history_of(record, NOW)
    assert history == CardHistory(0, ahead(days=30), declined_at=ahead())
    for is_manual in (True, False):
        refusal = card_history.reserve(record, "tu_new", 1, NOW, is_manual=is_manual)
        assert refusal == CardRefusal.DECLINED_TOO_OFTEN
    assert card_history.history_of(record, NOW + 30 * DAY).tries_left == MAX_TRIES


def test_four_payments_under_way_make_a_card_busy_and_not_exhausted() -> None:
    record = NEW_CARD
    for number in range(MAX_TRIES):
        record = reserved(record, f"tu_{number}")
    assert card_history.reserve(record, "tu_5", 1, NOW, is_manual=True) == CardRefusal.BUSY
    returned = card_history.give_back(record, "tu_0")
    assert tries_left(returned) == 1


@pytest.mark.parametrize("number", [1, 2])
def test_a_repeated_reservation_takes_one_try(number: int) -> None:
    record = reserved(reserved(NEW_CARD, "tu_1"), "tu_1", number)
    assert tries_left(record) == MAX_TRIES - 1
    assert tries_left(card_history.give_back(record, "tu_1")) == MAX_TRIES


def test_a_replay_of_a_declined_confirmation_takes_no_further_try() -> None:
    record = declined(NEW_CARD, "tu_1")
    assert reserved(record, "tu_1") == record
    assert card_history.record_decline(record, "tu_1", 1, SOFT, NOW) == record
    assert card_history.give_back(record, "tu_1") == record


def test_a_payment_returns_all_declines_but_not_what_is_under_way() -> None:
    record = reserved(reserved(declined(declined(NEW_CARD, "tu_1"), "tu_2"), "tu_3"), "tu_4")
    assert tries_left(card_history.record_success(record, "tu_3", NOW)) == MAX_TRIES - 1


@pytest.mark.parametrize("is_manual", [True, False])
def test_a_never_retry_decline_ends_the_tries_at_once(*, is_manual: bool) -> None:
    record = declined(NEW_CARD, "tu_1", HARD)
    history = card_history.history_of(record, NOW + 400 * DAY)
    assert (history.tries_left, history.retry_at) == (0, None)
    refusal = card_history.reserve(record, "tu_2", 1, NOW + 400 * DAY, is_manual=is_manual)
    assert refusal == CardRefusal.DECLINED_TOO_OFTEN


def test_a_card_saved_again_has_one_manual_try_and_no_automatic_one() -> None:
    record = card_history.grant_manual_try(declined(NEW_CARD, "tu_1", HARD), ahead(hours=1), NOW)
    refusal = card_history.reserve(record, "tu_2", 1, NOW, is_manual=False)
    assert refusal == CardRefusal.DECLINED_TOO_OFTEN
    used = reserved(record, "tu_2")
    assert card_history.reserve(used, "tu_3", 1, NOW, is_manual=True) == CardRefusal.DECLINED_TOO_OFTEN
    assert reserved(card_history.give_back(used, "tu_2"), "tu_3").has_manual_try is False
    assert tries_left(card_history.record_success(used, "tu_2", NOW)) == MAX_TRIES


def test_a_page_that_saves_a_card_grants_a_try_once() -> None:
    record = card_history.grant_manual_try(exhausted(), ahead(hours=1), NOW)
    used = declined(record, "tu_9")
    assert not card_history.grant_manual_try(used, ahead(hours=1), NOW).has_manual_try
    assert card_history.grant_manual_try(used, ahead(hours=2), NOW).has_manual_try


def test_a_page_opened_before_the_last_decline_grants_nothing() -> None:
    assert card_history.grant_manual_try(exhausted(), ahead(hours=-1), NOW) == exhausted()


def test_a_card_saved_again_and_again_has_at_most_eight_declines() -> None:
    record, declines = exhausted(), MAX_TRIES
    for hour in range(1, 20):
        granted = card_history.grant_manual_try(record, ahead(hours=hour), NOW)
        if not granted.has_manual_try:
            break
        record, declines = declined(granted, f"tu_again_{hour}"), declines + 1
    assert declines == card_history.MAX_DECLINES_OF_SAVED_CARD


def test_a_renewed_card_inherits_block_and_declines() -> None:
    old = replace(declined(declined(NEW_CARD, "tu_1"), "tu_2"), blocked_at=ahead(), blocked_reason="dispute")
    renewed = card_history.inherit_block([old], card_history.inherit(old, reserved(NEW_CARD, "tu_3")))
    history = card_history.history_of(renewed, NOW)
    assert (history.tries_left, history.is_blocked) == (1, True)
    assert card_history.inherit(old, renewed) == renewed


STEPS = st.lists(
    st.tuples(st.sampled_from(["reserve", "decline", "return", "success"]), st.integers(0, 20)), max_size=60
)


@given(STEPS)
def test_no_order_of_events_allows_a_fifth_decline_without_success(steps: list[tuple[str, int]]) -> None:
    record, sent, ended, declines = NEW_CARD, set[str](), set[str](), 0
    for step, number in steps:
        topup_id = f"tu_{number}"
        if step == "reserve" and topup_id not in sent | ended:
            result = card_history.reserve(record, topup_id, 1, NOW, is_manual=True)
            if isinstance(result, CardRecord):
                record = result
                sent.add(topup_id)
        elif topup_id in sent and step != "reserve":
            sent.remove(topup_id)
            ended.add(topup_id)
            if step == "decline":
                record, declines = card_history.record_decline(record, topup_id, 1, SOFT, NOW), declines + 1
            elif step == "return":
                record = card_history.give_back(record, topup_id)
            else:
                record, declines = card_history.record_success(record, topup_id, NOW), 0
        assert tries_left(record) == MAX_TRIES - declines - len(sent)
