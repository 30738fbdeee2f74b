"""What a refund by the staff holds, and how much of a payment is left to refund."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.errors import InvalidValue
from calling_credit.payments.refunds import check_refundable, credit_of
from calling_credit.topups.reversals import Losses, reversal_target
from calling_credit.topups.topup import TopUp, TopUpStatus
from tests.domain.payment_examples import MANUAL

CENT = 10_000
TWICE: TopUp = replace(
    MANUAL,
    status=TopUpStatus.SUCCEEDED,
    intent_id="pi_1",
    amount_micros=500 * CENT,
    tax_micros=500 * CENT,
    tax_percent="100",
)


def refunded(topup: TopUp, total_micros: int) -> tuple[TopUp, int]:
    """The payment after its refunds reached a total, and the credit that was taken back for the last."""
    target = reversal_target(topup.amount_micros, topup.gross_micros, Losses(total_micros, 0))
    taken = target.net_micros - topup.reversed_micros
    shown = replace(topup, refunded_micros=total_micros)
    if not taken:
        return shown, 0
    after = replace(shown, reversed_micros=target.net_micros, reversed_gross_micros=target.gone_micros)
    return after, taken


@given(st.integers(1, 2_000), st.integers(0, 2_000), st.lists(st.integers(1, 50), max_size=60))
def test_each_of_many_small_refunds_holds_what_it_takes_back(net: int, tax: int, parts: list[int]) -> None:
    topup, total = replace(TWICE, amount_micros=net * CENT, tax_micros=tax * CENT), 0
    for part in parts:
        micros = part * CENT
        if total + micros > topup.gross_micros:
            with pytest.raises(InvalidValue, match="must be at most"):
                check_refundable(topup, micros, 0)
            continue
        check_refundable(topup, micros, 0)
        held, total = credit_of(topup, micros, 0), total + micros
        topup, taken = refunded(topup, total)
        assert held == taken
    assert topup.reversed_micros <= topup.amount_micros


def test_a_refund_of_tax_alone_leaves_less_to_refund() -> None:
    topup, total = TWICE, 0
    for _ in range(2):
        total += CENT
        topup, _ = refunded(topup, total)
    assert (topup.reversed_micros, topup.gone_micros, topup.given_back_micros) == (CENT, CENT, 2 * CENT)
    check_refundable(topup, 998 * CENT, 0)
    with pytest.raises(InvalidValue, match=r"at most 9\.98"):
        check_refundable(topup, 999 * CENT, 0)
