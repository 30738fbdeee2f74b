"""Reads the lots of an account, and the rest of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from calling_credit.dynamodb import keys, lot_keys
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.unreadable import OnUnreadable, raise_unreadable, readable
from calling_credit.ledger.balance import Balance
from calling_credit.lots.consumption import unused_micros, used_micros
from calling_credit.lots.lot import Lot, lot_from_item
from calling_credit.lots.returns import LotReturn, lot_return_from_item
from calling_credit.money import format_money

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def read_lots(
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    balance: Balance,
    on_unreadable: OnUnreadable = raise_unreadable,
) -> list[Lot]:
    """All lots of an account with its returns, strongly consistent, by the time of the grant; no request if its balance
    has none.

    Raises:
        UnreadableItem: a lot cannot be read, and `on_unreadable` raises it.
    """
    if not balance.lots:
        return []
    partition = Partition(client, table_name, keys.account_pk(account_id))
    items = partition.query(*lot_keys.lot_range(), consistent=True, on_unreadable=on_unreadable)
    found = list(readable(items, _lot_or_return, on_unreadable))
    return with_returns(found)


def _lot_or_return(item: Mapping[str, Any]) -> Lot | LotReturn:
    return lot_return_from_item(item) if lot_keys.is_lot_return(item["SK"]) else lot_from_item(item)


def with_returns(found: Iterable[Lot | LotReturn]) -> list[Lot]:
    """The lots of an account, each with the returns of the account."""
    known = list(found)
    returns = tuple(one for one in known if isinstance(one, LotReturn))
    return [replace(one, returns=returns) for one in known if isinstance(one, Lot)]


def unused_in_all(lots: Sequence[Lot], balance: Balance) -> int:
    """The rest of all lots, in micro-dollars."""
    return sum(unused_micros(lots, balance.charged_micros).values())


def expiring_view(lots: Sequence[Lot], balance: Balance) -> list[dict[str, str]]:
    """The rest of the lots that expire, as `{amount, at}`, the soonest first."""
    unused = unused_micros(lots, balance.charged_micros)
    left = [(str(lot.ends_at), lot.lot_id) for lot in lots if lot.ends_at is not None and unused.get(lot.lot_id)]
    return [{"amount": format_money(unused[lot_id]), "at": ends_at} for ends_at, lot_id in sorted(left)]


def lots_view(lots: Sequence[Lot], balance: Balance) -> list[dict[str, Any]]:
    """All lots as staff see them, the latest first."""
    used, unused = (replay(lots, balance.charged_micros) for replay in (used_micros, unused_micros))
    return [
        {
            "id": lot.lot_id,
            "kind": str(lot.kind),
            "granted_at": lot.granted_at,
            "amount": format_money(lot.amount_micros),
            "used": format_money(used[lot.lot_id]),
            "expired": format_money(lot.expired_micros),
            "taken_back": format_money(lot.taken_back_micros),
            "left": format_money(unused.get(lot.lot_id, 0)),
            "expires_at": lot.ends_at,
        }
        for lot in reversed(lots)
    ]
