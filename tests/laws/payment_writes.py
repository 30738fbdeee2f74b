"""Short flows of payments, one for each way to change cards, rules, and accounts beside a payment itself. Each is
repeated with a crash at each of its own requests, and by the component that repeats it in production.
"""

from botocore.awsrequest import AWSResponse

from tests.harness.cards import VISA
from tests.harness.recharging import spend, talk
from tests.harness.till import ACCOUNT, CONFIRM
from tests.harness.wire import Killed, Pass, Sent
from tests.laws.payment_bench import PaymentBench
from tests.laws.payment_flows import save, save_and_rule
from tests.laws.payment_flows_back import dispute, recharge, refund

RULE = f"/accounts/{ACCOUNT}/auto-recharge"
OFF = {"enabled": False, "reason": "The customer asked by phone."}

# --- Payments between intent and confirmation -------------------------------------------------------------------------


def stop_at_confirmation(sent: Sent, passed: Pass) -> AWSResponse:
    """Let the process die before it confirms a payment."""
    if sent.operation == CONFIRM:
        raise Killed
    return passed()


def left_unconfirmed(bench: PaymentBench) -> None:
    """A recharge whose worker died between intent and confirmation."""
    save_and_rule(bench, VISA)
    leave_unconfirmed(bench)


def leave_unconfirmed(bench: PaymentBench) -> None:
    """Begin a recharge, and let its worker die before the confirmation."""
    with bench.wire.interfering(stop_at_confirmation):
        bench.invoke("auto_recharge", {"Records": bench.till.take_records()})
    bench.wire.dead = False
    bench.till.stand_in.take_events()


def paid_and_left_unconfirmed(bench: PaymentBench) -> None:
    """A disputed payment, and another whose worker died between intent and confirmation before the dispute."""
    save(bench, VISA)
    bench.till.paid("25.00", bench.card)
    bench.till.stand_in.take_events()
    with bench.wire.interfering(stop_at_confirmation):
        bench.invoke("add_funds", bench.request("add_funds", "POST", "/top-ups", manual(bench), key="the first key"))
    bench.wire.dead = False
    bench.till.stand_in.take_events()
    dispute_first(bench)


def off_and_unconfirmed(bench: PaymentBench) -> None:
    """The same recharge, after the customer switched the rule off."""
    left_unconfirmed(bench)
    bench.till.set_rule(bench.card, enabled=False)


def manual(bench: PaymentBench) -> dict[str, str]:
    """The body of a manual payment of 25.00."""
    return {"amount": "25.00", "payment_method_id": bench.card}


def dispute_first(bench: PaymentBench) -> None:
    """The first payment is disputed."""
    bench.till.controls.dispute(bench.till.objects("charge")[0]["id"])
    bench.call_back()
    bench.till.later(seconds=40)


def repeat_payment(bench: PaymentBench) -> None:
    """The request of the payment without a confirmation is repeated."""
    answer = bench.ask("add_funds", "POST", "/top-ups", manual(bench), key="the first key")
    assert answer.status == 409 or answer.body["status"] == "canceled", answer.text


def sweep_twice(bench: PaymentBench) -> None:
    """Let leases end, and sweep again after a round that crashed."""
    for minutes in (2, 5):
        bench.sweep(minutes)
    bench.stream()


# --- Rules and accounts -----------------------------------------------------------------------------------------------


def blocked_by_dispute(bench: PaymentBench) -> None:
    """A disputed recharge whose card the bank had renewed before."""
    recharge(bench)
    bench.till.controls.renew_card(bench.card)
    bench.call_back()
    dispute(bench)
    bench.call_back()


def unblock(bench: PaymentBench) -> None:
    """The operator unblocks the card."""
    body = {"payment_method_id": bench.card, "reason": "The customer made the payment."}
    assert bench.operate("POST", f"/accounts/{ACCOUNT}/cards/unblock", body).status == 200


