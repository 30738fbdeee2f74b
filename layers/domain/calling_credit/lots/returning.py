"""Records charges that are taken back although a lot was granted after them, in the transaction that takes them back.

The law: no lot is granted between the reading of the lots and the transaction, which requires their number.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb import keys, lot_keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.transactions import put
from calling_credit.ledger.balance_update import extend_balance_action
from calling_credit.ledger.posting_plan import BALANCE, ActionName, Plan
from calling_credit.ledger.reader import LedgerReader
from calling_credit.lots.consumption import steps_of, time_of_return
from calling_credit.lots.lot import Lot
from calling_credit.lots.returns import older_than_steps
from calling_credit.lots.store import read_lots

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LOT_RETURN: Final[ActionName] = ("lot_return",)
"""The action that records what returns."""


class LotReturns:
    """The lots of an account to which charges may return, as they were read."""

    def __init__(self, client: "DynamoDBClient", table_name: str, account_id: str, now: datetime) -> None:
        """Read the lots. Raises NotFound: `unknown_account`; UnreadableItem: a lot cannot be read."""
        self._table_name = table_name
        self._account_id = account_id
        self._now = now
        balance = LedgerReader(client, table_name, account_id).balance()
        self._count = balance.lots
        self._lots: Sequence[Lot] = read_lots(client, table_name, account_id, balance)

    def add(self, plan: Plan, cause_id: str, charges: Sequence[tuple[str, int]]) -> None:
        """Add a record of charges to the transaction that takes them back, if calls still use a lot, and if one of them
        is older than a step of a lot. `charges`: when each was posted, and how much of it returns.
        """
        condition, seen = "attribute_not_exists(lots)", dict[str, Any]()
        if self._count:
            condition, seen = "lots = :seen_lots", {":seen_lots": self._count}
        extend_balance_action(plan.actions[BALANCE], {}, condition, seen)
        if all(lot.ended_at is not None for lot in self._lots):
            return
        falls = [(charged_at, micros) for charged_at, micros in charges if charged_at and micros > 0]
        if returned := older_than_steps(steps_of(self._lots), falls):
            at = time_of_return(self._lots, self._now)
            item: dict[str, Any] = {
                "PK": keys.account_pk(self._account_id),
                "SK": lot_keys.lot_return_sk(at, cause_id),
                "returned_charges": list(map(asdict, returned)),
            }
            plan.add(LOT_RETURN, put(self._table_name, to_attributes(item)))
