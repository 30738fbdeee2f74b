"""Usage and statements for customers: category labels, the summary of days, and rows for JSON and CSV.

It converts plain items of the table (`DAY#`, `ENTRY#`) and reads nothing itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from calling_credit.accounts.account import Account
from calling_credit.categories import CATEGORY, RESERVED_CATEGORIES, SHORT_CODE_CATEGORY
from calling_credit.csv_cells import csv_table
from calling_credit.dynamodb import keys, minute_keys
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.ledger.balance import Balance
from calling_credit.ledger.entries import EntryKind
from calling_credit.lots.lot import Lot
from calling_credit.lots.store import expiring_view
from calling_credit.money import format_money
from calling_credit.payment_names import method_name
from calling_credit.rates.stored_rows import facts_view
from calling_credit.usage.billed_steps import billed_steps, rate_steps_text
from calling_credit.usage.included_minutes import BundleLeft, included_minutes_view

LABELS: Final = {
    "outbound_international_call": "Outbound International Call",
    "outbound_premium_call": "Outbound Premium Call",
    SHORT_CODE_CATEGORY: "Outbound Short Code Call",
    "adjustment": "Adjustment",
    "top_up": "Top-up",
    "reversal": "Reversal",
    "goodwill": "Goodwill",
    "transfer": "Transfer",
    "promotion": "Promotion",
    "credit_expired": "Expired Credit",
}
MAX_ROWS: Final = 1_000
"""Rows of one JSON page: well below the 6 MB limit of an answer."""
CSV_ROWS: Final = 10_000
"""Rows of one CSV page: well below the 6 MB limit of an answer."""
CSV_COLUMNS: Final = (
    "call_id",
    "started_at",
    "to",
    "destination",
    "country",
    "duration_seconds",
    "billed_seconds",
    "rate_per_minute",
    "connection_fee",
    "price",
    "user_id",
    "user_name",
    "rate_deck",
    "call_key",
    "line_id",
    "corrected",
    "suspicious",
    "line_number",
    "rate_steps",
    "covered_seconds",
    "bundle",
)


def check_call_category(category: str) -> None:
    """Check that a code can be a category of calls.

    Raises:
        NotFound: `unknown_category`.
    """
    if category in RESERVED_CATEGORIES or not CATEGORY.fullmatch(category):
        raise NotFound(
            ProblemCode.UNKNOWN_CATEGORY,
            "There is no such category of calls; GET /usage lists the categories with calls.",
        )


def balance_view(
    account: Account,
    balance: Balance,
    auto_recharge: Mapping[str, Any],
    minutes: Sequence[BundleLeft] = (),
    lots: Sequence[Lot] = (),
) -> dict[str, Any]:
    """The balance as `GET /balance` shows it, with automatic recharge, included minutes, and granted credit."""
    return {
        "account_id": account.account_id,
        "currency": account.currency,
        "time_zone": account.time_zone,
        "status": account.status,
        "frozen": account.is_frozen,
        "balance": format_money(balance.posted_micros),
        "held": format_money(balance.held_micros),
        "available": format_money(balance.available_micros),
        "auto_recharge": auto_recharge,
        "included_minutes": included_minutes_view(minutes),
        "expiring": expiring_view(lots, balance),
        "updated_at": balance.updated_at,
    }


def label(category: str) -> str:
    """Return the customer's name for a category; an unknown code in title case."""
    return LABELS.get(category) or category.replace("_", " ").title()


def usage_summary(days: Iterable[Mapping[str, Any]], currency: str) -> dict[str, Any]:
    """Return `{currency, total, categories, days}` of the call categories in DAY items; spending is positive."""
    categories: dict[str, list[int]] = {}
    by_date: dict[str, int] = {}
    for item in days:
        local_date, category = keys.date_of(item["SK"]), keys.id_of(item["SK"])
        if category in RESERVED_CATEGORIES:
            continue
        sums = categories.setdefault(category, [0, 0, 0])
        sums[0] += item["entry_count"] - 2 * item.get("taken_back", 0)  # A charge and its reversal are not calls.
        sums[1] += item["billed_seconds"]
        sums[2] -= item["total_micros"]
        by_date[local_date] = by_date.get(local_date, 0) - item["total_micros"]
    return {
        "currency": currency,
        "total": format_money(sum(by_date.values())),
        "categories": [
            {
                "category": category,
                "label": label(category),
                "calls": calls,
                "billed_seconds": billed,
                "total": format_money(total),
            }
            for category, (calls, billed, total) in sorted(categories.items())
            if calls
        ],
        "days": [{"date": day, "total": format_money(total)} for day, total in sorted(by_date.items())],
    }


