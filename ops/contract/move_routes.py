"""Goodwill, refunds, transfers, and the requests that wait for a second person (functions/move_credit)."""

from typing import Final

from calling_credit.moves.approval import ApprovalStatus
from calling_credit.moves.move import MoveKind
from ops.contract.account_routes import ACCOUNT_ID, REASON
from ops.contract.correction_routes import STARTED_AT
from ops.contract.payment_routes import TOP_UP_ID
from ops.contract.route import IDEMPOTENCY_KEY, Access, Answer, Route, limit, ok, path
from ops.contract.schemas import (
    CALL_KEY,
    DOLLARS,
    FLAG,
    ID,
    INSTANT,
    MONEY,
    TEXT,
    Schema,
    body,
    described,
    list_of,
    one_of,
    or_null,
    record,
)

GROUP: Final = "Desk"
FUNCTION: Final = "move_credit"
NOW: Final = described(MONEY, "The account's balance now.")
MOVE_ID: Final[Schema] = {"type": "string", "pattern": "^(adj|cor|gw|tr|rf|prm)_[0-9a-f]{32}$"}
PRICE: Final[Schema] = {
    "type": "string",
    "pattern": r"^(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?$",
    "description": "All or part of what the call costs now.",
    "examples": ["0.30"],
}
PERSON: Final = record(
    "OperatorActor",
    "Who acted: a member of the staff by e-mail address, or a client, whose name is null.",
    {"kind": TEXT, "name": or_null(TEXT)},
)
WAITING: Final = record(
    "WaitingMove",
    "A request that waits for another member of the finance group.",
    {
        "id": MOVE_ID,
        "status": {"const": str(ApprovalStatus.WAITING)},
        "expires_at": described(INSTANT, "Until then it may be approved."),
    },
)
WAITS: Final[Answer] = ok(WAITING, "Above the limit of the person's day: the request waits for a second person.")
APPROVAL_CODES: Final = ("approval_decided", "approval_expired")
MOVE_CODES: Final = (
    "idempotency_key_reused",
    "daily_adjustments",
    "busy",
    "unknown_account",
    "invalid_id",
    "missing_field",
    "invalid_field",
    "invalid_amount",
    "amount_out_of_range",
    *APPROVAL_CODES,
)
GOODWILL: Final = record(
    "Goodwill",
    "Goodwill that was given for a call.",
    {"id": MOVE_ID, "call_key": CALL_KEY, "started_at": INSTANT, "amount": MONEY, "balance": NOW},
)
NEW_GOODWILL: Final = body(
    "NewGoodwill",
    "The goodwill to give.",
    {
        "amount": PRICE,
        "reason": REASON,
        "started_at": STARTED_AT | {"description": "Names the call if another one has the same key."},
    },
    ["amount", "reason"],
)
TRANSFER: Final = record(
    "Transfer",
    "A transfer, and the balances after it.",
    {
        "id": MOVE_ID,
        "from_account_id": ID,
        "to_account_id": ID,
        "amount": MONEY,
        "from_balance": MONEY,
        "to_balance": MONEY,
    },
)
NEW_TRANSFER: Final = body(
    "NewTransfer",
    "The credit to transfer.",
    {"from_account_id": ID, "to_account_id": ID, "amount": DOLLARS, "reason": REASON},
    ["from_account_id", "to_account_id", "amount", "reason"],
)
REFUND: Final = record(
    "Refund",
    "A refund. Its credit is held while Stripe has not confirmed it, and taken back afterwards.",
    {
        "id": MOVE_ID,
        "top_up_id": TOP_UP_ID,
        "amount": MONEY,
        "status": one_of(
            ["processing", "refunded", "failed"], "`failed`: the bank returned the money, and the credit is back."
        ),
        "balance": NOW,
    },
)
NEW_REFUND: Final = body(
    "NewRefund",
    "The money to refund.",
    {
        "amount": DOLLARS,
        "reason": REASON,
        "override": described(FLAG, "Refund although less credit is available. Only for staff."),
        "suspend_recharge": described(FLAG, "Suspend automatic recharge, also if it did not make the payment."),
    },
    ["amount", "reason"],
)
APPROVAL_FIELDS: Final[dict[str, Schema]] = {
    "id": MOVE_ID,
    "kind": one_of(list(MoveKind)),
    "status": one_of(list(ApprovalStatus)),
    "account_id": described(or_null(ID), "The account; null for a promotion."),
    "amount": described(MONEY, "The credit or money that moves."),
    "request": {"type": "object", "description": "The request, as its route takes it."},
    "by": described(PERSON, "Who asked."),
    "created_at": INSTANT,
    "expires_at": described(INSTANT, "Until then it may be approved."),
    "decided": or_null(record("ApprovalDecision", "Who approved or rejected it.", {"by": PERSON, "at": INSTANT})),
}
APPROVAL: Final = record("Approval", "A request that needs a second person.", APPROVAL_FIELDS)
APPROVED: Final = record(
    "Approved",
    "An approved request, and the answer to the move that it posted.",
    {**APPROVAL_FIELDS, "result": {"type": "object", "description": "As the route of the move answers with 201."}},
)
APPROVALS: Final = record(
    "Approvals", "The latest requests that needed a second person, newest first.", {"items": list_of(APPROVAL)}
)
APPROVAL_ID: Final = path("approval_id", MOVE_ID, "The request, as GET /operator/approvals lists it.")
DECISION_CODES: Final = ("unknown_approval", "own_request", "unknown_account", "busy", *APPROVAL_CODES)
STRIPE_CODES: Final = ("payments_unavailable", "stripe_not_configured", "stripe_refuses_us")

