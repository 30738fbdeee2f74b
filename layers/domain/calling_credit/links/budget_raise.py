"""Raises budgets by the link of a request, once. The raise and the mark on the link commit together."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.budget_request_store import BudgetRequestStore
from calling_credit.accounts.budgets_of_line import BudgetsOfLine, read_budgets_of_line
from calling_credit.accounts.freezing import account_key, read_item
from calling_credit.changes.actor import Actor, ActorKind
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.errors import AWS_ERRORS, translate_error
from calling_credit.dynamodb.transactions import update
from calling_credit.errors import Forbidden, NotFound, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.links.link import Link
from calling_credit.links.tokens import unknown_link

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class RaiseLinkState(StrEnum):
    """What pressing the link does now: raise the budgets, or nothing, for one of two reasons."""

    ACTIVE = "active"
    RAISED = "raised"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class RaiseLink:
    """The state of the link, the month that it names (`yyyy-mm`), and the budgets of its line."""

    state: RaiseLinkState
    month: str
    budgets: BudgetsOfLine


class BudgetRaise:
    """Reads and follows one link of a request for more budget."""

    def __init__(self, client: "DynamoDBClient", table_name: str, link: Link, token_hash: str, now: datetime) -> None:
        self._client = client
        self._table_name = table_name
        self._link = link
        self._token_hash = token_hash
        self._now = now
        self._requests = BudgetRequestStore(client, table_name)
        self._line_id, self._month, number = link.target.split("#")
        self._number = int(number)

    def read(self) -> RaiseLink:
        """Read the state of the link. It acts while its request is open, in the month of its request, unless the
        account was frozen since, or closed.

        Raises:
            NotFound: `unknown_link`. Unavailable: the table did not answer in time.
        """
        try:
            stored = read_item(self._client, self._table_name, self._link.account_id, keys.link_sk(self._token_hash))
            found = read_budgets_of_line(
                self._client, self._table_name, self._link.account_id, self._line_id, self._now
            )
        except AWS_ERRORS as error:
            raise translate_error(error) from error
        except NotFound:
            raise unknown_link() from None
        if stored is None or "withdrawn_at" in stored:
            raise unknown_link()
        if "used_at" in stored:
            return RaiseLink(RaiseLinkState.RAISED, self._month, found)
        acts = found.month == self._month and found.can_raise(self._number, self._now)
        return RaiseLink(RaiseLinkState.ACTIVE if acts else RaiseLinkState.ENDED, self._month, found)

    def confirm(self, address: str) -> RaiseLink:
        """Raise the budgets if the link may act. Return the state of the link afterwards. `address` is the IP address
        of the request.

        Raises:
            NotFound: `unknown_link`.
            Unavailable: `busy`, or the table did not answer in time; the same call is safe again.
        """
        if self.read().state is RaiseLinkState.ACTIVE:
            actor = Actor(ActorKind.LINK, self._token_hash, address)
            account_id = self._link.account_id
            try:
                self._requests.raise_budgets(
                    account_id, self._line_id, self._number, actor, self._now, also=[self._mark(address)]
                )
            except Forbidden as error:
                if error.code != ProblemCode.ACCOUNT_FROZEN:
                    raise  # Frozen since it was read: the link has ended.
        return self.read()

    def _mark(self, address: str) -> dict[str, Any]:
        return update(
            self._table_name,
            account_key(self._link.account_id) | {"SK": {"S": keys.link_sk(self._token_hash)}},
            "SET used_at = :now, used_from = :from",
            "attribute_exists(PK) AND attribute_not_exists(used_at) AND attribute_not_exists(withdrawn_at)",
            to_attributes({":now": format_instant(self._now), ":from": address}),
        )
