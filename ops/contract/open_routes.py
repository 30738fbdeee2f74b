"""Routes without a token: the Billing page, the support desk, this document, and Stripe's webhook
(functions/billing_page, functions/stripe_webhook).
"""

from typing import Final

from ops.contract.recharge_routes import STRIPE_CODES
from ops.contract.route import HTML, JSON, PLAIN_TEXT, Access, Answer, Parameter, Route, ok, path
from ops.contract.schemas import FLAG, TEXT, Schema, body, described, record

ETAG: Final = ("The version of the answer.", TEXT)
VARY: Final = ("The request headers that decide about the answer.", TEXT)
ENCODING: Final = ("gzip, if the client accepts it.", {"const": "gzip"})
FILE_HEADERS: Final = {"ETag": ETAG, "Vary": VARY, "Content-Encoding": ENCODING}
ASSET_TYPES: Final = ("text/css", "text/javascript")
LANGUAGE: Final = Parameter("language", "query", TEXT, "The reader's choice, `en` or `fr`; a cookie keeps it.")
IF_NONE_MATCH: Final = Parameter("If-None-Match", "header", TEXT, "The ETag of the version that the client has.")
FILE: Final[Schema] = {"type": "string"}
STRIPE_EVENT: Final = body(
    "StripeEvent",
    "An event of Stripe (docs.stripe.com/api/events/object).",
    {
        "id": TEXT,
        "type": TEXT,
        "data": {
            "type": "object",
            "properties": {"object": {"type": "object", "minProperties": 1}},
            "required": ["object"],
        },
    },
    ["id", "type", "data"],
)
RECEIPT: Final = record(
    "WebhookReceipt",
    "What the callback led to.",
    {"received": FLAG, "outcome": described(TEXT, "For Stripe's dashboard: the outcome for the object.")},
)

ROUTES: Final = (
    Route(
        "GET",
        "/",
        "billing_page",
        Access.ANYONE,
        "Billing page",
        "Show the Billing page",
        {
            200: Answer("The page.", {HTML: FILE}, FILE_HEADERS),
            304: Answer("The client has this version.", headers={"ETag": ETAG, "Vary": VARY}),
        },
        parameters=(IF_NONE_MATCH, LANGUAGE),
        is_problem_json=False,
    ),
    Route(
        "GET",
        "/desk",
        "billing_page",
        Access.ANYONE,
        "Support desk",
        "Show the support desk",
        {
            200: Answer("The page.", {HTML: FILE}, FILE_HEADERS),
            304: Answer("The client has this version.", headers={"ETag": ETAG, "Vary": VARY}),
        },
        description="The page of the phone company's staff. It holds no data until a member of the staff signs in.",
        parameters=(IF_NONE_MATCH,),
        is_problem_json=False,
    ),
    Route(
        "GET",
        "/openapi.json",
        "billing_page",
        Access.ANYONE,
        "This document",
        "Get this document",
        {
            200: Answer("The document, in OpenAPI 3.1.", {JSON: {"type": "object"}}, FILE_HEADERS),
            304: Answer("The client has this version.", headers={"ETag": ETAG, "Vary": VARY}),
        },
        parameters=(IF_NONE_MATCH,),
        is_problem_json=False,
    ),
    Route(
        "GET",
        "/assets/{version}/{name}",
        "billing_page",
        Access.ANYONE,
        "Billing page",
        "Get a file of the Billing page or the support desk",
        {
            200: Answer("The file.", dict.fromkeys(ASSET_TYPES, FILE), {"Vary": VARY, "Content-Encoding": ENCODING}),
            404: Answer("The pages have no such file.", {PLAIN_TEXT: FILE}, {"Vary": VARY}),
        },
        parameters=(path("version", TEXT, "The version of the pages."), path("name", TEXT, "The file.")),
        is_problem_json=False,
    ),
    Route(
        "POST",
        "/stripe/webhook",
        "stripe_webhook",
        Access.STRIPE,
        "Stripe",
        "Take a callback of Stripe",
        {200: ok(RECEIPT, "The callback was processed.")},
        (
            "missing_signature",
            "invalid_signature",
            "stale_signature",
            "future_signature",
            "malformed_event",
            "busy",
            *STRIPE_CODES,
        ),
        "Stripe repeats a callback until it is answered with 200.",
        body=STRIPE_EVENT,
    ),
)
