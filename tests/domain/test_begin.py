"""A new payment: its id is unique to its cause, and its request is complete and in whole cents."""

import json
from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.payments.new_topup import automatic_id, automatic_topup, manual_id, manual_topup
from calling_credit.payments.stripe_client import cents
from calling_credit.topups.topup import TopUp
from tests.domain.examples import NOW
from tests.domain.payment_examples import CARD, ahead, usd

PAGE = "https://billing.example.com/"


def manual(amount_micros: int) -> TopUp:
    """A manual payment made now."""
    return manual_topup("acct_1", "tu_x", "user:1", amount_micros, CARD, "cus_1", PAGE, NOW)


@pytest.mark.parametrize(("amount", "whole"), [("0", 0), ("0.01", 1), ("25", 2500), ("499.99", 49_999), ("-5", -500)])
def test_stripe_amounts_are_in_cents(amount: str, whole: int) -> None:
    assert cents(usd(amount)) == whole


@given(st.integers(-(10**12), 10**12))
def test_an_amount_sent_to_stripe_is_never_rounded(micros: int) -> None:
    if micros % 10_000:
        with pytest.raises(ValueError, match="not whole cents"):
            cents(micros)
    else:
        assert cents(micros) * 10_000 == micros


def test_a_payment_of_fractional_cents_is_refused() -> None:
    for begin in (manual, lambda micros: automatic_topup("acct_1", 1, micros, CARD, "cus_1", NOW)):
        with pytest.raises(ValueError, match="not whole cents"):
            begin(usd("25.001"))


def test_different_causes_have_different_payment_ids() -> None:
    ids = [
        manual_id("acct_1", "user_1", "key"),
        manual_id("acct_1", "user_2", "key"),
        manual_id("acct_2", "user_1", "key"),
        manual_id("acct_1", "user_1", "key2"),
        manual_id("acct_1", "user_1k", "ey"),
        manual_id("acct_1u", "ser_1", "key"),
        automatic_id("acct_1", 1, "2026-11-23T12:00:00.000Z"),
        automatic_id("acct_1", 11, "2026-11-23T12:00:00.000Z"),
        automatic_id("acct_11", 1, "2026-11-23T12:00:00.000Z"),
        automatic_id("acct_1", 1, "2026-11-23T12:00:00.001Z"),
    ]
    assert all(one != other for one, other in combinations(ids, 2))
    assert all(identifier.startswith("tu_") and len(identifier) == 35 for identifier in ids)


@given(st.tuples(st.text(), st.text(), st.text()), st.tuples(st.text(), st.text(), st.text()))
def test_a_payment_id_depends_only_on_account_person_and_key(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    assert (manual_id(*one) == manual_id(*other)) == (one == other)


def test_a_manual_payment_has_a_return_url() -> None:
    topup = manual(usd("25"))
    assert (topup.kind, topup.status, topup.attempt, topup.intent_id) == ("manual", "created", 0, None)
    assert topup.lease_until == ahead(seconds=35)
    assert json.loads(topup.create_request) == {
        "amount": 2500,
        "currency": "usd",
        "customer": "cus_1",
        "payment_method": "pm_1",
        "allowed_payment_method_types": ["card"],
        "description": "Top-up of calling credit",
        "metadata": {"account_id": "acct_1", "topup_id": "tu_x", "kind": "manual"},
    }
    assert json.loads(topup.confirm_request) == {
        "payment_method": "pm_1",
        "return_url": f"{PAGE}?top_up=tu_x",
        "expand": ["latest_charge"],
    }


def test_an_automatic_payment_is_off_session_and_has_its_attempts_id() -> None:
    topup = automatic_topup("acct_1", 7, usd("450"), CARD, "cus_1", NOW)
    assert (topup.kind, topup.attempt, topup.topup_id) == ("automatic", 7, automatic_id("acct_1", 7, topup.created_at))
    assert (topup.created_by, topup.lease_until) == ("auto_recharge", ahead(seconds=120))
    assert json.loads(topup.create_request)["metadata"]["kind"] == "automatic"
    assert json.loads(topup.confirm_request) == {"off_session": True, "expand": ["latest_charge"]}
    later = automatic_topup("acct_1", 7, usd("450"), CARD, "cus_1", NOW + timedelta(hours=1))
    assert later.topup_id != topup.topup_id
    assert later.confirm_request == topup.confirm_request
