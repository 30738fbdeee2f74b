"""The explanation of a call, for staff (functions/read_accounts)."""

from typing import Final

from calling_credit.admission import reasons
from calling_credit.desk import requests
from calling_credit.desk.call_records import CallOutcome
from calling_credit.ledger import entries, holds
from ops.contract.account_routes import ACCOUNT_ID
from ops.contract.correction_routes import FIGURES
from ops.contract.rates_routes import RATE_STEP
from ops.contract.route import Access, Route, ok, path, query
from ops.contract.schemas import (
    CALL_KEY,
    CATEGORY_CODE,
    COUNT,
    COUNTRY,
    FLAG,
    ID,
    INSTANT,
    MONEY,
    TEXT,
    USER,
    described,
    list_of,
    one_of,
    or_null,
    record,
)
from ops.contract.usage_routes import OWN_PRICE

NUMBER: Final = described(TEXT, "The number that was called; an erased number shows its country and last two digits.")
REFUSAL: Final = record(
    "CallRefusal",
    "One refusal of a call.",
    {"at": INSTANT, "reason": one_of(reasons.DenialReason), "message": described(TEXT, "`reason` in words.")},
)
EVENT: Final = record(
    "ReportedCall",
    "The call as the switch reported it.",
    {
        "to": NUMBER,
        "line_id": or_null(ID),
        "user": USER,
        "duration_seconds": or_null(described(COUNT, "Null while no finished call has arrived.")),
        "recorded_at": or_null(INSTANT),
        "number_erased": FLAG,
        "suspicious": described(FLAG, "Whether the recorded duration was hard to believe."),
        "stray": described(FLAG, "Whether the line was unknown, or international calling was off for it."),
    },
)
ROW: Final = record(
    "PricingRow",
    "The row of the rate deck that prices the call.",
    {
        "deck": described(TEXT, "The version of the rate deck."),
        "prefix": TEXT,
        "destination": TEXT,
        "country": COUNTRY,
        "origin": described(TEXT, "The country that the call is priced from."),
        "category": CATEGORY_CODE,
        "rate_per_minute": MONEY,
        "connection_fee": MONEY,
        "minimum_seconds": or_null(described(COUNT, "Null for calls that version 1.0.0 charged.")),
        "increment_seconds": or_null(COUNT),
        **OWN_PRICE,
        "rate_steps": list_of(RATE_STEP, "Absent for a row with one rate."),
    },
    optional=(*OWN_PRICE, "rate_steps"),
)
CALCULATION: Final = record(
    "PriceCalculation",
    "How the price follows: `billed_seconds` are `minimum_seconds` and whole increments that cover `priced_seconds`; "
    "the price is the fee and the rates for them, rounded half up.",
    {
        "duration_seconds": COUNT,
        "granted_seconds": or_null(described(COUNT, "What the hold allowed; null without a hold.")),
        "promised": described(FLAG, "Whether the price is that of the hold."),
        "priced_seconds": COUNT,
        "billed_seconds": COUNT,
        "rounded_to": MONEY,
        "price": MONEY,
        "exact": described(FLAG, "Whether these numbers give the price exactly. If not, the entry needs a look."),
        "covered_seconds": described(
            COUNT,
            "The first seconds, which included minutes cover. Then `billed_seconds` are whole increments of the rest, "
            "without minimum, and no fee applies.",
        ),
        "bundle": described(TEXT, "The name of their bundle."),
        "billed_parts": list_of(
            COUNT, "The seconds billed by the row's own rate, then by that of each rate step. Absent without steps."
        ),
    },
    optional=("billed_parts", "covered_seconds", "bundle"),
)
HOLD: Final = record(
    "CallHold",
    "The credit that was held for the call.",
    {
        "status": one_of(holds.HoldStatus),
        "amount": MONEY,
        "max_seconds": COUNT,
        "authorized_at": INSTANT,
        "ended_as": or_null(one_of(holds.HoldEnd)),
        "limited_by": or_null(one_of(reasons.DenialReason)),
        "covered_seconds": described(COUNT, "The seconds that included minutes were held for."),
    },
    optional=("covered_seconds",),
)
ENTRY: Final = record(
    "CallEntry",
    "One entry of the call, in the order of their writing.",
    {
        "id": TEXT,
        "kind": one_of([entries.EntryKind.CALL_CHARGED, entries.EntryKind.CALL_TAKEN_BACK]),
        "amount": MONEY,
        "duration_seconds": COUNT,
        "billed_seconds": {"type": "integer"},
        "recorded_at": INSTANT,
        "why": one_of(["charged", "corrected", "waived", "repriced"]),
    },
)
CORRECTION: Final = record(
    "CallCorrection",
    "One correction of the call.",
    {"id": TEXT, "at": INSTANT, "by": TEXT, "reason": TEXT, "before": FIGURES, "after": FIGURES},
)
RERATING: Final = record(
    "CallRerating", "One rerating of the call.", {"run": TEXT, "at": INSTANT, "before": MONEY, "after": MONEY}
)
GOODWILL: Final = record(
    "CallGoodwill",
    "The goodwill for the call: the given amount, and the part of it that stands.",
    {"at": INSTANT, "given": MONEY, "standing": MONEY, "reason": TEXT, "by": or_null(TEXT)},
)
SUSPICION: Final = record(
    "CallSuspicion",
    "Whether the call, whose duration is hard to believe, counts toward automatic recharge.",
    {"listed_at": INSTANT, "counted_at": or_null(INSTANT), "outcome": or_null(TEXT), "can_confirm": FLAG},
)
EXPLAINED: Final = record(
    "ExplainedCall",
    "Everything that is recorded about a call, and how its price follows.",
    {
        "call_key": CALL_KEY,
        "call_id": TEXT,
        "started_at": or_null(described(INSTANT, "Null while no finished call has arrived.")),
        "outcome": one_of(CallOutcome),
        "sentence": described(TEXT, "The call and its price in words. Times are in the account's time zone."),
        "price": or_null(described(MONEY, "What the call costs now; null while it has no price.")),
        "event": EVENT,
        "row": or_null(ROW),
        "calculation": or_null(CALCULATION),
        "hold": or_null(HOLD),
        "entries": list_of(ENTRY),
        "corrections": list_of(CORRECTION),
        "reratings": list_of(RERATING),
        "goodwill": list_of(GOODWILL),
        "goodwill_left": described(MONEY, "What may still be given for the call."),
        "suspicion": or_null(SUSPICION),
        "denials": list_of(REFUSAL, "The refusals of the call, the oldest first."),
    },
)
FOUND: Final = record(
    "ExplainedCalls",
    "The calls to a number between two times, the nearest to the asked time first.",
    {
        "items": list_of(EXPLAINED),
        "from": INSTANT,
        "to": INSTANT,
        "more": described(FLAG, "Whether more calls match than are shown; ask with a smaller `within`."),
    },
)

