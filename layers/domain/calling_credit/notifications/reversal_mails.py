"""The paragraphs of the mail about a suspension by a refund, a dispute, or a warning of fraud."""

from collections.abc import Mapping
from typing import Any, Final

from calling_credit.notifications import mail_words as words
from calling_credit.recharge.suspension_reasons import SuspensionReason

OUT_OF_CREDIT: Final = "When your balance runs out, international calls are not connected."


def paused_by_reversal(data: Mapping[str, Any]) -> list[str]:
    """The paragraphs about a suspension by a refund, a dispute, or a warning."""
    payment = data["payment"]
    amount, created = words.money(payment, "amount"), words.instant(payment, "created_at")
    named = f"the payment of {amount} of {created:%Y-%m-%d} ({words.payment_id(payment)})"
    if data["reason"] == SuspensionReason.REFUNDED:
        return [
            f"We refunded {named}, so automatic recharge is paused and charges nothing.",
            (
                "To resume it, open the Billing page, and switch automatic recharge off and on again. Otherwise add "
                "funds yourself when your balance runs low."
            ),
            OUT_OF_CREDIT,
        ]
    return [
        (
            f"The bank of the cardholder disputed {named}, or reported it as possible fraud. Its card is blocked, and "
            "automatic recharge is paused."
        ),
        (
            "If the payment was yours, withdraw the dispute at your bank, and contact your phone company. It unblocks "
            "the card, and automatic recharge resumes. Until then, you can add funds with another card."
        ),
        OUT_OF_CREDIT,
    ]
