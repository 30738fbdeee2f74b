"""Erases a person's number from an account: from its calls, from the assignments of the number, and from names,
billing details, and addresses that contain it.

A line that has the number keeps it, with its assignment: the number is in use. Give the line another number first, or
move it; then nothing in the account names the number, and the number names nothing of the account.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.account import Account
from calling_credit.accounts.line_items import line_key
from calling_credit.accounts.number_history import forget_account
from calling_credit.accounts.number_store import history_actions, read_histories
from calling_credit.accounts.store import AccountStore
from calling_credit.accounts.user import User
from calling_credit.accounts.user_store import UserStore
from calling_credit.changes.actor import Actor
from calling_credit.changes.erasure import ErasureRecord, mask_actions
from calling_credit.dynamodb import budget_keys, desk_keys, index_keys, keys
from calling_credit.dynamodb.attributes import to_attribute, to_attributes
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.tax_keys import billing_details_sk
from calling_credit.dynamodb.transactions import update
from calling_credit.instants import format_instant
from calling_credit.ledger import erasure
from calling_credit.masking import masked, without_number

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def erase_number(
    client: "DynamoDBClient", table_name: str, account_id: str, number: str, actor: Actor, now: datetime
) -> Iterator[str]:
    """Erase an E.164 number from an account, and record who did. Yield the sort key of each changed item. A repetition
    changes only what still holds the number. The recorded changes come last, because changed names are recorded too.
    Those of a line that still has the number remain, as the line does.

    Raises:
        Unavailable: `busy`, or the table did not answer in time.
    """
    record = ErasureRecord(table_name, account_id, masked(number), actor, now)
    place = (client, table_name, account_id, number, record)
    yield from erasure.erase_number(*place)
    yield from _erase_names(*place)
    yield from _erase_bounces(*place)
    yield from _erase_notes(*place)
    yield from _erase_billing_details(*place)
    yield from _erase_closed_lines(*place)
    yield from _erase_assignments(*place)
    kept = frozenset(f"line:{line_id}" for line_id in lines_with(client, table_name, account_id, number, now))
    for sort_key, action in mask_actions(client, table_name, account_id, partial(without_number, number=number), kept):
        if record.write(client, sort_key, [action]):
            yield sort_key


def lines_with(client: "DynamoDBClient", table_name: str, account_id: str, number: str, now: datetime) -> list[str]:
    """The ids of the account's lines that still have a number, also if it moves away in a moment."""
    history, at = read_histories(client, table_name, {number})[number], format_instant(now)
    ending = (one.holder for one in history.assignments if one.until is not None and one.until > at)
    names = dict.fromkeys(holder.line for holder in (*history.holders, *ending))
    return [name.line_id for name in names if name.account_id == account_id]


def _erase_assignments(
    client: "DynamoDBClient", table_name: str, account_id: str, number: str, record: ErasureRecord
) -> Iterator[str]:
    """Drop the ended assignments of a number. One that is still in force until a move takes effect remains."""

    def attempt() -> bool | None:
        before = read_histories(client, table_name, {number})
        after = {number: forget_account(before[number], account_id, format_instant(record.now))}
        actions = history_actions(table_name, before, after)
        if not actions:
            return False
        return True if record.write(client, index_keys.NUMBER_SK, actions) else None

    if retry_on_race("The number is", attempt):
        yield index_keys.NUMBER_SK


def _erase_closed_lines(
    client: "DynamoDBClient", table_name: str, account_id: str, number: str, record: ErasureRecord
) -> Iterator[str]:
    partition = Partition(client, table_name, keys.account_pk(account_id))
    for line in partition.query(keys.line_prefix(), keys.line_prefix() + keys.AFTER, consistent=True):
        if line["number"] == number and line.get("closes_at", keys.AFTER) <= format_instant(record.now):
            values = {":masked": masked(number), ":number": number, ":closed": line["closes_at"]}
            action = update(
                table_name,
                line_key(account_id, keys.id_of(line["SK"])),
                "SET #number = :masked",
                "#number = :number AND closes_at = :closed",
                {name: to_attribute(value) for name, value in values.items()},
                {"#number": "number"},
            )
            if record.write(client, line["SK"], [action]):
                yield line["SK"]


