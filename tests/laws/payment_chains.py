"""Chains of operations: each prepares the state in which a law could break, and then tempts the application to break
it. The laws are checked after every step, and other operations may come in between.
"""

from tests.harness.cards import CHALLENGED, MASTERCARD, VISA
from tests.harness.recharging import talk
from tests.harness.till import ACCOUNT
from tests.harness.world import UNITED_KINGDOM
from tests.laws.payment_driver import PaymentDriver, operation
from tests.laws.payment_fate import (
    answer_bank,
    delete_customer,
    dispute_another,
    dispute_now,
    follow_link,
    plan_interruption,
    refund,
    renew,
    warn_now,
)
from tests.laws.payment_freezes import freeze, mail_freeze_link, press_latest, unfreeze
from tests.laws.payment_people import pay_with, save_card_of, set_rule, switch_off
from tests.laws.payment_steps import (
    arm,
    block,
    call,
    card_of,
    exhaust,
    level,
    ready,
    stream,
    sweep,
    try_next_door,
    using,
)
from tests.laws.payment_tabs import open_tab, save_in_tab

GOOD = (VISA, MASTERCARD)
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
    renewal = [using(renew, card)] if driver.rng.random() < 0.3 else []
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


@operation("an exhausted card on every path", 3)
def use_exhausted_card(driver: PaymentDriver) -> None:
    """The bank declines a number four times; then pay by hand, next door, and by the rule."""
    card = card_of(driver, driver.rng.choice(SPARE))
    if driver.rng.random() < 0.4:
        spend = (using(level, 62), using(arm, card), call)
        driver.then(using(ready, card), *spend, using(plan_interruption, using(exhaust, card)), stream)
        return
    driver.then(
        using(ready, card),
        using(arm, card),
        using(exhaust, card),
        using(pay_with, card),
        using(level, 62),
        using(arm, card),
        call,
        stream,
        using(try_next_door, card),
    )


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


@operation("credit falls without a call", 4)
def fall_without_call(driver: PaymentDriver) -> None:
    """Nothing but an adjustment or a refund takes the balance below the threshold; nothing may be bought."""
    card = card_of(driver, driver.rng.choice(GOOD))
    lower = refund if driver.rng.random() < 0.4 else using(level, 50)
    wake = driver.rng.choice((using(sweep, 61), freeze))
    driver.then(
        using(ready, card),
        using(arm, card),
        using(level, 75),
        call,
        stream,
        lower,
        stream,
        wake,
        unfreeze,
        stream,
    )


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
    """A payment waits for its bank when a link freezes the account: it is canceled, and the link acts once."""
    card = card_of(driver, CHALLENGED)
    mail, press = mail_freeze_link, press_latest
    driver.then(using(ready, card), using(pay_with, card), mail, press, canceled, press, unfreeze, press)


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


@operation("an interrupted payment", 8)
def interrupt_payment(driver: PaymentDriver) -> None:
    """Something that forbids a payment happens after it was decided and before it is confirmed."""
    card = card_of(driver, driver.rng.choice(GOOD))
    ways = (dispute_now, warn_now, freeze, dispute_another, switch_off)
    what = driver.rng.choices(ways, (3, 2, 2, 2, 2))[0]
    by_hand = (using(pay_with, card),)
    by_rule = (using(level, 62), using(arm, card), call, stream)
    is_by_hand = what not in (switch_off, dispute_another) and driver.rng.random() < 0.4
    driver.then(
        using(ready, card),
        *by_hand,
        *(by_rule[:-1] if not is_by_hand else ()),
        using(plan_interruption, what),
        *(by_hand if is_by_hand else (stream,)),
    )


@operation("an older tab", 4)
def use_older_tab(driver: PaymentDriver) -> None:
    """A tab is opened, settings change elsewhere, and the tab saves what it showed."""
    save = save_in_tab
    driver.then(using(ready, card_of(driver, VISA)), open_tab, set_rule, save, save, save, save)


@operation("a lost customer", 1)
def lose_customer(driver: PaymentDriver) -> None:
    """The customer is deleted at Stripe; a new card and a new rule follow."""
    driver.then(
        using(ready, driver.card()),
        delete_customer,
        using(save_card_of, VISA),
        recharge,
    )
