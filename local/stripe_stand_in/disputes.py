"""Disputes: a cardholder questions a charge. Balance transactions record the withdrawn and reinstated funds."""

from typing import Final

from local.stripe_stand_in import bank_accounts
from local.stripe_stand_in.account import Account
from local.stripe_stand_in.answers import page
from local.stripe_stand_in.balance import DAY_SECONDS, record
from local.stripe_stand_in.fraud_warnings import review_warnings
from local.stripe_stand_in.parameters import (
    PAGING,
    Parameters,
    boolean,
    clearable_text,
    fields,
    instants,
    merge_metadata,
    metadata,
    text,
)
from local.stripe_stand_in.refusals import Fields, Refusal

FEE: Final = 1500
DAYS_TO_ANSWER: Final = 9
NETWORK_REASON: Final = {"fraudulent": "10.4", "product_not_received": "13.1"}
CLOSED: Final = ("won", "lost", "warning_closed")
OPEN_INQUIRY: Final = ("warning_needs_response", "warning_under_review")
EVIDENCE: Final = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)
LIST: Final = Parameters({**PAGING, "charge": text, "created": instants, "payment_intent": text})
UPDATE: Final = Parameters(
    {"evidence": fields(dict.fromkeys(EVIDENCE, clearable_text)), "metadata": metadata, "submit": boolean}
)


def list_disputes(account: Account, given: Fields) -> Fields:
    """GET /v1/disputes, newest first."""
    having = {name: given[name] for name in ("charge", "payment_intent") if name in given}
    return page(account.newest_first("dispute", **having), given, "/v1/disputes")


def update(account: Account, given: Fields, dispute_id: str) -> Fields:
    """POST /v1/disputes/{id}. The texts `winning_evidence` and `losing_evidence` decide it, as in test mode."""
    dispute = _open(account, dispute_id)
    changes: Fields = {}
    if "metadata" in given:
        changes["metadata"] = merge_metadata(dispute["metadata"], given["metadata"])
    evidence = given.get("evidence", {})
    submitted = bool(evidence) and given.get("submit", True)
    if evidence:
        changes["evidence"] = {**dispute["evidence"], **evidence}
        changes["evidence_details"] = {
            **dispute["evidence_details"],
            "has_evidence": True,
            "submission_count": dispute["evidence_details"]["submission_count"] + int(submitted),
            "submission_method": "manual" if submitted else "not_submitted",
        }
    if submitted:
        changes["status"] = "warning_under_review" if _is_inquiry(dispute) else "under_review"
    account.change(dispute, "charge.dispute.updated", changes)
    verdict = evidence.get("uncategorized_text") if submitted else None
    if verdict == "winning_evidence":
        win(account, dispute, dispute["amount"])
    elif verdict == "losing_evidence":
        lose(account, dispute)
    return dispute


def close(account: Account, _given: Fields, dispute_id: str) -> Fields:
    """POST /v1/disputes/{id}/close: accept the loss."""
    dispute = _open(account, dispute_id)
    lose(account, dispute)
    return dispute


def open_dispute(
    account: Account, charge: Fields, reason: str, *, amount: int | None = None, inquiry: bool = False
) -> Fields:
    """Open a dispute of a charge or a part of it; withdraw the funds unless it is an inquiry.

    Raises:
        Refusal: the charge cannot be disputed, or not for this amount.
    """
    disputed = charge["amount"] if amount is None else amount
    if charge["status"] != "succeeded" or charge["disputed"]:
        raise Refusal(
            400, f"Charge {charge['id']} cannot be disputed: it is not paid, or it is already disputed.", param="charge"
        )
    if not 0 < disputed <= charge["amount"]:
        raise Refusal(400, f"A dispute of {charge['id']} must be for 1 to {charge['amount']} cents.", param="amount")
    dispute = account.add("dispute", _fields(account, charge, reason, disputed, inquiry=inquiry))
    account.change(charge, "charge.updated", {"disputed": True})
    account.emit("charge.dispute.created", dispute)
    review_warnings(account, charge)
    if not inquiry:
        _withdraw(account, dispute)
    if charge["payment_method_details"]["type"] == bank_accounts.KIND:
        bank_accounts.end_mandate(account, charge)
        lose(account, dispute)
    return dispute


