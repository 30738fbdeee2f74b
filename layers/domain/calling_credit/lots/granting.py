"""Gives credit as a lot, in the transaction that posts it.

The law: a lot stores the running sum of call charges of the moment at which its credit was posted. Its transaction
requires that the sum is still the one that was read, so no charge falls between the two. `lots` of the balance grows
by one in the same update, so that readers without lots need no further request.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.dynamodb.transactions import put
from calling_credit.ledger.adjustments import Adjustment, Extension
from calling_credit.ledger.balance import Balance
from calling_credit.ledger.balance_update import extend_balance_action
from calling_credit.ledger.credit_terms import CreditKind, check_ahead
from calling_credit.ledger.posting_plan import BALANCE, ActionName, Plan
from calling_credit.ledger.reader import LedgerReader
from calling_credit.lots.consumption import next_time
from calling_credit.lots.lot import Lot, lot_item
from calling_credit.lots.store import read_lots

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def lot_name(lot: Lot) -> ActionName:
    """The name of the one action on a lot."""
    return "lot", lot.account_id, lot.lot_id


def grant_of(
    client: "DynamoDBClient", table_name: str, account_id: str, lot_id: str, adjustment: Adjustment, now: datetime
) -> Extension | None:
    """What extends an adjustment that gives credit on terms; None for any other.

    Raises:
        InvalidValue: `invalid_timestamp`, the credit would expire at once, or in more than five years.
    """
    if not adjustment.has_terms:
        return None
    if adjustment.expires_at is not None:
        check_ahead(adjustment.expires_at, now)

    def extend(plan: Plan) -> None:
        balance = LedgerReader(client, table_name, account_id).balance()
        kind, amount = CreditKind(str(adjustment.kind)), adjustment.amount_micros
        lot = new_lot(client, table_name, account_id, lot_id, kind, amount, adjustment.expires_at, balance, now)
        add_lot(plan, table_name, lot, balance)

    return extend


def new_lot(
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    lot_id: str,
    kind: CreditKind,
    amount_micros: int,
    ends_at: str | None,
    balance: Balance,
    now: datetime,
) -> Lot:
    """A lot that is given now, at the running sum of a balance, after the steps of the account's other lots."""
    charged = balance.charged_micros
    others = read_lots(client, table_name, account_id, balance)
    granted_at = next_time(others, charged, now)
    untraced = balance.untraced_micros
    return Lot(account_id, lot_id, kind, granted_at, amount_micros, charged, ends_at, untraced_at_grant=untraced)


def add_lot(plan: Plan, table_name: str, lot: Lot, balance: Balance) -> None:
    """Add a lot to the transaction that posts its credit, if the running sum is still that of this balance."""
    plan.add(lot_name(lot), put(table_name, lot_item(lot)))
    extend_balance_action(plan.actions[BALANCE], {"lots": 1}, *unchanged_charges(balance))


def unchanged_charges(balance: Balance) -> tuple[str, dict[str, Any]]:
    """The condition that no call was charged or taken back since a balance was read, with its values."""
    condition = "charged_micros = :seen_charged"
    if not balance.charged_micros:
        condition = f"(attribute_not_exists(charged_micros) OR {condition})"
    return condition, {":seen_charged": balance.charged_micros}
