"""Operations of payments by people: customers pay and set their rule, calls spend, operators correct and freeze."""

from typing import Any

from calling_credit.money import format_money
from tests.harness.cards import CHALLENGED, DECLINED, MASTERCARD, PROCESSING, VISA, bank_account, declining
from tests.harness.http import Answer
from tests.harness.recharging import a_call, talk
from tests.harness.till import ACCOUNT
from tests.harness.world import UNITED_KINGDOM
from tests.laws.payment_driver import NEIGHBOR, PaymentDriver, operation

KINDS_OF_CARD = (
    VISA,
    VISA,
    VISA,
    MASTERCARD,
    MASTERCARD,
    "pm_card_amex",
    "pm_card_refundFail",
    DECLINED,
    CHALLENGED,
    "pm_card_authenticationRequired",
    declining("lost_card"),
    declining("insufficient_funds"),
    PROCESSING,
)
NEIGHBORS_KINDS = (VISA, MASTERCARD, "pm_card_amex", "pm_card_discover", CHALLENGED)
REFUSED = (402, 403, 404, 409, 429, 503)
"""Refusals of payments, cards, and rules; each has a code that the run prints."""


@operation("pay", 14)
def pay(driver: PaymentDriver) -> None:
    """Add funds, or repeat an earlier request."""
    if driver.asked and driver.rng.random() < 0.3:
        amount, card, key = driver.rng.choice(driver.asked)
        driver.answered("pay again", driver.till.pay(amount, card, key=key), 201, *REFUSED)
    else:
        pay_with(driver, driver.card())


def pay_with(driver: PaymentDriver, card: str) -> Answer:
    """Add funds with this card."""
    amount, key = driver.rng.choice(("5.00", "25.00", "80.00")), f"key {len(driver.asked)}"
    driver.asked.append((amount, card, key))
    answer = driver.answered("pay", driver.till.pay(amount, card, key=key), 201, *REFUSED)
    if answer.status == 409 and answer.body["code"] == "card_declined_too_often":
        blocked = driver.witness.is_blocked(driver.fingerprint(card), card)
        assert not blocked, "law of cards: a payment with a blocked card was refused for its declines"
    return answer


@operation("pay on Stripe's page", 9)
def pay_on_page(driver: PaymentDriver) -> None:
    """Open Stripe's page for a payment, and pay there, be declined, or leave; sometimes the callbacks come at once."""
    key = f"page {driver.done.total()}.{driver.steps.total()}"
    is_by_bank = driver.rng.random() < 0.3
    answer = driver.answered("page", ask_for_page(driver, key, is_by_bank=is_by_bank), 201, *REFUSED)
    if answer.status != 201 or answer.body["status"] != "created" or driver.rng.random() < 0.3:
        return
    sessions = driver.till.objects("checkout.session")
    [session] = [one for one in sessions if one["url"] == answer.body["checkout_url"]]
    driver.till.all_well()
    kinds = (("success",), ("dispute",), ("accountClosed",)) if is_by_bank else ((VISA,), (DECLINED,), (DECLINED, VISA))
    for kind in driver.rng.choice(kinds):
        driver.till.controls.complete_checkout(session["id"], bank_account(kind) if is_by_bank else kind)
    [session] = [one for one in driver.till.objects("checkout.session") if one["id"] == session["id"]]
    if session["status"] == "complete":
        intent = driver.till.stand_in.account.objects["payment_intent"][session["payment_intent"]]
        (driver.banks if is_by_bank else driver.cards).append(str(intent["payment_method"]))
        driver.witness.spared[driver.fingerprint(intent["payment_method"])] = 1
        driver.witness.seen["pages paid"] += 1
    if driver.rng.random() < 0.7:
        driver.hear_all()


def ask_for_page(driver: PaymentDriver, key: str, *, is_by_bank: bool) -> Answer:
    """POST /top-ups/checkout."""
    body = {"amount": "15.00", "methods": ["card", "us_bank_account"] if is_by_bank else ["card"]}
    return driver.till.world.ask("add_funds", "POST", "/top-ups/checkout", body, key=key)


@operation("the neighbor pays", 4)
def pay_next_door(driver: PaymentDriver) -> None:
    """Add funds to another account, with a card of a number that this account also uses."""
    pay_next_door_with(driver, driver.rng.choice(driver.neighbors_cards))


def pay_next_door_with(driver: PaymentDriver, card: str) -> None:
    """Add funds to the other account with this card."""
    driver.answered("neighbor", driver.till.pay("15.00", card, account=NEIGHBOR), 201, *REFUSED)


@operation("talk", 25)
def spend_by_call(driver: PaymentDriver) -> None:
    """Spend credit by a call."""
    talk(driver.till, driver.rng.choice((1, 5, 20)))


@operation("ask for a call", 8)
def ask_for_call(driver: PaymentDriver) -> None:
    """Ask for a call; if it is allowed, it is held and takes place."""
    call = a_call(driver.till, 1, UNITED_KINGDOM)
    answer = driver.till.world.authorize(call["call_id"])
    driver.answered("call", answer, 200, 403, 503)
    if answer.status == 200 and answer.body["decision"] == "allow":
        assert driver.till.world.deliver({**call, "line_id": "line_1"}) == []
    elif answer.status == 200:
        driver.answers[f"call {answer.body['reason']}"] += 1
        if answer.body["reason"] in ("insufficient_credit", "recharging"):
            driver.causes.refuse()


