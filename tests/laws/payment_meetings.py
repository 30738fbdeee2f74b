"""Chains of operations in which something forbids a payment after it was decided and before it is confirmed."""

from tests.laws.payment_driver import Operation, PaymentDriver, operation
from tests.laws.payment_fate import (
    dispute_another,
    dispute_now,
    interrupt_creation,
    interrupt_repetition,
    warn_now,
)
from tests.laws.payment_freezes import freeze
from tests.laws.payment_people import pay_with, switch_off
from tests.laws.payment_steps import GOOD, arm, call, card_of, level, ready, stream, using


@operation("a payment that meets a dispute", 2)
def meet_dispute(driver: PaymentDriver) -> None:
    """A payment with the card is disputed."""
    forbid(driver, dispute_now, can_be_by_hand=True)


@operation("a payment that meets a warning", 2)
def meet_warning(driver: PaymentDriver) -> None:
    """The card network warns of a payment with the card."""
    forbid(driver, warn_now, can_be_by_hand=True)


@operation("a payment that meets a freeze", 2)
def meet_freeze(driver: PaymentDriver) -> None:
    """The operator freezes the account."""
    forbid(driver, freeze, can_be_by_hand=True)


@operation("a recharge that meets the dispute of another card", 2)
def meet_other_dispute(driver: PaymentDriver) -> None:
    """A payment with another card is disputed, so the rule is suspended."""
    forbid(driver, dispute_another, can_be_by_hand=False)


@operation("a recharge that meets the operator's switch", 2)
def meet_switch(driver: PaymentDriver) -> None:
    """The operator switches the rule off."""
    forbid(driver, switch_off, can_be_by_hand=False)


def forbid(driver: PaymentDriver, what: Operation, *, can_be_by_hand: bool) -> None:
    """Pay with two cards. Then something forbids a payment with one of them after it was decided: before its
    confirmation is repeated, and sometimes another payment right after its creation.
    """
    first, other = (card_of(driver, kind) for kind in driver.rng.sample(GOOD, 2))
    driver.then(using(ready, other), using(pay_with, other), using(ready, first), using(pay_with, first))
    spend = (using(level, 62), using(arm, first), call)
    for moment in (interrupt_repetition, interrupt_creation)[: driver.rng.choice((1, 2))]:
        is_by_hand = can_be_by_hand and driver.rng.random() < 0.4
        before, pay = ((), using(pay_with, first)) if is_by_hand else (spend, stream)
        driver.then(using(ready, first), *before, using(moment, what), pay)
