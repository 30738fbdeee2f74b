"""Issues the documents that a payment owes: numbers without gaps or duplicates, each document once.

One transaction puts the document under the next number, moves the counter of its year on the condition that it is still
the one before, and clears the mark on the top-up. A number is thus used if and only if its document exists. A process
that loses a race reads again; a process that dies leaves the mark, and the sweep continues.
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.branding import seller_text
from calling_credit.dynamodb import keys, receipt_keys
from calling_credit.dynamodb.attributes import from_attributes, to_attribute
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.errors import AWS_ERRORS
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.transactions import put, transact, update
from calling_credit.dynamodb.unreadable import DECODE_ERRORS, decode_item, decoder
from calling_credit.errors import CallingCreditError
from calling_credit.instants import format_instant, local_date
from calling_credit.receipts.document import Document, DueDocument, Series, document_of, next_due, year_of
from calling_credit.receipts.items import document_item
from calling_credit.topups.documents import IssuedNote, due_notes, has_document_due, issued_notes, notes_text
from calling_credit.topups.due_documents import delist_action, same_text
from calling_credit.topups.items import topup_from_item, topup_key
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import TopUp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


ReadCounters = dict[str, dict[str, Any] | None]
"""Counters as attribute values by their sort keys, read with a payment; None: there is none yet."""


def issue_receipt(
    client: "DynamoDBClient", table_name: str, topup: TopUp, time_zone: str, now: datetime, tally: Counter[str]
) -> TopUp:
    """Read a payment that was credited, and issue what it owes as `issue_at_once` does. Return the payment. One request
    reads the payment and the counter that its receipt probably needs: that of this year in the account's time zone.

    Raises:
        Unavailable: the table throttles. UnreadableItem: the top-up is damaged.
    """
    pk, counter = (
        keys.account_pk(topup.account_id),
        receipt_keys.issued_sk(Series.RECEIPT, year_of(local_date(now, time_zone))),
    )
    wanted = (pk, keys.topup_sk(topup.topup_id)), (pk, counter)
    items = read_many(client, table_name, wanted)
    found = items.get(wanted[0])
    known = topup if found is None else topup_from_item(found)
    return issue_at_once(client, table_name, known, now, tally, {counter: items.get(wanted[1])})


def issue_at_once(
    client: "DynamoDBClient",
    table_name: str,
    topup: TopUp,
    now: datetime,
    tally: Counter[str],
    counters: ReadCounters | None = None,
) -> TopUp:
    """Issue what a payment owes, and return the payment. A failure is counted as `receipts_delayed` and left to the
    sweep: the money has moved, and nothing about its documents may fail that.
    """
    try:
        return issue_documents(client, table_name, topup, now, counters)
    except (CallingCreditError, *AWS_ERRORS, *DECODE_ERRORS):
        tally["receipts_delayed"] += 1
        return topup


def issue_documents(
    client: "DynamoDBClient", table_name: str, topup: TopUp, now: datetime, counters: ReadCounters | None = None
) -> TopUp:
    """Issue all documents that a payment owes, and return the payment. `counters` saves reading them: each is used
    once, and read again if it, or the payment, has changed since.

    Raises:
        Unavailable: `busy`, or the table did not answer in time; the same call is safe again.
        UnreadableItem: the top-up or a counter is damaged.
    """
    store, known, unused = TopUpStore(client, table_name), topup, dict(counters or {})

    def attempt() -> TopUp | None:
        nonlocal known
        due = next_due(known)
        if due is None:
            return known
        after = _issue(client, table_name, known, due, unused, now)
        if after is None:  # Another process has issued this document, or another one under its number.
            known = store.read(topup.account_id, topup.topup_id) or known
        return after

    while next_due(known) is not None:
        known = retry_on_race("The receipts of this account are", attempt)
    return known


def _issue(
    client: "DynamoDBClient", table_name: str, topup: TopUp, due: DueDocument, counters: ReadCounters, now: datetime
) -> TopUp | None:
    """Issue one document, and return the top-up after it. None if the top-up or the counter has changed."""
    sort_key = receipt_keys.issued_sk(due.series, due.year)
    if sort_key in counters:
        item = counters.pop(sort_key)
        counter = None if item is None else decode_item(item, from_attributes)
    else:
        counter = Partition(client, table_name, keys.account_pk(topup.account_id)).get(sort_key)
    before = issued_count(counter)
    document = document_of(topup, due, before + 1, seller_text(), format_instant(now))
    after = _without(topup, document)
    actions = [
        _topup_action(table_name, topup, after),
        put(table_name, document_item(document)),
        _counter_action(table_name, document, due.year, before),
    ]
    if not has_document_due(after):
        actions.append(delist_action(table_name, topup))
    return None if transact(client, actions) else after


@decoder
def issued_count(item: dict[str, Any] | None) -> int:
    """How many documents of a series and a year are issued; `item` is that of the counter, None before the first."""
    return 0 if item is None else int(item["issued"])


def _without(topup: TopUp, document: Document) -> TopUp:
    """The top-up once this document is issued."""
    if document.series is Series.RECEIPT:
        return replace(topup, receipt_due=None, receipt=document.number)
    issued = [*issued_notes(topup.credit_notes), IssuedNote(document.number, document.gross_micros)]
    left = due_notes(topup.notes_due)[1:]
    return replace(topup, notes_due=notes_text(left), credit_notes=notes_text(issued))


def _topup_action(table_name: str, before: TopUp, after: TopUp) -> dict[str, Any]:
    """The change of the top-up, on the condition that it still owes what it owed."""
    conditions = ["attribute_exists(PK)"]
    values: dict[str, Any] = {}
    for name in ("receipt_due", "notes_due", "credit_notes"):
        condition, more = same_text(name, getattr(before, name))
        conditions.append(condition)
        values |= more
    names = [
        name
        for name in ("receipt_due", "receipt", "notes_due", "credit_notes")
        if getattr(before, name) != getattr(after, name)
    ]
    to_set = {name: value for name in names if (value := getattr(after, name)) is not None}
    to_remove = [name for name in names if name not in to_set]
    expression = "SET " + ", ".join(f"{name} = :{name}" for name in to_set)
    if to_remove:
        expression += f" REMOVE {', '.join(to_remove)}"
    values |= {f":{name}": to_attribute(value) for name, value in to_set.items()}
    key = topup_key(before.account_id, before.topup_id)
    return update(table_name, key, expression, " AND ".join(conditions), values)


def _counter_action(table_name: str, document: Document, year: str, before: int) -> dict[str, Any]:
    key = {
        "PK": {"S": keys.account_pk(document.account_id)},
        "SK": {"S": receipt_keys.issued_sk(document.series, year)},
    }
    values = {":next": to_attribute(before + 1)}
    condition = "attribute_not_exists(PK)"
    if before:
        condition, values[":before"] = "issued = :before", to_attribute(before)
    return update(table_name, key, "SET issued = :next", condition, values)
