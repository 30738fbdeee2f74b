"""The plan of one transaction: every action has a name, and a failed condition is read by the name of its action.

DynamoDB reports failed conditions by position. A position means nothing once a transaction has a variable number of
entries, holds, days, and counters, so only this module translates positions, from the actions that it sent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.schema import creating
from calling_credit.dynamodb.transactions import transact
from calling_credit.ledger.entries import Entry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_ACTIONS: Final = 100
"""DynamoDB's limit on one transaction."""

ActionName = tuple[str, ...]
"""The kind of an action and what tells it from others of its kind. Two actions on one item have the same name."""
BALANCE: Final[ActionName] = ("balance",)


@dataclass(frozen=True, slots=True)
class CounterChange:
    """What an entry or a released hold adds to numbers of one item, by attribute. The ledger does not know what the
    item counts. The item may be missing; the changes have no condition. An item of a few days gets `expires_at` (epoch
    seconds) with its first change. The attributes `flags` become true.
    """

    partition_key: str
    sort_key: str
    deltas: Mapping[str, int]
    expires_at: int | None = None
    flags: tuple[str, ...] = ()


Counters = Mapping[ActionName, tuple[CounterChange, ...]]
"""The counter changes that go with an action, by its name. They are written if and only if the action is."""
NO_COUNTERS: Final[Counters] = MappingProxyType({})


def entry_name(entry: Entry) -> ActionName:
    """The name of the action that writes an entry."""
    return "entry", entry.happened_at, entry.cause_id


def hold_name(call_key: str) -> ActionName:
    """The name of the action that releases the hold of a call."""
    return "hold", keys.hold_sk(call_key)


def name_of_release(action: Mapping[str, Any]) -> ActionName:
    """The name of an action that releases a hold."""
    return "hold", action["Update"]["Key"]["SK"]["S"]


def day_name(local_date: str, category: str) -> ActionName:
    """The name of the action that adds to a day."""
    return "day", local_date, category


def counter_name(change: CounterChange) -> ActionName:
    """The name of the one action on a counter's item."""
    return "counter", change.partition_key, change.sort_key


def entry_items(entry: Entry, counters: Counters = NO_COUNTERS) -> set[ActionName]:
    """The names of all actions that an entry needs: itself, its day, its counters, and the balance."""
    name = entry_name(entry)
    items = {name, day_name(entry.local_date, entry.category), BALANCE}
    if counters:
        items.update(map(counter_name, counters.get(name, ())))
    return items


def hold_items(call_key: str, counters: Counters = NO_COUNTERS) -> set[ActionName]:
    """The names of all actions that the release of a hold needs: itself, its counters, and the balance."""
    name = hold_name(call_key)
    return {name, BALANCE, *map(counter_name, counters.get(name, ()))}


@dataclass(slots=True)
class Plan:
    """The named actions of one transaction, in the order in which they are sent."""

    actions: dict[ActionName, Any] = field(default_factory=dict)

    def add(self, name: ActionName, action: Any) -> None:
        """Add an action.

        Raises:
            ValueError: the plan has an action with this name; DynamoDB refuses two actions on one item.
        """
        if name in self.actions:
            raise ValueError(f"two actions of one transaction are named {name}")
        self.actions[name] = action

    def add_counters(self, table_name: str, counters: Counters) -> None:
        """Add the counter changes that go with the actions of the plan: one action for each item."""
        sums: dict[ActionName, dict[str, int]] = {}
        changes: dict[ActionName, CounterChange] = {}
        flags: dict[ActionName, set[str]] = {}
        for name in self.actions:
            for change in counters.get(name, ()):
                counter = counter_name(change)
                changes[counter] = change
                flags.setdefault(counter, set()).update(change.flags)
                deltas = sums.setdefault(counter, {})
                for attribute, delta in change.deltas.items():
                    deltas[attribute] = deltas.get(attribute, 0) + delta
        for counter, deltas in sums.items():
            if any(deltas.values()):
                self.add(counter, _counter_action(table_name, changes[counter], deltas, sorted(flags[counter])))

    def write(
        self,
        client: "DynamoDBClient",
        seconds_left: Callable[[], float] | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> Mapping[ActionName, dict[str, Any]]:
        """Write all actions or none, as `transact` does; return the failed conditions by the actions' names.

        Raises:
            Unavailable: the table did not answer in time; the transaction may or may not be written.
            ClientError: the table refused the transaction for another reason than its conditions.
        """
        names = list(self.actions)
        failed = transact(client, list(self.actions.values()), seconds_left, sleep)
        return {names[position]: item for position, item in failed.items()}


def _counter_action(
    table_name: str, change: CounterChange, deltas: Mapping[str, int], flags: Sequence[str]
) -> dict[str, Any]:
    attributes = [(name, delta) for name, delta in deltas.items() if delta]
    sums = ", ".join(f"#c{number} :c{number}" for number in range(len(attributes)))
    values = {f":c{number}": to_attribute(delta) for number, (_, delta) in enumerate(attributes)}
    set_to = [f"{flag} = :true" for flag in flags]
    values |= {":true": to_attribute(True)} if flags else {}
    if change.expires_at is not None:
        set_to.append("expires_at = if_not_exists(expires_at, :expires)")
        values[":expires"] = to_attribute(change.expires_at)
    expression = f"ADD {sums}" + (f" SET {', '.join(set_to)}" if set_to else "")
    return {
        "Update": creating(
            {
                "TableName": table_name,
                "Key": {"PK": {"S": change.partition_key}, "SK": {"S": change.sort_key}},
                "UpdateExpression": expression,
                "ExpressionAttributeNames": {f"#c{number}": name for number, (name, _) in enumerate(attributes)},
                "ExpressionAttributeValues": values,
            }
        )
    }
