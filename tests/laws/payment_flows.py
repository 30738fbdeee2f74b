"""The payment flows that are repeated with each fault: manual, automatic, linked, refunded, and disputed."""

from typing import Any

from local.stripe_stand_in.controls import Controls
from tests.harness.cards import CHALLENGED, DECLINED, VISA
from tests.laws.payment_bench import Flow, PaymentBench

WANTS_CUSTOMER = "pm_card_authenticationRequired"


def save(bench: PaymentBench, kind: str) -> None:
    """A saved card."""
    bench.card = bench.till.card(kind)


def save_and_rule(bench: PaymentBench, kind: str) -> None:
    """A saved card and a rule that recharges the empty balance with it."""
    save(bench, kind)
    bench.till.set_rule(bench.card)


def pay(bench: PaymentBench) -> None:
    """Retry a payment until its response, and start another if it was canceled."""
    body = {"amount": "25.00", "payment_method_id": bench.card}
    for key in ("the first key", "the second key"):
        answer = bench.ask("add_funds", "POST", "/top-ups", body, key=key)
        assert answer.status == 201
        if answer.body["status"] != "canceled":
            return


def challenge(bench: PaymentBench) -> None:
    """Confirm every waiting payment at the bank."""
    for intent in list(bench.till.stand_in.account.objects["payment_intent"].values()):
        if intent["status"] == "requires_action":
            Controls(bench.till.stand_in).answer_challenge(intent["id"])


def pay_and_confirm(bench: PaymentBench) -> None:
    """Pay with a card whose bank requires a confirmation."""
    pay(bench)
    bench.sweep()  # After the sweep the lost response is known, and with it the bank's page.
    challenge(bench)


def wait_for_customer(bench: PaymentBench) -> None:
    """A recharge that the bank wants confirmed while the customer is absent."""
    save_and_rule(bench, WANTS_CUSTOMER)
    bench.stream()
    bench.till.stand_in.take_events()
    [waiting] = bench.till.top_ups()
    bench.link = bench.till.top_up(str(waiting["topup_id"]))["next_action_url"].removeprefix("https://page.test")


def follow_link(bench: PaymentBench) -> None:
    """Follow the link that completes the payment, and confirm at the bank."""
    for _ in range(12):
        answer = bench.ask("follow_links", "POST", bench.link, signed_in=False)
        if answer.status == 303:
            break
        bench.till.later(seconds=10)
    challenge(bench)


def another_waits(bench: PaymentBench) -> None:
    """A payment of 30.00 that waits for confirmation, and another card."""
    bench.till.paid("30.00", bench.till.card(CHALLENGED))
    bench.till.stand_in.take_events()
    save(bench, VISA)


def another_is_abandoned(bench: PaymentBench) -> None:
    """The same with an absent customer; a rule recharges the empty balance."""
    another_waits(bench)
    bench.till.later(minutes=16)
    bench.till.set_rule(bench.card)


def save_and_pay(bench: PaymentBench) -> None:
    """A credited payment of 25.00 with all callbacks delivered."""
    save(bench, VISA)
    bench.till.paid("25.00", bench.card)
    bench.till.stand_in.take_events()


def at_stripe(bench: PaymentBench, path: str, **parameters: Any) -> None:
    """Act as an operator in Stripe's dashboard."""
    headers = {"Authorization": f"Bearer {bench.till.stand_in.api_key}"}
    assert bench.till.stand_in.handle("POST", path, parameters, headers).status == 200


def lose_customer(bench: PaymentBench) -> None:
    """A saved card whose customer an operator deletes in Stripe's dashboard."""
    save(bench, VISA)
    Controls(bench.till.stand_in).delete_customer(bench.till.customer())
    bench.till.stand_in.take_events()


def save_again_and_pay(bench: PaymentBench) -> None:
    """Save a card for the customer that replaces the lost one, and pay with it."""
    assert bench.ask("add_funds", "POST", "/payment-methods").status == 201
    [account] = bench.till.world.of_kind("ACCOUNT")
    assert len(bench.till.world.of_kind("ACTIVITY")) == account["customer_number"] == 1
    at_stripe(bench, f"/v1/payment_methods/{VISA}/attach", customer=account["stripe_customer_id"])
    bench.card = list(bench.till.stand_in.account.objects["payment_method"])[-1]
    pay(bench)


def refund(bench: PaymentBench) -> None:
    """Refund ten dollars in two parts."""
    [charge] = bench.till.objects("charge")
    for _ in range(2):
        at_stripe(bench, "/v1/refunds", charge=charge["id"], amount=500)


def dispute_and_win(bench: PaymentBench) -> None:
    """Dispute a payment that the bank then returns in part."""
    [charge] = bench.till.objects("charge")
    controls = Controls(bench.till.stand_in)
    opened = controls.dispute(charge["id"], amount=2_500)
    bench.call_back()
    controls.win_dispute(opened["id"], 1_500)


FLOWS = (
    Flow("by hand", lambda b: save(b, VISA), pay, ["succeeded"], {"succeeded": 1}, 25_000_000),
    Flow("by hand, declined", lambda b: save(b, DECLINED), pay, ["failed"], {"canceled": 1}, 0),
    Flow(
        "by hand, confirmed at the bank",
        lambda b: save(b, CHALLENGED),
        pay_and_confirm,
        ["succeeded"],
        {"succeeded": 1},
        25_000_000,
    ),
    Flow("by hand, while another waits", another_waits, pay, ["succeeded"], {"succeeded": 1}, 25_000_000),
    Flow(
        "automatic, after an abandoned one",
        another_is_abandoned,
        PaymentBench.stream,
        ["succeeded"],
        {"succeeded": 1},
        50_000_000,
    ),
    Flow(
        "automatic", lambda b: save_and_rule(b, VISA), PaymentBench.stream, ["succeeded"], {"succeeded": 1}, 50_000_000
    ),
    Flow(
        "automatic, declined", lambda b: save_and_rule(b, DECLINED), PaymentBench.stream, ["failed"], {"canceled": 1}, 0
    ),
    Flow(
        "automatic, the bank wants the customer",
        lambda b: save_and_rule(b, WANTS_CUSTOMER),
        PaymentBench.stream,
        ["requires_action"],
        {"requires_payment_method": 1},
        0,
    ),
    Flow("recovered by its link", wait_for_customer, follow_link, ["succeeded"], {"succeeded": 1}, 50_000_000),
    Flow(
        "by hand, for a new customer",
        lose_customer,
        save_again_and_pay,
        ["succeeded"],
        {"succeeded": 1},
        25_000_000,
    ),
    Flow("refunded", save_and_pay, refund, ["succeeded"], {"succeeded": 1}, 15_000_000),
    Flow("disputed, won in part", save_and_pay, dispute_and_win, ["succeeded"], {"succeeded": 1}, 15_000_000),
)
