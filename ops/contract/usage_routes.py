"""Balance, usage, statement, and forecast for customers (functions/list_usage)."""

from typing import Final

from calling_credit.accounts import account
from calling_credit.ledger import entries
from calling_credit.usage import summary
from calling_credit.usage.call_filter import MAX_FIND_CHARACTERS
from ops.contract.bundle_schemas import INCLUDED_MINUTES
from ops.contract.lot_schemas import EXPIRING
from ops.contract.rates_routes import RATE_STEP
from ops.contract.recharge_routes import BALANCE_RECHARGE
from ops.contract.route import CSV, CURSOR, JSON, PAGE_CODES, Answer, limit, member_read, ok, path, query
from ops.contract.schemas import (
    CALL_KEY,
    CATEGORY_CODE,
    COUNT,
    COUNTRY,
    DATE,
    FLAG,
    ID,
    INSTANT,
    MONEY,
    NEXT_CURSOR,
    TEXT,
    USER,
    Schema,
    described,
    list_of,
    one_of,
    or_null,
    record,
)

SECONDS = {"type": "integer", "description": "Billed seconds; negative where a charge was taken back."}

BOOK_ACCOUNTS: Final = (
    entries.CUSTOMER_CREDIT,
    entries.CALL_REVENUE,
    entries.OPERATOR_ADJUSTMENTS,
    entries.CARD_PAYMENTS,
    entries.GOODWILL_GIFTS,
    entries.TRANSFERS,
    entries.PROMOTIONS,
    entries.EXPIRED_CREDIT,
)

BALANCE: Final = record(
    "Balance",
    "The account's credit at this moment. `available` is `balance` less `held`.",
    {
        "account_id": ID,
        "currency": one_of(["USD"]),
        "time_zone": described(TEXT, "The IANA time zone of the account's dates.", examples=["America/New_York"]),
        "status": one_of(list(account.Status)),
        "frozen": described(FLAG, "True while the account is frozen."),
        "balance": MONEY,
        "held": described(MONEY, "The credit that is held for calls in progress."),
        "available": MONEY,
        "auto_recharge": BALANCE_RECHARGE,
        "included_minutes": described(INCLUDED_MINUTES, "The rest of the account's own bundles."),
        "expiring": EXPIRING,
        "updated_at": INSTANT,
    },
)

CATEGORY_TOTAL: Final = record(
    "CategoryTotal",
    "The calls of one category in the period.",
    {"category": CATEGORY_CODE, "label": TEXT, "calls": COUNT, "billed_seconds": COUNT, "total": MONEY},
)
DAY_TOTAL: Final = record("DayTotal", "The spending of one day.", {"date": DATE, "total": MONEY})
SUMMARY: Final = record(
    "UsageSummary",
    "Spending on calls in the period. Amounts are positive.",
    {
        "currency": one_of(["USD"]),
        "total": MONEY,
        "categories": list_of(CATEGORY_TOTAL),
        "days": list_of(DAY_TOTAL, "The days with calls, oldest first."),
    },
)
OWN_PRICE: Final[dict[str, Schema]] = {
    "price_list": described(or_null(TEXT), "The account's price list that had the price; null for the deck."),
    "list_version": described(or_null(TEXT), "The version of the list."),
    "base_rate_per_minute": described(or_null(MONEY), "The deck's rate before the markup; null without one."),
    "base_connection_fee": described(or_null(MONEY), "The deck's fee before the markup; null without one."),
    "markup_percent": described(TEXT, "The markup on the deck's rate and fee.", examples=["12.50"]),
}
"""What explains the price of a call that had a price of the account's own; absent for the deck's price."""
BILLED_STEP: Final = record(
    "BilledStep",
    "A rate step, and the seconds that it billed.",
    {**RATE_STEP["properties"], "billed_seconds": COUNT},
)
CALL: Final = record(
    "ChargedCall",
    "A charged call and what explains its price.",
    {
        "call_id": TEXT,
        "started_at": INSTANT,
        "to": described(TEXT, "The number that was called; an erased number shows its country and last two digits."),
        "destination": TEXT,
        "country": COUNTRY,
        "duration_seconds": COUNT,
        "billed_seconds": COUNT,
        "rate_per_minute": MONEY,
        "connection_fee": MONEY,
        "price": MONEY,
        "user": USER,
        "rate_deck": described(TEXT, "The version of the rate deck that priced the call."),
        "call_key": CALL_KEY,
        "line_id": ID,
        "line_number": or_null(described(TEXT, "The number of the line; null if the account has no such line.")),
        "corrected": described(FLAG, "Whether an operator has corrected the duration or waived the charge."),
        "suspicious": described(FLAG, "Whether the recorded duration is hard to believe."),
        "covered_seconds": described(COUNT, "The first seconds of the call, which included minutes cover."),
        "bundle": described(TEXT, "The name of their bundle."),
        **OWN_PRICE,
        "rate_steps": list_of(
            BILLED_STEP,
            "The row's further rates; the other billed seconds have its own rate. Absent for one rate.",
        ),
    },
    optional=(*OWN_PRICE, "rate_steps", "covered_seconds", "bundle"),
)
READ: Final = record(
    "ReadSoFar",
    "How much one request read. A request stops after about five seconds, also with few items or none.",
    {
        "calls": described(COUNT, "The entries that were evaluated for this answer."),
        "until": or_null(described(INSTANT, "Everything after this instant was read; null: the whole period.")),
    },
)
CALLS: Final = record(
    "ChargedCalls",
    "A page of calls, newest first. Follow `next_cursor` until it is null, also after a page without items.",
    {"items": list_of(CALL), "next_cursor": NEXT_CURSOR, "read": READ},
)

