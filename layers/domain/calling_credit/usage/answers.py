"""The answers of an account's lists (usage, statement, lines), for its customers and for the phone company's staff."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from calling_credit import instants
from calling_credit.accounts.reader import AccountReader
from calling_credit.accounts.user import User
from calling_credit.api.pagination import Listing
from calling_credit.api.resolver import DEFAULT_LIMIT, answer, csv_answer, query, wants_csv
from calling_credit.dynamodb.unreadable import decode_item
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.instants import format_instant, local_date
from calling_credit.ledger.reader import LedgerReader
from calling_credit.usage import summary
from calling_credit.usage.call_filter import Directory, line_matches, parse_call_filter, parse_find
from calling_credit.usage.call_search import find_calls
from calling_credit.usage.spending import read_spending, spending_view
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
        """A page of the calls of a category, newest first, as JSON or CSV, with any filters.

        Raises:
            NotFound: unknown_account, unknown_category.
            InvalidValue: invalid_date, invalid_date_range, invalid_limit, invalid_cursor, unknown_country,
                invalid_query.
        """
        period = self.period()
        selected = parse_call_filter(partial(query, self._app), category)
        period = selected.narrowed(period)
        as_csv = wants_csv(self._app)
        default, maximum = (summary.CSV_ROWS, summary.CSV_ROWS) if as_csv else (DEFAULT_LIMIT, summary.MAX_ROWS)
        scope = (*self._list_name, "usage", category, *_dates(period), selected.user_id, *selected.scope)
        listing = Listing(self._app, *scope, default=default, maximum=maximum)
        names = self._account.user_names()
        numbers = self._account.line_numbers() if selected.find else {}
        matching = selected.conditions(period, Directory(names, numbers))
        found = find_calls(
            self._ledger, period, matching, listing.position, listing.limit, is_search=selected.is_search
        )
        if found.entries and not numbers:
            numbers = self._account.line_numbers()
        rows = [decode_item(one, lambda entry: summary.call_row(entry, names, numbers)) for one in found.entries]
        if as_csv:
            return csv_answer(summary.csv_text(rows), listing.next_cursor(found.after))
        return answer({"items": rows, "next_cursor": listing.next_cursor(found.after), "read": found.progress})

    def spending(self) -> Response[str]:
        """A part of the spending by user, line, country, and day, with any filters.

        Raises:
            NotFound: unknown_account, unknown_category.
            InvalidValue: invalid_date, invalid_date_range, invalid_cursor, unknown_country, invalid_query.
        """
        whole, account = self.period(), self._account.account()
        selected = parse_call_filter(partial(query, self._app), query(self._app, "category") or None)
        period = selected.narrowed(whole)
        scope = (*self._list_name, "spending", *_dates(period), selected.category, selected.user_id, *selected.scope)
        listing = Listing(self._app, *scope)
        directory = Directory(self._account.user_names(), self._account.line_numbers())
        part = read_spending(self._ledger, period, selected, directory, account.breakdown_since, listing.position)
        cursor = listing.next_cursor(part.position)
        return answer(spending_view(part, period, directory) | {"next_cursor": cursor})

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
        listing = Listing(self._app, *self._list_name, "statement", *_dates(period), maximum=summary.MAX_ROWS)
        page, after = read_statement(self._ledger, period, listing.position, listing.limit, as_of)
        return answer(page | {"next_cursor": listing.next_cursor(after)})

    def lines(self) -> Response[str]:
        """A page of the account's lines with their budgets, by number, of all or of those found by number or user's
        name.

        Raises:
            NotFound: unknown_account. InvalidValue: invalid_limit, invalid_cursor, invalid_query.
        """
        self._account.account()
        find = parse_find(query(self._app, "find"))
        listing = Listing(self._app, *self._list_name, "lines by number", *([find] if find else []))
        users = self._account.users()
        after = tuple(listing.position or ("", ""))
        lines = [
            line
            for line in self._account.lines()
            if (line.number, line.line_id) > after and line_matches(line.number, _name(users, line.user_id), find)
        ]
        page = lines[: listing.limit]
        position = [page[-1].number, page[-1].line_id] if len(lines) > listing.limit else None
        items = self._account.line_views(page, users, self._now)
        return answer({"items": items, "next_cursor": listing.next_cursor(position)})


def _name(users: Mapping[str, User], user_id: str) -> str:
    return users[user_id].name if user_id in users else ""


def _dates(period: instants.Period) -> tuple[str, str]:
    return period.first.isoformat(), period.last.isoformat()
