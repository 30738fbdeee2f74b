"""The problem codes of moves of credit: goodwill, transfers, refunds, and their approval."""

from typing import Final

from calling_credit.errors import ProblemCode
from ops.contract.explanation import Explanation

_ANEW: Final = "Send a new request with a new `Idempotency-Key`."

MOVE_FORBIDDEN: Final = (
    Explanation(
        ProblemCode.OWN_REQUEST,
        403,
        "The request is the caller's own; another person must decide.",
        "Ask another member of the finance group.",
    ),
)
MOVE_NOT_FOUND: Final = (
    Explanation(
        ProblemCode.UNKNOWN_LOT,
        404,
        "The account has no granted credit with this id.",
        "Use an `id` of `lots`, as GET /operator/accounts/{account_id} lists them.",
    ),
    Explanation(
        ProblemCode.UNKNOWN_PROMOTION, 404, "No promotion code is spelled like this.", "Check the spelling of the code."
    ),
    Explanation(
        ProblemCode.UNKNOWN_APPROVAL,
        404,
        "No request for approval has this id.",
        "Use an id that GET /operator/approvals lists.",
    ),
)
MOVE_CONFLICTS: Final = (
    Explanation(
        ProblemCode.LOT_USED,
        409,
        "Less of the granted credit is left than the request would take back. The answer names the rest.",
        "Take back at most the rest. Without `lot_id`, an adjustment takes other credit.",
    ),
    Explanation(ProblemCode.PROMOTION_EXISTS, 409, "The code exists with other terms.", "Create another code."),
    Explanation(
        ProblemCode.PROMOTION_USED,
        409,
        "The account has redeemed the code already.",
        "Use another code. Each code works once for an account.",
    ),
    Explanation(
        ProblemCode.PROMOTION_SPENT, 409, "All credit of the code was given.", "Ask the operator for another code."
    ),
    Explanation(
        ProblemCode.PROMOTION_EXPIRED, 409, "The time of the code has passed.", "Ask the operator for another code."
    ),
    Explanation(ProblemCode.PROMOTION_WITHDRAWN, 409, "The code was withdrawn.", "Ask the operator for another code."),
    Explanation(
        ProblemCode.GOODWILL_GIVEN,
        409,
        "Goodwill was given for this call already.",
        "Correct or waive the call instead.",
    ),
    Explanation(
        ProblemCode.INSUFFICIENT_CREDIT,
        409,
        "Less credit is available than the request would take. The answer names the available amount.",
        "Take less. A member of the finance group may refund more with `override`.",
    ),
    Explanation(
        ProblemCode.BLOCKED_MONEY,
        409,
        "A card that paid for the sender's credit is blocked after a dispute or a fraud warning.",
        "Unblock the card, or refund its payment.",
    ),
    Explanation(
        ProblemCode.TOP_UP_NOT_PAID, 409, "The payment was not paid.", "Refund a payment with status `succeeded`."
    ),
    Explanation(
        ProblemCode.REFUND_REFUSED,
        409,
        "Stripe refused the refund. Nothing was refunded, and the held credit is available again.",
        f"Look at the payment at Stripe. {_ANEW}",
    ),
    Explanation(
        ProblemCode.APPROVAL_DECIDED,
        409,
        "The request was approved or rejected before.",
        f"Look at it with GET /operator/approvals. {_ANEW}",
    ),
    Explanation(ProblemCode.APPROVAL_EXPIRED, 409, "The request was not approved within a day.", _ANEW),
)
MOVE_LIMITS: Final = (
    Explanation(
        ProblemCode.TOO_MANY_CODES,
        429,
        "The account has tried as many promotion codes today (UTC) as it may.",
        "Wait `Retry-After` seconds.",
    ),
    Explanation(
        ProblemCode.DAILY_ADJUSTMENTS,
        429,
        "The client has given as much credit today (UTC) as it may.",
        "Wait `Retry-After` seconds, or let a member of the finance group do it at the desk.",
    ),
)
