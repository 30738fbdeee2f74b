"""Payments: manual top-ups, saved cards, and the links in e-mails (functions/add_funds, functions/follow_links)."""

from typing import Final

from calling_credit.payment_names import MethodType
from calling_credit.topups import declines, topup
from ops.contract.amounts import AMOUNTS
from ops.contract.card_schemas import BRAND, PAYMENT_METHOD_ID
from ops.contract.recharge_routes import STRIPE_CODES
from ops.contract.route import (
    HTML,
    IDEMPOTENCY_KEY,
    PAGE,
    PAGE_CODES,
    Access,
    Answer,
    Route,
    member_read,
    ok,
    path,
    query,
)
from ops.contract.schemas import (
    DOLLARS,
    FLAG,
    INSTANT,
    LAST_FOUR,
    MONEY,
    TEXT,
    URL,
    Schema,
    body,
    described,
    list_of,
    one_of,
    or_null,
    page_of,
    record,
)

TOP_UP_ID: Final[Schema] = {"type": "string", "pattern": "^tu_[0-9a-f]{32}$"}
STATUSES: Final = tuple(status for status in topup.TopUpStatus if status is not topup.TopUpStatus.CONFIRMING)
FAILURE: Final = record(
    "PaymentFailure",
    "Why the payment brought no credit, or what it waits for.",
    {"code": one_of(declines.FailureCode), "message": TEXT},
)
METHOD_TYPE: Final = one_of(MethodType)
PAYING_METHOD: Final = record("PayingMethod", "What pays.", {"brand": BRAND, "last4": LAST_FOUR, "type": METHOD_TYPE})
RECEIPT_URL: Final = described(TEXT, "The path of its page, `GET /top-ups/{top_up_id}/receipt`.")
DOCUMENT_NUMBER: Final[Schema] = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{6,}$"}
RECEIPT: Final = record(
    "Receipt", "The receipt of a credited payment.", {"number": DOCUMENT_NUMBER, "url": RECEIPT_URL}
)
CREDIT_NOTE: Final = record(
    "CreditNote",
    "The document of a reversal.",
    {
        "number": DOCUMENT_NUMBER,
        "amount": described(MONEY, "What the customer got back, with tax; negative for credit that was returned."),
        "url": RECEIPT_URL,
    },
)
TOP_UP: Final = record(
    "TopUp",
    "A payment into the account's credit.",
    {
        "id": TOP_UP_ID,
        "kind": one_of(topup.TopUpKind),
        "status": one_of(STATUSES, "A failed or canceled payment may still succeed if money arrives late."),
        **AMOUNTS,
        "refunded": described(MONEY, "What was refunded of it."),
        "disputed": described(FLAG, "Whether a dispute of it is open or lost. A bank's return counts as a dispute."),
        "created_at": INSTANT,
        "payment_method": or_null(PAYING_METHOD),
        "checkout_url": described(
            or_null(URL), "Of a checkout, for billing admins: Stripe's page while it can be paid."
        ),
        "expires_at": described(INSTANT, "Of a checkout: when its page closes."),
        "next_action_url": described(URL, "For billing admins: where to confirm the payment with the bank."),
        "failure": FAILURE,
        "receipt_url": described(URL, "Stripe's receipt."),
        "receipt": described(or_null(RECEIPT), "Null until it is issued, moments after the payment is credited."),
        "credit_notes": list_of(CREDIT_NOTE, "One for each reversal, in the order of their issue."),
    },
    optional=("checkout_url", "expires_at", "next_action_url", "failure", "receipt_url"),
)
TOP_UPS: Final = page_of("TopUps", "A page of payments, newest first.", TOP_UP)
NEW_TOP_UP: Final = body(
    "NewTopUp",
    "The payment to make.",
    {
        "amount": DOLLARS,
        "payment_method_id": PAYMENT_METHOD_ID,
        "total": described(
            or_null(DOLLARS), "What the person was shown that the card pays. Another total is 409 `total_changed`."
        ),
    },
    required=("amount", "payment_method_id"),
)
GROUP: Final = "Payments"
LINKS: Final = "Links in e-mails"
TOP_UP_CODES: Final = (
    "unknown_account",
    "unknown_payment_method",
    "account_closed",
    "account_frozen",
    "tax_unavailable",
    "total_changed",
    "card_blocked",
    "card_declined_too_often",
    "too_many_declines",
    "too_many_requests",
    "daily_top_up",
    "idempotency_key_reused",
    "in_progress",
    "missing_field",
    "invalid_amount",
    "amount_out_of_range",
    "invalid_payment_method",
    "payment_refused",
    "stripe_account_changed",
    "busy",
    *STRIPE_CODES,
)
LINK_PARAMETERS: Final = (
    path("token", TEXT, "The token of the link."),
    query("language", TEXT, "The language of the page, `en` or `fr`. Without it, `Accept-Language` decides."),
)
WEB_PAGE: Final[Schema] = {"type": "string", "description": "A web page for a person."}

