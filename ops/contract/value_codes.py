"""The codes of invalid values (422) and their explanations."""

from typing import Final

from calling_credit.errors import ProblemCode
from ops.contract.explanation import Explanation

VALUE_CODES: Final = (
    Explanation(ProblemCode.NO_EVENTS, 422, "The body holds no event.", "Send 1 to 100 events."),
    Explanation(ProblemCode.TOO_MANY_EVENTS, 422, "The body holds over 100 events.", "Send them in several requests."),
    Explanation(
        ProblemCode.UNKNOWN_FORMAT,
        422,
        "`format` names no known format of call records; the answer lists them.",
        "Send one of them, or events in the native form without `format`.",
    ),
    Explanation(ProblemCode.MISSING_FIELD, 422, "A required field is missing; the answer names it.", "Send the field."),
    Explanation(
        ProblemCode.INVALID_FIELD,
        422,
        "A field has a value that is not allowed; the answer names it.",
        "Correct the field.",
    ),
    Explanation(
        ProblemCode.INVALID_ID,
        422,
        "An id has a form that is not allowed.",
        "Use 1 to 64 letters, digits, or `_ . : @ + -`, beginning with a letter or digit. A `call_id` has 1 to 255 "
        "printable characters.",
    ),
    Explanation(
        ProblemCode.UNKNOWN_USER,
        422,
        "`user_id` names no user of the account.",
        "Create the user first with `PUT /accounts/{account_id}/users/{user_id}`.",
    ),
    Explanation(
        ProblemCode.INVALID_AMOUNT,
        422,
        "An amount of money is not a decimal string, or has too many decimals.",
        'Send the amount in quotes, such as `"25.00"`.',
    ),
    Explanation(
        ProblemCode.AMOUNT_OUT_OF_RANGE,
        422,
        "An amount is outside its bounds; the answer names them.",
        "Correct the amount.",
    ),
    Explanation(
        ProblemCode.INVALID_PAYMENT_METHOD,
        422,
        "`payment_method_id` cannot be the id of a payment method.",
        "Use one that `GET /payment-methods` lists.",
    ),
    Explanation(
        ProblemCode.PAYMENT_METHOD_NOT_ALLOWED,
        422,
        "The payment method cannot be used for this: a bank account for a rule, which the operator has not allowed, or "
        "as the backup; or a card that cannot be charged without its holder as the backup.",
        "Use a card that `GET /payment-methods` lists.",
    ),
    Explanation(
        ProblemCode.LIMIT_BELOW_AMOUNT,
        422,
        "`daily_limit` or `monthly_limit` is below `amount`, so the rule could never charge.",
        "Raise the limit, or lower `amount`.",
    ),
    Explanation(
        ProblemCode.INVALID_BUNDLES,
        422,
        "A bundle of included minutes has a name, a place, or a number of minutes that is not allowed, or two bundles "
        "have one name.",
        "Correct the bundle that the detail names.",
    ),
    Explanation(
        ProblemCode.INVALID_LIMITS,
        422,
        "A limit has an unknown name or a value of the wrong type.",
        "Correct the limit.",
    ),
    Explanation(
        ProblemCode.INVALID_PLACE,
        422,
        "A place is neither a country nor a prefix.",
        'Send countries such as `"CU"` or prefixes such as `"+1900"`, at most 300. To confirm a country, send its '
        "code, or `001`.",
    ),
    Explanation(
        ProblemCode.ABOVE_OPERATORS_LIMIT,
        422,
        "A customer's limit may not exceed the operator's.",
        "Send a lower limit, or ask the operator for a higher one.",
    ),
    Explanation(
        ProblemCode.INVALID_NUMBER,
        422,
        "A phone number is not valid.",
        "Send the number in E.164 form, such as `+442071838750`.",
    ),
    Explanation(
        ProblemCode.FOREIGN_NUMBER,
        422,
        "The line's number is not in a home country (US and Canada by default).",
        "Use a number of a home country.",
    ),
    Explanation(
        ProblemCode.INVALID_DURATION,
        422,
        "`requested_seconds` or `duration_seconds` is not a whole number within its bounds; the answer names them.",
        "Correct the number.",
    ),
    Explanation(
        ProblemCode.INVALID_TIMESTAMP,
        422,
        "`started_at` or `expires_at` is not a moment with an offset, or `expires_at` is not ahead within five years; "
        "the answer names the field.",
        "Send a moment such as `2026-11-23T10:00:00.000Z`; `expires_at` may also be a date.",
    ),
    Explanation(ProblemCode.INVALID_DATE, 422, "A date is not a calendar date.", "Send a date such as `2026-11-23`."),
    Explanation(
        ProblemCode.INVALID_DATE_RANGE,
        422,
        "The period ends before it begins, or exceeds ten years.",
        "Swap the dates, or ask for shorter periods.",
    ),
    Explanation(
        ProblemCode.INVALID_QUERY,
        422,
        "The query parameters do not go together; the answer says why.",
        "Correct the query.",
    ),
    Explanation(
        ProblemCode.INVALID_LIMIT, 422, "`limit` is outside its bounds; the answer names them.", "Correct `limit`."
    ),
    Explanation(
        ProblemCode.INVALID_CURSOR,
        422,
        "The cursor does not belong to this list and these filters.",
        "Pass `next_cursor` unchanged with the same filters, or start without a cursor.",
    ),
    Explanation(
        ProblemCode.INVALID_TAX_ID,
        422,
        "A tax id does not have the form of its kind, or its check digits are wrong.",
        "Correct the id, or choose its kind.",
    ),
    Explanation(
        ProblemCode.UNKNOWN_COUNTRY,
        422,
        "No country has this code.",
        "Send an ISO 3166-1 alpha-2 code such as `GB`, or `001`.",
    ),
    Explanation(
        ProblemCode.UNSUPPORTED_CURRENCY, 422, "The currency is not USD.", "Send `USD`, or leave the field out."
    ),
    Explanation(
        ProblemCode.INVALID_TIME_ZONE,
        422,
        "The time zone is not an IANA name.",
        "Send a name such as `America/New_York`.",
    ),
    Explanation(
        ProblemCode.INVALID_PRICE_LIST,
        422,
        "`price_list` is neither null nor the name of a price list.",
        "Send a name of 1 to 40 of `a-z`, `0-9`, and `-`, or null for the deck's own prices.",
    ),
    Explanation(
        ProblemCode.RESERVED_PRICE_LIST,
        422,
        "`price_list` names the list `cost`, which holds what carriers charge.",
        "Name another list.",
    ),
    Explanation(
        ProblemCode.INVALID_MARKUP,
        422,
        "`markup_percent` is not a string from `-50.00` to `1000.00` with at most two decimals.",
        'Send it in quotes, such as `"12.50"`.',
    ),
    Explanation(ProblemCode.INVALID_STATUS, 422, "The status is neither `open` nor `closed`.", "Correct the status."),
    Explanation(
        ProblemCode.INVALID_EMAIL,
        422,
        "`billing_emails` is not a list of at most 10 plain addresses; the answer names the first wrong one.",
        "Send addresses such as `billing@example.com`, without names, quotes, or brackets.",
    ),
)
