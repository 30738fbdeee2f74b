"""Lists the mails that were sent to an account's addresses, for 90 days, so that staff see them and send one again. The
items hold no whole address: an address is found again by its hash among the account's.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.dynamodb import desk_keys, keys
from calling_credit.dynamodb.attributes import Plain, to_attributes
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LISTED_FOR: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail to one address about one event. `detail` is the event, from which the mail is written again."""

    account_id: str
    sent_at: datetime
    hashed: str
    type: str
    subject: str
    address: str
    address_hash: str
    detail: dict[str, Any]
    resent: int = 0

    @property
    def mail_id(self) -> str:
        """The id of the mail in paths."""
        return f"{format_instant(self.sent_at)}_{self.hashed}"


def sent_mail(mail_event_id: str, address: str, subject: str, detail: dict[str, Any], now: datetime) -> SentMail:
    """The record of a mail that was just sent. `mail_event_id` is the id of its event, or of the request to send it
    again.
    """
    hashed = hashlib.sha256(f"{mail_event_id}\0{address.casefold()}".encode()).hexdigest()[:32]
    shown = f"{address[:1]}…@{address.rpartition('@')[2]}"
    account_id = detail["account_id"]
    return SentMail(account_id, now, hashed, detail["type"], subject, shown, hash_of_address(address), detail)


def hash_of_address(address: str) -> str:
    """The hash by which a mail's address is found again. An address is the same in upper and lower case."""
    return hashlib.sha256(address.casefold().encode()).hexdigest()


def resend_id_of(account_id: str, mail_id: str, idempotency_key: str) -> str:
    """The id of every request with this key to send this mail again: a hash with framed parts."""
    framed = json.dumps([account_id, mail_id, idempotency_key], separators=(",", ":"))
    return f"rsnd_{hashlib.sha256(framed.encode()).hexdigest()[:32]}"


class SentMailStore:
    """The sent mails in the table."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def record(self, mail: SentMail) -> None:
        """Record a sent mail."""
        item: dict[str, Plain] = {
            "PK": keys.account_pk(mail.account_id),
            "SK": desk_keys.mailed_sk(format_instant(mail.sent_at), mail.hashed),
            "type": mail.type,
            "subject": mail.subject,
            "address": mail.address,
            "address_hash": mail.address_hash,
            "detail": json.dumps(mail.detail, separators=(",", ":")),
            "expires_at": int((mail.sent_at + LISTED_FOR).timestamp()),
        }
        self._client.put_item(TableName=self._table_name, Item=to_attributes(item))

    def read(self, account_id: str, mail_id: str) -> SentMail:
        """Read a sent mail.

        Raises:
            NotFound: `unknown_mail`.
        """
        mailed_at, _, hashed = mail_id.partition("_")
        item = None
        if hashed.isalnum() and "#" not in mailed_at:
            item = Partition(self._client, self._table_name, keys.account_pk(account_id)).get(
                desk_keys.mailed_sk(mailed_at, hashed)
            )
        if item is None:
            raise NotFound(
                ProblemCode.UNKNOWN_MAIL, "This account has no such mail; its mails of the last 90 days are listed."
            )
        return SentMail(
            account_id,
            datetime.fromisoformat(mailed_at),
            hashed,
            item["type"],
            item["subject"],
            item["address"],
            item["address_hash"],
            json.loads(item["detail"]),
            item.get("resent", 0),
        )

    def record_resend(self, mail: SentMail, resend_id: str, actor: Actor, now: datetime) -> bool:
        """Record who sends a mail again, once per request. Return False if the request is recorded already.

        Raises:
            Unavailable: the table did not answer in time; the same call is safe again.
        """
        key = {
            "PK": keys.account_pk(mail.account_id),
            "SK": desk_keys.mailed_sk(format_instant(mail.sent_at), mail.hashed),
        }
        values: dict[str, Plain] = {":one": 1, ":id": resend_id, ":ids": frozenset({resend_id})}
        condition = "attribute_exists(PK) AND NOT contains(resend_ids, :id)"
        count = update(
            self._table_name,
            to_attributes(key),
            "ADD resent :one, resend_ids :ids",
            condition,
            to_attributes(values),
        )
        new = {"type": mail.type, "address": mail.address}
        change = Change(ChangeAction.MAIL_RESENT, "mail", f"resend-{resend_id}", None, new)
        return not transact(self._client, [count, change_action(self._table_name, mail.account_id, change, actor, now)])