def call_row(
    entry: Mapping[str, Any], user_names: Mapping[str, str], line_numbers: Mapping[str, str]
) -> dict[str, Any]:
    """Return one charged call in the form of `GET /usage/{category}`, with all details of its price. Only a call with a
    price of the account's own explains list and markup, only one with rate steps names them, and only one that included
    minutes cover in part has `covered_seconds` and their `bundle`.
    """
    call_key, user_id = keys.call_of(entry["SK"])[1], entry.get("user_id")
    row = {
        "call_id": entry.get("call_id", call_key),
        "started_at": keys.happened_at_of(entry["SK"]),
        "to": entry["to"],
        "destination": entry["destination"],
        "country": entry["country"],
        "duration_seconds": entry["duration_seconds"],
        "billed_seconds": entry["billed_seconds"],
        "rate_per_minute": format_money(entry["rate_micros_per_minute"]),
        "connection_fee": format_money(entry["connection_fee_micros"]),
        "price": format_money(-entry["amount_micros"]),
        "user": {"id": user_id, "name": user_names.get(user_id or "")},
        "rate_deck": entry["deck"],
        "call_key": call_key,
        "line_id": entry["line_id"],
        "line_number": line_numbers.get(entry["line_id"]),
        "corrected": "correction" in entry,
        "suspicious": bool(entry.get("suspicious")),
        **facts_view(entry),
        **({"rate_steps": billed_steps(entry)} if "rate_steps" in entry else {}),
    }
    if entry.get("covered_seconds"):
        row |= {
            "covered_seconds": entry["covered_seconds"],
            "bundle": minute_keys.bundle_in(entry["bundle"]),
        }
    return row


def csv_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows of `call_row` as CSV with a header."""
    flat = (
        {
            **row,
            "user_id": row["user"]["id"] or "",
            "user_name": row["user"]["name"] or "",
            "line_number": row["line_number"] or "",
            "rate_steps": rate_steps_text(row),
            "covered_seconds": row.get("covered_seconds", 0),
            "bundle": row.get("bundle", ""),
        }
        for row in rows
    )
    return csv_table(CSV_COLUMNS, ([row[column] for column in CSV_COLUMNS] for row in flat))


@decoder
def statement_row(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return one entry in the form of a statement."""
    row = {
        "id": keys.cause_of(entry["SK"]),
        "at": keys.happened_at_of(entry["SK"]),
        "date": entry["local_date"],
        "kind": entry["kind"],
        "category": entry["category"],
        "amount": format_money(entry["amount_micros"]),
        "description": _describe(entry),
        "recorded_at": entry["recorded_at"],
        "debit": entry["debit"],
        "credit": entry["credit"],
    }
    return row | {name: entry[name] for name in ("line_id", "user_id", "billed_seconds") if entry.get(name)}


_CALLS: Final = {EntryKind.CALL_CHARGED: "", EntryKind.CALL_TAKEN_BACK: "Taken back: "}
_REVERSALS: Final = {
    EntryKind.CREDIT_REVERSED: "Payment refunded or disputed",
    EntryKind.CREDIT_RETURNED: "Refund failed or dispute won",
}


_GIFTS: Final = {
    EntryKind.GOODWILL_GIVEN: "Goodwill",
    EntryKind.GOODWILL_TAKEN_BACK: "Goodwill taken back, because the call was corrected",
    EntryKind.TRANSFER_SENT: "Transfer to another account",
    EntryKind.TRANSFER_RECEIVED: "Transfer from another account",
    EntryKind.PROMOTION_REDEEMED: "Promotion",
}


def _describe(entry: Mapping[str, Any]) -> str:
    if entry["kind"] in _CALLS:
        call = f"{label(entry['category'])} to {entry['destination']}, {entry['to']}"
        return f"{_CALLS[entry['kind']]}{call}{_why_again(entry)}"
    if entry["kind"] == EntryKind.BALANCE_ADJUSTED:
        return f"Adjustment: {entry['reason']}"
    if entry["kind"] in _GIFTS:
        return f"{_GIFTS[entry['kind']]}: {entry['reason']}"
    if entry["kind"] == EntryKind.TOP_UP_PAID:
        title = "Automatic recharge" if entry["payment"] == "automatic" else label(entry["category"])
        return f"{title}, {method_name(entry['brand'], entry['last4'])}"
    if entry["kind"] in _REVERSALS:
        return f"{_REVERSALS[entry['kind']]}, {method_name(entry['brand'], entry['last4'])}"
    return label(entry["category"])


def _why_again(entry: Mapping[str, Any]) -> str:
    """Why a call has more than its first entry. The entry of a rerated correction has both marks."""
    if entry.get("run"):
        return ", priced again"
    if "correction" not in entry:
        return ""
    return ", waived" if entry.get("waived") else ", corrected"
