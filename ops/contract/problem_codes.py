"""Every `code` of a problem answer: its status, what it means, and what the caller does about it. The source of
docs/api-errors.md and of the enums in docs/openapi.yaml.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ProblemCode:
    """One code and its explanation."""

    code: str
    status: int
    meaning: str
    remedy: str

    @property
    def has_retry_after(self) -> bool:
        """Whether its answers carry Retry-After."""
        return self.status == 503 or self.code == "in_progress"


_RETRY = "Retry the same request after `Retry-After` seconds."
_CONTACT = "Contact the operator. Retrying does not help until the operator has acted."

PROBLEM_CODES: Final = (
    ProblemCode("malformed_json", 400, "The body is not a JSON object in UTF-8.", "Correct the body."),
    ProblemCode(
        "missing_idempotency_key",
        400,
        "The request has no `Idempotency-Key` header.",
        "Send the header with a new key for each new request, and the same key with a retry.",
    ),
    ProblemCode(
        "invalid_idempotency_key",
        400,
        "`Idempotency-Key` is not 1 to 255 printable ASCII characters.",
        "Send a shorter key, such as a UUID.",
    ),
    ProblemCode(
        "missing_signature",
        400,
        "The callback has no `Stripe-Signature` header.",
        "Nothing: only Stripe calls this address.",
    ),
    ProblemCode(
        "invalid_signature",
        400,
        "The signature does not match the body and the webhook secret.",
        "Operator: put the endpoint's secret into the Stripe secret of the stack.",
    ),
    ProblemCode(
        "stale_signature", 400, "The signature is too old.", "Nothing: Stripe sends the callback again, signed anew."
    ),
    ProblemCode("future_signature", 400, "The signature's time lies in the future.", "Operator: compare the clocks."),
    ProblemCode("malformed_event", 400, "The body is not an event of Stripe.", "Nothing: only Stripe calls here."),
    ProblemCode(
        "id_token_required",
        403,
        "The request carries an access token.",
        "Send the ID token in the `Authorization` header.",
    ),
    ProblemCode(
        "account_missing",
        403,
        "The signed-in user belongs to no account.",
        "Ask the operator to assign the user to an account.",
    ),
    ProblemCode(
        "billing_admin_required",
        403,
        "Only a billing admin of the account may do this.",
        "Sign in as a billing admin, or ask one.",
    ),
    ProblemCode(
        "scope_required",
        403,
        "The token lacks the scope of this route.",
        "Request a client-credentials token with the scope that the answer names.",
    ),
    ProblemCode(
        "unknown_address",
        404,
        "No route matches the path. Ids contain only letters, digits, and `_ . : @ + -`.",
        "Correct the path.",
    ),
    ProblemCode(
        "unknown_account",
        404,
        "The account does not exist.",
        "Operator: create it with `PUT /accounts/{account_id}`. Customer: contact the operator.",
    ),
    ProblemCode("unknown_line", 404, "The account has no such line.", "Use a line that `GET /lines` lists."),
    ProblemCode("unknown_top_up", 404, "The account has no such payment.", "Use a payment that `GET /top-ups` lists."),
    ProblemCode(
        "unknown_payment_method",
        404,
        "The account has no such saved card.",
        "Use a card that `GET /payment-methods` lists.",
    ),
    ProblemCode(
        "unknown_category", 404, "No category of calls has this name.", "Use a category that `GET /usage` lists."
    ),
    ProblemCode(
        "idempotency_key_reused",
        409,
        "This `Idempotency-Key` was used with another request.",
        "Use a new key for a new request.",
    ),
    ProblemCode("in_progress", 409, "The same request is still being processed.", _RETRY),
    ProblemCode("account_closed", 409, "The account is closed and takes no payments.", _CONTACT),
    ProblemCode(
        "call_id_reused",
        409,
        "Another call of the account has this `call_id`.",
        "Give each call its own id. Send an extension with the same `to` and `line_id` as the call.",
    ),
    ProblemCode("body_too_large", 413, "The body exceeds the limit that the answer names.", "Send a smaller body."),
    ProblemCode("missing_field", 422, "A required field is missing; the answer names it.", "Send the field."),
    ProblemCode(
        "invalid_field", 422, "A field has a value that is not allowed; the answer names it.", "Correct the field."
    ),
    ProblemCode(
        "invalid_id",
        422,
        "An id has a form that is not allowed.",
        "Use 1 to 64 letters, digits, or `_ . : @ + -` (96 for a `call_id`), beginning with a letter or digit.",
    ),
    ProblemCode(
        "invalid_amount",
        422,
        "An amount of money is not a decimal string, or has too many decimals.",
        'Send the amount in quotes, such as `"25.00"`.',
    ),
    ProblemCode(
        "amount_out_of_range", 422, "An amount is outside its bounds; the answer names them.", "Correct the amount."
    ),
    ProblemCode(
        "invalid_payment_method",
        422,
        "`payment_method_id` cannot be the id of a card.",
        "Use a card that `GET /payment-methods` lists.",
    ),
    ProblemCode(
        "limit_below_amount",
        422,
        "`daily_limit` or `monthly_limit` is below `amount`, so the rule could never charge.",
        "Raise the limit, or lower `amount`.",
    ),
    ProblemCode(
        "invalid_limits", 422, "A limit has an unknown name or a value of the wrong type.", "Correct the limit."
    ),
    ProblemCode(
        "invalid_place",
        422,
        "A place is neither a country nor a prefix.",
        'Send countries such as `"CU"` or prefixes such as `"+1900"`, at most 300.',
    ),
    ProblemCode(
        "above_operators_limit",
        422,
        "A customer's limit may not exceed the operator's.",
        "Send a lower limit, or ask the operator for a higher one.",
    ),
    ProblemCode(
        "invalid_number", 422, "A phone number is not valid.", "Send the number in E.164 form, such as `+442071838750`."
    ),
    ProblemCode("foreign_number", 422, "The line's number is not in the US or Canada.", "Use a US or Canadian number."),
    ProblemCode(
        "invalid_duration",
        422,
        "`requested_seconds` is not a whole number from 1 to 86,400.",
        "Correct the number, or leave it out.",
    ),
    ProblemCode("invalid_date", 422, "A date is not a calendar date.", "Send a date such as `2026-11-23`."),
    ProblemCode(
        "invalid_date_range",
        422,
        "The period ends before it begins, or exceeds ten years.",
        "Swap the dates, or ask for shorter periods.",
    ),
    ProblemCode(
        "invalid_query", 422, "The query parameters do not go together; the answer says why.", "Correct the query."
    ),
    ProblemCode("invalid_limit", 422, "`limit` is outside its bounds; the answer names them.", "Correct `limit`."),
    ProblemCode(
        "invalid_cursor",
        422,
        "The cursor does not belong to this list and these filters.",
        "Pass `next_cursor` unchanged with the same filters, or start without a cursor.",
    ),
    ProblemCode(
        "unknown_country", 422, "No country has this code.", "Send an ISO 3166-1 alpha-2 code such as `GB`, or `001`."
    ),
    ProblemCode("unsupported_currency", 422, "The currency is not USD.", "Send `USD`, or leave the field out."),
    ProblemCode(
        "invalid_time_zone", 422, "The time zone is not an IANA name.", "Send a name such as `America/New_York`."
    ),
    ProblemCode("invalid_status", 422, "The status is neither `open` nor `closed`.", "Correct the status."),
    ProblemCode(
        "invalid_email",
        422,
        "`billing_emails` is not a list of at most 10 ASCII e-mail addresses.",
        "Correct the addresses.",
    ),
    ProblemCode(
        "internal_error",
        500,
        "The API met an unexpected error.",
        "Retry the request. If it keeps failing, contact support and include the time.",
    ),
    ProblemCode("unavailable", 503, "The ledger did not answer in time.", f"{_RETRY} It takes effect once."),
    ProblemCode("busy", 503, "Other requests are changing the same data.", f"{_RETRY} It takes effect once."),
    ProblemCode("no_active_deck", 503, "No rate deck is published.", "Operator: run `make publish-rates`."),
    ProblemCode("unusable_deck", 503, "The active rate deck was damaged.", "Operator: publish the deck again."),
    ProblemCode("payments_unavailable", 503, "Stripe did not answer. Nothing was charged.", _RETRY),
    ProblemCode("stripe_not_configured", 503, "The stack has no Stripe key yet.", _CONTACT),
    ProblemCode("stripe_refuses_us", 503, "Stripe rejects the stack's key. Nothing was charged.", _CONTACT),
    ProblemCode("payment_refused", 503, "Stripe rejects the form of the payment. Nothing was charged.", _CONTACT),
    ProblemCode("customer_missing", 503, "The account's customer was deleted at Stripe.", _CONTACT),
)
BY_CODE: Final = {problem.code: problem for problem in PROBLEM_CODES}

BEHIND_NO_ROUTE: Final = {
    "unknown_link": "a link answers with a web page",
    "no_time": "functions/auto_recharge counts the record as failed",
    "not_proven": "functions/prove_ledger fails",
    "payments_not_shown": "functions/prove_ledger reports it",
    "invalid_request": "`make rerate-calls` prints it",
    "already_active": "`make rollback-rates` prints it",
    "no_earlier_deck": "`make rollback-rates` prints it",
    "unknown_deck": "`make rollback-rates` prints it",
    "file_gone": "`make publish-rates` prints it",
    "file_too_large": "`make publish-rates` prints it",
}
"""Codes of errors that no route answers with, and where they are seen instead."""
