"""Tells the owners of armed rules that their charges will be taxed."""

from datetime import datetime
from typing import TYPE_CHECKING

from calling_credit.recharge.attempts import State
from calling_credit.recharge.rule_tax import announce_tax
from calling_credit.tax.calculation import NO_TAX
from calling_credit.tax.details_store import BillingDetailsStore
from calling_credit.tax.taxing import Taxing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class TaxNotices:
    """The announcements of one stack. Only an announcement reads the billing details and the rates."""

    def __init__(self, client: "DynamoDBClient", table_name: str, taxing: Taxing) -> None:
        self._details = BillingDetailsStore(client, table_name)
        self._taxing = taxing

    def apply(self, account_id: str, state: State, now: datetime) -> State:
        """The state of an armed rule with the announcement that is due, if one is.

        Raises:
            Unavailable: the table throttles.
        """
        if not self._taxing.is_on:
            return announce_tax(state, NO_TAX, now)
        if state.tax_from is not None:
            return state
        return announce_tax(state, self._taxing.of(self._details.read(account_id), now), now)
