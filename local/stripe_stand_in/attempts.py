"""One attempt to pay an intent with a card or bank account: paid, declined, challenged, or left in processing, with all
changes and events.
"""

import copy
from typing import Final

from local.stripe_stand_in import bank_accounts
from local.stripe_stand_in.account import Account
from local.stripe_stand_in.charges import fail, new_charge, new_failed_charge, record_receipt
from local.stripe_stand_in.declines import AUTHENTICATION_REQUIRED, Decline, decline_named
from local.stripe_stand_in.disputes import open_dispute
from local.stripe_stand_in.fraud_warnings import warn
from local.stripe_stand_in.payment_methods import attach_to, card_error, has_expired
from local.stripe_stand_in.refusals import Fields, Refusal, error_fields

THREE_D_SECURE: Final = {
    "authentication_flow": "challenge",
    "electronic_commerce_indicator": "05",
    "exemption_indicator": None,
    "result": "authenticated",
    "result_reason": None,
    "transaction_id": "00000000-0000-4000-8000-000000000000",
    "version": "2.2.0",
}
NOT_AUTHENTICATED: Final = (
    "We are unable to authenticate your payment method. Please choose a different payment method and try again."
)


def attempt(
    account: Account,
    intent: Fields,
    payment_method: Fields,
    *,
    off_session: bool,
    return_url: str | None,
    may_challenge: bool,
) -> Refusal | None:
    """Charge the card; return the error to answer with if the card is declined."""
    intent.update(payment_method=payment_method["id"], last_payment_error=None, next_action=None)
    if not needs_authentication(account, payment_method, off_session=off_session):
        return _charge(account, intent, payment_method)
    if off_session or not may_challenge:
        return decline(account, intent, payment_method, AUTHENTICATION_REQUIRED)
    _challenge(account, intent, return_url)
    return None


def needs_authentication(account: Account, payment_method: Fields, *, off_session: bool) -> bool:
    """Return whether the card's bank requires the holder to confirm this payment."""
    test_card = account.cards[payment_method["id"]]
    if test_card.authentication == "unless_set_up":
        return not (off_session and payment_method["id"] in account.set_up)
    return test_card.authentication == "always" or (test_card.authentication == "on_session" and not off_session)


def finish_challenge(account: Account, intent: Fields, *, confirmed: bool) -> None:
    """Apply the holder's answer on the challenge page."""
    payment_method = account.get("payment_method", intent["payment_method"])
    intent["next_action"] = None
    if confirmed:
        if intent["setup_future_usage"] == "off_session":
            account.set_up.add(payment_method["id"])
        _charge(account, intent, payment_method, authenticated=True)
        return
    error = error_fields(
        NOT_AUTHENTICATED,
        kind="invalid_request_error",
        code="payment_intent_authentication_failure",
        payment_method=copy.deepcopy(payment_method),
    )
    intent.update(status="requires_payment_method", payment_method=None, last_payment_error=error)
    account.emit("payment_intent.payment_failed", intent)


def settle_processing(account: Account, intent: Fields) -> None:
    """Let a processing payment succeed."""
    charge = account.get("charge", intent["latest_charge"])
    charge.update(status="succeeded", paid=True)
    _succeed(account, intent, charge, account.get("payment_method", intent["payment_method"]))


def answer_banks(account: Account, days: int) -> list[Fields]:
    """Let days pass at the banks, and apply their answers. Return the intents."""
    intents = bank_accounts.answered(account, days)
    for intent in intents:
        failure = account.cards[intent["payment_method"]].charge
        if failure is None:
            settle_processing(account, intent)
        else:
            fail_processing(account, intent, failure.reason)
    return intents


