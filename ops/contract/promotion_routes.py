"""Promotion codes: created and listed at the desk, redeemed by customers (functions/move_credit)."""

from typing import Final

from calling_credit.lots.promotion import CODE_PATTERN
from calling_credit.lots.redeeming import MAX_TRIES
from ops.contract.account_routes import REASON
from ops.contract.lot_schemas import EXPIRES_AT
from ops.contract.move_routes import FUNCTION, GROUP, MOVE_CODES, WAITS
from ops.contract.route import IDEMPOTENCY_KEY, PAGE, PAGE_CODES, Access, Parameter, Route, ok, path
from ops.contract.schemas import (
    COUNT,
    DOLLARS,
    INSTANT,
    MONEY,
    Schema,
    body,
    described,
    or_null,
    page_of,
    record,
)

CODE: Final[Schema] = {"type": "string", "pattern": CODE_PATTERN, "examples": ["WELCOME-10"]}
NEW_CODE: Final[Schema] = {
    "type": "string",
    "pattern": CODE_PATTERN.replace("A-Z", "A-Za-z"),
    "examples": ["WELCOME-10"],
    "description": "The code, in any case. It is stored in capitals.",
}
OWN_KEY: Final = Parameter(
    "Idempotency-Key",
    IDEMPOTENCY_KEY.place,
    IDEMPOTENCY_KEY.schema,
    "Optional. A request that is sent again with the same key answers the same.",
)
PROMOTION: Final = record(
    "Promotion",
    "A promotion code. It gives the amount once per account while `left` covers it.",
    {
        "code": CODE,
        "amount": described(MONEY, "The credit that one account gets."),
        "expires_at": described(INSTANT, "Until then the code can be redeemed, and its credit used."),
        "total": described(MONEY, "The most credit that all accounts get together."),
        "left": described(MONEY, "The rest of the total."),
        "redeemed": described(COUNT, "How many accounts have redeemed the code."),
        "created_at": INSTANT,
        "withdrawn_at": described(or_null(INSTANT), "From then on the code gives nothing; null: it was not withdrawn."),
    },
)
NEW_PROMOTION: Final = body(
    "NewPromotion",
    "The code to create, with `amount`, `expires_at`, and `total`; or to withdraw, with `withdrawn` and `reason`.",
    {
        "code": NEW_CODE,
        "amount": DOLLARS,
        "expires_at": EXPIRES_AT,
        "total": DOLLARS,
        "withdrawn": {"const": True, "description": "Withdraws a code: it gives nothing more. What it gave stays."},
        "reason": described(REASON, "Why the code is withdrawn."),
    },
    ["code"],
)
REDEEMED: Final = record(
    "RedeemedPromotion",
    "A redeemed code: the credit, when it expires, and the balance with it.",
    {"amount": MONEY, "expires_at": INSTANT, "balance": described(MONEY, "The account's balance now.")},
)

ROUTES: Final = (
    Route(
        "POST",
        "/operator/promotions",
        FUNCTION,
        Access.DESK,
        GROUP,
        "Create or withdraw a promotion code",
        {
            200: ok(PROMOTION, "The code is withdrawn."),
            201: ok(PROMOTION, "The code can be redeemed until it is withdrawn."),
            202: WAITS,
        },
        (
            *(code for code in MOVE_CODES if code not in ("unknown_account", "invalid_id")),
            "invalid_idempotency_key",
            "invalid_timestamp",
            "promotion_exists",
            "unknown_promotion",
        ),
        "Its total counts as credit that is given today. Sending it again answers the same.",
        (OWN_KEY,),
        NEW_PROMOTION,
    ),
    Route(
        "GET",
        "/operator/promotions",
        FUNCTION,
        Access.DESK,
        GROUP,
        "List the promotion codes",
        {200: ok(page_of("Promotions", "A page of codes, the latest first.", PROMOTION), "The codes.")},
        PAGE_CODES,
        parameters=PAGE,
    ),
    Route(
        "POST",
        "/promotions/{code}/redeem",
        FUNCTION,
        Access.ADMIN,
        "Payments",
        "Redeem a promotion code",
        {201: ok(REDEEMED, "The credit is given.")},
        (
            "unknown_promotion",
            "unknown_account",
            "promotion_used",
            "promotion_spent",
            "promotion_expired",
            "promotion_withdrawn",
            "account_closed",
            "account_frozen",
            "too_many_codes",
            "invalid_idempotency_key",
            "busy",
        ),
        f"Once for each account. An account may try {MAX_TRIES} codes a day (UTC).",
        (path("code", {"type": "string", "maxLength": 100}, "The code, in any case."), OWN_KEY),
    ),
)
