"""Confirms a waiting address by a link, once. The new recipient and the mark on the link commit together."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.account import Account
from calling_credit.accounts.freezing import account_key, read_item
from calling_credit.accounts.recipients import waiting_for, with_confirmed
from calling_credit.accounts.store import AccountStore
from calling_credit.changes.actor import Actor, ActorKind
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.errors import AWS_ERRORS, translate_error
from calling_credit.dynamodb.transactions import update
from calling_credit.instants import format_instant
from calling_credit.links.link import Link
from calling_credit.links.tokens import unknown_link

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class AddressLinkState(StrEnum):
    """What pressing the link of an address does now: confirm it, or nothing, for one of three reasons."""

    ACTIVE = "active"
    CONFIRMED = "confirmed"
    ENDED = "ended"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class AddressLink:
    """The state of an address's link, and the address while it waits."""

    state: AddressLinkState
    address: str | None = None


class AddressConfirmation:
    """Reads and follows one link of an address."""

    def __init__(self, client: "DynamoDBClient", table_name: str, link: Link, token_hash: str, now: datetime) -> None:
        self._client = client
        self._table_name = table_name
        self._link = link
        self._token_hash = token_hash
        self._now = now

    def read(self) -> AddressLink:
        """Read the state of the link.

        Raises:
            NotFound: `unknown_link`. Unavailable: the table did not answer in time.
        """
        try:
            account = AccountStore(self._client, self._table_name).account(self._link.account_id)
            stored = read_item(self._client, self._table_name, self._link.account_id, keys.link_sk(self._token_hash))
        except AWS_ERRORS as error:
            raise translate_error(error) from error
        if account is None or stored is None or "withdrawn_at" in stored:
            raise unknown_link()
        waits = waiting_for(account, self._link.target, self._now)
        if "used_at" in stored:
            return AddressLink(AddressLinkState.CONFIRMED)
        if waits is None:
            return AddressLink(AddressLinkState.ENDED)
        is_full = with_confirmed(account, self._link.target, self._now) is None
        return AddressLink(AddressLinkState.FULL if is_full else AddressLinkState.ACTIVE, waits.address)

    def confirm(self, address: str) -> AddressLink:
        """Confirm the address of the link if it still waits. Return the state of the link afterwards. `address` is the
        IP address of the request.

        Raises:
            NotFound: `unknown_link`.
            Unavailable: `busy`, or the table did not answer in time; the same call is safe again.
        """
        if self.read().state is AddressLinkState.ACTIVE:
            accounts = AccountStore(self._client, self._table_name)
            actor = Actor(ActorKind.LINK, self._token_hash, address)
            accounts.store_account(self._link.account_id, self._change, actor, self._now, also=self._mark(address))
        return self.read()

    def _change(self, account: Account | None) -> Account | None:
        if account is None or self.read().state is not AddressLinkState.ACTIVE:
            return None
        return with_confirmed(account, self._link.target, self._now)

    def _mark(self, address: str) -> Any:
        mark = update(
            self._table_name,
            account_key(self._link.account_id) | {"SK": {"S": keys.link_sk(self._token_hash)}},
            "SET used_at = :now, used_from = :from",
            "attribute_exists(PK) AND attribute_not_exists(used_at) AND attribute_not_exists(withdrawn_at)",
            to_attributes({":now": format_instant(self._now), ":from": address}),
        )
        return lambda *_: (mark,)
