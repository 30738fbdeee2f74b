"""Posts ledger entries: each account's in as few transactions as fit, exactly once, whatever is delivered again or
lost.

The law: an entry, the totals of its day and the balance commit together or not at all, and the entry's key existing
is the only guard against a second time. Balance and entries are never read first: a redelivery may come days later,
when no token or cache would remember, and the condition on the key always does.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from calling_credit import table
from calling_credit.ledger import Entry, balance_change, day_changes
from calling_credit.store.client import (
    AWS_ERRORS,
    CONDITION_FAILED,
    cancellation_reasons,
    error_code,
    is_passing,
    jittered_wait,
    to_attributes,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Outcome = Literal["posted", "replayed", "conflict", "unknown_account", "not_posted"]
EntryKey = tuple[str, str, str]
"""Account, when it happened, its cause."""

MAX_ACTIONS: Final = 100
"""DynamoDB's limit on one transaction."""


@dataclass(slots=True)
class Posting:
    """The outcome of each entry, and the codes of errors that time cannot mend (their entries are not_posted)."""

    outcomes: dict[EntryKey, Outcome] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def settle(self, entries: Iterable[Entry], outcome: Outcome) -> None:
        """Give all these entries one outcome."""
        self.outcomes.update(dict.fromkeys((entry.key for entry in entries), outcome))


def post_entries(
    client: "DynamoDBClient",
    table_name: str,
    entries: Iterable[Entry],
    seconds_left: Callable[[], float],
    *,
    threads: int = 1,
    sleep: Callable[[float], None] = time.sleep,
) -> Posting:
    """Post distinct entries of any accounts, one account's after another, accounts side by side; the outcome of each.

    posted: it now stands in the book. replayed: it stood there with the same facts. conflict: an entry of the same
    cause with other facts stands there. unknown_account: the account has no balance. not_posted: time ran out
    (`seconds_left` reached 0) or the table refused it for good; nothing of it was written, so it may be sent again.
    One account's error never touches another's.
    """
    by_account: dict[str, list[Entry]] = {}
    for entry in entries:
        by_account.setdefault(entry.account_id, []).append(entry)

    def post_account(account_entries: list[Entry]) -> Posting:
        posting = Posting()
        for chunk in _chunks(account_entries):
            _post_chunk(client, table_name, chunk, posting, seconds_left, sleep)
        return posting

    whole = Posting()
    with ThreadPoolExecutor(max(1, min(threads, len(by_account)))) as pool:
        for posting in pool.map(post_account, by_account.values()):
            whole.outcomes |= posting.outcomes
            whole.errors += posting.errors
    return whole


def _chunks(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Split one account's entries so that each part, with its days and the balance, fits one transaction."""
    chunk: list[Entry] = []
    days: set[tuple[str, str]] = set()
    for entry in entries:
        day = (entry.local_date, entry.category)
        if len(chunk) + len(days | {day}) + 2 > MAX_ACTIONS:
            yield chunk
            chunk, days = [], set()
        chunk.append(entry)
        days.add(day)
    if chunk:
        yield chunk


def _post_chunk(
    client: "DynamoDBClient",
    table_name: str,
    entries: list[Entry],
    posting: Posting,
    seconds_left: Callable[[], float],
    sleep: Callable[[float], None],
) -> None:
    """Send one account's transaction until every entry has an outcome, dropping what is proven to be there already."""
    pending = entries
    attempt = 0
    while pending:
        if seconds_left() <= 0:
            return posting.settle(pending, "not_posted")
        try:
            client.transact_write_items(TransactItems=posting_actions(table_name, pending))
            return posting.settle(pending, "posted")
        except AWS_ERRORS as error:
            proven = _judge_cancellation(error, pending)
            if not proven and not is_passing(error):
                posting.errors.append(error_code(error) or type(error).__name__)
                return posting.settle(pending, "not_posted")
            posting.outcomes |= proven
            pending = [entry for entry in pending if entry.key not in proven]
            if not proven:
                attempt += 1
                sleep(min(jittered_wait(attempt), max(0.0, seconds_left())))
    return None


def _judge_cancellation(error: Exception, entries: list[Entry]) -> dict[EntryKey, Outcome]:
    """What a cancelled transaction proves about its entries.

    The reasons stand in the order of the actions: the entries, then the days, then the balance. A reason of None beside
    another proves nothing, so that entry stays pending.
    """
    reasons = cancellation_reasons(error)
    if reasons and reasons[-1].get("Code") == CONDITION_FAILED:
        return dict.fromkeys((entry.key for entry in entries), "unknown_account")
    proven: dict[EntryKey, Outcome] = {}
    for entry, reason in zip(entries, reasons, strict=False):
        if reason.get("Code") == CONDITION_FAILED:
            known = reason.get("Item", {}).get("facts_hash", {}).get("S")
            proven[entry.key] = "replayed" if known == entry.facts_hash else "conflict"
    return proven


def posting_actions(table_name: str, entries: Sequence[Entry]) -> list[Any]:
    """The transaction that posts one account's entries: the entries, their days, and the balance last."""
    account_pk = {"S": table.account_pk(entries[0].account_id)}
    actions: list[Any] = [
        {
            "Put": {
                "TableName": table_name,
                "Item": entry_item(entry),
                "ConditionExpression": "attribute_not_exists(PK)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }
        for entry in entries
    ]
    for (local_date, category), day in day_changes(entries).items():
        added = "entry_count :count, billed_seconds :billed, total_micros :total"
        values = {
            ":count": {"N": str(day.count)},
            ":billed": {"N": str(day.billed_seconds)},
            ":total": {"N": str(day.total_micros)},
        }
        if day.taken_back:
            added += ", taken_back :back"
            values[":back"] = {"N": str(day.taken_back)}
        actions.append(
            {
                "Update": {
                    "TableName": table_name,
                    "Key": {"PK": account_pk, "SK": {"S": table.day_sk(local_date, category)}},
                    "UpdateExpression": f"ADD {added}",
                    "ExpressionAttributeValues": values,
                }
            }
        )
    actions.append(balance_action(table_name, entries))
    return actions


def balance_action(table_name: str, entries: Sequence[Entry]) -> dict[str, Any]:
    """The one way posted money moves: added to posted, available and headroom alike, and only to a balance that
    exists.
    """
    return {
        "Update": {
            "TableName": table_name,
            "Key": {"PK": {"S": table.account_pk(entries[0].account_id)}, "SK": {"S": table.balance_sk()}},
            "UpdateExpression": (
                "ADD posted_micros :change, available_micros :change, headroom_micros :change SET updated_at = :at"
            ),
            "ConditionExpression": "attribute_exists(PK)",
            "ExpressionAttributeValues": {
                ":change": {"N": str(balance_change(entries))},
                ":at": {"S": max(entry.recorded_at for entry in entries)},
            },
        }
    }


def entry_item(entry: Entry) -> dict[str, Any]:
    """The item of an entry, under 1,024 bytes (one write unit) at its largest."""
    return to_attributes(
        {
            "PK": table.account_pk(entry.account_id),
            "SK": table.entry_sk(entry.happened_at, entry.cause_id),
            "kind": entry.kind,
            "category": entry.category,
            "amount_micros": entry.amount_micros,
            "debit": entry.debit,
            "credit": entry.credit,
            "local_date": entry.local_date,
            "recorded_at": entry.recorded_at,
            "facts_hash": entry.facts_hash,
            "billed_seconds": entry.billed_seconds,
            **entry.explanation,
        }
    )
