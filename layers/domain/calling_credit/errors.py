"""All errors that callers receive, as one tree. Each has a stable `code` and a sentence that says what to do.

    CallingCreditError
    ├── BadRequest          the request cannot be read at all                          (HTTP 400)
    ├── Forbidden           this caller may not do this                                (HTTP 403)
    ├── NotFound            it does not exist, or belongs to another account           (HTTP 404)
    ├── Conflict            it contradicts recorded data                               (HTTP 409)
    │   └── InProgress      the same request is being processed                        (HTTP 409)
    ├── PayloadTooLarge     the body is over the limit                                 (HTTP 413)
    ├── InvalidValue        the request is readable, one of its values is not allowed  (HTTP 422)
    ├── TooManyRequests     a limit on attempts or amounts is reached; wait             (HTTP 429)
    ├── Unavailable         no answer in time; the request is safe to repeat           (HTTP 503)
    └── UnreadableItem      a stored item cannot be read (dynamodb.unreadable)          (HTTP 500)

Only `api.problems` converts errors into HTTP answers.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class ProblemCode(StrEnum):
    """The stable `code` of each error. ops/contract/problem_codes.py explains those that an HTTP route answers with."""

    MALFORMED_JSON = "malformed_json"
    DUPLICATE_KEY = "duplicate_key"
    MISSING_IDEMPOTENCY_KEY = "missing_idempotency_key"
    INVALID_IDEMPOTENCY_KEY = "invalid_idempotency_key"
    MISSING_SIGNATURE = "missing_signature"
    INVALID_SIGNATURE = "invalid_signature"
    STALE_SIGNATURE = "stale_signature"
    FUTURE_SIGNATURE = "future_signature"
    MALFORMED_EVENT = "malformed_event"
    ID_TOKEN_REQUIRED = "id_token_required"  # noqa: S105 - a code, no password
    ACCOUNT_MISSING = "account_missing"
    BILLING_ADMIN_REQUIRED = "billing_admin_required"
    SCOPE_REQUIRED = "scope_required"
    STAFF_REQUIRED = "staff_required"
    FINANCE_REQUIRED = "finance_required"
    SIGNED_OUT = "signed_out"
    UNKNOWN_ADDRESS = "unknown_address"
    UNKNOWN_ACCOUNT = "unknown_account"
    UNKNOWN_LINE = "unknown_line"
    UNKNOWN_USER = "unknown_user"
    NO_SUCH_USER = "no_such_user"
    UNKNOWN_TOP_UP = "unknown_top_up"
    NO_RECEIPT = "no_receipt"
    UNKNOWN_PAYMENT_METHOD = "unknown_payment_method"
    UNKNOWN_CATEGORY = "unknown_category"
    UNKNOWN_PRICE_LIST = "unknown_price_list"
    UNKNOWN_MAIL = "unknown_mail"
    UNKNOWN_CALL = "unknown_call"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    IN_PROGRESS = "in_progress"
    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_FROZEN = "account_frozen"
    TAX_UNAVAILABLE = "tax_unavailable"
    TOTAL_CHANGED = "total_changed"
    CARD_BLOCKED = "card_blocked"
    CARD_DECLINED_TOO_OFTEN = "card_declined_too_often"
    CALL_ID_REUSED = "call_id_reused"
    CALL_CORRECTED = "call_corrected"
    PAYMENTS_IN_FLIGHT = "payments_in_flight"
    ADDRESS_REMOVED = "address_removed"
    MAIL_NOT_SET_UP = "mail_not_set_up"
    CHANGED_MEANWHILE = "changed_meanwhile"
    COUNTRIES_NOT_INDEXED = "countries_not_indexed"
    TOO_MANY_PRICE_TERMS = "too_many_price_terms"
    NUMBER_TAKEN = "number_taken"
    PRICE_NOT_STORED = "price_not_stored"
    GOODWILL_GIVEN = "goodwill_given"
    INSUFFICIENT_CREDIT = "insufficient_credit"
    BLOCKED_MONEY = "blocked_money"
    TOP_UP_NOT_PAID = "top_up_not_paid"
    BUDGET_NOT_REACHED = "budget_not_reached"
    ALREADY_ASKED = "already_asked"
    NO_OPEN_REQUEST = "no_open_request"
    REFUND_REFUSED = "refund_refused"
    UNKNOWN_LOT = "unknown_lot"
    LOT_USED = "lot_used"
    UNKNOWN_PROMOTION = "unknown_promotion"
    PROMOTION_EXISTS = "promotion_exists"
    PROMOTION_USED = "promotion_used"
    PROMOTION_SPENT = "promotion_spent"
    PROMOTION_EXPIRED = "promotion_expired"
    PROMOTION_WITHDRAWN = "promotion_withdrawn"
    UNKNOWN_APPROVAL = "unknown_approval"
    OWN_REQUEST = "own_request"
    APPROVAL_DECIDED = "approval_decided"
    APPROVAL_EXPIRED = "approval_expired"
    DAILY_ADJUSTMENTS = "daily_adjustments"
    BODY_TOO_LARGE = "body_too_large"
    MISSING_FIELD = "missing_field"
    INVALID_FIELD = "invalid_field"
    INVALID_ID = "invalid_id"
    INVALID_AMOUNT = "invalid_amount"
    AMOUNT_OUT_OF_RANGE = "amount_out_of_range"
    INVALID_PAYMENT_METHOD = "invalid_payment_method"
    PAYMENT_METHOD_NOT_ALLOWED = "payment_method_not_allowed"
    LIMIT_BELOW_AMOUNT = "limit_below_amount"
    INVALID_BUNDLES = "invalid_bundles"
    INVALID_LIMITS = "invalid_limits"
    INVALID_PLACE = "invalid_place"
    ABOVE_OPERATORS_LIMIT = "above_operators_limit"
    INVALID_NUMBER = "invalid_number"
    FOREIGN_NUMBER = "foreign_number"
    INVALID_DURATION = "invalid_duration"
    INVALID_TIMESTAMP = "invalid_timestamp"
    INVALID_DATE = "invalid_date"
    INVALID_DATE_RANGE = "invalid_date_range"
    INVALID_QUERY = "invalid_query"
    INVALID_LIMIT = "invalid_limit"
    INVALID_CURSOR = "invalid_cursor"
    UNKNOWN_COUNTRY = "unknown_country"
    INVALID_TAX_ID = "invalid_tax_id"
    UNSUPPORTED_CURRENCY = "unsupported_currency"
    INVALID_TIME_ZONE = "invalid_time_zone"
    INVALID_STATUS = "invalid_status"
    INVALID_PRICE_LIST = "invalid_price_list"
    RESERVED_PRICE_LIST = "reserved_price_list"
    INVALID_MARKUP = "invalid_markup"
    INVALID_EMAIL = "invalid_email"
    TOO_MANY_DECLINES = "too_many_declines"
    TOO_MANY_SETUP_PAGES = "too_many_setup_pages"
    TOO_MANY_CARDS = "too_many_cards"
    DAILY_TOP_UP = "daily_top_up"
    TOO_MANY_CODES = "too_many_codes"
    TOO_MANY_CONFIRMATIONS = "too_many_confirmations"
    TOO_MANY_REQUESTS = "too_many_requests"
    INTERNAL_ERROR = "internal_error"
    UNREADABLE_ITEM = "unreadable_item"
    UNAVAILABLE = "unavailable"
    BUSY = "busy"
    NO_ACTIVE_DECK = "no_active_deck"
    UNUSABLE_DECK = "unusable_deck"
    TRY_AGAIN = "try_again"
    PAYMENTS_UNAVAILABLE = "payments_unavailable"
    STRIPE_NOT_CONFIGURED = "stripe_not_configured"
    STRIPE_REFUSES_US = "stripe_refuses_us"
    PAYMENT_REFUSED = "payment_refused"
    CUSTOMER_MISSING = "customer_missing"
    SETUP_PAGE_REFUSED = "setup_page_refused"
    STRIPE_ACCOUNT_CHANGED = "stripe_account_changed"
    UNKNOWN_LINK = "unknown_link"
    NO_TIME = "no_time"
    NOT_PROVEN = "not_proven"
    PAYMENTS_NOT_SHOWN = "payments_not_shown"
    NO_EVENTS = "no_events"
    TOO_MANY_EVENTS = "too_many_events"
    UNKNOWN_FORMAT = "unknown_format"
    NOT_QUEUED = "not_queued"
    INVALID_REQUEST = "invalid_request"
    ALREADY_ACTIVE = "already_active"
    NO_EARLIER_DECK = "no_earlier_deck"
    UNKNOWN_DECK = "unknown_deck"
    FILE_GONE = "file_gone"
    FILE_TOO_LARGE = "file_too_large"
    KEY_NAME_TAKEN = "key_name_taken"
    UNKNOWN_CONNECTOR_KEY = "unknown_connector_key"


class CallingCreditError(Exception):
    """The base of all errors for callers: `code` is stable, `detail` is one or two sentences for people, and `extra`
    holds further members of the problem, such as `retry_at`.
    """

    def __init__(self, code: ProblemCode, detail: str, *, extra: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.extra: Mapping[str, Any] = extra or {}


class BadRequest(CallingCreditError):
    """The request cannot be read: broken JSON, a missing Idempotency-Key."""


class Forbidden(CallingCreditError):
    """The token is valid, but its holder may not do this."""


class NotFound(CallingCreditError):
    """It does not exist for this caller. Objects of other accounts give the same error."""


class Conflict(CallingCreditError):
    """The request contradicts recorded data, such as an Idempotency-Key reused with another body."""


class InProgress(Conflict):
    """Another worker handles the same request; repeat it after `retry_after_seconds`."""

    def __init__(self, code: ProblemCode, detail: str, retry_after_seconds: int) -> None:
        super().__init__(code, detail)
        self.retry_after_seconds = retry_after_seconds


class PayloadTooLarge(CallingCreditError):
    """The body is larger than the limit named in the detail."""


class InvalidValue(CallingCreditError):
    """One value of a readable request is not allowed; the detail names it."""


class TooManyRequests(CallingCreditError):
    """A limit on attempts or amounts is reached; a new request is possible after `retry_after_seconds`."""

    def __init__(
        self, code: ProblemCode, detail: str, retry_after_seconds: int, *, extra: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(code, detail, extra=extra)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(CallingCreditError):
    """A dependency did not answer in time, so the outcome is unknown. The same request is safe to repeat after
    `retry_after_seconds`.
    """

    def __init__(self, code: ProblemCode, detail: str, retry_after_seconds: int = 1) -> None:
        super().__init__(code, detail)
        self.retry_after_seconds = retry_after_seconds