def _erase_names(
    client: "DynamoDBClient", table_name: str, account_id: str, number: str, record: ErasureRecord
) -> Iterator[str]:
    """Mask the number in the names of the account and its users, and drop the addresses that contain it."""
    users, accounts = UserStore(client, table_name), AccountStore(client, table_name)
    partition = Partition(client, table_name, keys.account_pk(account_id))
    account = accounts.account(account_id)
    if account is not None and _without_in_account(account, number) != account:
        change = partial(_without_in_account, number=number)
        accounts.store_account(account_id, change, record.actor, record.now)
        yield keys.account_sk()
    for item in partition.query(keys.user_prefix(), keys.user_prefix() + keys.AFTER, consistent=True):
        name = without_number(item["name"], number)
        if name != item["name"]:
            users.store(account_id, User(keys.id_of(item["SK"]), name), record.actor, record.now)
            yield item["SK"]


def _erase_bounces(
    client: "DynamoDBClient", table_name: str, account_id: str, number: str, record: ErasureRecord
) -> Iterator[str]:
    """Mask the number in addresses that mails came back from."""
    partition = Partition(client, table_name, keys.account_pk(account_id))
    for item in partition.query(*desk_keys.bounced_range(), consistent=True):
        stored = item.get("address")
        address = without_number(stored, number) if isinstance(stored, str) else stored
        if address != stored:
            values = {":masked": address, ":address": stored, ":one": 1}
            action = update(
                table_name,
                to_attributes({"PK": item["PK"], "SK": item["SK"]}),
                "SET address = :masked ADD version :one",
                "address = :address",
                to_attributes(values),
            )
            if record.write(client, item["SK"], [action]):
                yield item["SK"]


def _erase_notes(
    client: "DynamoDBClient", table_name: str, account_id: str, number: str, record: ErasureRecord
) -> Iterator[str]:
    """Mask the number in the notes of requests for more budget."""
    partition = Partition(client, table_name, keys.account_pk(account_id))
    for item in partition.query(*budget_keys.request_range(), consistent=True):
        stored = item.get("note")
        note = without_number(stored, number) if isinstance(stored, str) else stored
        if note != stored:
            key = to_attributes({"PK": item["PK"], "SK": item["SK"]})
            values = to_attributes({":masked": note, ":note": stored})
            action = update(table_name, key, "SET note = :masked", "note = :note", values)
            if record.write(client, item["SK"], [action]):
                yield item["SK"]


def _erase_billing_details(
    client: "DynamoDBClient", table_name: str, account_id: str, number: str, record: ErasureRecord
) -> Iterator[str]:
    """Mask the number in the billing details. Receipts and the payments that they state keep what they say."""

    def attempt() -> bool | None:
        sort_key = billing_details_sk()
        stored = Partition(client, table_name, keys.account_pk(account_id)).get(sort_key) or {}
        texts = {name: stored[name] for name in ("legal_name", "postal_address", "po_number") if name in stored}
        clean = {name: _masked_details(value, number) for name, value in texts.items()}
        if clean == texts:
            return False
        version = stored["details_version"]
        values = {f":{name}": value for name, value in clean.items()} | {":read": version, ":next": version + 1}
        expression = "SET details_version = :next, " + ", ".join(f"{name} = :{name}" for name in clean)
        key = to_attributes({"PK": keys.account_pk(account_id), "SK": sort_key})
        action = update(table_name, key, expression, "details_version = :read", to_attributes(values))
        return True if record.write(client, sort_key, [action]) else None

    if retry_on_race("The billing details are", attempt):
        yield billing_details_sk()


def _masked_details(value: Any, number: str) -> Any:
    if isinstance(value, dict):
        return {name: _masked_details(part, number) for name, part in value.items()}
    return without_number(value, number) if isinstance(value, str) else value


def _without_in_account(account: Account | None, number: str) -> Account:
    """An account without the number in its name, and without the addresses that contain it."""
    assert account is not None
    name = None if account.name is None else without_number(account.name, number)
    emails = tuple(address for address in account.billing_emails if without_number(address, number) == address)
    waiting = tuple(one for one in account.waiting if without_number(one.address, number) == one.address)
    return replace(account, name=name, billing_emails=emails, waiting=waiting)
