"""Operations of payments by Stripe, banks, and time: events come twice, late, or never; money goes back; cards are
renewed and customers deleted; and things happen while a payment is under way.
"""

from typing import Any

from tests.harness.cards import fingerprint_of, is_bank_account
from tests.harness.till import ACCOUNT
from tests.laws.payment_driver import Operation, PaymentDriver, operation
from tests.laws.payment_freezes import freeze
from tests.laws.payment_people import set_rule, switch_off

FAULTS = ("answer_lost", "dropped", "error_500", "error_500_after", "rate_limited")
PLACES = ("POST /v1/payment_intents", "POST */confirm", "POST */cancel", "GET /v1/payment_intents/*", "*")


@operation("stream", 30)
def stream(driver: PaymentDriver) -> None:
    """Deliver the changes of the stream, once or repeatedly."""
    driver.till.stream(times=driver.rng.choice((1, 1, 3)), most=60)


@operation("call back", 20)
def call_back(driver: PaymentDriver) -> None:
    """Deliver some of Stripe's events in any order, some twice, some never."""
    driver.events += driver.till.stand_in.take_events()
    driver.rng.shuffle(driver.events)
    for event in driver.events[: driver.rng.randint(0, 6)]:
        driver.hear(event)
    driver.events = driver.events[driver.rng.randint(0, 8) :]


@operation("an endpoint that wants nothing", 3)
def want_nothing(driver: PaymentDriver) -> None:
    """Stripe has no endpoint for the events so far: none is delivered, and none counts as undelivered."""
    driver.till.stand_in.take_events()
    driver.events.clear()


@operation("answer the bank", 10)
def answer_bank(driver: PaymentDriver) -> None:
    """Answer a challenge, or end a processing payment."""
    for intent in driver.till.objects("payment_intent"):
        if intent["status"] == "requires_action" and driver.rng.random() < 0.7:
            driver.till.controls.answer_challenge(intent["id"], confirmed=driver.rng.random() < 0.7)
        elif is_processing_card(driver, intent) and driver.rng.random() < 0.7:
            if driver.rng.random() < 0.7:
                driver.till.controls.settle(intent["id"])
            else:
                driver.till.controls.fail(intent["id"])
                driver.witness.late.add(intent["latest_charge"])


def is_processing_card(driver: PaymentDriver, intent: dict[str, Any]) -> bool:
    """Whether a payment with a card is processing; banks answer others after days."""
    methods = driver.till.stand_in.account.objects["payment_method"]
    return intent["status"] == "processing" and not is_bank_account(methods[intent["payment_method"]])


@operation("follow a link", 6)
def follow_link(driver: PaymentDriver) -> None:
    """Follow the link of a waiting payment."""
    for item in driver.till.top_ups():
        if (item["kind"], item["status"]) == ("automatic", "requires_action"):
            url = driver.till.top_up(str(item["topup_id"])).get("next_action_url")
            if url and "/links/" in url:
                answer = driver.till.visit(url.rsplit("/", 1)[1], "POST")
                driver.answered("confirmation link", answer, 200, 303, 403, 404, 409, 503)


@operation("a fault at Stripe", 12)
def order_fault(driver: PaymentDriver) -> None:
    """Plan a fault of Stripe."""
    driver.till.fault(driver.rng.choice(FAULTS), driver.rng.choice(PLACES), count=driver.rng.randint(1, 3))


@operation("sweep", 20)
def sweep(driver: PaymentDriver) -> None:
    """Pass a minute, an hour, a day, or a week."""
    driver.till.sweep(minutes=driver.rng.choice((1, 1, 3, 61, 1441, 10_080, 43_300)))


# --- Money goes back --------------------------------------------------------------------------------------------------


@operation("dispute", 4)
def dispute(driver: PaymentDriver) -> None:
    """A cardholder disputes a payment, in full or in part, or asks about it."""
    charge = driver.pick("charge", status="succeeded", disputed=False)
    if charge:
        amount, is_inquiry = driver.rng.choice((None, 500)), driver.rng.random() < 0.3
        if is_of_bank(charge):  # A return is of the whole payment, and at once.
            amount, is_inquiry = None, False
        driver.till.controls.dispute(charge["id"], amount=amount, inquiry=is_inquiry)
        maybe_hear(driver)


@operation("a decided dispute", 4)
def decide_dispute(driver: PaymentDriver) -> None:
    """The bank decides a dispute, or closes an inquiry."""
    opened = driver.pick("dispute", status="needs_response") or driver.pick("dispute", status="warning_needs_response")
    if opened:
        (driver.till.controls.win_dispute if driver.rng.random() < 0.7 else driver.till.controls.lose_dispute)(
            opened["id"]
        )
        maybe_hear(driver)


@operation("a warning of fraud", 2)
def warn(driver: PaymentDriver) -> None:
    """The card network warns of fraud with a payment."""
    charge = driver.pick("charge", status="succeeded")
    warned = {one["charge"] for one in driver.till.objects("radar.early_fraud_warning")}
    if charge and charge["id"] not in warned and not is_of_bank(charge):
        driver.till.controls.warn(charge["id"])
        maybe_hear(driver)