TOO_MANY_LINKS: Final = Answer(
    "The link was used, or invalid links were opened from this address, too often in a minute.",
    {HTML: WEB_PAGE},
    {"Retry-After": ("Seconds to wait before a retry.", {"type": "integer", "minimum": 1})},
)

ROUTES: Final = (
    Route(
        "POST",
        "/top-ups",
        "add_funds",
        Access.ADMIN,
        GROUP,
        "Charge a saved card",
        {201: ok(TOP_UP, "The payment. A decline is an answer too: `status` is `failed` and `failure` says why.")},
        TOP_UP_CODES,
        parameters=(IDEMPOTENCY_KEY,),
        body=NEW_TOP_UP,
    ),
    member_read("/top-ups", "add_funds", GROUP, "List payments", ok(TOP_UPS, "Payments."), PAGE_CODES, parameters=PAGE),
    member_read(
        "/top-ups/{top_up_id}",
        "add_funds",
        GROUP,
        "Show a payment",
        ok(TOP_UP, "The current payment."),
        ("unknown_top_up", "unknown_account"),
        parameters=(path("top_up_id", TOP_UP_ID, "The payment."),),
    ),
    member_read(
        "/top-ups/{top_up_id}/receipt",
        "list_usage",
        GROUP,
        "Show a receipt or credit note",
        Answer("The document as a page to print.", {HTML: WEB_PAGE}),
        ("unknown_top_up", "no_receipt", "unknown_account", "invalid_id"),
        parameters=(
            path("top_up_id", TOP_UP_ID, "The payment."),
            query("credit_note", TEXT, "The number of one of its credit notes. Without it, the receipt is shown."),
            query("language", TEXT, "`en` or `fr`. Without it, the language of the first billing address."),
        ),
    ),
    Route(
        "GET",
        "/links/{token}",
        "follow_links",
        Access.LINK,
        LINKS,
        "Show what a link does",
        {
            200: Answer("A page that names the action and has a button for it.", {HTML: WEB_PAGE}),
            404: Answer("The link is not valid, or it has expired.", {HTML: WEB_PAGE}),
            429: TOO_MANY_LINKS,
            503: Answer("The page cannot be shown now.", {HTML: WEB_PAGE}),
        },
        description="Changes nothing, because mail scanners open links.",
        parameters=LINK_PARAMETERS,
    ),
    Route(
        "POST",
        "/links/{token}",
        "follow_links",
        Access.LINK,
        LINKS,
        "Follow a link",
        {
            200: Answer("A page that shows the result.", {HTML: WEB_PAGE}),
            303: Answer(
                "The payment's confirmation continues on the bank's page.",
                headers={"Location": ("The bank's page.", URL)},
            ),
            404: Answer("The link is not valid, or it has expired.", {HTML: WEB_PAGE}),
            409: Answer("The payment's card or account no longer permits it. It is canceled.", {HTML: WEB_PAGE}),
            429: TOO_MANY_LINKS,
            503: Answer("The action cannot be done now.", {HTML: WEB_PAGE}),
        },
        description="Confirms the payment with the bank, or freezes the account, as the link says.",
        parameters=LINK_PARAMETERS,
    ),
)