GROUP: Final = "Desk"
AT: Final = {"type": "string", "format": "date-time"}
WITHIN: Final = {
    "type": "integer",
    "minimum": 1,
    "maximum": requests.MAX_WITHIN_MINUTES,
    "default": requests.WITHIN_MINUTES,
}
NOT_RECORDED: Final = "Calls to included and to emergency numbers cost nothing and are not recorded."
ROUTES: Final = (
    Route(
        "GET",
        "/operator/accounts/{account_id}/calls",
        "read_accounts",
        Access.DESK,
        GROUP,
        "Explain the calls to a number around a time",
        {200: ok(FOUND, "The calls.")},
        ("invalid_id", "unknown_account", "missing_field", "invalid_number", "invalid_timestamp", "invalid_query"),
        NOT_RECORDED,
        (
            ACCOUNT_ID,
            query("number", TEXT, "The called number: E.164 with an escaped +, or as it is dialed. Required."),
            query("at", AT, "About when the call began. Required."),
            query("within", WITHIN, "How many minutes before and after `at` to search."),
        ),
    ),
    Route(
        "GET",
        "/operator/accounts/{account_id}/calls/{call_key}",
        "read_accounts",
        Access.DESK,
        GROUP,
        "Explain a call",
        {200: ok(EXPLAINED, "The call.")},
        ("invalid_id", "unknown_account", "unknown_call", "invalid_timestamp"),
        NOT_RECORDED,
        (
            ACCOUNT_ID,
            path("call_key", CALL_KEY, "The call, as the usage shows it."),
            query("at", AT, "The call's `started_at`. Without it, only the newest calls are searched."),
        ),
    ),
)
