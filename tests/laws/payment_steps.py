"""Steps of the chains of operations: they make an account ready, and use, block, or exhaust a certain card."""

from collections.abc import Callable
from typing import Any

from tests.harness.recharging import talk
from tests.harness.till import ACCOUNT
from tests.laws.payment_driver import NEIGHBOR, Operation, PaymentDriver
from tests.laws.payment_fate import report_fraud
from tests.laws.payment_freezes import unfreeze
from tests.laws.payment_people import ask_to_unblock, pay_next_door_with, save_card_of, save_rule, unblock_card


def using(step: Callable[..., Any], *arguments: Any) -> Operation:
    """A step with these arguments."""

    def carry_out(driver: PaymentDriver) -> None:
        step(driver, *arguments)

    return carry_out


def card_of(driver: PaymentDriver, kind: str) -> str:
    """A saved card of this kind, saved now if there is none: on Stripe's page if the account's customer is lost."""
    known = driver.till.stand_in.account.cards
    saved = [card for card in driver.saved() if kind.removeprefix("pm_") in known[card].names]
    if saved:
        return driver.rng.choice(saved)
    customer = driver.witness.item(f"ACCOUNT#{ACCOUNT}", "ACCOUNT").get("stripe_customer_id")
    if customer not in driver.till.stand_in.account.objects["customer"]:
        save_card_of(driver, kind)
        return driver.cards[-1]
    driver.cards.append(driver.till.card(kind))
    return driver.cards[-1]


def neighbors_card(driver: PaymentDriver, card: str) -> str | None:
    """The other account's card of the same number."""
    same = [one for one in driver.neighbors_cards if driver.fingerprint(one) == driver.fingerprint(card)]
    return same[0] if same else None


def ready(driver: PaymentDriver, card: str) -> None:
    """Unfreeze the account, end the faults, and clear the card for both accounts."""
    driver.till.all_well()
    driver.till.controls.accept_card(card)
    if driver.is_frozen():
        unfreeze(driver)
    for text in driver.rule().get("suspended_by", ()):
        end_suspension(driver, str(text).split("#")[1])
    if driver.witness.is_blocked(driver.fingerprint(card), card):
        unblock_card(driver, card)
    neighbors = neighbors_card(driver, card)
    if neighbors and driver.witness.is_blocked(driver.fingerprint(card)):
        unblock_card(driver, neighbors, NEIGHBOR)


def end_suspension(driver: PaymentDriver, topup_id: str) -> None:
    """The operator clears the card of a disputed payment, so that it no longer suspends the rule."""
    if ask_to_unblock(driver, ACCOUNT, {"top_up_id": topup_id}):
        paid = next(item for item in driver.till.top_ups() if item["topup_id"] == topup_id)
        driver.witness.clear(paid["fingerprint"])
        driver.witness.clear(driver.fingerprint(paid["payment_method_id"]))


def arm(driver: PaymentDriver, card: str) -> None:
    """Enable the rule with this card and wide limits."""
    limits = {"hourly_count": 20, "daily_limit": "1000.00", "monthly_limit": "5000.00"}
    save_rule(driver, {"enabled": True, "threshold": "60.00", "amount": "20.00", "payment_method_id": card, **limits})


def level(driver: PaymentDriver, dollars: int) -> None:
    """Adjust the balance to this many dollars."""
    [balance] = driver.till.world.of_kind("BALANCE")
    cents = dollars * 100 - int(balance["posted_micros"]) // 10_000
    if cents:
        driver.till.world.adjust(f"{cents / 100:.2f}", f"level {driver.done.total()}.{driver.steps.total()}")


def call(driver: PaymentDriver) -> None:
    """Spend 10.50 by a call."""
    talk(driver.till, 5)


def stream(driver: PaymentDriver) -> None:
    """Deliver what changed to automatic recharge."""
    driver.till.stream(most=60)


def block(driver: PaymentDriver, card: str) -> None:
    """A payment with this number turns out to be fraud."""
    report_fraud(driver, driver.fingerprint(card), is_dispute=driver.rng.random() < 0.5)


def try_next_door(driver: PaymentDriver, card: str) -> None:
    """The neighbor pays with the same number, and confirms the payment if the bank asks."""
    neighbors = neighbors_card(driver, card)
    if neighbors is None:
        return
    pay_next_door_with(driver, neighbors)
    for intent in driver.till.objects("payment_intent"):
        if intent["status"] == "requires_action" and intent["metadata"]["account_id"] == NEIGHBOR:
            driver.till.controls.answer_challenge(intent["id"])
    driver.hear_all()


def exhaust(driver: PaymentDriver, card: str) -> None:
    """The bank declines the number until it has no tries left, then accepts it again."""
    driver.till.controls.decline_card(card, "insufficient_funds")
    neighbors = neighbors_card(driver, card)
    for _ in range(4):
        if neighbors:
            pay_next_door_with(driver, neighbors)
    driver.till.controls.accept_card(card)


def sweep(driver: PaymentDriver, minutes: int) -> None:
    """Pass these minutes, and run the sweeper."""
    driver.till.sweep(minutes=minutes)
