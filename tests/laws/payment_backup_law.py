"""The law of backups: a recharge is tried with the backup card at most once, right after a soft decline of another
number, with the card that is the backup at that moment, and never after a hard decline.

Why the attempt before was declined is read from Stripe's own charges, not from the code under test.
"""

from collections.abc import Iterator
from typing import Any

from tests.harness.cards import fingerprint_of, is_bank_account
from tests.harness.till import Till

NOT_BY_THE_ISSUER = ("authentication_required", "processing_error", "issuer_not_available")
"""Reasons that say nothing about the card."""
AT_ONCE = ("lost_card", "stolen_card", "fraudulent", "pickup_card", "restricted_card", "expired_card")
"""Reasons after which a card is never tried again."""
AT_ONCE_OF_BANKS = ("account_closed", "no_account", "debit_not_authorized", "bank_account_restricted")
"""Error codes of debits after which a bank account is never tried again."""


def ends_tries(charge: dict[str, Any]) -> bool:
    """Whether a declined charge ends the tries of its number at once."""
    outcome = charge["outcome"]
    is_advised = outcome["advice_code"] == "do_not_try_again"
    return is_advised or outcome["reason"] in AT_ONCE or charge["failure_code"] in AT_ONCE_OF_BANKS


def is_by_issuer(charge: dict[str, Any]) -> bool:
    """Whether the issuer decided against a declined charge."""
    return (charge["outcome"]["reason"] or charge["failure_code"]) not in NOT_BY_THE_ISSUER


def breaches(
    till: Till, items: list[dict[str, Any]], topup: dict[str, Any], method: dict[str, Any], backup: dict[str, Any]
) -> Iterator[str]:
    """The breaches of confirming this attempt now with this payment method. `backup`: the account's backup card."""
    if method["id"] != backup.get("payment_method_id") or is_bank_account(method):
        yield "law of backups: a recharge used a payment method that is not the backup card"
    if _charges(till, topup["topup_id"]):
        yield "law of backups: a backup card was tried twice for one recharge"
    before = [one for one in items if one.get("kind") == "automatic" and one["attempt"] == topup["attempt"] - 1]
    if not before:
        yield "law of backups: the first attempt used the backup card"
        return
    if before[0].get("is_backup"):
        yield "law of backups: two attempts in a row used the backup card"
    declined = [one for one in _charges(till, before[0]["topup_id"]) if one["status"] == "failed"]
    if not declined or not is_by_issuer(declined[-1]):
        yield "law of backups: the backup card was tried, and no issuer had declined the rule's"
    elif ends_tries(declined[-1]):
        yield "law of backups: the backup card was tried after a hard decline"
    if declined and fingerprint_of(declined[-1]["payment_method_details"]) == fingerprint_of(method):
        yield "law of backups: the number that was declined was tried again as its own backup"


def _charges(till: Till, topup_id: str) -> list[dict[str, Any]]:
    """Stripe's charges of a payment, oldest first."""
    objects = till.stand_in.account.objects
    intents = {one["id"] for one in objects["payment_intent"].values() if one["metadata"].get("topup_id") == topup_id}
    return [one for one in objects["charge"].values() if one["payment_intent"] in intents]
