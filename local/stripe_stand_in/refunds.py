"""Refunds, up to the amount paid, and refunds that fail later."""

from typing import Final

from local.stripe_stand_in.account import Account
from local.stripe_stand_in.answers import page
from local.stripe_stand_in.balance import record
from local.stripe_stand_in.disputes import close_inquiries, refuse_refund
from local.stripe_stand_in.fraud_warnings import review_warnings
from local.stripe_stand_in.parameters import (
    PAGING,
    Parameters,
    choice,
    instants,
    merge_metadata,
    metadata,
    positive_integer,
    text,
)
from local.stripe_stand_in.refusals import Fields, Refusal, missing_parameter, unexpected_state

CREATE: Final = Parameters(
    {
        "amount": positive_integer,
        "charge": text,
        "metadata": metadata,
        "payment_intent": text,
        "reason": choice("duplicate", "fraudulent", "requested_by_customer"),
    }
)
DESTINATION: Final = {
    "reference_status": "pending",
    "reference_type": "acquirer_reference_number",
    "type": "refund",
}
LIST: Final = Parameters({**PAGING, "charge": text, "created": instants, "payment_intent": text})


def create(account: Account, given: Fields) -> Fields:
    """POST /v1/refunds, for a charge or a payment intent."""
    charge = _charge(account, given)
    refuse_refund(account, charge)
    return issue(account, charge, given)


def issue(account: Account, charge: Fields, given: Fields) -> Fields:
    """Refund a charge, disputed or not.

    Raises:
        Refusal: the amount exceeds the unrefunded rest.
    """
    unrefunded = charge["amount"] - charge["amount_refunded"]
    amount = given.get("amount", unrefunded)
    if unrefunded == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise Refusal(400, message, code="charge_already_refunded")
    if amount > unrefunded:
        amounts = f"${amount / 100:.2f}) is greater than unrefunded amount on charge (${unrefunded / 100:.2f}"
        raise Refusal(400, f"Refund amount ({amounts})", param="amount")
    refund = account.add(
        "refund",
        {
            "amount": amount,
            "balance_transaction": None,
            "charge": charge["id"],
            "currency": charge["currency"],
            "customer": charge["customer"],
            "customer_account": None,
            "destination_details": _destination(charge),
            "metadata": merge_metadata({}, given.get("metadata", {})),
            "payment_intent": charge["payment_intent"],
            "payment_method": charge["payment_method"],
            "reason": given.get("reason"),
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded",
            "transfer_reversal": None,
        },
    )
    refund["balance_transaction"] = record(account, refund, "refund", -amount)["id"]
    account.emit("refund.created", refund)
    _set_refunded(account, charge, charge["amount_refunded"] + amount, "charge.refunded")
    answer = dict(refund)
    if account.cards[charge["payment_method"]].refund_fails:  # The answer says succeeded; the refund fails afterwards.
        fail_refund(account, refund, "expired_or_canceled_card")
    return answer


def list_refunds(account: Account, given: Fields) -> Fields:
    """GET /v1/refunds, newest first."""
    having = {name: given[name] for name in ("charge", "payment_intent") if name in given}
    return page(account.newest_first("refund", **having), given, "/v1/refunds")


def fail_refund(account: Account, refund: Fields, reason: str) -> None:
    """Fail a refund: the bank returns the money, and the charge is no longer refunded."""
    if refund["status"] == "failed":
        raise Refusal(400, f"Refund {refund['id']} has already failed.", param="refund")
    transaction = record(account, refund, "refund_failure", refund["amount"])
    changes = {
        "failure_balance_transaction": transaction["id"],
        "failure_reason": reason,
        "status": "failed",
    }
    refund.update(dict.fromkeys(("failure_balance_transaction", "failure_reason")))
    account.change(refund, "refund.updated", changes)
    account.emit("refund.failed", refund)
    charge = account.get("charge", refund["charge"])
    _set_refunded(account, charge, charge["amount_refunded"] - refund["amount"], "charge.updated")


def _set_refunded(account: Account, charge: Fields, refunded: int, event_type: str) -> None:
    account.change(charge, event_type, {"amount_refunded": refunded, "refunded": refunded == charge["amount"]})
    review_warnings(account, charge)
    if charge["refunded"]:
        close_inquiries(account, charge)


def _charge(account: Account, given: Fields) -> Fields:
    if "charge" in given:
        charge = account.get("charge", given["charge"], "charge")
    elif "payment_intent" in given:
        intent = account.get("payment_intent", given["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            message = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
            raise unexpected_state(message, intent)
        charge = account.get("charge", intent["latest_charge"])
    else:
        raise missing_parameter("payment_intent")
    if charge["status"] != "succeeded":
        raise Refusal(400, f"Charge {charge['id']} was not paid.", code="charge_not_refundable", param="charge")
    return charge


def _destination(charge: Fields) -> Fields:
    """Return where the money of a refund goes."""
    if charge["payment_method_details"]["type"] == "card":
        return {"card": dict(DESTINATION), "type": "card"}
    reference = {"reference": None, "reference_status": "pending"}
    return {"type": "us_bank_transfer", "us_bank_transfer": reference}
