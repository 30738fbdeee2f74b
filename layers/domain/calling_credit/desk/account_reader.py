"""Reads what staff see of an account: one page in at most twelve requests, and lists that only staff see."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.bounce_store import BounceStore
from calling_credit.accounts.freezing import unknown_account
from calling_credit.accounts.line_items import line_from_item
from calling_credit.desk.account_page import AccountPage, Some, issue_view, mail_view
from calling_credit.dynamodb import desk_keys, keys, sweep_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.pages import read_pages
from calling_credit.dynamodb.unreadable import OnUnreadable, checked, ignore_unreadable, readable
from calling_credit.ledger.balance import balance_from_item
from calling_credit.lots.lot import Lot
from calling_credit.lots.store import read_lots
from calling_credit.payments.card_items import identities
from calling_credit.payments.card_store import CardStore
from calling_credit.payments.issues import ISSUE_KIND
from calling_credit.payments.payment_states import PaymentStates
from calling_credit.recharge.items import Recharge, recharge_from_item
from calling_credit.recharge.rule_card import rule_card
from calling_credit.topups.card_history import CardRecord
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import Card, TopUp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TOP_UPS: Final = 10
LINES: Final = 50
MAILS: Final = 20
BOUNCED: Final = 20
ISSUES: Final = 20


class DeskReader:
    """One account within one request. `on_unreadable` gets the items that the page and the lists leave out."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        account_id: str,
        on_unreadable: OnUnreadable = ignore_unreadable,
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._account_id = account_id
        self._pk = keys.account_pk(account_id)
        self._on_unreadable = on_unreadable
        self._bounces = BounceStore(client, table_name, on_unreadable)

    def page(self, read_states: Callable[[str], PaymentStates]) -> AccountPage:
        """Read the account's page. `read_states` asks Stripe about the payments of a customer.

        Raises:
            NotFound: `unknown_account`. Unavailable: the table throttles.
        """
        sort_keys = (keys.account_sk(), keys.balance_sk(), keys.auto_recharge_sk())
        items = read_many(self._client, self._table_name, [(self._pk, sort_key) for sort_key in sort_keys])
        account, balance, rule = (items.get((self._pk, sort_key)) for sort_key in sort_keys)
        if account is None or balance is None:
            raise unknown_account()
        settings, recharge = from_attributes(account), recharge_from_item(rule)
        top_ups, _ = TopUpStore(self._client, self._table_name).page(
            self._account_id, None, TOP_UPS, self._on_unreadable
        )
        customer_id = settings.get("stripe_customer_id")
        states = read_states(customer_id) if customer_id else None
        lines = self._some(keys.line_prefix(), keys.line_prefix() + keys.AFTER, LINES, line_from_item)
        return AccountPage(
            account=settings,
            balance=from_attributes(balance),
            recharge=recharge,
            top_ups=top_ups,
            cards=self._cards(recharge, top_ups),
            lines=lines,
            users=self.users(None, LINES),
            mails=self.mails(None, MAILS),
            bounced=list(islice(self._bounces.addresses(self._account_id), BOUNCED)),
            issues=self._issues(),
            lots=self._lots(balance),
            stripe=None if states is None or states.code is not None else states.by_intent,
            stripe_code=None if states is None else states.code,
        )

    def require_account(self) -> None:
        """Check that the account exists.

        Raises:
            NotFound: `unknown_account`.
        """
        if not read_many(self._client, self._table_name, [(self._pk, keys.account_sk())]):
            raise unknown_account()

    def users(self, after: str | None, limit: int) -> Some:
        """A page of users `{user_id, name}` by id, after a user's id."""
        low = keys.user_prefix() if after is None else f"{keys.user_sk(after)}\0"
        return self._some(low, keys.user_prefix() + keys.AFTER, limit, _user_view)

    def mails(self, after: str | None, limit: int) -> Some:
        """A page of sent mails, newest first, after a sort key."""
        low, high = desk_keys.mailed_range()
        return self._some(low, high, limit, checked(mail_view), newest_first=True, after=after)

    def user_names(self, user_ids: Iterable[str]) -> dict[str, str]:
        """The names of these users, in one request."""
        wanted = {(self._pk, keys.user_sk(user_id)): user_id for user_id in user_ids}
        items = read_many(self._client, self._table_name, list(wanted)) if wanted else {}
        users = readable(map(from_attributes, items.values()), _user_view, self._on_unreadable)
        return {user["user_id"]: user["name"] for user in users}

    def _cards(self, recharge: Recharge, top_ups: Iterable[TopUp]) -> dict[Card, list[CardRecord]]:
        cards = [] if recharge.rule is None else [rule_card(recharge.rule)]
        distinct = {
            card.payment_method_id: card
            for card in [*cards, *(top_up.card for top_up in top_ups if top_up.has_card)][::-1]
        }
        if not distinct:
            return {}
        listed = list(distinct.values())[::-1]
        records = CardStore(self._client, self._table_name).read(listed)
        return {card: [records[hashed] for hashed in identities(card)] for card in listed}

    def _lots(self, balance: dict[str, Any]) -> list[Lot]:
        found = balance_from_item(from_attributes(balance))
        return read_lots(self._client, self._table_name, self._account_id, found, self._on_unreadable)

    def _issues(self) -> list[dict[str, Any]]:
        """The newest issues of the account, from one page of its shard."""
        query = {
            "IndexName": sweep_keys.SWEEP_INDEX,
            "KeyConditionExpression": "sweep_pk = :kind",
            "FilterExpression": "account_id = :account",
            "ExpressionAttributeValues": {
                ":kind": {"S": sweep_keys.sweep_pk(ISSUE_KIND, self._account_id)},
                ":account": {"S": self._account_id},
            },
            "ScanIndexForward": False,
        }
        page = next(read_pages(self._client, self._table_name, query))
        return list(readable(page["Items"][:ISSUES], _issue, self._on_unreadable))

    def _some(
        self,
        low: str,
        high: str,
        limit: int,
        decode: Callable[[dict[str, Any]], Any],
        *,
        newest_first: bool = False,
        after: str | None = None,
    ) -> Some:
        query: dict[str, Any] = {
            "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
            "ExpressionAttributeValues": {":pk": {"S": self._pk}, ":low": {"S": low}, ":high": {"S": high}},
            "ScanIndexForward": not newest_first,
            "ConsistentRead": True,
            "Limit": limit + 1,
        }
        if after is not None:
            query["ExclusiveStartKey"] = {"PK": {"S": self._pk}, "SK": {"S": after}}
        pages = read_pages(self._client, self._table_name, query)
        found = (item for page in pages for item in page["Items"])
        decoded = readable(found, lambda item: decode(from_attributes(item)), self._on_unreadable)
        items = list(islice(decoded, limit + 1))
        return Some(items[:limit], len(items) > limit)


def _user_view(user: dict[str, Any]) -> dict[str, str]:
    return {"user_id": keys.id_of(user["SK"]), "name": user["name"]}


def _issue(item: dict[str, Any]) -> dict[str, Any]:
    plain = from_attributes(item)
    issue_view(plain)
    return plain