def escalate(account: Account, dispute: Fields) -> None:
    """Turn an open inquiry into a chargeback, which withdraws the funds.

    Raises:
        Refusal: it is not an inquiry.
    """
    if not _is_inquiry(dispute):
        raise Refusal(400, f"Dispute {dispute['id']} is not an inquiry.", param="dispute")
    card = {**dispute["payment_method_details"]["card"], "case_type": "chargeback"}
    changes: Fields = {
        "is_charge_refundable": False,
        "payment_method_details": {"card": card, "type": "card"},
        "status": "needs_response",
    }
    account.change(dispute, "charge.dispute.updated", changes)
    _withdraw(account, dispute)


def refuse_refund(account: Account, charge: Fields) -> None:
    """Check that no dispute of a charge forbids its refund; an inquiry allows it.

    Raises:
        Refusal: the charge was charged back.
    """
    if not all(dispute["is_charge_refundable"] for dispute in account.newest_first("dispute", charge=charge["id"])):
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise Refusal(400, message, code="charge_disputed", param="charge")


def close_inquiries(account: Account, charge: Fields) -> None:
    """Close the open inquiries about a charge that is fully refunded."""
    for dispute in account.newest_first("dispute", charge=charge["id"]):
        if dispute["status"] in OPEN_INQUIRY:
            lose(account, dispute)


def _withdraw(account: Account, dispute: Fields) -> None:
    withdrawal = record(account, dispute, "adjustment", -dispute["amount"], fee=FEE, category="dispute")
    transactions = [*dispute["balance_transactions"], withdrawal]
    account.change(dispute, "charge.dispute.funds_withdrawn", {"balance_transactions": transactions})


def win(account: Account, dispute: Fields, amount: int) -> None:
    """Decide for the account and reinstate `amount`; the fee is not returned."""
    if _is_inquiry(dispute):
        dispute["status"] = "warning_closed"
        account.emit("charge.dispute.closed", dispute)
        return
    if not 0 < amount <= dispute["amount"]:
        raise Refusal(400, f"The amount won of {dispute['id']} must be 1 to {dispute['amount']} cents.", param="amount")
    dispute["status"] = "won"
    account.emit("charge.dispute.closed", dispute)
    reinstatement = record(account, dispute, "adjustment", amount, category="dispute_reversal")
    transactions = [*dispute["balance_transactions"], reinstatement]
    account.change(dispute, "charge.dispute.funds_reinstated", {"balance_transactions": transactions})


def lose(account: Account, dispute: Fields) -> None:
    """Decide for the cardholder."""
    dispute["status"] = "warning_closed" if _is_inquiry(dispute) else "lost"
    account.emit("charge.dispute.closed", dispute)


def require_open(dispute: Fields) -> Fields:
    """Return the dispute if it is still open.

    Raises:
        Refusal: it is closed.
    """
    if dispute["status"] in CLOSED:
        raise Refusal(400, "This dispute is already closed", param="dispute")
    return dispute


def _open(account: Account, dispute_id: str) -> Fields:
    return require_open(account.get("dispute", dispute_id, "dispute", 404))


def _is_inquiry(dispute: Fields) -> bool:
    return str(dispute["status"]).startswith("warning_")


def _details(charge: Fields, network_reason: str | None, *, inquiry: bool) -> Fields | None:
    """Return the details of a disputed card; Stripe shows none of a bank account."""
    if charge["payment_method_details"]["type"] != "card":
        return None
    brand, case = charge["payment_method_details"]["card"]["brand"], "inquiry" if inquiry else "chargeback"
    card = {"brand": brand, "case_type": case, "network": brand, "network_reason_code": network_reason}
    return {"card": card, "type": "card"}


def _fields(account: Account, charge: Fields, reason: str, amount: int, *, inquiry: bool) -> Fields:
    network_reason = NETWORK_REASON.get(reason)
    return {
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": account.timestamp() + DAYS_TO_ANSWER * DAY_SECONDS,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "network_reason_code": network_reason,
        "payment_intent": charge["payment_intent"],
        "payment_method_details": _details(charge, network_reason, inquiry=inquiry),
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