def fail_processing(account: Account, intent: Fields, reason: str) -> None:
    """Decline a processing payment."""
    payment_method = account.get("payment_method", intent["payment_method"])
    charge = account.get("charge", intent["latest_charge"])
    why = bank_accounts.FAILURES.get(reason) if payment_method["type"] == bank_accounts.KIND else None
    why = why or decline_named(reason)
    fail(charge, why)
    account.emit("charge.failed", charge)
    _require_another_card(account, intent, payment_method, charge, why)


def decline(account: Account, intent: Fields, payment_method: Fields, why: Decline) -> Refusal:
    """Decline the card and return the error; the intent can be paid again."""
    charge = new_failed_charge(account, intent, payment_method, why)
    _require_another_card(account, intent, payment_method, charge, why)
    return card_error(
        why,
        charge=charge["id"],
        payment_intent=copy.deepcopy(intent),
        payment_method=copy.deepcopy(payment_method),
    )


def _require_another_card(
    account: Account, intent: Fields, payment_method: Fields, charge: Fields, why: Decline
) -> None:
    error = card_error(why, charge=charge["id"], payment_method=copy.deepcopy(payment_method)).error
    intent.update(
        status="requires_payment_method",
        payment_method=None,
        latest_charge=charge["id"],
        last_payment_error=error,
        processing=None,
    )
    account.emit("payment_intent.payment_failed", intent)


def _charge(account: Account, intent: Fields, payment_method: Fields, *, authenticated: bool = False) -> Refusal | None:
    test_card = account.cards[payment_method["id"]]
    is_bank = payment_method["type"] == bank_accounts.KIND  # Its answer comes after days.
    why = decline_named("expired_card") if has_expired(account, payment_method) else test_card.charge
    if why is not None and not is_bank:
        return decline(account, intent, payment_method, why)
    is_processing = test_card.processing or is_bank
    charge = new_charge(account, intent, payment_method, "pending" if is_processing else "succeeded")
    if authenticated:
        charge["payment_method_details"]["card"]["three_d_secure"] = dict(THREE_D_SECURE)
    if is_processing:
        processing = None if is_bank else {"card": {"customer_notification": None}, "type": "card"}
        intent.update(status="processing", latest_charge=charge["id"], processing=processing)
        account.emit("payment_intent.processing", intent)
        if is_bank and payment_method["customer"] is None:
            _save_or_retire(account, intent, payment_method)
        return None
    _succeed(account, intent, charge, payment_method)
    return None


def _succeed(account: Account, intent: Fields, charge: Fields, payment_method: Fields) -> None:
    intent.update(status="succeeded", amount_received=intent["amount"], latest_charge=charge["id"], processing=None)
    account.emit("charge.succeeded", charge)
    account.emit("payment_intent.succeeded", intent)
    record_receipt(account, charge)
    if payment_method["customer"] is None:
        _save_or_retire(account, intent, payment_method)
    test_card = account.cards[payment_method["id"]]
    if test_card.warning is not None:
        warn(account, charge, test_card.warning)
    if test_card.dispute is not None:
        open_dispute(account, charge, test_card.dispute, inquiry=test_card.inquiry)


def _save_or_retire(account: Account, intent: Fields, payment_method: Fields) -> None:
    """Save a card without a customer if the intent says so; otherwise it cannot be used again."""
    customer_lives = intent["customer"] in account.objects["customer"]
    if intent["setup_future_usage"] is not None and customer_lives and payment_method["id"] not in account.spent:
        attach_to(account, payment_method, intent["customer"])
    else:
        account.spent.add(payment_method["id"])


def _challenge(account: Account, intent: Fields, return_url: str | None) -> None:
    url = f"{account.base_url}/challenge/{intent['id']}"
    if return_url is None:
        sdk = {"type": "three_d_secure_redirect", "stripe_js": url, "source": account.new_id("payatt_3")}
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": sdk}
    else:
        redirect = {"return_url": return_url, "url": url}
        intent["next_action"] = {"redirect_to_url": redirect, "type": "redirect_to_url"}
    intent["status"] = "requires_action"
    account.emit("payment_intent.requires_action", intent)
