"""The flow in which staff refund a payment at the desk, repeated with each fault."""

from collections.abc import Iterator

from tests.functions.moves_bench import desk_event
from tests.harness.cards import VISA
from tests.harness.till import ACCOUNT
from tests.laws.payment_bench import Flow, PaymentBench
from tests.laws.payment_flows import pay, save

LIMIT, REFUNDED = 100_000_000, 10_000_000
"""What a member of the staff gives on one day, and what the flow refunds, in micro-dollars."""


def paid(bench: PaymentBench) -> None:
    """A credited payment of 25.00 with all callbacks delivered."""
    save(bench, VISA)
    pay(bench)
    bench.call_back()


def refund_at_desk(bench: PaymentBench) -> None:
    """Repeat a refund until its answer. Stripe repeats a server fault for as long as it keeps the key, so such a refund
    ends after a day; then send another.
    """
    [topup] = bench.till.top_ups()
    path = f"/accounts/{ACCOUNT}/top-ups/{topup['topup_id']}/refunds"
    for key in ("the first key", "the second key"):
        body = {"amount": "10.00", "reason": "Asked by phone"}
        answer = bench.send("move_credit", desk_event("POST", path, body, key=key))
        assert answer.status == 201 or answer.code == "refund_refused", answer.text
        for minutes in (3, 10, 24 * 60):
            if statuses(bench)[-1:] == ["asking"]:
                bench.sweep(minutes)
        if "refunded" in statuses(bench):
            return


def statuses(bench: PaymentBench) -> list[str]:
    """The statuses of the stored refunds, live ones last."""
    return sorted((item["status"] for item in bench.till.world.of_kind("REFUND")), key="asking".__eq__)


def refunded_once(bench: PaymentBench) -> Iterator[str]:
    """Stripe made one refund, nothing is held, and the day of the person counts it once."""
    made = [one["amount"] * 10_000 for one in bench.till.objects("refund") if one["status"] != "failed"]
    if made != [REFUNDED]:
        yield f"Stripe refunded {made}"
    refunds = [(item["status"], item["amount_micros"]) for item in bench.till.world.of_kind("REFUND")]
    if refunds.count(("refunded", REFUNDED)) != 1 or any(status == "asking" for status, _ in refunds):
        yield f"the refunds are {refunds}"
    if any("sweep_pk" in item for item in bench.till.world.of_kind("REFUND")):
        yield "a refund is still to be looked at"
    taken = [LIMIT - item["left_micros"] for item in bench.stack.items() if item["PK"] == "STAFF#staff-1"]
    if sum(taken) != REFUNDED:
        yield f"{taken} is taken from the days"
    recorded = [item["action"] for item in bench.till.world.of_kind("ACTIVITY")]
    if recorded.count("refund_made") != 1 or recorded.count("refund_started") != len(refunds):
        yield f"the recorded changes are {recorded}"


DESK_REFUND = Flow(
    "a refund at the desk", paid, refund_at_desk, ["succeeded"], {"succeeded": 1}, 25_000_000 - REFUNDED, refunded_once
)
