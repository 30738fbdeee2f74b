"""The errors of payments and cards that must not be made now: the reason, and the next step of the customer."""

from datetime import datetime

from calling_credit.dynamodb.retries import busy
from calling_credit.errors import CallingCreditError, Conflict, ProblemCode, TooManyRequests, Unavailable
from calling_credit.money import format_money
from calling_credit.payment_names import MethodType
from calling_credit.topups.amounts import amounts_of
from calling_credit.topups.card_history import MAX_TRIES, CardHistory, CardRefusal


def account_closed() -> Conflict:
    """The error for a payment of a closed account."""
    return Conflict(ProblemCode.ACCOUNT_CLOSED, "This account is closed and accepts no funds. Contact your provider.")


def total_changed(net_micros: int, tax_micros: int) -> Conflict:
    """The error for a payment whose card would pay another total than its person was shown, with the amounts of now."""
    amounts = amounts_of(net_micros, tax_micros)
    detail = (
        f"The card would pay {amounts['total']}: {amounts['amount']} of credit and {amounts['tax']} of tax. This is "
        "not the total that you were shown, so nothing was charged. Check the new total, then pay again."
    )
    return Conflict(ProblemCode.TOTAL_CHANGED, detail, extra={"current": amounts})


def card_blocked() -> Conflict:
    """The error for a card that is blocked after a dispute or a fraud warning."""
    detail = "This card is blocked because a payment with it was disputed. Use another card, or contact your provider."
    return Conflict(ProblemCode.CARD_BLOCKED, detail, extra={"retry_at": None})


def declined_too_often(history: CardHistory) -> Conflict:
    """The error for a card without tries. `retry_at` says when it may be tried again; None: not by waiting."""
    detail = (
        "This card's bank does not accept it. Use another card, or save this card again."
        if history.retry_at is None
        else f"This card was declined too often. Use another card, or try this one again after {history.retry_at}."
    )
    return Conflict(ProblemCode.CARD_DECLINED_TOO_OFTEN, detail, extra={"retry_at": history.retry_at})


def card_error(refusal: CardRefusal, history: CardHistory, method: MethodType) -> CallingCreditError:
    """The error for a card, or bank account, that must not be tried."""
    if refusal is CardRefusal.BLOCKED:
        return card_blocked()
    if refusal is CardRefusal.DECLINED_TOO_OFTEN:
        return declined_too_often(history)
    return bank_busy() if method is MethodType.BANK_ACCOUNT else busy("The card is")


def bank_busy() -> Unavailable:
    """The error for a bank account whose payments under way, which take days, use all its tries."""
    detail = (
        f"{MAX_TRIES} payments from this bank account are under way, and its bank takes days for each. "
        "Pay by card, or try again when one of them has ended."
    )
    return Unavailable(ProblemCode.BUSY, detail, 3600)


def too_many_declines(until: datetime, now: datetime) -> TooManyRequests:
    """The error after too many declined payments of an account."""
    detail = "Too many payments of this account were declined. Contact your bank, and try again later."
    return TooManyRequests(ProblemCode.TOO_MANY_DECLINES, detail, _seconds(until, now))


def payments_under_way() -> Unavailable:
    """The error while other payments of the account, which may still be declined, are under way."""
    return busy("Other payments of this account are")


def too_many_setup_pages(until: datetime, now: datetime) -> TooManyRequests:
    """The error after too many pages for saving a card."""
    detail = "This account opened too many pages for saving a card. Finish on an open page, or try again later."
    return TooManyRequests(ProblemCode.TOO_MANY_SETUP_PAGES, detail, _seconds(until, now))


def too_many_cards(until: datetime, now: datetime) -> TooManyRequests:
    """The error for another card of an account that has the maximum, counting open pages."""
    detail = "This account has the maximum number of saved cards, counting open pages. Remove a card first."
    return TooManyRequests(ProblemCode.TOO_MANY_CARDS, detail, _seconds(until, now))


def daily_top_up(left_micros: int, limit_micros: int, until: datetime, now: datetime) -> TooManyRequests:
    """The error for a manual payment above what the account may still pay today."""
    left, limit = format_money(max(left_micros, 0)), format_money(limit_micros)
    detail = f"This account may pay {left} more today, of {limit} a day. Pay less, or ask your provider for more."
    return TooManyRequests(ProblemCode.DAILY_TOP_UP, detail, _seconds(until, now))


def _seconds(until: datetime, now: datetime) -> int:
    return max(1, -int((now - until).total_seconds() // 1))
