"""Records charges that are taken back although a lot was granted after them, in the transaction that takes them back.

The law: between the reading of the lots and the transaction, no lot is granted, and no part of a live lot expires or is
removed. The transaction requires both, and is planned again after a step. A step that it had not seen would count later
calls as returned.
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
from calling_credit.lots.consumption import NEVER, steps_of, time_of_return
from calling_credit.lots.granting import lot_name
from calling_credit.lots.lot import Lot, unchanged_parts
from calling_credit.lots.returns import older_than_steps
from calling_credit.lots.store import read_lots

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LOT_RETURN: Final[ActionName] = ("lot_return",)
"""The action that records what returns."""
MAX_CHECKED: Final = 40
"""The number of lots that a transaction has room to check. Those that are due first are the likeliest to change."""


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
        live = sorted((lot for lot in self._lots if lot.ended_at is None), key=lambda lot: lot.due_at or NEVER)
        self._checked = live[:MAX_CHECKED]

    @property
    def actions(self) -> int:
        """The greatest number of actions that `add` adds."""
        return 1 + len(self._checked)

    def add(self, plan: Plan, cause_id: str, charges: Sequence[tuple[str, int]]) -> None:
        """Add a record of charges to the transaction that takes them back, if calls still use a lot, and if one of them
        is older than a step of a lot. `charges`: when each was posted, and how much of it returns (micro-dollars, more
        than 0). Without any, nothing is added.
        """
        if not charges:
            return
        condition, seen = "attribute_not_exists(lots)", dict[str, Any]()
        if self._count:
            condition, seen = "lots = :seen_lots", {":seen_lots": self._count}
        extend_balance_action(plan.actions[BALANCE], {}, condition, seen)
        if not self._checked:
            return
        for lot in self._checked:
            plan.add(lot_name(lot), self._unchanged(lot))
        known = [(charged_at, micros) for charged_at, micros in charges if charged_at]
        if returned := older_than_steps(steps_of(self._lots), known):
            at = time_of_return(self._lots, self._now)
            item: dict[str, Any] = {
                "PK": keys.account_pk(self._account_id),
                "SK": lot_keys.lot_return_sk(at, cause_id),
                "returned_charges": list(map(asdict, returned)),
            }
            plan.add(LOT_RETURN, put(self._table_name, to_attributes(item)))

    def _unchanged(self, lot: Lot) -> dict[str, Any]:
        """The condition that a live lot is as it was read."""
        condition, seen = unchanged_parts(lot)
        check: dict[str, Any] = {
            "TableName": self._table_name,
            "Key": to_attributes({"PK": keys.account_pk(self._account_id), "SK": lot.sort_key}),
            "ConditionExpression": f"attribute_exists(PK) AND attribute_not_exists(ended_at) AND {condition}",
            "ExpressionAttributeValues": to_attributes(seen),
        }
        return {"ConditionCheck": check}
