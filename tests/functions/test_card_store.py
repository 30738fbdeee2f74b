"""Blocked cards and tries in the table: one item per card number, under concurrent changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from calling_credit.payments.card_items import identities
from calling_credit.payments.card_store import CardStore
from calling_credit.topups.topup import Card
from tests.harness.table import TABLE
from tests.harness.threads import at_once
from tests.harness.till import Till

pytestmark = [pytest.mark.dynamodb]

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CARD = Card("pm_1", "visa", "4242", "fp_1")
COPY = replace(CARD, payment_method_id="pm_2")
RENEWED = replace(CARD, fingerprint="fp_2")
WITHOUT_NUMBER = Card("pm_3", "visa", "1111", "pm_3")


@pytest.fixture
def cards(till: Till) -> CardStore:
    """The cards in a fresh table."""
    return CardStore(till.world.stack.dynamodb, TABLE)


def test_a_block_covers_copies_of_the_number_and_the_renewed_number(cards: CardStore) -> None:
    assert not cards.is_blocked(CARD)
    assert cards.block(CARD, "dispute", NOW)
    assert not cards.block(CARD, "dispute", NOW)
    for card in (CARD, COPY, RENEWED):
        assert cards.is_blocked(card)
        assert cards.state(card, NOW).is_blocked
    assert not cards.is_blocked(WITHOUT_NUMBER)


def test_unblocking_a_card_allows_it_again(cards: CardStore) -> None:
    cards.block(CARD, "dispute", NOW)
    assert cards.unblock(CARD, NOW)
    assert not cards.unblock(CARD, NOW)
    assert not cards.is_blocked(CARD)
    assert cards.block(COPY, "fraud_warning", NOW)


def test_a_card_without_a_fingerprint_is_stored_by_its_payment_method(cards: CardStore, till: Till) -> None:
    assert len(identities(WITHOUT_NUMBER)) == 1
    assert cards.block(WITHOUT_NUMBER, "dispute", NOW)
    [item] = till.world.stack.items_named("CARD")
    assert "acct_" not in str(item)


def test_one_of_several_concurrent_blocks_is_new(cards: CardStore) -> None:
    times = [NOW + timedelta(milliseconds=number) for number in range(8)]
    blocks = [partial(cards.block, CARD, "dispute", at) for at in times]
    assert sorted(at_once(*blocks)) == [False] * 7 + [True]


def test_a_renewed_card_inherits_the_block_of_the_old_number(cards: CardStore) -> None:
    other = Card("pm_9", "visa", "9999", "fp_9")
    cards.block(CARD, "dispute", NOW)
    assert cards.inherit(CARD, other, NOW)
    assert not cards.inherit(CARD, other, NOW)
    assert cards.is_blocked(replace(other, payment_method_id="pm_10"))


def test_states_are_read_for_all_cards_at_once(cards: CardStore) -> None:
    cards.block(COPY, "dispute", NOW)
    states = cards.states([CARD, WITHOUT_NUMBER], NOW)
    assert {name: state.is_blocked for name, state in states.items()} == {"pm_1": True, "pm_3": False}
    assert states["pm_3"].tries_left == 4
    assert cards.states([], NOW) == {}
