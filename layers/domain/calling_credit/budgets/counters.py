"""The counters of spending: one for each line or user with a budget and local month, made when it is first needed.

The law: `left_micros` = `limit_micros` - `spent_micros` - `held_micros`. DynamoDB's conditions have no arithmetic, so
every change adds to the rest in the same update. Posting adds to a counter that may not exist yet; its limit is then
missing, counts as 0, and is added once, by the first function that needs it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from calling_credit.budgets.budget import Budget, BudgetAt
from calling_credit.dynamodb import keys, spend_keys
from calling_credit.dynamodb.attributes import from_attributes, to_attribute
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.dynamodb.unreadable import OnUnreadable, decoder, raise_unreadable, readable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CounterKey = tuple[str, str]
"""An account, and the sort key of a counter."""


@dataclass(frozen=True, slots=True)
class SpendCounter:
    """What calls of a line or user have cost in a local month, what live holds have taken, and the rest. Below
    zero, calls without a hold took more than was left. `limit_micros` is None until someone needed it. While
    `is_counting`, entries of before `counts_from` may be missing. `warned` is the highest percent that was announced
    before the limit changed last. `is_ended`: its budget is ended and limits nothing. `at` is that of its budget, for
    events. `counting` is the sort key after
    which entries are still to be counted, and `counted_at` says when all were. `was_refused`: it refused a call since
    its limit changed last.
    """

    account_id: str
    sort_key: str
    limit_micros: int | None = None
    spent_micros: int = 0
    held_micros: int = 0
    left_micros: int = 0
    counts_from: str = ""
    is_counting: bool = False
    warned: int = 0
    is_ended: bool = False
    counting: str = ""
    counted_at: str = ""
    was_refused: bool = False
    at: BudgetAt = BudgetAt.REFUSE

    @property
    def period(self) -> str:
        """The local month (`yyyy-mm`), or the local day of a counter of a day."""
        return spend_keys.period_in(self.sort_key)

    @property
    def letter(self) -> str:
        """The letter by which items name the counter."""
        return spend_keys.letter_in(self.sort_key)


def counter_from_item(attributes: dict[str, Any]) -> SpendCounter:
    """The counter of an item in attribute values."""
    return counter_from_plain(from_attributes(attributes))


@decoder
def counter_from_plain(item: Mapping[str, Any]) -> SpendCounter:
    """The counter of a plain item."""
    spend_keys.letter_in(item["SK"])
    return SpendCounter(
        keys.account_of(item["PK"]),
        item["SK"],
        item.get("limit_micros"),
        item.get("spent_micros", 0),
        item.get("held_micros", 0),
        item["left_micros"],
        item.get("counts_from", ""),
        "counting" in item,
        item.get("warned", 0),
        "ended" in item,
        item.get("counting", ""),
        item.get("counted_at", ""),
        "refused_at" in item,
        BudgetAt(item.get("budget_at", BudgetAt.REFUSE)),
    )


def read_spend_counters(
    client: "DynamoDBClient",
    table_name: str,
    counters: Iterable[CounterKey],
    on_unreadable: OnUnreadable = raise_unreadable,
) -> dict[CounterKey, SpendCounter]:
    """Read counters, strongly consistent. Those that do not exist are left out.

    Raises:
        Unavailable: the table throttles.
    """
    wanted = sorted({(keys.account_pk(account), sort_key) for account, sort_key in counters})
    items = read_many(client, table_name, wanted) if wanted else {}
    found = readable(items.values(), counter_from_item, on_unreadable)
    return {(counter.account_id, counter.sort_key): counter for counter in found}


def ensure_spend_counters(
    client: "DynamoDBClient",
    table_name: str,
    budgets: Mapping[CounterKey, Budget],
    on_unreadable: OnUnreadable = raise_unreadable,
) -> dict[CounterKey, SpendCounter]:
    """Read the counters of budgets that are not ended, and give those their limit that have none. Unreadable ones are
    left out.

    Raises:
        Unavailable: the table did not answer in time.
    """
    damaged: set[str] = set()

    def remember(error: Any) -> None:
        damaged.add(error.key[1])
        on_unreadable(error)

    counters = read_spend_counters(client, table_name, budgets, remember)
    missing = {
        key: counters.get(key, SpendCounter(*key))
        for key in budgets
        if key[1] not in damaged and (key not in counters or counters[key].limit_micros is None)
    }
    for key in missing:
        transact(client, [new_counter_action(table_name, key, budgets[key])])
    return counters | read_spend_counters(client, table_name, missing, on_unreadable)


def new_counter_action(table_name: str, key: CounterKey, budget: Budget) -> dict[str, Any]:
    """The action that gives a counter its limit, which it may have already: then its condition fails."""
    attributes = {":limit": budget.monthly_micros, ":from": budget.counts_from, ":at": budget.at}
    values = {name: to_attribute(value) for name, value in attributes.items()}
    condition = "attribute_not_exists(PK) OR attribute_not_exists(limit_micros)"
    expression = "ADD limit_micros :limit, left_micros :limit SET counts_from = :from, budget_at = :at"
    return update(table_name, counter_key(key), expression, condition, values)


def limit_action(table_name: str, key: CounterKey, counter: SpendCounter | None, limit_micros: int) -> dict[str, Any]:
    """The action that gives the counter of a day this limit instead of the one that was read. It may have another one
    meanwhile: then its condition fails.
    """
    read = None if counter is None else counter.limit_micros
    values = {":limit": to_attribute(limit_micros), ":more": to_attribute(limit_micros - (read or 0))}
    condition = "attribute_not_exists(PK) OR attribute_not_exists(limit_micros)"
    if read is not None:
        condition, values[":read"] = "limit_micros = :read", to_attribute(read)
    expression = "ADD left_micros :more SET limit_micros = :limit"
    if (expires_at := spend_keys.expires_at(key[1])) is not None:
        expression += ", expires_at = if_not_exists(expires_at, :expires)"
        values[":expires"] = to_attribute(expires_at)
    return update(table_name, counter_key(key), expression, condition, values)


def counter_key(key: CounterKey) -> dict[str, Any]:
    """The item key of a counter."""
    account_id, sort_key = key
    return {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": sort_key}}
