"""Finds the objects of the raw archive that hold a person's number, in the hours in which its calls arrived."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import phonenumbers

from calling_credit import clock
from calling_credit.charging.raw_archive import HOUR, hours_between
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.pages import query_pages
from calling_credit.instants import format_instant, parse_instant
from calling_credit.masking import masked
from ops.raw_objects import Archive, RawObject
from ops.stack import FoundStack
from ops.terminal import console, progress_bar

SENT_AGAIN: Final = timedelta(days=1)
"""How long after a call was recorded the archive is searched: a switch may have sent it again."""
_KINDS: Final = ("ENTRY#", "UNRATED#", "STRAY#", "SUSPICIOUS#", "LINE_MISMATCH#")
_ATTRIBUTES: Final = ("SK", "to", "from", "recorded_at")
_SEPARATORS: Final = re.compile(r"[\s().\-/\u2010-\u2015\u00a0]+")


def hours_of_calls(stack: FoundStack, account_id: str, number: str) -> set[datetime]:
    """Return the hours in which calls of an account with a number, or with its masked form, arrived."""
    hours: set[datetime] = set()
    now = clock.now()
    for item in _calls(stack, account_id):
        if {number, masked(number)} & {item.get("to"), item.get("from")}:
            began = parse_instant(keys.happened_at_of(item["SK"]))
            recorded = parse_instant(str(item.get("recorded_at", "")))
            if began is not None:
                last = max(began, recorded or began) + SENT_AGAIN
                hours |= set(hours_between(began, min(last, now)))
    return hours


def _calls(stack: FoundStack, account_id: str) -> Iterator[dict[str, Any]]:
    names = {f"#{name}": name for name in _ATTRIBUTES}
    for kind in _KINDS:
        query = {
            "KeyConditionExpression": "PK = :pk AND begins_with(SK, :kind)",
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {":pk": {"S": keys.account_pk(account_id)}, ":kind": {"S": kind}},
        }
        yield from map(from_attributes, query_pages(stack.client("dynamodb"), stack.table_name, query))


def holds_number(body: str, account_id: str, number: str) -> bool:
    """Whether a message holds a number in any spelling, and names the account or none."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        event = body
    if isinstance(event, Mapping) and event.get("account_id") not in (None, account_id):
        return False
    text = _SEPARATORS.sub("", json.dumps(event, ensure_ascii=False))
    return str(phonenumbers.parse(number).national_number) in text


def objects_with(
    archive: Archive, hours: set[datetime], account_id: str, number: str
) -> tuple[list[tuple[RawObject, int]], list[RawObject]]:
    """Return the objects of some hours that hold a number, each with the number of its messages that do, and those that
    cannot be read.
    """
    objects = [one for hour in sorted(hours) for one in archive.objects(hour, hour)]
    found: list[tuple[RawObject, int]] = []
    unreadable: list[RawObject] = []
    count = 0
    with progress_bar("Searching the raw archive", len(objects)) as move:
        for part in archive.read(objects):
            for batch in part:
                uses = sum(holds_number(message.body, account_id, number) for message in batch.messages)
                found += [(batch.source, uses)] if uses else []
                unreadable += [batch.source] if batch.failure else []
            count += len(part)
            move(count)
    return found, unreadable


def show_archived(stack: FoundStack, account_id: str, number: str, hours: set[datetime]) -> None:
    """Print which objects still hold a number, until when they are locked, and when the archive deletes them."""
    if "ArchiveBucketName" not in stack.outputs or not hours:
        return
    archive = Archive(stack)
    found, unreadable = objects_with(archive, hours, account_id, number)
    span = f"{format_instant(min(hours))} to {format_instant(max(hours) + HOUR)}"
    if unreadable:
        console.print(f"{len(unreadable)} objects could not be searched, and may hold the number:", markup=False)
        for source in unreadable:
            console.print(f"  s3://{archive.bucket}/{source.key}", markup=False, soft_wrap=True)
    if not found:
        console.print(
            f"No other object of the raw archive from {span} holds the number."
            if unreadable
            else f"No object of the raw archive from {span} holds the number.",
            markup=False,
        )
        return
    days = int(stack.parameters.get("ArchiveDays") or 0)
    console.print(f"{len(found)} objects of the raw archive from {span} still hold the number:", markup=False)
    for source, uses in found:
        until = archive.locked_until(source)
        lock = f"locked until {format_instant(until)}" if until is not None else "not locked"
        end = f", deleted from {format_instant(source.stored_at + timedelta(days=days))}" if days else ""
        console.print(
            f"  s3://{archive.bucket}/{source.key}  {uses} messages, {lock}{end}", markup=False, soft_wrap=True
        )
    console.print("What to do: docs/runbook.md#a-number-in-the-raw-archive", markup=False)
