"""How an account's payments are taxed now, by the stack's setting and the published table, which a warm function keeps
for a minute.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from calling_credit.config import config
from calling_credit.dynamodb.errors import code_of
from calling_credit.tax.bucket import TABLE_ERRORS, read_table, table_client
from calling_credit.tax.calculation import Taxation
from calling_credit.tax.details import BillingDetails
from calling_credit.tax.rates import TaxTable, TaxTableError, parse_tax_table

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_s3 import S3Client

BY_TABLE: Final = "table"
"""The value of the parameter `Tax` that taxes payments."""
FRESH_FOR: Final = timedelta(minutes=1)
USABLE_FOR: Final = timedelta(hours=1)
"""How long a table is used after it was read while it cannot be read again."""


class Taxing:
    """The tax of the stack. Without tax, it reads nothing. A table that cannot be read is logged."""

    def __init__(self, logger: "Logger") -> None:
        self._logger = logger
        self._client: S3Client | None = None
        self.forget()

    def forget(self) -> None:
        """Forget the table, as a cold start does."""
        self._table: TaxTable | None = None
        self._read_at: datetime | None = None
        self._tried_at: datetime | None = None

    def renew(self) -> None:
        """Read the table again when it is needed next. If that fails, the known one is used."""
        self._tried_at = None

    @property
    def is_on(self) -> bool:
        """Whether payments are taxed."""
        return config().tax == BY_TABLE

    def of(self, details: BillingDetails | None, now: datetime) -> Taxation:
        """How the payments of an account with these details are taxed. Without a table, or a row for its place, the tax
        is not available.
        """
        billing = None if details is None else details.at_creation
        if not self.is_on:
            return Taxation(billing=billing)
        table = None if details is None else self._known_table(now)
        if details is None or table is None:
            return Taxation(is_due=True, billing=billing)
        rate = table.rate(details.address.country, details.address.region, now)
        return Taxation(is_due=True, rate=rate, billing=billing)

    def _known_table(self, now: datetime) -> TaxTable | None:
        if not _is_within(self._tried_at, FRESH_FOR, now):
            self._tried_at = now
            self._refresh(now)
        return self._table if _is_within(self._read_at, USABLE_FOR, now) else None

    def _refresh(self, now: datetime) -> None:
        """Read the table again. One that is missing or damaged leaves the known one, until that is too old."""
        if self._client is None:
            self._client = table_client()
        try:
            self._table, self._read_at = parse_tax_table(read_table(self._client, config().deck_bucket)), now
        except (TaxTableError, *TABLE_ERRORS) as error:
            self._logger.warning("tax_table_not_read", code=code_of(error), is_known=self._table is not None)
            if self._table is None:
                self._tried_at = None


def _is_within(at: datetime | None, lifetime: timedelta, now: datetime) -> bool:
    return at is not None and timedelta(0) <= now - at < lifetime
