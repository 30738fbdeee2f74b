"""Every `code` of a problem answer: its status, its meaning, and what the caller can do. It is the source of
docs/api-errors.md and of the enums in docs/openapi.yaml.
"""

from typing import Final

from calling_credit.errors import ProblemCode
from ops.contract.budget_codes import BUDGET_CODES
from ops.contract.cap_codes import CAP_CONFLICTS
from ops.contract.card_codes import CARD_CONFLICTS, LIMIT_CODES, PAYMENTS_NOT_FOUND
from ops.contract.desk_codes import DESK_CODES
from ops.contract.explanation import Explanation
from ops.contract.move_codes import MOVE_CONFLICTS, MOVE_FORBIDDEN, MOVE_LIMITS, MOVE_NOT_FOUND
from ops.contract.value_codes import VALUE_CODES

_RETRY = "Retry the same request after `Retry-After` seconds."
_CONTACT = "Contact the operator. Retrying does not help until the operator has acted."

EXPLANATIONS: Final = (
    Explanation(ProblemCode.MALFORMED_JSON, 400, "The body is not a JSON object in UTF-8.", "Correct the body."),
    Explanation(
        ProblemCode.DUPLICATE_KEY,
        400,
        "An object of the body names a key twice; the answer names the key.",
        "Send the key once.",
    ),
    Explanation(
        ProblemCode.MISSING_IDEMPOTENCY_KEY,
        400,
        "The request has no `Idempotency-Key` header.",
        "Send the header with a new key for each new request, and the same key with a retry.",
    ),
    Explanation(
        ProblemCode.INVALID_IDEMPOTENCY_KEY,
        400,
        "`Idempotency-Key` is not 1 to 255 printable ASCII characters.",
        "Send a shorter key, such as a UUID.",
    ),
    Explanation(
        ProblemCode.MISSING_SIGNATURE,
        400,
        "The callback has no `Stripe-Signature` header.",
        "Nothing: only Stripe calls this address.",
    ),
    Explanation(
        ProblemCode.INVALID_SIGNATURE,
        400,
        "The signature does not match the body and the webhook secret.",
        "Operator: put the endpoint's secret into the Stripe secret of the stack.",
    ),
    Explanation(
        ProblemCode.STALE_SIGNATURE,
        400,
        "The signature is too old.",
        "Nothing: Stripe sends the callback again, signed again.",
    ),
    Explanation(
        ProblemCode.FUTURE_SIGNATURE, 400, "The signature's time lies in the future.", "Operator: compare the clocks."
    ),
    Explanation(
        ProblemCode.MALFORMED_EVENT, 400, "The body is not an event of Stripe.", "Nothing: only Stripe calls here."
    ),
    Explanation(
        ProblemCode.ID_TOKEN_REQUIRED,
        403,
        "The request carries an access token.",
        "Send the ID token in the `Authorization` header.",
    ),
    Explanation(
        ProblemCode.ACCOUNT_MISSING,
        403,
        "The signed-in user belongs to no account.",
        "Ask the operator to assign the user to an account.",
    ),
    Explanation(
        ProblemCode.BILLING_ADMIN_REQUIRED,
        403,
        "Only a billing admin of the account may do this.",
        "Sign in as a billing admin, or ask one.",
    ),
    Explanation(
        ProblemCode.ACCOUNT_FROZEN,
        403,
        "The account is frozen: it takes no payments, no new cards, and no looser settings.",
        "Contact the operator, who unfreezes it. Switching off, lowering limits, and removing cards still work.",
    ),
    Explanation(
        ProblemCode.SCOPE_REQUIRED,
        403,
        "The token lacks the scope of this route.",
        "Request a client-credentials token with the scope that the answer names.",
    ),
    *DESK_CODES,
    *MOVE_FORBIDDEN,
    *MOVE_NOT_FOUND,
    Explanation(
        ProblemCode.UNKNOWN_ADDRESS,
        404,
        "No route matches the path. Ids contain only letters, digits, and `_ . : @ + -`.",
        "Correct the path.",
    ),
    Explanation(
        ProblemCode.UNKNOWN_ACCOUNT,
        404,
        "The account does not exist.",
        "Operator: correct the id, or create the account with `PUT /accounts/{account_id}` and its `time_zone`. "
        "Customer: contact the operator.",
    ),
    Explanation(
        ProblemCode.UNKNOWN_PRICE_LIST,
        404,
        "No price list of this name is published.",
        "Publish the list first, or name another one.",
    ),
    Explanation(ProblemCode.UNKNOWN_LINE, 404, "The account has no such line.", "Use a line that `GET /lines` lists."),
    *PAYMENTS_NOT_FOUND,
    Explanation(
        ProblemCode.UNKNOWN_CATEGORY,
        404,
        "No category of calls has this name.",
        "Use a category that `GET /usage` lists.",
    ),
    Explanation(
        ProblemCode.UNKNOWN_CALL,
        404,
        "No call with this key and `started_at` was charged to the account.",
        "Use `call_key` and `started_at` as `GET /usage/{category}` shows them. A call without a charge needs no "
        "correction.",
    ),
    Explanation(
        ProblemCode.IDEMPOTENCY_KEY_REUSED,
        409,
        "This `Idempotency-Key` was used with another request.",
        "Use a new key for a new request.",
    ),
    Explanation(ProblemCode.IN_PROGRESS, 409, "The same request is still being processed.", _RETRY),
    Explanation(ProblemCode.ACCOUNT_CLOSED, 409, "The account is closed and takes no payments.", _CONTACT),
    *CARD_CONFLICTS,
    *MOVE_CONFLICTS,
    *BUDGET_CODES,
    Explanation(
        ProblemCode.CALL_ID_REUSED,
        409,
        "Another call of the account has this `call_id`.",
        "Give each call its own id. Send an extension with the same `to` and `line_id` as the call.",
    ),
    *CAP_CONFLICTS,
    Explanation(
        ProblemCode.CHANGED_MEANWHILE,
        409,
        "The settings have changed since the `version` of the request. `current` holds the values of now.",
        "Compare them with your change, and send it again with their `version`.",
    ),
    Explanation(
        ProblemCode.TOO_MANY_PRICE_TERMS,
        409,
        "The price list or markup of the account was changed 50 times within 91 days.",
        "Publish a new version of the list instead, or wait.",
    ),
    Explanation(
        ProblemCode.NUMBER_TAKEN,
        409,
        "`number` belongs to another line, of this account or another one. The answer names the number.",
        "Find the line, and move the number with `move_from`; or send another number.",
    ),
    Explanation(
        ProblemCode.PRICE_NOT_STORED,
        409,
        "The price list that charged the call is no longer stored, so another duration has no price.",
        "Waive the call, and charge what is right with an adjustment.",
    ),
    Explanation(
        ProblemCode.BODY_TOO_LARGE, 413, "The body exceeds the limit that the answer names.", "Send a smaller body."
    ),
    *VALUE_CODES,
    *LIMIT_CODES,
    *MOVE_LIMITS,
    Explanation(
        ProblemCode.INTERNAL_ERROR,
        500,
        "The API met an unexpected error.",
        "Retry the request. If it keeps failing, contact support and include the time.",
    ),
    Explanation(
        ProblemCode.UNREADABLE_ITEM,
        500,
        "A stored record of the account cannot be read, so the answer would be wrong. Nothing was changed.",
        "Contact support and include the time. Operator: see `make list-unrated KIND=unreadable`.",
    ),
    Explanation(ProblemCode.UNAVAILABLE, 503, "The ledger did not answer in time.", f"{_RETRY} It takes effect once."),
    Explanation(ProblemCode.BUSY, 503, "Other requests are changing the same data.", f"{_RETRY} It takes effect once."),
    Explanation(
        ProblemCode.NOT_QUEUED,
        503,
        "Not every accepted event could be stored. Some may be.",
        "Send the whole request again after `Retry-After` seconds; no call is charged twice.",
    ),
    Explanation(ProblemCode.NO_ACTIVE_DECK, 503, "No rate deck is published.", "Operator: run `make publish-rates`."),
    Explanation(
        ProblemCode.UNUSABLE_DECK, 503, "The active rate deck was damaged.", "Operator: publish the deck again."
    ),
    Explanation(ProblemCode.TRY_AGAIN, 503, "The rate deck in force is being loaded. Nothing was held.", _RETRY),
    Explanation(ProblemCode.PAYMENTS_UNAVAILABLE, 503, "Stripe did not answer. Nothing was charged.", _RETRY),
    Explanation(ProblemCode.STRIPE_NOT_CONFIGURED, 503, "The stack has no Stripe key yet.", _CONTACT),
    Explanation(ProblemCode.STRIPE_REFUSES_US, 503, "Stripe rejects the stack's key. Nothing was charged.", _CONTACT),
    Explanation(
        ProblemCode.PAYMENT_REFUSED, 503, "Stripe rejects the form of the payment. Nothing was charged.", _CONTACT
    ),
    Explanation(
        ProblemCode.CUSTOMER_MISSING,
        503,
        "The account's customer was deleted at Stripe, replaced, and deleted again within a day.",
        "Try again after `Retry-After`, or contact the operator.",
    ),
    Explanation(
        ProblemCode.NOT_PROVEN, 503, "The account changed each time it was read, so nothing was proven.", _RETRY
    ),
    Explanation(ProblemCode.PAYMENTS_NOT_SHOWN, 503, "Stripe refuses to show the payments of the account.", _CONTACT),
    Explanation(ProblemCode.SETUP_PAGE_REFUSED, 503, "Stripe refuses to open its page for saving a card.", _CONTACT),
    Explanation(
        ProblemCode.STRIPE_ACCOUNT_CHANGED,
        503,
        "The stack's key belongs to another Stripe account. Nothing was charged.",
        _CONTACT,
    ),
)
BY_CODE: Final[dict[str, Explanation]] = {problem.code: problem for problem in EXPLANATIONS}

BEHIND_NO_ROUTE: Final[dict[str, str]] = {
    ProblemCode.UNKNOWN_LINK: "a link answers with a web page",
    ProblemCode.NO_TIME: "functions/auto_recharge counts the record as failed",
    ProblemCode.INVALID_REQUEST: "`make rerate-calls` prints it",
    ProblemCode.ALREADY_ACTIVE: "`make rollback-rates` prints it",
    ProblemCode.NO_EARLIER_DECK: "`make rollback-rates` prints it",
    ProblemCode.UNKNOWN_DECK: "`make rollback-rates` prints it",
    ProblemCode.FILE_GONE: "`make publish-rates` prints it",
    ProblemCode.FILE_TOO_LARGE: "`make publish-rates` prints it",
    ProblemCode.KEY_NAME_TAKEN: "`make connector-key` prints it",
    ProblemCode.UNKNOWN_CONNECTOR_KEY: "`make connector-key` prints it",
}
"""Error codes that no route returns, and where they appear instead."""
