"""Keeps top-ups: made, listed, leased, and told what Stripe says, as long as they have not ended. How one ends stands
in `settle_topups`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb import keys, sweep_keys
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.errors import AWS_ERRORS, is_condition_failed
from calling_credit.dynamodb.sweep import query_due
from calling_credit.dynamodb.transactions import put, transact
from calling_credit.instants import format_instant
from calling_credit.ledger.headroom import nudge_action
from calling_credit.topups.declines import Decline
from calling_credit.topups.items import (
    TOPUP_KIND,
    next_look,
    payment_item,
    read_topup_item,
    sweep_sk,
    topup_item,
    topup_key,
)
from calling_credit.topups.topup import OPEN, Status, TopUp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LOOKED_BACK: Final = timedelta(days=8)
"""How far back money that is on its way is looked for: longer than a card payment is ever under way."""


class TopUps:
    """The top-ups of the table."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def read(self, account_id: str, topup_id: str) -> TopUp | None:
        """A top-up as it is now, None if the account has none of that id."""
        answer = self._client.get_item(
            TableName=self._table_name, Key=topup_key(account_id, topup_id), ConsistentRead=True
        )
        return read_topup_item(answer["Item"]) if "Item" in answer else None

    def create(self, topup: TopUp) -> TopUp:
        """Store a new top-up with the complete request before anything is sent; one that stands already is returned.

        Raises:
            Unavailable: the table did not take it in time; nothing was sent to Stripe.
        """
        actions = [put(self._table_name, topup_item(topup)), put(self._table_name, payment_item(topup))]
        if not transact(self._client, actions):
            return topup
        standing = self.read(topup.account_id, topup.topup_id)
        return standing if standing is not None else topup

    def page(self, account_id: str, after: str | None, limit: int) -> tuple[list[TopUp], str | None]:
        """A page of an account's top-ups, newest first, and the sort key to go on after."""
        item_keys = self._listed(account_id, None, after, limit + 1)
        page = item_keys[:limit]
        found = self._read_all(account_id, [keys.id_of(key) for key in page])
        return found, page[-1] if len(item_keys) > limit else None

    def recent(self, account_id: str, now: datetime) -> list[TopUp]:
        """The top-ups that may still be under way, newest first."""
        item_keys = self._listed(account_id, format_instant(now - LOOKED_BACK), None, None)
        return self._read_all(account_id, [keys.id_of(key) for key in item_keys])

    def take_lease(self, topup: TopUp, lease: timedelta, now: datetime) -> TopUp | None:
        """Become the one that works on it; None if it has ended, or another is at work."""
        return self._change(
            topup,
            {"lease_until": format_instant(now + lease), "sweep_sk": sweep_sk(topup, format_instant(now + lease))},
            now,
            "(attribute_not_exists(lease_until) OR lease_until <= :now)",
            {":now": format_instant(now)},
        )

    def release(self, topup: TopUp, now: datetime) -> None:
        """Stop working on it before anything was begun, so that whoever asks next may go on at once."""
        self._change(topup, {"lease_until": None}, now)

    def keep_intent(self, topup: TopUp, intent_id: str, now: datetime) -> TopUp | None:
        """created -> confirming: the intent is known, and may be confirmed from now on. None if it was given up."""
        return self._change(
            topup,
            {"intent_id": intent_id, "status": "confirming"},
            now,
            "#status = :created AND attribute_not_exists(intent_id)",
            {":created": "created"},
        )

    def keep_confirmation(self, topup: TopUp, request: str, now: datetime) -> TopUp | None:
        """Store the next confirmation before it is sent, with a key of its own. None if another did so first."""
        return self._change(
            topup,
            {"confirm_number": topup.confirm_number + 1, "confirm_request": request},
            now,
            "confirm_number = :number",
            {":number": topup.confirm_number},
        )

    def keep_decline(self, topup: TopUp, decline: Decline, now: datetime) -> TopUp | None:
        """Remember why the bank refused before the intent is canceled. None if it has ended meanwhile."""
        return self._change(topup, {"failure_code": decline.code, "failure_advice": decline.advice}, now)

    def note(self, topup: TopUp, status: Status, next_action_url: str | None, now: datetime) -> TopUp | None:
        """Stripe is at work, or waits for the customer, who must find nobody else at work on it. None if it has ended
        meanwhile.
        """
        change = {
            "status": status,
            "next_action_url": next_action_url,
            "sweep_sk": sweep_sk(topup, next_look(topup, now)),
        }
        if status == "requires_action":
            change["lease_until"] = None
        return self._change(topup, change, now)

    def nudge(self, account_id: str) -> None:
        """Let the account's balance be looked at again."""
        self._client.update_item(**nudge_action(self._table_name, account_id)["Update"])

    def look_later(self, topup: TopUp, now: datetime) -> None:
        """Nothing to do yet: the sweeper comes back later, the later the older it is."""
        self._change(topup, {"sweep_sk": sweep_sk(topup, next_look(topup, now))}, now)

    def _change(
        self,
        topup: TopUp,
        change: dict[str, Any],
        now: datetime,
        condition: str = "attribute_exists(PK)",
        values: dict[str, Any] | None = None,
    ) -> TopUp | None:
        """Set attributes of a top-up that has not ended; None if a condition did not hold."""
        said = change | {"updated_at": format_instant(now)}
        kept = {name: value for name, value in said.items() if value is not None}
        gone = [name for name, value in said.items() if value is None]
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in kept)
        if gone:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in gone)
        still_open = {f":open_{at}": status for at, status in enumerate(sorted(OPEN))}
        asked = {f":{name}": value for name, value in kept.items()} | still_open | (values or {})
        try:
            answer = self._client.update_item(
                TableName=self._table_name,
                Key=topup_key(topup.account_id, topup.topup_id),
                UpdateExpression=expression,
                ConditionExpression=f"#status IN ({', '.join(still_open)}) AND {condition}",
                ExpressionAttributeNames={"#status": "status"} | {f"#{name}": name for name in (*kept, *gone)},
                ExpressionAttributeValues={name: to_attribute(value) for name, value in asked.items()},
                ReturnValues="ALL_NEW",
            )
        except AWS_ERRORS as error:
            if not is_condition_failed(error):
                raise
            return None
        return read_topup_item(answer["Attributes"])

    def _listed(self, account_id: str, since: str | None, after: str | None, limit: int | None) -> list[str]:
        low, high = keys.payment_range(since)
        options: dict[str, Any] = {"Limit": limit} if limit else {}
        found: list[str] = []
        if after:
            options["ExclusiveStartKey"] = {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": after}}
        while True:
            answer = self._client.query(
                TableName=self._table_name,
                KeyConditionExpression="PK = :pk AND SK BETWEEN :low AND :high",
                ExpressionAttributeValues={
                    ":pk": {"S": keys.account_pk(account_id)},
                    ":low": {"S": low},
                    ":high": {"S": high},
                },
                ScanIndexForward=False,
                ConsistentRead=True,
                **options,
            )
            found += [str(item["SK"]["S"]) for item in answer["Items"]]
            last = answer.get("LastEvaluatedKey")
            if last is None or (limit is not None and len(found) >= limit):
                return found
            options["ExclusiveStartKey"] = last

    def _read_all(self, account_id: str, topup_ids: list[str]) -> list[TopUp]:
        """These top-ups, in this order."""
        item_keys = [(keys.account_pk(account_id), keys.topup_sk(topup_id)) for topup_id in topup_ids]
        found = read_many(self._client, self._table_name, item_keys)
        return [read_topup_item(found[key]) for key in item_keys]

    def due(self, now: datetime) -> Iterator[TopUp]:
        """Every top-up that has to be looked at by now, as it is now; the index itself may be behind."""
        for partition in sweep_keys.sweep_partitions(TOPUP_KIND):
            for account_id, topup_id in self._due_in(partition, format_instant(now)):
                topup = self.read(account_id, topup_id)
                if topup is not None and not topup.is_finished and not topup.is_leased(now):
                    yield topup

    def _due_in(self, partition: str, now: str) -> Iterator[tuple[str, str]]:
        for item in query_due(self._client, self._table_name, partition, now):
            yield keys.account_of(item["PK"]["S"]), keys.id_of(item["SK"]["S"])