ROUTES: Final = (
    Route(
        "POST",
        "/operator/accounts/{account_id}/calls/{call_key}/goodwill",
        FUNCTION,
        Access.DESK,
        GROUP,
        "Give goodwill for a call",
        {201: ok(GOODWILL, "The goodwill is given."), 202: WAITS},
        (*MOVE_CODES, "unknown_call", "goodwill_given", "invalid_timestamp"),
        "Once for each call. Goodwill and the credit that corrections gave back never exceed the first charge.",
        (ACCOUNT_ID, path("call_key", CALL_KEY, "The call, as GET /usage shows it."), IDEMPOTENCY_KEY),
        NEW_GOODWILL,
    ),
    Route(
        "POST",
        "/operator/accounts/{account_id}/top-ups/{top_up_id}/refunds",
        FUNCTION,
        Access.DESK,
        GROUP,
        "Refund a payment",
        {201: ok(REFUND, "The refund is made, or under way."), 202: WAITS},
        (
            *MOVE_CODES,
            *STRIPE_CODES,
            "unknown_top_up",
            "top_up_not_paid",
            "insufficient_credit",
            "refund_refused",
        ),
        "At most what the payment has left. The credit is held before Stripe is asked.",
        (ACCOUNT_ID, path("top_up_id", TOP_UP_ID, "The payment."), IDEMPOTENCY_KEY),
        NEW_REFUND,
    ),
    Route(
        "POST",
        "/operator/transfers",
        FUNCTION,
        Access.DESK,
        GROUP,
        "Transfer credit between two accounts",
        {201: ok(TRANSFER, "The credit is transferred."), 202: WAITS},
        (*MOVE_CODES, "account_closed", "account_frozen", "insufficient_credit", "blocked_money"),
        "At most the available credit, between open accounts that are not frozen, and never money of a blocked card.",
        (IDEMPOTENCY_KEY,),
        NEW_TRANSFER,
    ),
    Route(
        "GET",
        "/operator/approvals",
        FUNCTION,
        Access.DESK,
        GROUP,
        "List the requests that need a second person",
        {200: ok(APPROVALS, "The requests.")},
        ("invalid_limit",),
        parameters=(limit(),),
    ),
    Route(
        "POST",
        "/operator/approvals/{approval_id}/approve",
        FUNCTION,
        Access.DESK,
        GROUP,
        "Approve a request of a colleague",
        {200: ok(APPROVED, "The move is posted.")},
        (
            *DECISION_CODES,
            *STRIPE_CODES,
            "account_closed",
            "account_frozen",
            "changed_meanwhile",
            "goodwill_given",
            "promotion_exists",
            "insufficient_credit",
            "blocked_money",
            "top_up_not_paid",
            "refund_refused",
            "price_not_stored",
            "unknown_call",
            "unknown_top_up",
            "amount_out_of_range",
            "invalid_timestamp",
            "unusable_deck",
        ),
        "Posts the move under its own id, once. Sending it again answers the same.",
        (APPROVAL_ID,),
    ),
    Route(
        "POST",
        "/operator/approvals/{approval_id}/reject",
        FUNCTION,
        Access.DESK,
        GROUP,
        "Reject a request of a colleague",
        {200: ok(APPROVAL, "The request is rejected.")},
        DECISION_CODES,
        parameters=(APPROVAL_ID,),
    ),
)
