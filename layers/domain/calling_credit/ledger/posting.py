"""Posts ledger entries exactly once, in as few transactions as possible per account.

The law: an entry, its day's totals, and the balance commit together or not at all, and the condition on the entry's key
is the only guard against posting it twice. Posting never reads first, because a redelivery may come days later, after
any token or cache has expired. The transaction that charges a call releases its hold.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from calling_credit.correlation import CORRELATION_ID
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import drop_if_large, to_attributes
from calling_credit.dynamodb.errors import AWS_ERRORS, error_code, is_transient
from calling_credit.dynamodb.schema import creating
from calling_credit.dynamodb.unreadable import OnUnreadable, UnreadableItem, ignore_unreadable
from calling_credit.errors import Unavailable
from calling_credit.ledger.balance_update import balance_action
from calling_credit.ledger.charge_reader import was_corrected_to
from calling_credit.ledger.entries import DayTotal, Entry, day_changes
from calling_credit.ledger.hold_store import release_action, release_balance_action
from calling_credit.ledger.holds import Hold, HoldStatus
from calling_credit.ledger.posting_faults import report_unreadable
from calling_credit.ledger.posting_parts import EntryKey, Part, PostingOutcome, parts
from calling_credit.ledger.posting_plan import (
    BALANCE,
    NO_COUNTERS,
    Counters,
    Plan,
    day_name,
    entry_name,
    name_of_release,
)
from calling_credit.ledger.returned_reserves import with_returned_reserves

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NO_HOLDS: Final[Mapping[EntryKey, Hold]] = MappingProxyType({})


@dataclass(slots=True)
class Posting:
    """The outcome of each entry, and the codes of permanent errors, whose entries are not_posted. A hold without an
    entry has an outcome only if it could not be released.
    """

    outcomes: dict[EntryKey, PostingOutcome] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


def post_entries(
    client: "DynamoDBClient",
    table_name: str,
    entries: Iterable[Entry],
    seconds_left: Callable[[], float],
    *,
    holds: Mapping[EntryKey, Hold] = NO_HOLDS,
    counters: Counters = NO_COUNTERS,
    released_at: str = "",
    threads: int = 1,
    sleep: Callable[[float], None] = time.sleep,
    on_unreadable: OnUnreadable = ignore_unreadable,
) -> Posting:
    """Post distinct entries of any accounts, accounts in parallel. One account's error does not affect another's.

    Args:
        holds: live holds of finished calls by the call's key. Each is released in the transaction of the call's entry,
            or alone if the call has no entry.
        counters: changes of other items by the name of the action they go with. A replayed entry changes none.

    Returns:
        An outcome for each entry. posted: written now. replayed: written before with the same facts, or corrected to
        them since. conflict: the same cause was written with other facts. unknown_account: the account has no balance.
        not_posted: the time ran out or the table refused it; nothing was written, so it may be sent again.
    """
    by_account: dict[str, Part] = {}
    for entry in entries:
        by_account.setdefault(entry.account_id, Part(counters=counters)).entries.append(entry)
    for key, hold in holds.items():
        by_account.setdefault(hold.account_id, Part(counters=counters)).holds[key] = hold

    def post_account(whole: Part) -> Posting:
        posting = Posting()
        for part in parts(whole):
            _post_part(client, table_name, part, released_at, posting, seconds_left, sleep, on_unreadable)
        for entry in whole.entries:
            if posting.outcomes.get(entry.key) == PostingOutcome.CONFLICT:
                outcome = _conflict_or_correction(client, table_name, entry, posting.errors, on_unreadable)
                posting.outcomes[entry.key] = outcome
        return posting

    whole = Posting()
    with ThreadPoolExecutor(max(1, min(threads, len(by_account)))) as pool:
        for posting in pool.map(post_account, by_account.values()):
            whole.outcomes |= posting.outcomes
            whole.errors += posting.errors
    return whole


def _post_part(
    client: "DynamoDBClient",
    table_name: str,
    part: Part,
    released_at: str,
    posting: Posting,
    seconds_left: Callable[[], float],
    sleep: Callable[[float], None],
    on_unreadable: OnUnreadable,
) -> None:
    """Write one account's transaction, without the entries that exist already, until every entry has an outcome and
    every hold is released. If the table refuses the transaction for good, as for a damaged day, write each entry alone.
    """
    while part.keys:
        if seconds_left() <= 0:
            return posting.outcomes.update(part.with_outcome(PostingOutcome.NOT_POSTED))
        plan = posting_plan(table_name, part.entries, part.holds.values(), released_at, part.counters)
        try:
            failed = plan.write(client, seconds_left, sleep)
        except Unavailable:
            return posting.outcomes.update(part.with_outcome(PostingOutcome.NOT_POSTED))
        except AWS_ERRORS as error:
            if len(part.keys) > 1 and not is_transient(error):
                for single in part.singles():
                    _post_part(client, table_name, single, released_at, posting, seconds_left, sleep, on_unreadable)
                return None
            if not is_transient(error):
                report_unreadable(client, table_name, plan.actions.values(), on_unreadable)
            posting.errors.append(error_code(error) or type(error).__name__)
            return posting.outcomes.update(part.with_outcome(PostingOutcome.NOT_POSTED))
        if not failed:
            return posting.outcomes.update(dict.fromkeys((entry.key for entry in part.entries), PostingOutcome.POSTED))
        if BALANCE in failed:
            return posting.outcomes.update(part.with_outcome(PostingOutcome.UNKNOWN_ACCOUNT))
        part.refresh_holds(failed, on_unreadable)
        posting.outcomes |= part.remove_existing(failed)
    return None


def _conflict_or_correction(
    client: "DynamoDBClient", table_name: str, entry: Entry, errors: list[str], on_unreadable: OnUnreadable
) -> PostingOutcome:
    """The outcome of an entry whose cause was written with other facts: replayed if these are the facts to which an
    operator has corrected the call since.
    """
    number, seconds = str(entry.explanation.get("to", "")), entry.explanation.get("duration_seconds")
    try:
        is_known = was_corrected_to(client, table_name, entry.key, number, seconds)
    except AWS_ERRORS as error:
        errors.append(error_code(error) or type(error).__name__)
        return PostingOutcome.NOT_POSTED
    except UnreadableItem as error:
        on_unreadable(error)
        return PostingOutcome.CONFLICT
    return PostingOutcome.REPLAYED if is_known else PostingOutcome.CONFLICT


def posting_plan(
    table_name: str,
    entries: Sequence[Entry],
    holds: Collection[Hold] = (),
    released_at: str = "",
    counters: Counters = NO_COUNTERS,
    *,
    unarms: bool = False,
    freed_micros: int = 0,
    needed_micros: int | None = None,
) -> Plan:
    """Plan the transaction that posts entries and releases holds of one account, with days, counters, what the holds
    return to theirs, and the balance. `unarms`: another action of the caller suspends automatic recharge. For the
    other arguments, see `balance_action`.
    """
    plan = Plan()
    for entry in entries:
        plan.add(entry_name(entry), _entry_action(table_name, entry))
    for hold in holds:
        release = release_action(table_name, hold, HoldStatus.RELEASED, released_at)
        plan.add(name_of_release(release), release)
    for (local_date, category), day in day_changes(entries).items():
        plan.add(day_name(local_date, category), _day_action(table_name, entries[0], local_date, category, day))
    if all_counters := with_returned_reserves(counters, holds):
        plan.add_counters(table_name, all_counters)
    if entries:
        balance = balance_action(
            table_name, entries, holds, unarms=unarms, freed_micros=freed_micros, needed_micros=needed_micros
        )
        plan.add(BALANCE, balance)
    else:
        plan.add(BALANCE, release_balance_action(table_name, holds, released_at))
    return plan


def _entry_action(table_name: str, entry: Entry) -> dict[str, Any]:
    return {
        "Put": {
            "TableName": table_name,
            "Item": entry_item(entry),
            "ConditionExpression": "attribute_not_exists(PK)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def _day_action(table_name: str, entry: Entry, local_date: str, category: str, day: DayTotal) -> dict[str, Any]:
    sums = "entry_count :count, billed_seconds :billed, total_micros :total"
    values = {
        ":count": {"N": str(day.count)},
        ":billed": {"N": str(day.billed_seconds)},
        ":total": {"N": str(day.total_micros)},
    }
    if day.taken_back:
        sums += ", taken_back :back"
        values[":back"] = {"N": str(day.taken_back)}
    return {
        "Update": creating(
            {
                "TableName": table_name,
                "Key": {"PK": {"S": keys.account_pk(entry.account_id)}, "SK": {"S": keys.day_sk(local_date, category)}},
                "UpdateExpression": f"ADD {sums}",
                "ExpressionAttributeValues": values,
            }
        )
    }


def entry_item(entry: Entry) -> dict[str, Any]:
    """The item of an entry, at most 1,024 bytes (one write unit). Correlation id and call id are kept if they fit."""
    item = to_attributes(
        {
            "PK": keys.account_pk(entry.account_id),
            "SK": keys.entry_sk(entry.happened_at, entry.cause_id),
            "kind": entry.kind,
            "category": entry.category,
            "amount_micros": entry.amount_micros,
            "debit": entry.debit,
            "credit": entry.credit,
            "local_date": entry.local_date,
            "recorded_at": entry.recorded_at,
            "facts_hash": entry.facts_hash,
            "facts_version": entry.facts_version,
            "billed_seconds": entry.billed_seconds,
            CORRELATION_ID: entry.correlation_id,
            **entry.explanation,
        }
    )
    return drop_if_large(drop_if_large(item, CORRELATION_ID), "call_id")
