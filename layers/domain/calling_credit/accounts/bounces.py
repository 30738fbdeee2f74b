"""Addresses that mails came back from: their stored state, and why they receive no ordinary mails. Reads no table.

SES reports a bounce or a complaint at least once, late, and in any order. The stored state is the same in any order.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from calling_credit.accounts.name_index import normalized_address
from calling_credit.dynamodb import desk_keys, keys
from calling_credit.dynamodb.attributes import Item
from calling_credit.dynamodb.unreadable import decoder

LISTED_FOR: Final = timedelta(days=90)
"""How long a bounce counts. Afterwards the address receives mails again."""
MAX_REPORTS: Final = 50
"""The newest reports of an address that a repetition is recognized among."""


class Returned(StrEnum):
    """Why a mail came back, the strongest last."""

    TRANSIENT = "transient"
    """For example a full mailbox. Only counted."""
    PERMANENT = "permanent"
    """The address does not exist, or accepts nothing."""
    COMPLAINT = "complaint"
    """The recipient marked the mail as spam."""


_STRENGTH: Final = {kind: strength for strength, kind in enumerate(Returned)}


@dataclass(frozen=True, slots=True)
class Bounce:
    """One report of SES about one mail to one address. `reason` is SES's subtype, `at` the time of the report,
    `mailed_at` that of the mail (both RFC 3339 with milliseconds), and `event_id` the event that was mailed.
    """

    address: str
    kind: Returned
    reason: str
    at: str
    mailed_at: str
    report_id: str
    event_id: str | None = None


def address_hash(address: str) -> str:
    """The hash by which an address is found, in any case."""
    return hashlib.sha256(normalized_address(address).encode()).hexdigest()


@decoder
def bounce_from_item(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The item of an address that mails came back from, once all that its readers need is there."""
    datetime.fromisoformat(item.get("entered_at", "2026-01-01T00:00:00.000Z"))
    numbers = [item[name] for name in ("version", "times", "expires_at")]
    if not item["times"]:
        texts, flags = [], []  # `removed_item`
    else:
        texts = [item["address"], item["kind"], Returned(item["returned"]), *item["reports"]]
        flags = [item["is_over"], datetime.fromisoformat(item["first_at"]) <= datetime.fromisoformat(item["at"])]
    for values, form in ((numbers, int), (texts, str), (flags, bool)):
        if not all(isinstance(value, form) for value in values):
            raise TypeError(f"not {form.__name__}")
    return item


def removed_item(account_id: str, address: str, now: datetime) -> Item:
    """The item of an address that someone removes before any mail came back. If it is entered again, the item keeps
    when, so that reports about earlier mails, which may still be under way, stop nothing.
    """
    return {
        "PK": keys.account_pk(account_id),
        "SK": desk_keys.bounced_sk(address_hash(address)),
        "times": 0,
        "version": 1,
        "expires_at": int((now + LISTED_FOR).timestamp()),
    }


def after_bounce(account_id: str, item: Mapping[str, Any] | None, bounce: Bounce) -> Item | None:
    """The item of an address after a report; None if the item has the report already.

    A report about a mail from before the address was entered again counts, but does not keep mails from it.
    """
    before: Mapping[str, Any] = item or {}
    if before and before["expires_at"] <= datetime.fromisoformat(bounce.at).timestamp():
        before = {"version": before["version"]}  # Forgotten, but not deleted yet.
    elif before and not before["times"]:
        before = {name: before[name] for name in ("version", "entered_at") if name in before}
    reports = list(before.get("reports", ()))
    if bounce.report_id in reports:
        return None
    kind, is_over = _kind_after(before, bounce)
    is_latest = (bounce.at, bounce.report_id) >= (before.get("at", ""), before.get("latest_report", ""))
    latest = {"at": bounce.at, "latest_report": bounce.report_id, "event_id": bounce.event_id, "reason": bounce.reason}
    kept = {name: before.get(name) for name in latest}
    until = datetime.fromisoformat(max(bounce.at, before.get("at", ""))) + LISTED_FOR
    return {
        "PK": keys.account_pk(account_id),
        "SK": desk_keys.bounced_sk(address_hash(bounce.address)),
        **{name: before[name] for name in ("entered_at",) if name in before},
        "address": before.get("address", bounce.address),
        "kind": "complaint" if kind is Returned.COMPLAINT else "bounce",
        "returned": kind,
        "is_over": is_over,
        "times": int(before.get("times", 0)) + 1,
        "first_at": min(bounce.at, before.get("first_at", bounce.at)),
        **(latest if is_latest else kept),
        "report": _report(bounce),
        "reports": [*reports, bounce.report_id][-MAX_REPORTS:],
        "version": int(before.get("version", 0)) + 1,
        "expires_at": int(until.timestamp()),
    }


def _report(bounce: Bounce) -> dict[str, Any]:
    """The last report, from which the stream's reader makes an event."""
    report = {"id": bounce.report_id, "returned": bounce.kind, "at": bounce.at}
    return report | {"event_id": bounce.event_id, "reason": bounce.reason}


def _kind_after(before: Mapping[str, Any], bounce: Bounce) -> tuple[Returned, bool]:
    """Why mails came back since the address was entered, and whether that is over."""
    is_old = bounce.mailed_at <= before.get("entered_at", "")
    if "returned" not in before:
        return bounce.kind, is_old
    kind, is_over = Returned(before["returned"]), bool(before["is_over"])
    if is_old:
        return kind, is_over
    return bounce.kind if is_over or _STRENGTH[bounce.kind] > _STRENGTH[kind] else kind, False


def returned_from(item: Mapping[str, Any] | None, now: datetime) -> Returned | None:
    """Why an address receives no ordinary mails; None if it receives them."""
    if item is None or not item["times"] or item["is_over"] or item["expires_at"] <= now.timestamp():
        return None
    kind = Returned(item["returned"])
    return None if kind is Returned.TRANSIENT else kind


def bounce_view(item: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """An address that mails came back from, as staff see it."""
    return {
        "address": item["address"],
        "kind": item["kind"],
        "returned": item["returned"],
        "reason": item.get("reason"),
        "first_at": item["first_at"],
        "at": item["at"],
        "times": item["times"],
        "event_id": item.get("event_id"),
        "receives_mails": returned_from(item, now) is None,
    }
