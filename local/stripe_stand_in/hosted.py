"""The actions of the hosted pages: save a card and finish a challenge. Does not depend on HTML."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from local.stripe_stand_in.account import Account
from local.stripe_stand_in.attempts import finish_challenge
from local.stripe_stand_in.bank_accounts import account_with_number
from local.stripe_stand_in.checkout import complete, follow_intent, pay, retrieve
from local.stripe_stand_in.known_cards import KnownCard, card_with_number, luhn_sum
from local.stripe_stand_in.refusals import Fields, Refusal
from local.stripe_stand_in.setup_intents import refuse

REDIRECT_STATUS: Final = {"succeeded": "succeeded", "processing": "pending"}
FIELD_OF_PARAM: Final = {"exp_month": "expiry", "cvc": "cvc"}
NO_EXPIRY: Final = (0, 0)


@dataclass
class CardForm:
    """The input of the Checkout page, and an error message per invalid field."""

    number: str = ""
    expiry: str = ""
    cvc: str = ""
    name: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def prefilled_form(account: Account, number: str) -> CardForm:
    """Return the form that the one-click fill produces."""
    test_card = card_with_number(number)
    cvc = "1" * test_card.security_code_length if test_card else ""
    return CardForm(number, f"12 / {(account.now().year + 8) % 100:02d}", cvc, "Test Customer")


def save_card(account: Account, session: Fields, form: CardForm) -> str | None:
    """Save the card and return the next URL; None if the form has errors."""
    test_card = _check_number(form)
    expiry = _check_expiry(account, form)
    lengths = (3, 4) if test_card is None else (test_card.security_code_length,)
    if not form.cvc.isdecimal() or len(form.cvc) not in lengths:
        form.errors["cvc"] = f"Enter the security code: {' or '.join(map(str, lengths))} digits."
    if not form.name.strip():
        form.errors["name"] = "Enter the name on the card."
    if form.errors or test_card is None or expiry is None:
        return None
    if session["mode"] == "payment":
        return _pay(account, session, form, test_card, expiry)
    if test_card.attach is not None:
        refuse(account, account.get("setup_intent", session["setup_intent"]), test_card.attach)
        form.errors[FIELD_OF_PARAM.get(test_card.attach.param or "", "number")] = test_card.attach.message
        return None
    complete(account, session, test_card, form.name.strip(), expiry)
    return success_address(session)


def _pay(
    account: Account, session: Fields, form: CardForm, test_card: KnownCard, expiry: tuple[int, int]
) -> str | None:
    refusal = pay(account, session, test_card, form.name.strip(), expiry)
    if refusal is not None:
        form.errors[FIELD_OF_PARAM.get(refusal.error.get("param") or "", "number")] = refusal.error["message"]
        return None
    action = account.get("payment_intent", session["payment_intent"])["next_action"]
    return str(action["redirect_to_url"]["url"]) if action else success_address(session)


def success_address(session: Fields) -> str:
    """Where a completed page sends its customer."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def use_bank_account(account: Account, session: Fields, number: str) -> str | None:
    """Save, or pay with, a test bank account and return the next URL; None if there is none with this number."""
    test_account = account_with_number(number)
    if test_account is None or "us_bank_account" not in session["payment_method_types"]:
        return None
    if session["mode"] == "payment":
        pay(account, session, test_account, "Test Customer", NO_EXPIRY)
    else:
        complete(account, session, test_account, "Test Customer", NO_EXPIRY)
    return success_address(session)


def open_session(account: Account, session_id: str) -> Fields:
    """Return the session of a page, expired if its time is over.

    Raises:
        Refusal: it does not exist.
    """
    return retrieve(account, {}, session_id)


def answer_challenge(account: Account, intent: Fields, *, confirmed: bool) -> str | None:
    """Finish the challenge of an intent; return its return URL, or None.

    Raises:
        Refusal: no challenge is open.
    """
    action = intent["next_action"]
    if intent["status"] != "requires_action" or action is None:
        raise Refusal(400, "This payment needs no confirmation.")
    finish_challenge(account, intent, confirmed=confirmed)
    session = follow_intent(account, intent)
    if session is not None:
        return success_address(session) if session["status"] == "complete" else str(session["url"])
    return_url = action.get("redirect_to_url", {}).get("return_url")
    if return_url is None:
        return None
    return with_query(
        return_url,
        payment_intent=intent["id"],
        payment_intent_client_secret=intent["client_secret"],
        redirect_status=REDIRECT_STATUS.get(intent["status"], "failed"),
    )


def with_query(url: str, **more: str) -> str:
    """Return the URL with further query parameters."""
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode(more)) if part)
    return urlunsplit(parts._replace(query=query))


def _check_number(form: CardForm) -> KnownCard | None:
    digits = "".join(form.number.split()).replace("-", "")
    test_card = card_with_number(digits)
    if test_card is not None:
        return test_card
    if not (digits.isascii() and digits.isdecimal() and 12 <= len(digits) <= 19):
        form.errors["number"] = "Enter a card number of 12 to 19 digits."
    elif luhn_sum(digits) % 10:
        form.errors["number"] = "This card number is invalid. Check the digits."
    else:
        form.errors["number"] = "Only the test cards listed here work. Never enter a real card."
    return None


def _check_expiry(account: Account, form: CardForm) -> tuple[int, int] | None:
    month, _, year = form.expiry.replace(" ", "").partition("/")
    if not (month.isdecimal() and year.isdecimal() and 1 <= int(month) <= 12 and len(year) in (2, 4)):
        form.errors["expiry"] = "Enter the month and year on the card, such as 12 / 34."
        return None
    now = account.now()
    expiry = int(month), int(year) + (2000 if len(year) == 2 else 0)
    if (expiry[1], expiry[0]) < (now.year, now.month):
        form.errors["expiry"] = "The expiry date is in the past."
        return None
    return expiry
