"""Chains of operations: each prepares the state in which a law could break, and then tempts the application to break
it. The laws are checked after every step, and other operations may come in between.
"""

from tests.harness.cards import CHALLENGED, VISA
from tests.harness.recharging import talk
from tests.harness.till import ACCOUNT
from tests.harness.world import UNITED_KINGDOM
from tests.laws.payment_driver import Operation, PaymentDriver, operation
from tests.laws.payment_fate import (
    answer_bank,
    delete_customer,
    follow_link,
    interrupt_creation,
    renew,
)
from tests.laws.payment_freezes import freeze, mail_freeze_link, press_latest, press_latest_unused, unfreeze
from tests.laws.payment_people import pay_with, save_card_of
from tests.laws.payment_steps import (
    GOOD,
    arm,
    arm_copy,
    block,
    call,
    card_of,
    decide,
    dispute_part,
    dispute_whole,
    exhaust,
    level,
    ready,
    refund_part,
    rest,
    stream,
    sweep,
    try_next_door,
    using,
)
from tests.laws.payment_tabs import open_tab, save_in_older_tab, save_in_tab

SPARE = ("pm_card_amex", "pm_card_discover")
"""Cards whose tries are exhausted, so that the others stay usable."""


@operation("a call and a recharge", 8)
def recharge(driver: PaymentDriver) -> None:
    """Bring the balance close to the threshold; then a call causes a charge."""
    card = card_of(driver, driver.rng.choice(GOOD))
    driver.then(using(ready, card), using(level, 62), using(arm, card), call, stream, call, stream)


@operation("a blocked card on every path", 4)
def use_blocked_card(driver: PaymentDriver) -> None:
    """Pay, report fraud, sometimes renew the card; then pay by hand, next door, and by the rule."""
    card = card_of(driver, driver.rng.choice(GOOD))
    renewal = [using(renew, card)] if driver.rng.random() < 0.5 else []
    driver.then(
        using(ready, card),
        using(pay_with, card),
        using(arm, card),
        using(block, card),
        *renewal,
        using(pay_with, card),
        using(try_next_door, card),
        using(level, 62),
        using(arm, card),
        call,
        stream,
    )


@operation("an exhausted card on every path", 2)
def use_exhausted_card(driver: PaymentDriver) -> None:
    """The bank declines a number four times while a payment with it is under way, by hand and by the rule; then pay by
    hand, by the rule, and next door.
    """
    card = card_of(driver, driver.rng.choice(SPARE))
    meanwhile = using(interrupt_creation, using(exhaust, card))
    begin, pay = (using(rest, card), using(ready, card)), using(pay_with, card)
    spend = (using(level, 62), using(arm, card), call)
    driver.then(*begin, meanwhile, pay, *begin, *spend, meanwhile, stream)
    driver.then(pay, *spend, stream, using(try_next_door, card))


@operation("a link whose card is spent", 5)
def follow_late_link(driver: PaymentDriver) -> None:
    """A recharge waits for its customer; before they follow its link, the card is blocked or exhausted, or the account
    frozen.
    """
    card = card_of(driver, CHALLENGED)
    block_it = [using(try_next_door, card), using(block, card)]
    what = driver.rng.choice((block_it, block_it, [using(exhaust, card)], [freeze], [], []))
    driver.then(
        using(ready, card),
        using(arm, card),
        using(level, 62),
        call,
        stream,
        *what,
        follow_link,
        answer_bank,
    )


# --- Credit that no call spends ---------------------------------------------------------------------------------------


@operation("an adjustment without a call", 2)
def adjust_below(driver: PaymentDriver) -> None:
    """Nothing but an adjustment takes the balance below the threshold."""
    kind = driver.rng.choice(GOOD)
    fall(driver, kind, card_of(driver, kind), using(level, 50))


@operation("a refund without a call", 2)
def refund_below(driver: PaymentDriver) -> None:
    """Nothing but the refund of a manual payment takes the balance below the threshold."""
    kind = driver.rng.choice(GOOD)
    card = card_of(driver, kind)
    driver.then(using(ready, card), using(pay_with, card))
    fall(driver, kind, card, using(refund_part, card))


