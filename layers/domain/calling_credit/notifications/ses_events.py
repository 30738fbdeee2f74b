"""Reads the events with which Amazon SES reports bounces and complaints on the default event bus.

Their form: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html, in the `detail` of
an EventBridge event with the detail-type `Email Bounced` or `Email Complaint Received`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any, Final

from calling_credit.accounts.bounces import Bounce, Returned
from calling_credit.accounts.name_index import normalized_address
from calling_credit.errors import BadRequest, ProblemCode
from calling_credit.ids import is_id
from calling_credit.instants import format_instant, parse_instant
from calling_credit.notifications.ses_tags import ACCOUNT_TAG, EVENT_TAG

NO_COMPLAINTS: Final = frozenset({"not-spam", "auth-failure"})
"""The feedback types by which no recipient complains: one takes a complaint back, the other reports that a mail in the
sender's name could not be authenticated.
"""

MAX_ADDRESS: Final = 320


@dataclass(frozen=True, slots=True)
class Report:
    """What SES reports about one mail: the account that the mail names (None: it names none), and the bounces, one for
    each address that the mail went to.
    """

    account_id: str | None
    bounces: tuple[Bounce, ...]


def read_report(event: Mapping[str, Any], now: datetime) -> Report:
    """Return the report in an EventBridge event of SES. Times that it lacks are `now`.

    Raises:
        BadRequest: `malformed_event`.
    """
    detail = event.get("detail")
    if not isinstance(detail, dict) or not isinstance(mail := detail.get("mail"), dict):
        raise _malformed("no mail")
    kind = str(detail.get("eventType", ""))
    facts = detail.get(kind.lower())
    if kind not in ("Bounce", "Complaint") or not isinstance(facts, dict):
        raise _malformed("neither a bounce nor a complaint")
    account_id, event_id = (_tag(mail, name) for name in (ACCOUNT_TAG, EVENT_TAG))
    if str(facts.get("complaintFeedbackType")) in NO_COMPLAINTS:
        return Report(account_id, ())
    bounces = []
    for address in _addresses(mail, facts):
        report_id = str(facts.get("feedbackId") or f"{mail.get('messageId')}-{kind}")
        bounces.append(
            Bounce(
                address=address,
                kind=_kind(kind, facts),
                reason=str(facts.get(f"{kind.lower()}SubType") or facts.get("complaintFeedbackType") or "")[:60],
                at=_instant(facts.get("timestamp"), now),
                mailed_at=_instant(mail.get("timestamp"), now),
                report_id=hashlib.sha256(report_id.encode()).hexdigest()[:32],
                event_id=event_id,
            )
        )
    if not bounces:
        raise _malformed("no address")
    return Report(account_id, tuple(bounces))


def _kind(kind: str, facts: Mapping[str, Any]) -> Returned:
    if kind == "Complaint":
        return Returned.COMPLAINT
    return Returned.PERMANENT if facts.get("bounceType") == "Permanent" else Returned.TRANSIENT


def _addresses(mail: Mapping[str, Any], facts: Mapping[str, Any]) -> list[str]:
    """The addresses that the report is about. If it names none that the mail went to, its recipient is that of a
    forwarding, and the report is about the only address of the mail.
    """
    sent = _parsed(mail.get("destination"))
    listed = facts.get("bouncedRecipients") or facts.get("complainedRecipients")
    recipients = (
        [one.get("emailAddress") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    )
    named = _parsed(recipients)
    both = [address for form, address in sent.items() if form in named]
    return both or list((sent if len(sent) == 1 or not named else named).values())


def _parsed(listed: object) -> dict[str, str]:
    """Addresses by their normal form."""
    texts = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    addresses = (parseaddr(text)[1] for text in texts)
    return {
        normalized_address(address): address for address in addresses if "@" in address and len(address) <= MAX_ADDRESS
    }


def _tag(mail: Mapping[str, Any], name: str) -> str | None:
    tags = mail.get("tags")
    values = tags.get(name) if isinstance(tags, dict) else None
    value = values[0] if isinstance(values, list) and values else None
    return value if isinstance(value, str) and is_id(value) else None


def _instant(text: object, now: datetime) -> str:
    parsed = parse_instant(text) if isinstance(text, str) else None
    return format_instant(parsed or now)


def _malformed(found: str) -> BadRequest:
    return BadRequest(ProblemCode.MALFORMED_EVENT, f"The event of SES holds {found}.")
