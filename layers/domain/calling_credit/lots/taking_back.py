"""Takes back what calls have left of a lot, in the transaction that posts the adjustment.

The law: used + expired + removed never exceeds the amount of a lot. The transaction requires that the lot is as it was
read, and that the running sum of charges is, too, so that no call uses what is taken back.
"""

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.transactions import update
from calling_credit.errors import Conflict, NotFound, ProblemCode
from calling_credit.ledger.adjustments import Extension
from calling_credit.ledger.balance_update import extend_balance_action
from calling_credit.ledger.posting_plan import BALANCE, Plan
from calling_credit.ledger.reader import LedgerReader
from calling_credit.lots.consumption import next_time, unused_micros
from calling_credit.lots.granting import lot_name, unchanged_charges
from calling_credit.lots.lot import Lot, RemovedPart, unchanged_parts
from calling_credit.lots.store import read_lots
from calling_credit.money import format_money

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def taking_back(
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    adjustment_id: str,
    lot_id: str,
    amount_micros: int,
    now: datetime,
) -> Extension:
    """What extends an adjustment that takes this amount (positive) back from a lot. When it runs, it raises NotFound
    `unknown_lot`, and Conflict `lot_used` if calls have left less.
    """

    def extend(plan: Plan) -> None:
        balance = LedgerReader(client, table_name, account_id).balance()
        lots = read_lots(client, table_name, account_id, balance)
        lot = next((lot for lot in lots if lot.lot_id == lot_id), None)
        if lot is None:
            raise NotFound(
                ProblemCode.UNKNOWN_LOT, "The account has no granted credit with this id; the desk's page shows them."
            )
        unused = unused_micros(lots, balance.charged_micros).get(lot_id, 0)
        if unused < amount_micros:
            raise _used(unused)
        charged = balance.charged_micros
        part = RemovedPart(next_time(lots, charged, now), amount_micros, charged, adjustment_id)
        plan.add(lot_name(lot), _remove(table_name, lot, part))
        extend_balance_action(plan.actions[BALANCE], {}, *unchanged_charges(balance))

    return extend


def _remove(table_name: str, lot: Lot, part: RemovedPart) -> dict[str, Any]:
    """The action that removes a part of a lot, if the lot is as it was read. It expires later as before, if anything
    is left of it then.
    """
    condition, seen = unchanged_parts(lot)
    values: dict[str, Any] = {
        ":removed": [*map(asdict, lot.removed), asdict(part)],
        ":removed_parts": len(lot.removed) + 1,
    }
    return update(
        table_name,
        to_attributes({"PK": keys.account_pk(lot.account_id), "SK": lot.sort_key}),
        "SET removed = :removed, removed_parts = :removed_parts",
        f"attribute_exists(PK) AND attribute_not_exists(ended_at) AND {condition}",
        to_attributes(values | seen),
    )


def _used(unused_micros: int) -> Conflict:
    detail = f"{format_money(unused_micros)} of this credit is left; take back at most that amount."
    if not unused_micros:
        detail = "Nothing of this credit is left. Without lot_id, an adjustment takes other credit."
    return Conflict(ProblemCode.LOT_USED, detail)