@operation("adjust", 8)
def adjust(driver: PaymentDriver) -> None:
    """Add or deduct credit as the operator."""
    micros = driver.rng.choice((-1, -1, 1)) * driver.rng.randint(1, 400) * 100_000
    driver.till.world.adjust(format_money(micros), f"adjustment {driver.done.total()}")


@operation("save a card", 9)
def save_card(driver: PaymentDriver) -> None:
    """Save a card on Stripe's page, often with a number that was saved before; the page's callback comes at once."""
    driver.till.all_well()
    save_card_of(driver, driver.rng.choice(KINDS_OF_CARD))


def save_card_of(driver: PaymentDriver, kind: str) -> None:
    """Save a card of this kind on Stripe's page."""
    saved = save_on_page(driver, kind, None)
    if saved:
        driver.cards.append(saved)


def save_on_page(driver: PaymentDriver, kind: str, body: Any, account: str = ACCOUNT) -> str | None:
    """Save a payment method of this kind on Stripe's page. Return its id, or None if the page is refused."""
    before = {one["id"] for one in driver.till.objects("checkout.session")}
    claims = {"custom:account_id": account}
    answer = driver.till.world.ask("add_funds", "POST", "/payment-methods", body, **claims)
    driver.answered("save a bank account" if body else "save a card", answer, 201, *REFUSED)
    if answer.status != 201:
        return None
    [session] = [one for one in driver.till.objects("checkout.session") if one["id"] not in before]
    driver.till.controls.complete_checkout(session["id"], kind)
    setup = driver.till.stand_in.account.objects["setup_intent"][session["setup_intent"]]
    driver.witness.spared[driver.fingerprint(setup["payment_method"])] = 1
    if driver.rng.random() < 0.8:
        driver.hear_all()
    return str(setup["payment_method"])


@operation("remove a card", 5)
def remove_card(driver: PaymentDriver) -> None:
    """Remove a card, through the API or at Stripe."""
    driver.till.all_well()
    card = driver.rng.choice(driver.cards + driver.banks)
    if driver.rng.random() < 0.5:
        answer = driver.till.world.ask("add_funds", "DELETE", f"/payment-methods/{card}")
        driver.answered("remove a card", answer, 200, 204, 404, 503)
    elif driver.till.stand_in.account.objects["payment_method"][card]["customer"]:
        driver.till.sdk.v1.payment_methods.detach(card)


@operation("set the rule", 12)
def set_rule(driver: PaymentDriver) -> None:
    """Set the whole rule without a version, as a program does."""
    save_rule(driver, settings(driver) | {"enabled": driver.rng.random() < 0.9})


def save_rule(driver: PaymentDriver, said: dict[str, Any]) -> None:
    """Set these settings of the rule."""
    before = driver.rule()
    answer = driver.answered("rule", driver.till.rule(**said), 200, 422, *REFUSED)
    driver.note_arming(before, answer)


def settings(driver: PaymentDriver) -> dict[str, Any]:
    """Settings of a rule."""
    return {
        "threshold": driver.rng.choice(("10.00", "60.00", "150.00")),
        "amount": driver.rng.choice(("5.00", "20.00", "50.00")),
        "payment_method_id": driver.method(),
        "hourly_count": driver.rng.choice((1, 3, 20)),
        "daily_limit": driver.rng.choice(("50.00", "200.00", "1000.00")),
        "monthly_limit": driver.rng.choice(("100.00", "1000.00")),
    }


@operation("the operator switches the rule off", 2)
def switch_off(driver: PaymentDriver) -> None:
    """Switch the rule off as the operator."""
    body = {"enabled": False, "reason": "customer asked by phone"}
    answer = driver.till.world.operate("PUT", f"/accounts/{ACCOUNT}/auto-recharge", body)
    driver.answered("operator switches off", answer, 200, 404, 503)
    rule = driver.rule()
    assert answer.status != 200 or not rule.get("enabled"), "the operator's switch left the rule on"


@operation("the operator clears a card", 8)
def unblock(driver: PaymentDriver) -> None:
    """Clear the card of a payment or a saved card as the operator, after a talk with its holder."""
    own = driver.cards + driver.banks
    blocked = sorted(driver.witness.blocked & set(own))
    unblock_card(driver, driver.rng.choice(blocked or own))


def unblock_card(driver: PaymentDriver, card: str, account: str = ACCOUNT) -> None:
    """Clear this card of an account."""
    numbers = numbers_of(driver, card)
    if ask_to_unblock(driver, account, {"payment_method_id": card}):
        for number in numbers:
            driver.witness.clear(number)


def numbers_of(driver: PaymentDriver, card: str) -> set[str]:
    """The numbers that a saved card has had. A renewed card keeps its id; its earlier numbers are cleared with it."""
    paid = {item["fingerprint"] for item in driver.till.top_ups() if item.get("payment_method_id") == card}
    rule = driver.rule()
    of_rule = {rule["fingerprint"]} if rule.get("payment_method_id") == card else set[str]()
    return paid | of_rule | {driver.fingerprint(card)}


def ask_to_unblock(driver: PaymentDriver, account: str, which: dict[str, str]) -> bool:
    """Ask to clear a saved card, or the card of a payment. Return whether it was cleared."""
    body = {**which, "reason": "the holder confirmed the payments"}
    answer = driver.till.world.operate("POST", f"/accounts/{account}/cards/unblock", body)
    return driver.answered("unblock", answer, 200, 404, 409, 503).status == 200
