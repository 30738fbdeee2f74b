"""Counts mails of one kind, account, and address to at most one in a while, in items that hold no address.

A mail takes the item before it is sent, keeps it for the silence once it is sent, and gives it back if it failed. A
sender that died loses it after a minute. So of two concurrent mails one is sent, and a failed mail silences no other.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.errors import AWS_ERRORS, existing_item, is_condition_failed
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LEASE: Final = timedelta(seconds=60)
"""How long a mail may be on its way: twice the function's timeout."""


class MailTurn(StrEnum):
    """Whether a mail may be sent now: yes; no; or not before another one of its kind was sent or failed."""

    SEND = "send"
    LEAVE_OUT = "leave_out"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class LimitedMail:
    """One mail of a limited kind, and the end of its silence if it is sent. A repeated event has the same id. An
    address is the same in upper and lower case.
    """

    kind: str
    account_id: str
    address: str
    event_id: str
    silent_until: datetime


class MailLimitStore:
    """Reads and writes the items that limit mails."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def take(self, mail: LimitedMail, now: datetime) -> MailTurn:
        """Take the turn of a mail, unless another one has it, or had it within the silence."""
        try:
            self._client.put_item(
                TableName=self._table_name,
                Item=_item(mail, "sending", now + LEASE),
                ConditionExpression="attribute_not_exists(PK) OR #until <= :now "
                "OR (event_id = :event AND #status = :sending)",
                ExpressionAttributeNames={"#until": "until", "#status": "status"},
                ExpressionAttributeValues=to_attributes(
                    {":now": format_instant(now), ":event": mail.event_id, ":sending": "sending"}
                ),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except AWS_ERRORS as error:
            if not is_condition_failed(error):
                raise
            is_sent = from_attributes(existing_item(error)).get("status") == "sent"
            return MailTurn.LEAVE_OUT if is_sent else MailTurn.WAIT
        return MailTurn.SEND

    def keep(self, mail: LimitedMail) -> None:
        """Silence other mails of this kind, now that this one is sent."""
        self._client.put_item(
            TableName=self._table_name,
            Item=_item(mail, "sent", mail.silent_until),
            ConditionExpression="event_id = :event",
            ExpressionAttributeValues=to_attributes({":event": mail.event_id}),
        )

    def give_back(self, mail: LimitedMail) -> None:
        """Let the next mail of this kind go, because this one was not sent."""
        self._client.delete_item(
            TableName=self._table_name,
            Key=to_attributes(_key(mail)),
            ConditionExpression="event_id = :event",
            ExpressionAttributeValues=to_attributes({":event": mail.event_id}),
        )


def _item(mail: LimitedMail, status: str, until: datetime) -> dict[str, Any]:
    expires_at = int((until + LEASE).timestamp())
    fields = {"event_id": mail.event_id, "status": status, "until": format_instant(until), "expires_at": expires_at}
    return to_attributes(_key(mail) | fields)


def _key(mail: LimitedMail) -> dict[str, Any]:
    framed = json.dumps([mail.kind, mail.account_id, mail.address.casefold()], separators=(",", ":"))
    return {"PK": keys.mail_pk(), "SK": f"limit#{hashlib.sha256(framed.encode()).hexdigest()}"}
