"""Error codes of payments and cards that are not found or must not be tried, and of limits on payments by card."""

from typing import Final

from calling_credit.errors import ProblemCode
from ops.contract.explanation import Explanation

_WAIT: Final = "Wait `Retry-After` seconds."

PAYMENTS_NOT_FOUND: Final = (
    Explanation(
        ProblemCode.UNKNOWN_TOP_UP, 404, "The account has no such payment.", "Use a payment that `GET /top-ups` lists."
    ),
    Explanation(
        ProblemCode.NO_RECEIPT,
        404,
        "The payment has no such document.",
        "Use a number that `GET /top-ups` shows. A new one follows within minutes; payments that an earlier release "
        "settled have none.",
    ),
    Explanation(
        ProblemCode.UNKNOWN_PAYMENT_METHOD,
        404,
        "The account has no such saved card.",
        "Use a card that `GET /payment-methods` lists.",
    ),
)
CARD_CONFLICTS: Final = (
    Explanation(
        ProblemCode.TAX_UNAVAILABLE,
        409,
        "The tax on the payment cannot be calculated: the billing details are missing, or no rate is published for "
        "their place. Nothing was charged.",
        "Enter the billing details with `PUT /billing-details`. If they are correct, contact the operator.",
    ),
    Explanation(
        ProblemCode.TOTAL_CHANGED,
        409,
        "The card would pay another total than the `total` of the request, because the tax has changed. Nothing was "
        "charged. `current` holds the amounts of now.",
        "Show the new total, and send the payment again with it.",
    ),
    Explanation(
        ProblemCode.CARD_BLOCKED,
        409,
        "A payment with this card was disputed or reported as fraud, so the card is blocked.",
        "Use another card. The operator can unblock the card.",
    ),
    Explanation(
        ProblemCode.CARD_DECLINED_TOO_OFTEN,
        409,
        "The card's bank declined it too often in 30 days, or asked not to try it again.",
        "Use another card, or wait until `retry_at`. If it is null, save the card again to try it once more.",
    ),
)
LIMIT_CODES: Final = (
    Explanation(
        ProblemCode.TOO_MANY_DECLINES,
        429,
        "Cards of this account were declined 5 times in an hour or 10 times in a day.",
        f"{_WAIT} Ask the bank why it declines the card.",
    ),
    Explanation(
        ProblemCode.TOO_MANY_SETUP_PAGES, 429, "The account opened 10 pages for saving a card in an hour.", _WAIT
    ),
    Explanation(
        ProblemCode.TOO_MANY_CARDS,
        429,
        "The account has 10 cards, counting open pages for saving one.",
        f"Remove a card, or wait until an open page has expired. {_WAIT}",
    ),
    Explanation(
        ProblemCode.DAILY_TOP_UP,
        429,
        "The payment exceeds what the account may still pay by hand today.",
        f"Pay less. {_WAIT} Ask the operator for a higher limit.",
    ),
    Explanation(
        ProblemCode.TOO_MANY_CONFIRMATIONS,
        429,
        "The account asked for 10 e-mails that confirm an address in an hour, or the mailbox received 3 of them in a "
        "day. Nothing was changed.",
        f"{_WAIT} Or ask the operator, who adds addresses without a confirmation.",
    ),
    Explanation(
        ProblemCode.TOO_MANY_REQUESTS,
        429,
        "The account, address, or link sent too many of these requests in a minute. Nothing was done.",
        _WAIT,
    ),
)
