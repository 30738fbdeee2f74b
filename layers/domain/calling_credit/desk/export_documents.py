"""What an export says of tax, granted credit, and budgets: more settings, and all receipts and credit notes."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.reader import AccountReader
from calling_credit.dynamodb import keys, receipt_keys
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.unreadable import OnUnreadable, UnreadableItem, readable
from calling_credit.ledger.balance import Balance
from calling_credit.lots.store import lots_view, read_lots
from calling_credit.receipts.document import Series
from calling_credit.receipts.items import document_from_plain
from calling_credit.receipts.rows import document_row
from calling_credit.tax.details import BillingDetails, details_view
from calling_credit.tax.details_store import BillingDetailsStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def more_settings(
    client: "DynamoDBClient",
    table_name: str,
    reader: AccountReader,
    balance: Balance,
    now: datetime,
    on_unreadable: OnUnreadable,
) -> dict[str, Any]:
    """`{billing_details, lots, lines}` of an account. Lines have their budgets."""
    lots = read_lots(client, table_name, reader.account_id, balance, on_unreadable)
    return {
        "billing_details": details_view(_details(client, table_name, reader.account_id, on_unreadable)),
        "lots": lots_view(lots, balance),
        "lines": reader.line_views(reader.lines(), reader.users(), now),
    }


def document_rows(
    client: "DynamoDBClient", table_name: str, account_id: str, on_unreadable: OnUnreadable
) -> list[dict[str, Any]]:
    """All receipts and credit notes of an account, in the order of their numbers."""
    partition, rows = Partition(client, table_name, keys.account_pk(account_id)), []
    for series in Series:
        items = partition.query(*receipt_keys.document_range(series), consistent=True, on_unreadable=on_unreadable)
        rows += [document_row(document) for document in readable(items, document_from_plain, on_unreadable)]
    return rows


def _details(
    client: "DynamoDBClient", table_name: str, account_id: str, on_unreadable: OnUnreadable
) -> BillingDetails | None:
    try:
        return BillingDetailsStore(client, table_name).read(account_id)
    except UnreadableItem as error:
        on_unreadable(error)
        return None