ENTRY: Final = record(
    "StatementEntry",
    "One entry that moved the balance. Entries never change; a correction is another entry.",
    {
        "id": TEXT,
        "at": described(INSTANT, "When it happened."),
        "date": DATE,
        "kind": one_of(list(entries.EntryKind)),
        "category": CATEGORY_CODE,
        "amount": described(MONEY, "Signed: positive adds credit, negative takes credit."),
        "description": TEXT,
        "recorded_at": described(INSTANT, "When it was posted."),
        "debit": one_of(BOOK_ACCOUNTS),
        "credit": one_of(BOOK_ACCOUNTS),
        "line_id": ID,
        "user_id": ID,
        "billed_seconds": SECONDS,
    },
    optional=("line_id", "user_id", "billed_seconds"),
)
STATEMENT: Final = record(
    "Statement",
    "A page of the statement, oldest first. `opening_balance` plus all entries of the period is `closing_balance`.",
    {
        "opening_balance": MONEY,
        "items": list_of(ENTRY),
        "closing_balance": MONEY,
        "as_of": described(INSTANT, "All pages of one statement show entries posted until this moment."),
        "next_cursor": NEXT_CURSOR,
    },
)
DAY_BALANCE: Final = record("DayBalance", "The balance at the end of a day.", {"date": DATE, "closing_balance": MONEY})
DAILY_STATEMENT: Final = record(
    "DailyStatement",
    "The balance at the end of each day that moved it, oldest first.",
    {"opening_balance": MONEY, "days": list_of(DAY_BALANCE), "closing_balance": MONEY, "as_of": INSTANT},
)

PERIOD: Final = (
    query("from", DATE, "The first day. The default is the first day of the month of `to`."),
    query("to", DATE, "The last day. The default is today."),
)
PERIOD_CODES: Final = ("invalid_date", "invalid_date_range", "unknown_account")
FIND: Final = query(
    "find",
    {"type": "string", "maxLength": MAX_FIND_CHARACTERS},
    "Words that must all match, in any case: a part of a number as people write it, a destination, a country's name or "
    "code, or a user's name.",
)
FILTERS: Final = (
    query("user_id", TEXT, "Only the calls of this user. An unknown user has no calls."),
    query("line_id", TEXT, "Only the calls of this line."),
    query("country", TEXT, "Only calls to this country, such as `GB`."),
    query("date", DATE, "Only the calls of this day of the period."),
    FIND,
)
FILTER_CODES: Final = ("unknown_country", "invalid_query")
GROUP: Final = "Balance and usage"


ROUTES: Final = (
    member_read("/balance", "list_usage", GROUP, "Show the balance", ok(BALANCE, "The balance."), ("unknown_account",)),
    member_read(
        "/usage", "list_usage", GROUP, "Sum up spending", ok(SUMMARY, "The totals."), PERIOD_CODES, parameters=PERIOD
    ),
    member_read(
        "/usage/{category}",
        "list_usage",
        GROUP,
        "List the calls of a category",
        Answer(
            "The calls, newest first.",
            {JSON: CALLS, CSV: {"type": "string"}},
            {"X-Next-Cursor": ("The cursor of the next page of CSV; absent on the last page.", {"type": "string"})},
        ),
        (*PERIOD_CODES, *PAGE_CODES, *FILTER_CODES, "unknown_category"),
        "Send `Accept: text/csv` for CSV, up to 10,000 rows a page. A search reads for about five seconds; then it "
        "answers with what it found and a cursor.",
        parameters=(
            path("category", CATEGORY_CODE, "A category that GET /usage lists."),
            *PERIOD,
            *FILTERS,
            CURSOR,
            limit(summary.CSV_ROWS),
        ),
    ),
    member_read(
        "/statement",
        "list_usage",
        GROUP,
        "Show the statement",
        Answer("The statement; with `by=day` only daily balances.", {JSON: {"anyOf": [STATEMENT, DAILY_STATEMENT]}}),
        (*PERIOD_CODES, *PAGE_CODES, "invalid_query"),
        parameters=(
            *PERIOD,
            query("by", one_of(["day"]), "`day` shows only daily balances."),
            CURSOR,
            limit(summary.MAX_ROWS),
        ),
    ),
)