def fall(driver: PaymentDriver, kind: str, card: str, lower: Operation) -> None:
    """Arm the rule above its threshold, and lower the balance. Then give the rule a copy of its card, and wake it:
    nothing may be bought.
    """
    wake = driver.rng.choice((using(sweep, 61), freeze))
    driver.then(using(ready, card), using(arm, card), using(level, 75), call, stream, lower, stream)
    driver.then(using(arm_copy, kind, card), stream, wake, unfreeze, stream)


@operation("a rule armed while it is suspended", 2)
def arm_while_suspended(driver: PaymentDriver) -> None:
    """A payment with another card is disputed, an admin raises the suspended rule, and the operator clears the card:
    nothing may be bought before the next call.
    """
    card, other = (card_of(driver, kind) for kind in driver.rng.sample(GOOD, 2))
    driver.then(using(ready, other), using(pay_with, other), using(ready, card), using(arm, card), using(level, 62))
    driver.then(call, stream, using(level, 62), using(dispute_whole, other), using(arm, card, 65), using(ready, card))
    driver.then(stream, using(sweep, 61), stream)


@operation("money back in parts", 3)
def take_back_in_parts(driver: PaymentDriver) -> None:
    """A payment is refunded or disputed in part, then disputed in full, and the bank decides."""
    card = card_of(driver, driver.rng.choice(GOOD))
    driver.then(using(ready, card), using(pay_with, card), using(refund_part, card), using(dispute_whole, card), decide)
    driver.then(using(ready, card), using(pay_with, card), using(dispute_part, card), decide)


@operation("a suspicious call", 3)
def talk_too_long(driver: PaymentDriver) -> None:
    """A call of five hours without a hold spends credit; it causes a charge after a day, and not before."""
    card = card_of(driver, driver.rng.choice(GOOD))
    driver.then(
        using(ready, card),
        using(level, 65),
        using(arm, card),
        stream,
        lambda d: talk(d.till, 300, UNITED_KINGDOM),
        stream,
        using(sweep, 61),
        stream,
        using(sweep, 1441),
        stream,
    )


@operation("a freeze with an open challenge", 3)
def freeze_challenge(driver: PaymentDriver) -> None:
    """A payment waits for its bank when a link freezes the account: it is canceled, the link acts once, and unfreezing
    withdraws the other."""
    card = card_of(driver, CHALLENGED)
    mail, press = mail_freeze_link, press_latest
    driver.then(using(ready, card), using(pay_with, card), mail, mail, press, canceled, press, unfreeze)
    driver.then(press, press_latest_unused)


def canceled(driver: PaymentDriver) -> None:
    """Check that no payment of a frozen account waits at its bank once Stripe answers and the sweeper has run."""
    driver.till.all_well()
    stream(driver)
    driver.till.sweep(minutes=3)
    if driver.is_frozen() and driver.book.was_frozen:
        waiting = [one for one in driver.till.objects("payment_intent") if one["status"] == "requires_action"]
        own = [one["id"] for one in waiting if one["metadata"]["account_id"] == ACCOUNT]
        assert own == [], "law 11: a payment of a frozen account still waits at its bank"
        driver.witness.seen["challenges ended by a freeze"] += 1


@operation("an older tab", 4)
def use_older_tab(driver: PaymentDriver) -> None:
    """A tab is opened, settings change elsewhere, and the tab saves what it showed."""
    card, save = card_of(driver, VISA), save_in_older_tab
    driver.then(using(ready, card), using(arm, card), open_tab, using(arm, card, 65), save, save_in_tab, save)


@operation("a lost customer", 1)
def lose_customer(driver: PaymentDriver) -> None:
    """The customer is deleted at Stripe; a new card and a new rule follow."""
    driver.then(
        using(ready, driver.card()),
        delete_customer,
        using(save_card_of, VISA),
        recharge,
    )
