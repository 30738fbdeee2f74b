"""Blocked cards, for the operator's systems (functions/manage_accounts)."""

from typing import Final

from ops.contract.account_routes import ACCOUNT_ID, GROUP, REASON
from ops.contract.card_schemas import PAYMENT_METHOD_ID
from ops.contract.payment_routes import TOP_UP_ID
from ops.contract.route import Access, Route, ok
from ops.contract.schemas import FLAG, LAST_FOUR, TEXT, body, described, record

UNBLOCK: Final = body(
    "UnblockCard",
    "The card to unblock, by its payment method or by one of its payments, and the reason.",
    {"payment_method_id": PAYMENT_METHOD_ID, "top_up_id": TOP_UP_ID, "reason": REASON},
    ["reason"],
)
UNBLOCKED: Final = record(
    "UnblockedCard",
    "The card, which every account may use again.",
    {
        "payment_method": record(
            "UnblockedPaymentMethod",
            "The card's payment method.",
            {"id": PAYMENT_METHOD_ID, "brand": TEXT, "last4": LAST_FOUR},
        ),
        "was_blocked": described(FLAG, "Whether the card was blocked until now."),
        "auto_recharge_resumes": described(FLAG, "Whether the suspension after the dispute ends."),
    },
)

ROUTES: Final = (
    Route(
        "POST",
        "/accounts/{account_id}/cards/unblock",
        "manage_accounts",
        Access.OPERATOR,
        GROUP,
        "Unblock a card",
        {200: ok(UNBLOCKED, "The card is not blocked.")},
        (
            "unknown_account",
            "unknown_payment_method",
            "unknown_top_up",
            "invalid_id",
            "missing_field",
            "invalid_field",
            "invalid_payment_method",
            "busy",
        ),
        "A dispute or a fraud warning blocks a card for every account. Unblocking it also lifts this account's "
        "suspension `payment_disputed`.",
        parameters=(ACCOUNT_ID,),
        body=UNBLOCK,
        body_example={"top_up_id": "tu_" + "0" * 32, "reason": "The bank withdrew the dispute"},
    ),
)
