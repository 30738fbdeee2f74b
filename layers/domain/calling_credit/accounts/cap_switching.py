"""Prepares an account for a cap that is switched on: what the cap depends on must be stored from before.

Both steps only add facts of the past, so a switch that fails afterwards leaves nothing wrong.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from calling_credit.accounts.account import Account
from calling_credit.accounts.card_money import earlier_actions
from calling_credit.accounts.country_store import CountryStore
from calling_credit.dynamodb import cap_keys, keys
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.transactions import transact
from calling_credit.errors import Conflict, ProblemCode
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

INDEX_LIFETIME: Final = timedelta(days=3)
"""How old an index run may be. The entries since then are read by the switch itself, in a request of seconds."""
MAY_COME_LATE: Final = timedelta(days=1)
"""How far before the index run the switch reads again: a call may be posted a while after it happened."""


def prepare_caps(
    client: "DynamoDBClient", table_name: str, before: Account | None, after: Account, now: datetime
) -> None:
    """Store what the caps depend on that this change switches on: the countries of the last twelve months, and the
    first payment of each card. A new account has neither.

    Raises:
        Conflict: `countries_not_indexed`: no index run of the last days.
        Unavailable: the table did not answer in time; the same call is safe again.
    """
    if before is None:
        return
    old, new = before.limits, after.limits
    account_id = after.account_id
    if new.first_country_cap_micros is not None and old.first_country_cap_micros is None:
        countries = CountryStore(client, table_name)
        indexed_at = countries.indexed_at(account_id)
        if indexed_at < format_instant(now - INDEX_LIFETIME):
            raise _not_indexed(account_id)
        since = format_instant(datetime.fromisoformat(indexed_at) - MAY_COME_LATE)
        countries.index(account_id, now, since)
    if new.young_money_cap_micros is not None and old.young_money_cap_micros is None:
        partition = Partition(client, table_name, keys.account_pk(account_id))
        for action in earlier_actions(
            table_name, account_id, partition.query(*cap_keys.topup_range(), consistent=True)
        ):
            transact(client, [action])


def _not_indexed(account_id: str) -> Conflict:
    return Conflict(
        ProblemCode.COUNTRIES_NOT_INDEXED,
        "first_country_cap needs to know the countries that the account has called. Ask the operator to run "
        f"make index-countries ACCOUNT={account_id} STACK=<stack>, and repeat the request within "
        f"{INDEX_LIFETIME.days} days.",
    )