def rule_is_idle(bench: PaymentBench) -> None:
    """A rule above its threshold."""
    bench.till.world.adjust("50.00", "opening")
    save_and_rule(bench, VISA)
    bench.stream()


def switch_off(bench: PaymentBench) -> None:
    """The operator switches the rule off."""
    assert bench.operate("PUT", RULE, OFF).status == 200


def spend_all(bench: PaymentBench) -> None:
    """A call brings the balance below the threshold."""
    spend(bench.till, "45.00")
    bench.stream()


def change_rule(bench: PaymentBench) -> None:
    """A billing admin changes the amount in a tab that knows the version."""
    body = {"amount": "60.00", "version": 1}
    answer = bench.ask("change_settings", "PATCH", "/auto-recharge", body)
    assert answer.status == 200, answer.text


def rule_is_off(bench: PaymentBench) -> None:
    """A rule that is off, and a balance below its threshold."""
    save(bench, VISA)
    bench.till.set_rule(bench.card, enabled=False)
    bench.stream()


def arm(bench: PaymentBench) -> None:
    """A billing admin enables the rule, and accepts the charge that follows."""
    body = {"enabled": True, "version": 1, "accept_charge": "50.00"}
    answer = bench.ask("change_settings", "PATCH", "/auto-recharge", body)
    assert answer.status == 200, answer.text


def refunded_recharge(bench: PaymentBench) -> None:
    """A recharge whose refund suspended the rule."""
    recharge(bench)
    refund(bench)
    bench.call_back()


def fail_refund(bench: PaymentBench) -> None:
    """The bank returns the money of the refund."""
    [made] = bench.till.objects("refund")
    bench.till.controls.fail_refund(made["id"])
    bench.call_back()


def suspicious_call(bench: PaymentBench) -> None:
    """A long call without a hold, a day ago, which brought the balance below the rule's threshold."""
    bench.till.world.adjust("605.00", "opening")
    save_and_rule(bench, VISA)
    talk(bench.till, 300)
    bench.stream()
    bench.till.later(hours=24)


def count_call(bench: PaymentBench) -> None:
    """The sweeper counts the call."""
    for minutes in (1, 2):
        bench.sweep(minutes)


def card_expires(bench: PaymentBench) -> None:
    """A rule whose card expires within 30 days, which was last checked hours ago."""
    bench.till.world.adjust("50.00", "opening")
    save(bench, VISA)
    now = bench.till.world.clock.now
    bench.till.controls.renew_card(bench.card, exp_year=now.year, exp_month=now.month, same_number=True)
    bench.till.stand_in.take_events()
    bench.till.set_rule(bench.card)
    bench.till.later(hours=7)


# --- Settings of the account ------------------------------------------------------------------------------------------


def lower_limits(bench: PaymentBench) -> None:
    """A billing admin lowers a limit, in a tab that knows the version."""
    answer = bench.ask("change_settings", "PUT", "/limits", {"daily_spend": "50.00", "version": 0})
    assert answer.status == 200, answer.text


def switch_line(bench: PaymentBench) -> None:
    """A billing admin switches international calling of a line, in a tab that knows the version."""
    body = {"international_calling": False, "version": 1}
    answer = bench.ask("change_settings", "PUT", "/lines/line_1", body)
    assert answer.status == 200, answer.text


# --- Sweeps ----------------------------------------------------------------------------------------------------------


def left_without_events(bench: PaymentBench) -> None:
    """A recharge, and then a month without callbacks and sweeps in which it is disputed."""
    recharge(bench)
    bench.settle_down()
    dispute(bench)
    bench.till.stand_in.take_events()
    bench.till.later(days=31)
    bench.till.stand_in.account.objects["event"].clear()


def compare(bench: PaymentBench) -> None:
    """The sweeper compares what Stripe lists, after a round that crashed."""
    for _ in range(2):
        bench.sweep(-(bench.till.world.clock.now.minute - 2) % 5 or 5)
