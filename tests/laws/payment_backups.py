"""Chains of operations with a backup card and with bank accounts that pay after days: by hand and by the rule."""

from tests.harness.cards import declining
from tests.laws.payment_banks import (
    CLOSED,
    PAYS,
    RETURNED,
    UNFUNDED,
    bank_of,
    days_pass_and_tell,
    pay_next_door_from,
    save_bank_account_of,
    still_processing,
)
from tests.laws.payment_driver import Operation, PaymentDriver, operation
from tests.laws.payment_fate import interrupt_creation, interrupt_repetition
from tests.laws.payment_freezes import freeze
from tests.laws.payment_people import REFUSED, pay_with
from tests.laws.payment_steps import GOOD, arm, block, call, card_of, level, make_ready, ready, rest, stream, using

SPARE = "pm_card_amex"
"""The rule's card that is declined: a success returns its tries."""
HARD = ("lost_card", "stolen_card", "pickup_card", "restricted_card", "fraudulent", "do_not_honor__do_not_try_again")
CAN_BE_BACKUP = (200, 422, *REFUSED)


@operation("choose a backup", 5)
def choose_backup(driver: PaymentDriver) -> None:
    """Make a payment method the backup card, or end that."""
    method = driver.method()
    set_backup(driver, method, is_backup=driver.rng.random() < 0.7)


def set_backup(driver: PaymentDriver, method: str, *, is_backup: bool = True) -> None:
    """Make this payment method the backup card, or end that. A bank account is never one."""
    path = f"/payment-methods/{method}"
    answer = driver.till.world.ask("add_funds", "PATCH", path, {"backup": is_backup})
    driver.answered("backup" if is_backup else "no backup", answer, *CAN_BE_BACKUP)
    if is_backup and answer.status == 200:
        assert method not in driver.banks, "law of backups: a bank account became the backup"
        assert not driver.is_frozen(), "law 11: a frozen account chose a backup"


def clear_backup(driver: PaymentDriver) -> None:
    """No card is the backup."""
    backup = driver.witness.backup()
    if backup:
        set_backup(driver, backup["payment_method_id"], is_backup=False)


def decline(driver: PaymentDriver, card: str, reason: str) -> None:
    """The bank declines this card from now on."""
    driver.till.controls.decline_card(card, reason)


def accept(driver: PaymentDriver, card: str) -> None:
    """The bank accepts this card again."""
    driver.till.controls.accept_card(card)


def spend_below(driver: PaymentDriver, card: str) -> tuple[Operation, ...]:
    """Arm the rule with this card, and let a call bring the balance below its threshold."""
    return using(level, 62), using(arm, card), call, stream


@operation("a soft decline beside a backup", 4)
def decline_softly(driver: PaymentDriver) -> None:
    """The rule's card is declined softly; the backup pays, is declined too, or is taken away at the last moment. Later
    calls must not try it again before the rule's card was.
    """
    own, backup = card_of(driver, SPARE), card_of(driver, driver.rng.choice(GOOD))
    meanwhile = (clear_backup, freeze, lambda d: block(d, backup))
    what: list[Operation] = []
    if driver.rng.random() < 0.3:
        moment = driver.rng.choice((interrupt_creation, interrupt_repetition))
        what = [using(moment, driver.rng.choice(meanwhile))]
    driver.then(using(rest, own), using(ready, backup), using(ready, own), using(set_backup, backup))
    driver.then(using(decline, own, driver.rng.choice(("insufficient_funds", "generic_decline"))))
    if driver.rng.random() < 0.3:
        what.append(using(decline, backup, "insufficient_funds"))
    driver.then(using(level, 62), using(arm, own), call, *what, stream, call, stream)
    driver.then(using(ready, backup), using(ready, own), *spend_below(driver, own))


@operation("a hard decline beside a backup", 3)
def decline_hard(driver: PaymentDriver) -> None:
    """The rule's card is declined for good, so the backup is never tried."""
    own, backup = card_of(driver, declining(driver.rng.choice(HARD))), card_of(driver, driver.rng.choice(GOOD))
    driver.then(using(make_ready, own), using(ready, backup), using(set_backup, backup))
    driver.then(*spend_below(driver, own), never_tried, call, stream, never_tried)


def never_tried(driver: PaymentDriver) -> None:
    """Count the hard declines beside a backup; the witness judges each confirmation."""
    if driver.rule().get("suspended_reason") == "card_unusable" and driver.witness.backup():
        driver.witness.seen["hard declines beside a backup"] += 1


# --- Bank accounts ----------------------------------------------------------------------------------------------------


@operation("a bank account that pays after days", 3)
def pay_for_days(driver: PaymentDriver) -> None:
    """Pay from a bank account by hand: processing for days, then paid or failed; then pay again."""
    bank = bank_of(driver, driver.rng.choice((PAYS, UNFUNDED, CLOSED)))
    days = (using(days_pass_and_tell, 1), still_processing, stream, using(days_pass_and_tell, 4))
    driver.then(using(make_ready, bank), using(pay_with, bank), *days, using(pay_with, bank))


@operation("a returned bank payment on every path", 2)
def return_payment(driver: PaymentDriver) -> None:
    """A bank returns a payment after it paid; then pay from the account, from a copy, next door, and by the rule."""
    bank = bank_of(driver, RETURNED)
    driver.then(using(make_ready, bank), using(pay_with, bank), using(days_pass_and_tell, 4), using(pay_with, bank))
    driver.then(lambda d: pay_from_copy(d, RETURNED), using(pay_next_door_from, RETURNED))
    driver.then(using(arm_with_bank, bank), call, stream)


def pay_from_copy(driver: PaymentDriver, kind: str) -> None:
    """Save the bank account again, and pay from it."""
    copy = save_bank_account_of(driver, kind)
    if copy:
        pay_with(driver, copy)


@operation("a rule with a bank account", 3)
def recharge_from_bank(driver: PaymentDriver) -> None:
    """A recharge from a bank account is the only one for days, however many calls follow; it is paid, or it fails and
    the backup card pays.
    """
    bank = bank_of(driver, driver.rng.choice((PAYS, UNFUNDED)))
    backup = card_of(driver, driver.rng.choice(GOOD))
    days = (using(days_pass_and_tell, 1), still_processing, call, stream, using(days_pass_and_tell, 4), stream)
    driver.then(using(ready, backup), using(make_ready, bank), using(set_backup, backup))
    driver.then(using(level, 62), using(arm_with_bank, bank), call, stream, call, stream, *days, call, stream)


def arm_with_bank(driver: PaymentDriver, bank: str) -> None:
    """Enable the rule with this bank account, after the operator allowed it."""
    driver.allow_banks(True)
    arm(driver, bank)
