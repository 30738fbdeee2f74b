"""The next action for a payment on Stripe's page depends on its item, its session, its intent, and the time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.errors import InvalidValue
from calling_credit.topups import decision
from calling_credit.topups.checkout import (
    AwaitPage,
    CheckoutPage,
    CheckoutRequest,
    ExpirePage,
    ReadPage,
    next_checkout_action,
    parse_checkout,
)
from calling_credit.topups.decision import MismatchCode
from calling_credit.topups.declines import Decline
from calling_credit.topups.payment_limits import DailyLimit, PaymentUse, claim_checkout, close_page, record_paid
from calling_credit.topups.topup import NO_CARD, TopUpKind, TopUpStatus
from calling_credit.topups.view import topup_view
from tests.domain.examples import NOW
from tests.domain.payment_examples import BOUNDS, INTENT, MANUAL, ahead, usd

OPEN = replace(
    MANUAL,
    topup_id="tu_page",
    kind=TopUpKind.CHECKOUT,
    status=TopUpStatus.CREATED,
    card=NO_CARD,
    intent_id=None,
    session_id="cs_1",
    page_expires_at=ahead(minutes=30),
    next_action_url="https://checkout.stripe.com/c/pay/cs_1",
)
ITS_INTENT = replace(INTENT, topup_id="tu_page")
OVER = NOW + timedelta(minutes=30)
DECLINE = Decline("insufficient_funds")


def page(status: str = "open") -> CheckoutPage:
    """The session as Stripe reports it."""
    return CheckoutPage("cs_1", status)


def decide(topup: Any = OPEN, found: Any = None, intent: Any = None, now: Any = NOW, halted: bool = False) -> Any:
    """The next action."""
    return next_checkout_action(topup, found, intent, now, lambda: halted)


def unpaid(status: str, decline: Decline | None = None) -> Any:
    """The intent in this state."""
    return replace(ITS_INTENT, status=status, decline=decline, received_micros=0)


def test_a_page_is_read_before_anything_is_decided() -> None:
    assert decide() == ReadPage("cs_1")
    assert decide(now=OVER, halted=True) == ReadPage("cs_1")


@pytest.mark.parametrize(("now", "halted"), [(OVER, False), (NOW, True)])
def test_an_open_page_waits_until_it_is_over_or_halted(now: Any, halted: bool) -> None:
    assert decide(found=page()) == AwaitPage()
    assert decide(found=page(), intent=unpaid("requires_payment_method", DECLINE)) == AwaitPage()
    assert decide(found=page(), now=now, halted=halted) == ExpirePage("cs_1")
    without = replace(OPEN, session_id=None)
    assert (decide(without), decide(without, now=now, halted=halted)) == (AwaitPage(), decision.Cancel())


@pytest.mark.parametrize(
    ("status", "intent", "action"),
    [
        ("expired", None, decision.Cancel()),
        ("expired", unpaid("canceled"), decision.Cancel()),
        ("expired", unpaid("canceled", DECLINE), decision.Fail(DECLINE)),
        ("expired", unpaid("requires_payment_method", DECLINE), decision.Fail(DECLINE)),
        ("complete", unpaid("processing"), decision.RecordStatus(TopUpStatus.PROCESSING)),
        ("complete", unpaid("requires_action"), decision.RecordStatus(TopUpStatus.REQUIRES_ACTION)),
        ("complete", unpaid("requires_payment_method", DECLINE), decision.Fail(DECLINE)),
    ],
)
def test_a_closed_page_ends_as_its_intent_says(status: str, intent: Any, action: Any) -> None:
    assert decide(found=page(status), intent=intent) == action


@pytest.mark.parametrize("status", [status for status in TopUpStatus if status != TopUpStatus.SUCCEEDED])
def test_a_paid_intent_is_credited_from_every_state(status: TopUpStatus) -> None:
    assert decide(replace(OPEN, status=status), intent=ITS_INTENT, now=OVER, halted=True) == decision.Settle(ITS_INTENT)
    wrong = replace(ITS_INTENT, amount_micros=usd("24"))
    assert isinstance(decide(replace(OPEN, status=status), intent=wrong), decision.ReportMismatch)


@pytest.mark.parametrize("named", [{"topup_id": "tu_other"}, {"account_id": "acct_other"}])
def test_an_intent_that_names_another_payment_is_reported(named: dict[str, str]) -> None:
    found = replace(ITS_INTENT, **named)  # type: ignore[arg-type]
    assert decide(found=page("complete"), intent=found) == decision.ReportMismatch(found, MismatchCode.OTHER_INTENT)
    unnamed = replace(ITS_INTENT, topup_id="")
    assert decide(found=page("complete"), intent=unnamed) == decision.Settle(unnamed)


def test_an_ended_payment_changes_only_by_money() -> None:
    assert decide(replace(OPEN, status=TopUpStatus.SUCCEEDED), intent=ITS_INTENT) == decision.Finish()
    for status in (TopUpStatus.FAILED, TopUpStatus.CANCELED):
        assert decide(replace(OPEN, status=status), intent=unpaid("canceled")) == decision.Leave()
    submitted = replace(OPEN, status=TopUpStatus.PROCESSING, intent_id="pi_1")
    assert decide(submitted, now=OVER, halted=True) == decision.RetrieveIntent("pi_1")


@pytest.mark.parametrize("status", TopUpStatus)
def test_a_payment_on_a_page_is_on_its_way_once_its_bank_works(status: TopUpStatus) -> None:
    assert replace(OPEN, status=status).is_on_its_way(NOW) is (status is TopUpStatus.PROCESSING)
    assert not replace(OPEN, status=status).waits_for_challenge


def test_the_view_has_the_page_but_no_card_until_it_is_paid() -> None:
    shown = topup_view(OPEN, OPEN.next_action_url)
    assert (shown["payment_method"], shown["checkout_url"]) == (None, OPEN.next_action_url)
    assert shown["expires_at"] == OPEN.page_expires_at
    assert topup_view(replace(OPEN, status=TopUpStatus.CANCELED), "x")["checkout_url"] is None
    assert topup_view(replace(OPEN, status=TopUpStatus.CANCELED), "x")["failure"]["code"] == "canceled"


def test_methods_are_cards_or_bank_accounts_in_one_order() -> None:
    assert parse_checkout({"amount": "25.00"}, BOUNDS) == CheckoutRequest(usd("25"), ("card",))
    both = {"amount": "25.00", "methods": ["us_bank_account", "card", "card"]}
    assert parse_checkout(both, BOUNDS).methods == ("card", "us_bank_account")
    for wrong in ([], "card", None, ["cash"], [1]):
        with pytest.raises(InvalidValue) as refused:
            parse_checkout({"amount": "25.00", "methods": wrong}, BOUNDS)
        assert refused.value.code == "invalid_field"


def test_a_page_claims_money_and_a_place_and_returns_both() -> None:
    daily = DailyLimit(usd("100"), "2026-11-23", NOW + timedelta(hours=12))
    claimed = claim_checkout(PaymentUse(), "tu_page", usd("25"), daily, 9, NOW)
    assert isinstance(claimed, PaymentUse)
    assert (claimed.left_micros, [claim.topup_id for claim in claimed.claims]) == (usd("75"), ["tu_page"])
    assert [(one.page_id, one.is_open) for one in claimed.pages] == [("tu_page", True)]
    second = claim_checkout(claimed, "tu_next", usd("25"), daily, 9, NOW)
    assert getattr(second, "code", None) == "too_many_cards"
    paid = close_page(record_paid(claimed, "tu_page"), "tu_page")
    assert (paid.left_micros, paid.claims, paid.pages[0].is_open) == (usd("75"), (), False)
