"""Steps of the chains of operations: they make an account ready, and use, block, or exhaust a certain card."""

from collections.abc import Callable
from typing import Any

from tests.harness.cards import MASTERCARD, VISA
from tests.harness.recharging import talk
from tests.harness.till import ACCOUNT
from tests.laws.payment_banks import days_pass_and_tell
from tests.laws.payment_driver import NEIGHBOR, Operation, PaymentDriver
from tests.laws.payment_fate import is_processing_card, report_fraud
from tests.laws.payment_freezes import make_usable
from tests.laws.payment_people import ask_to_unblock, pay_next_door_with, save_card_of, save_rule, unblock_card
from tests.laws.payment_witness import TRIES

GOOD = (VISA, MASTERCARD)
"""The cards of most chains."""


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
        make_usable(driver)
        save_card_of(driver, kind)
        return driver.cards[-1]
    driver.till.all_well()
    driver.cards.append(driver.till.card(kind))
    return driver.cards[-1]


def neighbors_card(driver: PaymentDriver, card: str) -> str | None:
    """The other account's card of the same number."""
    same = [one for one in driver.neighbors_cards if driver.fingerprint(one) == driver.fingerprint(card)]
    return same[0] if same else None


def ready(driver: PaymentDriver, card: str) -> None:
    """Unfreeze the account, end the faults, and clear the card for both accounts."""
    driver.till.controls.accept_card(card)
    make_ready(driver, card)


def make_ready(driver: PaymentDriver, card: str) -> None:
    """The same, without changing the bank's answer: also for bank accounts."""
    make_usable(driver)
    end_recharge(driver)
    for text in driver.rule().get("suspended_by", ()):
        end_suspension(driver, str(text).split("#")[1])
    if driver.witness.is_blocked(driver.fingerprint(card), card):
        unblock_card(driver, card)
    neighbors = neighbors_card(driver, card)
    if neighbors and driver.witness.is_blocked(driver.fingerprint(card)):
        unblock_card(driver, neighbors, NEIGHBOR)


def end_recharge(driver: PaymentDriver) -> None:
    """Mostly, let the recharge that is in flight end: as long as a bank keeps it for days, the rule makes no other."""
    if "in_flight" in driver.rule() and driver.rng.random() < 0.8:
        for intent in driver.till.objects("payment_intent"):
            if is_processing_card(driver, intent):
                driver.till.controls.settle(intent["id"])
        days_pass_and_tell(driver, 4)
        driver.till.sweep(minutes=3)


def end_suspension(driver: PaymentDriver, topup_id: str) -> None:
    """The operator clears the card of a disputed payment, so that it no longer suspends the rule."""
    if ask_to_unblock(driver, ACCOUNT, {"top_up_id": topup_id}):
        paid = next(item for item in driver.till.top_ups() if item["topup_id"] == topup_id)
        driver.witness.clear(paid["fingerprint"])
        driver.witness.clear(driver.fingerprint(paid["payment_method_id"]))


def arm(driver: PaymentDriver, card: str, dollars: int = 60) -> None:
    """Enable the rule with this card, this threshold, and wide limits."""
    limits = {"hourly_count": 20, "daily_limit": "1000.00", "monthly_limit": "5000.00"}
    settings = {"threshold": f"{dollars}.00", "amount": "20.00", "payment_method_id": card, **limits}
    save_rule(driver, {"enabled": True, **settings})


def arm_copy(driver: PaymentDriver, kind: str, card: str) -> None:
    """Give the rule a copy of its card, which arms nothing; it is saved now if there is none."""
    number = driver.fingerprint(card)
    if card in driver.saved():
        driver.till.all_well()
        driver.cards.append(driver.till.card(kind))
    copies = [one for one in driver.saved() if one != card and driver.fingerprint(one) == number]
    if copies:
        arm(driver, copies[-1])


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


def refund_part(driver: PaymentDriver, card: str) -> None:
    """Refund 5.00 of the latest manual payment with this card."""
    for charge in own_charges(driver, card)[-1:]:
        driver.till.controls.refund_disputed(charge["id"], 500)
        take_back(driver, charge["id"])


def dispute_part(driver: PaymentDriver, card: str) -> None:
    """Dispute 2.00 of the latest manual payment with this card."""
    for charge in own_charges(driver, card)[-1:]:
        driver.till.controls.dispute(charge["id"], amount=200)
        take_back(driver, charge["id"])


def dispute_whole(driver: PaymentDriver, card: str) -> None:
    """Dispute the latest manual payment with this card in full, also if part of it was refunded."""
    for charge in own_charges(driver, card)[-1:]:
        driver.till.controls.dispute(charge["id"])
        take_back(driver, charge["id"])


def decide(driver: PaymentDriver) -> None:
    """The bank decides the latest dispute."""
    for opened in driver.till.objects("dispute")[-1:]:
        if opened["status"] == "needs_response":
            is_won = driver.rng.random() < 0.5
            (driver.till.controls.win_dispute if is_won else driver.till.controls.lose_dispute)(opened["id"])
            take_back(driver, opened["charge"])


def own_charges(driver: PaymentDriver, card: str) -> list[dict[str, Any]]:
    """The account's manual payments with this card that were neither disputed nor refunded in full."""
    own = {"account_id": ACCOUNT, "kind": "manual"}
    intents = {one["id"] for one in driver.till.objects("payment_intent") if own.items() <= one["metadata"].items()}
    paid = [one for one in driver.till.objects("charge") if one["status"] == "succeeded" and not one["disputed"]]
    return [one for one in paid if one["payment_intent"] in intents and one["payment_method"] == card]


def take_back(driver: PaymentDriver, charge_id: str) -> None:
    """Stripe answers, and every callback comes at once."""
    driver.till.all_well()
    driver.hear_all()
    driver.book.check_taken_back(charge_id)
    driver.witness.seen["payments taken back"] += 1


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


def rest(driver: PaymentDriver, card: str) -> None:
    """Pass the time after which the neighbor may be declined again, and the card has all its tries."""
    driver.till.later(**({"days": 31} if driver.witness.declines(driver.fingerprint(card)) else {"hours": 2}))


def exhaust(driver: PaymentDriver, card: str) -> None:
    """The bank declines the number until it has no tries left, then accepts it again."""
    driver.till.controls.decline_card(card, "insufficient_funds")
    neighbors = neighbors_card(driver, card)
    for _ in range(4):
        if neighbors:
            pay_next_door_with(driver, neighbors)
    driver.till.controls.accept_card(card)
    if driver.witness.under_way and driver.witness.declines(driver.fingerprint(card)) >= TRIES:
        driver.witness.seen["cards exhausted under way"] += 1


def sweep(driver: PaymentDriver, minutes: int) -> None:
    """Pass these minutes, and run the sweeper."""
    driver.till.sweep(minutes=minutes)
