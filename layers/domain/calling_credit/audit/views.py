"""The result of a proof for people. Reads nothing."""

from datetime import datetime
from typing import Any, Final

from calling_credit.audit.proof import Difference, DifferenceCode
from calling_credit.audit.prove_account import Proof
from calling_credit.instants import format_instant
from calling_credit.money import format_money

WORDS: Final[dict[str, str]] = {
    DifferenceCode.POSTED: "The balance is not the sum of the entries.",
    DifferenceCode.DAY: "The totals of a day are not the sums of its entries.",
    DifferenceCode.DAILY_SUMS: "The sums of a day by user, line, and country are not those of its calls.",
    DifferenceCode.USED_MINUTES: "The used included minutes are not those that the charges of calls say.",
    DifferenceCode.LEFT_MINUTES: "The rest of included minutes is not what is neither used nor held.",
    DifferenceCode.CHARGED: "The running sum of call charges is not the sum of the calls.",
    DifferenceCode.LOT: "Granted credit is not what its entries say.",
    DifferenceCode.HELD: "The held credit is not the sum of the holds of calls in progress.",
    DifferenceCode.AVAILABLE: "The available credit is not the balance less the held credit.",
    DifferenceCode.HEADROOM: "Automatic recharge watches another balance than its threshold says.",
    DifferenceCode.NOT_ENTERED: "Stripe received a payment that was not credited.",
    DifferenceCode.NOT_PAID: "A payment was credited that Stripe does not know.",
    DifferenceCode.OTHER_AMOUNT: "A payment was credited with another amount than was paid.",
    DifferenceCode.TWICE: "One payment was credited twice.",
    DifferenceCode.REVERSED: "The reversed credit is not what Stripe refunded or what was disputed.",
    DifferenceCode.TOP_UP_NOT_ENTERED: "A payment succeeded without being credited.",
}
"""Each kind of difference in a sentence."""


def proof_view(proof: Proof, now: datetime) -> dict[str, Any]:
    """The proof as the API shows it. `payments` is null if Stripe is not set up."""
    balance = proof.book.balance
    return {
        "proven": not proof.differences,
        "proven_at": format_instant(now),
        "entries": proof.book.entries,
        "payments": len(proof.payments) if proof.is_with_stripe else None,
        "balance": format_money(0 if balance is None else balance.posted_micros),
        "differences": [_difference_view(difference) for difference in proof.differences],
    }


def _difference_view(difference: Difference) -> dict[str, str]:
    return {
        "code": difference.code,
        "object": difference.object_id,
        "expected": difference.expected,
        "found": difference.found,
        "text": f"{WORDS[difference.code]} {difference.object_id}: {difference}.",
    }
