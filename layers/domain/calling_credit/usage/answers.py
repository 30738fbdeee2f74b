"""The answers of an account's lists (usage, statement, lines), for its customers and for the phone company's staff."""

from datetime import datetime
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from calling_credit import instants
from calling_credit.accounts.account import line_view
from calling_credit.accounts.reader import AccountReader
from calling_credit.api.pagination import Listing
from calling_credit.api.resolver import DEFAULT_LIMIT, MAX_LIMIT, answer, csv_answer, query, wants_csv
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.instants import format_instant, local_date
from calling_credit.ledger.reader import LedgerReader
from calling_credit.usage import summary
from calling_credit.usage.statement import read_daily_balances, read_statement


class AccountAnswers:
    """The lists of one account within one request. `list_name` is what else their cursors belong to, so that no cursor
    of one reader continues the list of another.
    """

    def __init__(
        self, app: APIGatewayHttpResolver, account: AccountReader, ledger: LedgerReader, now: datetime, *list_name: str
    ) -> None:
        self._app = app
        self._account = account
        self._ledger = ledger
        self._now = now
        self._list_name = (*list_name, account.account_id)

    def period(self) -> instants.Period:
        """The requested dates, in the account's time zone.

        Raises:
            NotFound: unknown_account. InvalidValue: invalid_date, invalid_date_range.
        """
        today = local_date(self._now, self._account.account().time_zone)
        return instants.read_period(query(self._app, "from"), query(self._app, "to"), today)

    def usage(self) -> Response[str]:
        """Spending by category and by day. Raises the errors of `period`."""
        period = self.period()
        days = self._ledger.days(period.first.isoformat(), period.last.isoformat())
        return answer(summary.usage_summary(days, self._account.account().currency))

    def calls(self, category: str) -> Response[str]:
        """A page of the calls of a category, newest first, as JSON or CSV.

        Raises:
            NotFound: unknown_account, unknown_category.
            InvalidValue: invalid_date, invalid_date_range, invalid_limit, invalid_cursor.
        """
        period = self.period()
        summary.check_call_category(category)
        user_id = query(self._app, "user_id")
        as_csv = wants_csv(self._app)
        default, maximum = (summary.CSV_ROWS, summary.CSV_ROWS) if as_csv else (DEFAULT_LIMIT, MAX_LIMIT)
        scope = (*self._list_name, "usage", category, period.first.isoformat(), period.last.isoformat(), user_id)
        listing = Listing(self._app, *scope, default=default, maximum=maximum)
        equal = {"category": category} | ({"user_id": user_id} if user_id else {})
        entries, after = self._ledger.entries(
            period, after=listing.position, limit=listing.limit, newest_first=True, equal=equal, calls_only=True
        )
        names = self._account.user_names()
        rows = [summary.call_row(entry, names) for entry in entries]
        if as_csv:
            return csv_answer(summary.csv_text(rows), listing.next_cursor(after))
        return answer({"items": rows, "next_cursor": listing.next_cursor(after)})

    def statement(self) -> Response[str]:
        """A page of the statement, or with `by=day` the balance of each day.

        Raises:
            NotFound: unknown_account.
            InvalidValue: invalid_date, invalid_date_range, invalid_query, invalid_limit, invalid_cursor.
        """
        period, by = self.period(), query(self._app, "by")
        as_of = format_instant(self._now)
        if by == "day":
            return answer(read_daily_balances(self._ledger, period) | {"as_of": as_of})
        if by is not None:
            raise InvalidValue(ProblemCode.INVALID_QUERY, "by must be day, or absent.")
        dates = (period.first.isoformat(), period.last.isoformat())
        listing = Listing(self._app, *self._list_name, "statement", *dates)
        page, after = read_statement(self._ledger, period, listing.position, listing.limit, as_of)
        return answer(page | {"next_cursor": listing.next_cursor(after)})

    def lines(self) -> Response[str]:
        """A page of the account's lines.

        Raises:
            NotFound: unknown_account. InvalidValue: invalid_limit, invalid_cursor.
        """
        self._account.account()
        listing = Listing(self._app, *self._list_name, "lines")
        page, after = self._account.lines(listing.position, listing.limit)
        names = self._account.user_names()
        items: list[dict[str, Any]] = [line_view(line, names.get(line.user_id)) for line in page]
        return answer({"items": items, "next_cursor": listing.next_cursor(after)})
