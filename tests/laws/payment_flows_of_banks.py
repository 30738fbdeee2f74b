"""The payment flows with bank accounts and backup cards that are repeated with each fault."""

from tests.harness.cards import DECLINED, VISA
from tests.laws.payment_bench import Flow, PaymentBench
from tests.laws.payment_flows import pay, save, save_and_rule

SUCCESS, FUNDS, RETURNED = (f"pm_usBankAccount_{kind}" for kind in ("success", "insufficientFunds", "dispute"))


def save_bank_account(bench: PaymentBench, kind: str) -> None:
    """A saved bank account, with its callback delivered."""
    answer = bench.ask("add_funds", "POST", "/payment-methods", {"type": "us_bank_account"})
    session = bench.till.controls.complete_checkout(answer.body["url"].rsplit("/", 1)[1], kind)
    bench.card = bench.till.stand_in.account.objects["setup_intent"][session["setup_intent"]]["payment_method"]
    bench.call_back()


def pay_for_days(bench: PaymentBench) -> None:
    """Pay with the bank account, and let its bank answer after four days. Only the bank's days pass: a request that was
    under way for days would meet no idempotency key.
    """
    pay(bench)
    bench.sweep()
    bench.till.controls.pass_days(4)


def save_backup_and_rule(bench: PaymentBench, kind: str) -> None:
    """A rule whose card is declined, and a backup card of this kind."""
    save(bench, kind)
    assert bench.ask("add_funds", "PATCH", f"/payment-methods/{bench.card}", {"backup": True}).status == 200
    save_and_rule(bench, DECLINED)


FLOWS_OF_BANKS = (
    Flow(
        "by bank account, after days",
        lambda b: save_bank_account(b, SUCCESS),
        pay_for_days,
        ["succeeded"],
        {"succeeded": 1},
        25_000_000,
    ),
    Flow(
        "by bank account, failed after days",
        lambda b: save_bank_account(b, FUNDS),
        pay_for_days,
        ["failed"],
        {"canceled": 1},
        0,
    ),
    Flow(
        "by bank account, returned",
        lambda b: save_bank_account(b, RETURNED),
        pay_for_days,
        ["succeeded"],
        {"succeeded": 1},
        0,
    ),
    Flow(
        "automatic, paid by the backup card",
        lambda b: save_backup_and_rule(b, VISA),
        PaymentBench.stream,
        ["failed", "succeeded"],
        {"canceled": 1, "succeeded": 1},
        50_000_000,
    ),
    Flow(
        "automatic, both cards declined",
        lambda b: save_backup_and_rule(b, "pm_card_attachesThenDeclines_insufficient_funds"),
        PaymentBench.stream,
        ["failed", "failed"],
        {"canceled": 2},
        0,
    ),
)