@operation("refund", 5)
def refund(driver: PaymentDriver) -> None:
    """The operator refunds a payment at Stripe, in full or in part."""
    charge = driver.pick("charge", status="succeeded", disputed=False, refunded=False)
    if charge:
        left = charge["amount"] - charge["amount_refunded"]
        driver.till.controls.refund_disputed(charge["id"], driver.rng.choice((left, min(left, 500))))
        maybe_hear(driver)


@operation("a failed refund", 3)
def fail_refund(driver: PaymentDriver) -> None:
    """A bank returns the money of a refund."""
    made = driver.pick("refund", status="succeeded")
    if made:
        driver.till.controls.fail_refund(made["id"])
        maybe_hear(driver)


def maybe_hear(driver: PaymentDriver) -> None:
    """Mostly, the callbacks of what just happened come at once."""
    if driver.rng.random() < 0.6:
        driver.hear_all()


# --- Changes at Stripe ------------------------------------------------------------------------------------------------


@operation("a deleted customer", 1)
def delete_customer(driver: PaymentDriver) -> None:
    """Someone deletes the customer in Stripe's dashboard, and with it its cards."""
    [account] = driver.till.world.of_kind("ACCOUNT", ACCOUNT)
    customer_id = account.get("stripe_customer_id")
    if customer_id in driver.till.stand_in.account.objects["customer"]:
        driver.till.controls.delete_customer(customer_id)
        maybe_hear(driver)


@operation("a renewed card", 4)
def renew_card(driver: PaymentDriver) -> None:
    """The bank renews a card: a new number or a new date, under the same payment method."""
    renew(driver, driver.rng.choice(driver.cards))


def renew(driver: PaymentDriver, card: str) -> None:
    """The bank renews this card."""
    method = driver.till.stand_in.account.objects["payment_method"][card]
    if not method["customer"]:
        return
    driver.till.controls.renew_card(card, same_number=driver.rng.random() < 0.3)
    maybe_hear(driver)


@operation("something in between", 6)
def interrupt(driver: PaymentDriver) -> None:
    """Plan what happens while the next payment waits for its intent: the last moment to stop its confirmation."""
    plan_interruption(driver, driver.rng.choice((freeze, switch_off, set_rule, dispute_now, warn_now)))


def plan_interruption(driver: PaymentDriver, what: Operation) -> None:
    """Let something happen during the next payment, at either moment."""
    (interrupt_creation if driver.rng.random() < 0.7 else interrupt_repetition)(driver, what)


def interrupt_creation(driver: PaymentDriver, what: Operation) -> None:
    """Let something happen during the next payment once its intent exists."""
    driver.witness.interruptions = [lambda: what(driver)]


def interrupt_repetition(driver: PaymentDriver, what: Operation) -> None:
    """Let something happen during the next payment before its confirmation is repeated. Stripe does not carry out the
    first, and nothing but the last check can stop the second.
    """
    driver.witness.retries = [lambda: what(driver)]
    driver.till.fault(driver.rng.choice(("dropped", "error_500")), "POST */confirm")


def dispute_now(driver: PaymentDriver) -> None:
    """A payment is disputed, and the callback comes at once."""
    report_fraud(driver, driver.witness.paying, is_dispute=True)


def warn_now(driver: PaymentDriver) -> None:
    """A payment is warned of, and the callback comes at once."""
    report_fraud(driver, driver.witness.paying, is_dispute=False)


def dispute_another(driver: PaymentDriver) -> None:
    """The account's payment with another card is disputed: the rule is suspended, and the card that pays now is not
    blocked.
    """
    intents = {one["id"] for one in driver.till.objects("payment_intent") if one["metadata"]["account_id"] == ACCOUNT}
    charges = [one for one in driver.till.objects("charge") if one["status"] == "succeeded" and not one["disputed"]]
    own = [one for one in charges if one["payment_intent"] in intents]
    others = [one for one in own if number_of(one) != driver.witness.paying]
    if others:
        driver.till.controls.dispute(driver.rng.choice(others)["id"])
        driver.hear_all()


def number_of(charge: dict[str, Any]) -> str:
    """The fingerprint of the card or bank account that paid."""
    return fingerprint_of(charge["payment_method_details"])


def is_of_bank(charge: dict[str, Any]) -> bool:
    """Whether a bank account paid."""
    return is_bank_account(charge["payment_method_details"])


def report_fraud(driver: PaymentDriver, fingerprint: str, *, is_dispute: bool) -> None:
    """Dispute or warn of a payment, if possible one with this card; the callback comes at once."""
    warned = {one["charge"] for one in driver.till.objects("radar.early_fraud_warning")}
    paid = [one for one in driver.till.objects("charge") if one["status"] == "succeeded"]
    fresh = [one for one in paid if not one["disputed"] and one["id"] not in warned]
    own = [one for one in fresh if number_of(one) == fingerprint]
    if not fresh:
        return
    charge = driver.rng.choice((own or fresh)[-6:])
    if is_dispute or is_of_bank(charge):
        is_inquiry = not is_of_bank(charge) and driver.rng.random() < 0.2
        driver.till.controls.dispute(charge["id"], inquiry=is_inquiry)
    else:
        driver.till.controls.warn(charge["id"])
    driver.hear_all()
