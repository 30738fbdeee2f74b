"""What staff see of an account, as schemas."""

from typing import Final

from calling_credit.accounts import account, find
from calling_credit.accounts.bounces import Returned
from calling_credit.audit import proof
from calling_credit.changes.actor import ActorKind
from calling_credit.topups import topup
from ops.contract import payment_routes, settings_routes
from ops.contract.account_routes import MARKUP, PRICE_LIST, PRICE_LIST_WORDS, TIME_ZONE, USER
from ops.contract.bundle_schemas import BUNDLES
from ops.contract.card_schemas import BRAND, PAYMENT_METHOD_ID
from ops.contract.desk_calls import NUMBER, REFUSAL
from ops.contract.lot_schemas import LOTS
from ops.contract.recharge_routes import RULE_FIELDS
from ops.contract.schemas import (
    CALL_KEY,
    COUNT,
    COUNTRY,
    DATE,
    FLAG,
    ID,
    INSTANT,
    LAST_FOUR,
    MONEY,
    NEXT_CURSOR,
    TEXT,
    Schema,
    described,
    list_of,
    one_of,
    or_null,
    record,
)
from ops.contract.schemas import USER as USER_NAME

MATCH: Final = record("AccountMatch", "By what an account was found.", {"kind": one_of(find.MatchKind), "value": TEXT})
FOUND: Final = record(
    "FoundAccounts",
    "The accounts that match, the best first.",
    {
        "items": list_of(
            record("FoundAccount", "A found account.", {"account_id": ID, "name": or_null(TEXT), "matched": MATCH})
        ),
        "more": described(FLAG, "Whether more accounts match than are shown."),
    },
)
MONEY_AT_STRIPE: Final = record(
    "PaymentAtStripe",
    "The state of a payment at Stripe.",
    {"status": TEXT, "received": MONEY, "refunded": MONEY, "disputed": FLAG},
)
STAFF_CARD: Final = record(
    "PaymentCard",
    "What pays.",
    {"id": PAYMENT_METHOD_ID, "brand": BRAND, "last4": LAST_FOUR, "type": payment_routes.METHOD_TYPE},
)
_ADDRESSES: Final = ("next_action_url", "checkout_url")
"""Where the customer goes next, which staff do not see."""
STAFF_TOP_UP: Final = record(
    "StaffTopUp",
    "A payment as staff see it.",
    {
        **{name: part for name, part in payment_routes.TOP_UP["properties"].items() if name not in _ADDRESSES},
        "payment_method": or_null(STAFF_CARD),
        "stored_status": one_of(topup.TopUpStatus),
        "created_by": TEXT,
        "reversed": described(MONEY, "What refunds and disputes took back."),
        "intent_id": or_null(described(TEXT, "Stripe's id of the payment.")),
        "stripe": or_null(MONEY_AT_STRIPE),
    },
    optional=("expires_at", "failure", "receipt_url"),
)
MAIL: Final = record(
    "SentMail",
    "A mail that was sent to one address.",
    {
        "mail_id": TEXT,
        "at": INSTANT,
        "type": described(TEXT, "The type of its event."),
        "subject": TEXT,
        "address": described(TEXT, "The first character of the address, and its domain."),
        "resent": described(COUNT, "How often staff asked for it again."),
    },
)
SHOWN_CARD: Final = record(
    "AccountCard",
    "A card of the rule or of a recent payment.",
    {
        "payment_method_id": PAYMENT_METHOD_ID,
        "type": payment_routes.METHOD_TYPE,
        "brand": BRAND,
        "last4": LAST_FOUR,
        "is_of_rule": FLAG,
        "state": one_of(["ok", "declined", "blocked"]),
        "blocked_at": or_null(INSTANT),
        "blocked_reason": or_null(TEXT),
        "retry_at": or_null(described(INSTANT, "When a card with too many declines may be tried again.")),
    },
)
BOUNCED_ADDRESS: Final = record(
    "BouncedAddress",
    "An address that mails came back from.",
    {
        "address": TEXT,
        "kind": one_of(["bounce", "complaint"]),
        "returned": one_of(list(Returned)),
        "reason": or_null(described(TEXT, "SES's subtype of the latest report.")),
        "first_at": INSTANT,
        "at": INSTANT,
        "times": COUNT,
        "event_id": or_null(described(TEXT, "The event whose mail came back last.")),
        "receives_mails": described(FLAG, "Whether it receives ordinary mails."),
    },
)
ISSUE: Final = record(
    "AccountIssue",
    "Something that needs an operator.",
    {"object_id": TEXT, "code": TEXT, "details": TEXT, "recorded_at": INSTANT},
)
ACCOUNT_PAGE: Final = record(
    "AccountPage",
    "An account on one page.",
    {
        "account_id": ID,
        "name": or_null(TEXT),
        "currency": one_of([account.CURRENCY]),
        "time_zone": TIME_ZONE,
        "status": one_of(list(account.Status)),
        "closed_at": or_null(INSTANT),
        "frozen": FLAG,
        "frozen_since": or_null(INSTANT),
        "frozen_by": or_null(TEXT),
        "billing_emails": list_of(TEXT),
        "admission": FLAG,
        "low_balance": or_null(MONEY),
        "price_list": described(or_null(PRICE_LIST), f"{PRICE_LIST_WORDS} Null without one."),
        "markup_percent": MARKUP,
        "created_at": or_null(INSTANT),
        "balance": record(
            "AccountBalance",
            "The credit.",
            {"balance": MONEY, "held": MONEY, "available": MONEY, "calls_in_progress": COUNT, "updated_at": INSTANT},
        ),
        "auto_recharge": record(
            "RuleForStaff",
            "The rule, and which operator switched it off.",
            {
                **RULE_FIELDS,
                "switched_off": or_null(
                    record("SwitchedOffBy", "Who switched it off.", {"by": TEXT, "reason": TEXT, "at": INSTANT})
                ),
            },
        ),
        "limits": settings_routes.LIMITS_OF_ACCOUNT,
        "top_ups": list_of(STAFF_TOP_UP, "The newest payments."),
        "stripe": record(
            "StripeAnswer",
            "Whether Stripe told the state of the payments; `code` says why not.",
            {"asked": FLAG, "code": or_null(TEXT), "customer_id": or_null(TEXT)},
        ),
        "lines": list_of(settings_routes.LINE),
        "more_lines": FLAG,
        "users": list_of(USER),
        "more_users": FLAG,
        "cards": list_of(SHOWN_CARD),
        "mails": list_of(MAIL),
        "more_mails": FLAG,
        "bounced_addresses": list_of(BOUNCED_ADDRESS, "Addresses that mails came back from within 90 days."),
        "issues": list_of(ISSUE),
        "lots": LOTS,
        "bundles": described(BUNDLES, "The included minutes of the account; absent without any."),
    },
    optional=("bundles",),
)
ANY_VALUE: Final[Schema] = {"description": "A value in the form of the API; null if there is none."}
CHANGE: Final = record(
    "RecordedChange",
    "One change of an account.",
    {
        "at": INSTANT,
        "action": TEXT,
        "by": record(
            "ChangedBy",
            "Who made the change.",
            {
                "kind": one_of(ActorKind),
                "name": TEXT,
                "id": or_null(
                    described(TEXT, "The actor: the subject of a person's tokens, a client's id; null for a link.")
                ),
            },
            optional=("id",),
        ),
        "from": or_null(described(TEXT, "The IP address of the request.")),
        "subject": TEXT,
        "old": ANY_VALUE,
        "new": ANY_VALUE,
    },
)
DENIED: Final = record(
    "RefusedCall",
    "A refused call.",
    {
        **REFUSAL["properties"],
        "call_key": CALL_KEY,
        "line_id": or_null(ID),
        "user": or_null(USER_NAME),
        "to": NUMBER,
        "country": or_null(COUNTRY),
        "country_known": or_null(FLAG),
    },
)
DENIED_PAGE: Final = record(
    "RefusedCalls",
    "A page of refused calls, newest first.",
    {
        "items": list_of(DENIED),
        "not_listed": list_of(
            record("NotListed", "A day (UTC) on which more calls were refused.", {"date": DATE, "calls": COUNT})
        ),
        "next_cursor": NEXT_CURSOR,
    },
)
DIFFERENCE: Final = record(
    "ProofDifference",
    "A difference that the proof found.",
    {"code": one_of(proof.DifferenceCode), "object": TEXT, "expected": TEXT, "found": TEXT, "text": TEXT},
)
PROOF: Final = record(
    "AccountProof",
    "Whether the account adds up and agrees with Stripe.",
    {
        "proven": FLAG,
        "proven_at": INSTANT,
        "entries": COUNT,
        "payments": or_null(described(COUNT, "The payments at Stripe; null if Stripe is not set up.")),
        "balance": MONEY,
        "differences": list_of(DIFFERENCE),
    },
)
