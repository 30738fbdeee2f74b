"""What the hosted pages do when they are sent in: save a card, finish a challenge. Knows no HTML."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from local.stripe_stand_in.account import Account
from local.stripe_stand_in.attempts import finish_challenge
from local.stripe_stand_in.checkout import complete, retrieve
from local.stripe_stand_in.known_cards import KnownCard, card_with_number, luhn_sum
from local.stripe_stand_in.refusals import Fields, Refusal
from local.stripe_stand_in.setup_intents import refuse

REDIRECT_STATUS: Final = {"succeeded": "succeeded", "processing": "pending"}
WHERE_SHOWN: Final = {"exp_month": "expiry", "cvc": "cvc"}


@dataclass
class CardForm:
    """What was typed into the Checkout page, and what is wrong with it in words, by field."""

    number: str = ""
    expiry: str = ""
    cvc: str = ""
    name: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def filled_for(account: Account, number: str) -> CardForm:
    """The form as the one-click fill leaves it."""
    known = card_with_number(number)
    cvc = "1" * known.security_code_length if known else ""
    return CardForm(number, f"12 / {(account.now().year + 8) % 100:02d}", cvc, "Test Customer")


def save_card(account: Account, session: Fields, form: CardForm) -> str | None:
    """Save the card and say where to go; None if the form has errors."""
    known = _check_number(form)
    expiry = _check_expiry(account, form)
    lengths = (3, 4) if known is None else (known.security_code_length,)
    if not form.cvc.isdecimal() or len(form.cvc) not in lengths:
        form.errors["cvc"] = f"Enter the security code: {' or '.join(map(str, lengths))} digits."
    if not form.name.strip():
        form.errors["name"] = "Enter the name on the card."
    if form.errors or known is None or expiry is None:
        return None
    if known.attach is not None:
        refuse(account, account.get("setup_intent", session["setup_intent"]), known.attach)
        form.errors[WHERE_SHOWN.get(known.attach.param or "", "number")] = known.attach.message
        return None
    complete(account, session, known, form.name.strip(), expiry)
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def open_session(account: Account, session_id: str) -> Fields:
    """The session of a page, found expired if its time is over.

    Raises:
        Refusal: there is none.
    """
    return retrieve(account, {}, session_id)


def answer_challenge(account: Account, intent: Fields, *, confirmed: bool) -> str | None:
    """Finish the challenge of an intent; returns where to go back to, None if it has nowhere.

    Raises:
        Refusal: no challenge is open.
    """
    action = intent["next_action"]
    if intent["status"] != "requires_action" or action is None:
        raise Refusal(400, "This payment is not waiting for a confirmation.")
    finish_challenge(account, intent, confirmed=confirmed)
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
    """The address with more in its query."""
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode(more)) if part)
    return urlunsplit(parts._replace(query=query))


def _check_number(form: CardForm) -> KnownCard | None:
    digits = "".join(form.number.split()).replace("-", "")
    known = card_with_number(digits)
    if known is not None:
        return known
    if not (digits.isascii() and digits.isdecimal() and 12 <= len(digits) <= 19):
        form.errors["number"] = "Enter a card number of 12 to 19 digits."
    elif luhn_sum(digits) % 10:
        form.errors["number"] = "This card number is not valid: check its digits."
    else:
        form.errors["number"] = "Only the test cards listed here work. Never enter a real card."
    return None


def _check_expiry(account: Account, form: CardForm) -> tuple[int, int] | None:
    month, _, year = form.expiry.replace(" ", "").partition("/")
    if not (month.isdecimal() and year.isdecimal() and 1 <= int(month) <= 12 and len(year) in (2, 4)):
        form.errors["expiry"] = "Enter the month and year on the card, as in 12 / 34."
        return None
    now = account.now()
    found = int(month), int(year) + (2000 if len(year) == 2 else 0)
    if (found[1], found[0]) < (now.year, now.month):
        form.errors["expiry"] = "This date is in the past."
        return None
    return found
