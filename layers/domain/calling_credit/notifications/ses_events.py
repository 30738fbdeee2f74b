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
from calling_credit.errors import BadRequest, ProblemCode
from calling_credit.ids import is_id
from calling_credit.instants import format_instant, parse_instant
from calling_credit.notifications.ses_tags import ACCOUNT_TAG, EVENT_TAG

NOT_SPAM: Final = "not-spam"
"""The feedback type of a complaint that takes an earlier one back."""


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
    if facts.get("complaintFeedbackType") == NOT_SPAM:
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
    """The addresses that the mail went to. The recipient of a report may be another one: that of a forwarding."""
    listed = mail.get("destination")
    if not isinstance(listed, list) or not listed:
        recipients = facts.get("bouncedRecipients") or facts.get("complainedRecipients") or ()
        listed = [one.get("emailAddress") for one in recipients if isinstance(one, dict)]
    parsed = (parseaddr(one)[1] for one in listed if isinstance(one, str))
    return list(dict.fromkeys(address for address in parsed if "@" in address and len(address) <= 320))


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
