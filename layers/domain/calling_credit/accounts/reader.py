"""Reads an account's settings, lines, and users. Queries read only the account's partition."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.account import Account, Line, account_from_item
from calling_credit.accounts.bundles import OwnBundle, bundles_from_item
from calling_credit.accounts.line_budgets import read_line_views, shows_budget, view_without_budget
from calling_credit.accounts.line_items import change_view, line_from_item
from calling_credit.accounts.minute_counters import MinuteCounter, counter_from_plain
from calling_credit.accounts.user import User, user_from_item
from calling_credit.dynamodb import change_keys, keys, minute_keys
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.unreadable import OnUnreadable, UnreadableItem, checked, raise_unreadable, readable
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.numbering import country_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class LinesAtAGlance:
    """The number of an account's open lines, of those that may call abroad, and the bundles of all."""

    total: int
    enabled: int
    bundles: tuple[OwnBundle, ...] = ()
    numbers: Mapping[str, str] = field(default_factory=dict)
    """The number of each line that has a bundle."""


class AccountReader:
    """One account within one request. Its settings are read once. `on_unreadable` gets the lines, users, and changes
    that the lists leave out.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        account_id: str,
        on_unreadable: OnUnreadable = raise_unreadable,
    ) -> None:
        self.account_id = account_id
        self._client = client
        self._table_name = table_name
        self._on_unreadable = on_unreadable
        self._partition = Partition(client, table_name, keys.account_pk(account_id))
        self._account: Account | None = None

    def account(self) -> Account:
        """Read the account's settings.

        Raises:
            NotFound: `unknown_account`.
        """
        if self._account is None:
            item = self._partition.get(keys.account_sk())
            if item is None:
                raise NotFound(
                    ProblemCode.UNKNOWN_ACCOUNT, "This account does not exist; the operator creates accounts."
                )
            self._account = account_from_item(item)
        return self._account

    def lines(self) -> list[Line]:
        """The account's open lines, by number."""
        lines = readable(self._open_lines(keys.line_prefix()), line_from_item, self._on_unreadable)
        return sorted(lines, key=lambda line: (line.number, line.line_id))

    def lines_after(self, line_id: str | None, limit: int) -> tuple[list[Line], bool]:
        """A page of the account's open lines by id, after a line, and whether more follow."""
        low = keys.line_prefix() if line_id is None else f"{keys.line_sk(line_id)}\0"
        found = readable(self._open_lines(low), line_from_item, self._on_unreadable)
        lines = list(islice(found, limit + 1))
        return lines[:limit], len(lines) > limit

    def line_numbers(self) -> dict[str, str]:
        """The number of every line, also of one whose number moved away."""
        lines = self._items(keys.line_prefix(), keys.line_prefix() + keys.AFTER, _number_of)
        return {keys.id_of(line["SK"]): line["number"] for line in lines}

    def line_countries(self, line_id: str | None) -> list[str]:
        """The countries of the numbers of the account's lines, in the order of the lines' ids; of one line if it is
        named.

        Raises:
            NotFound: `unknown_line`.
        """
        if line_id is None:
            lines = readable(self._open_lines(keys.line_prefix()), checked(_number_of), self._on_unreadable)
            return list(dict.fromkeys(country_of(line["number"]) for line in lines))
        line = self._partition.get(keys.line_sk(line_id))
        if line is None or "closes_at" in line:
            raise _unknown_line()
        return [country_of(line["number"])]

    def lines_at_a_glance(self) -> LinesAtAGlance:
        """How many open lines the account has, how many may call abroad, and their bundles of included minutes."""
        lines = list(readable(self._open_lines(keys.line_prefix()), checked(_line_and_bundles), self._on_unreadable))
        bundles = [
            OwnBundle(keys.id_of(line["SK"]), bundle)
            for line in lines
            for bundle in bundles_from_item(line.get("bundles", ()))
        ]
        numbers = {keys.id_of(line["SK"]): str(line["number"]) for line in lines if "bundles" in line}
        enabled = sum(bool(line["international_calling"]) for line in lines)
        return LinesAtAGlance(len(lines), enabled, tuple(bundles), numbers)

    def counters(self, month: str) -> list[MinuteCounter]:
        """The counters of included minutes of a local month (`yyyy-mm`)."""
        return list(map(counter_from_plain, self._partition.query(*minute_keys.month_range(month))))

    def _open_lines(self, low: str) -> Iterator[dict[str, Any]]:
        """The lines from a sort key on whose numbers have not moved away."""
        lines = self._items(low, keys.line_prefix() + keys.AFTER)
        return (line for line in lines if "closes_at" not in line)

    def _items(
        self, low: str, high: str, check: Callable[[dict[str, Any]], object] = bool, *, newest_first: bool = False
    ) -> Iterator[dict[str, Any]]:
        """The readable items between two sort keys."""
        found = self._partition.query(low, high, newest_first=newest_first, on_unreadable=self._on_unreadable)
        return readable(found, checked(check), self._on_unreadable)

    def line_changes(self, line_id: str, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
        """A page of the changes of a line's international calling, newest first, and the sort key after which the next
        page starts.

        Raises:
            NotFound: `unknown_line`.
        """
        damaged: list[UnreadableItem] = []
        line = self._partition.query(keys.line_sk(line_id), keys.line_sk(line_id), on_unreadable=damaged.append)
        if not [*line, *damaged]:
            raise _unknown_line()
        low, high = change_keys.change_range(line_id)
        if after is not None:
            high = after
        newest = self._items(low, high, change_view, newest_first=True)
        items = list(islice((item for item in newest if item["SK"] != after), limit + 1))
        page = items[:limit]
        return page, page[-1]["SK"] if len(items) > limit else None

    def user_names(self) -> dict[str, str]:
        """The name of every user."""
        users = self._items(keys.user_prefix(), keys.user_prefix() + keys.AFTER, _name_of)
        return {keys.id_of(user["SK"]): user["name"] for user in users}

    def users(self) -> dict[str, User]:
        """Every user, by id."""
        found = self._items(keys.user_prefix(), keys.user_prefix() + keys.AFTER)
        users = readable(found, user_from_item, self._on_unreadable)
        return {user.user_id: user for user in users}

    def line_views(self, lines: Iterable[Line], users: Mapping[str, User], now: datetime) -> list[dict[str, Any]]:
        """Lines as lists show them, with the budgets of the running month and the open requests for more."""
        zone, report = self.account().time_zone, self._on_unreadable
        return read_line_views(self._client, self._table_name, self.account_id, zone, lines, users, now, report)

    def view_of(self, line: Line, now: datetime) -> dict[str, Any]:
        """A line as lists show it. The account is read only if the line or its user has a budget."""
        item = self._partition.get(keys.user_sk(line.user_id))
        user = None if item is None else user_from_item(item)
        if not shows_budget(line, user):
            return view_without_budget(line, user)
        [view] = self.line_views([line], {} if user is None else {user.user_id: user}, now)
        return view


def _line_and_bundles(line: dict[str, Any]) -> object:
    return line_from_item(line), bundles_from_item(line.get("bundles", ()))


def _number_of(line: dict[str, Any]) -> str:
    return str(line["number"])


def _name_of(user: dict[str, Any]) -> str:
    return str(user["name"])


def _unknown_line() -> NotFound:
    return NotFound(ProblemCode.UNKNOWN_LINE, "This account has no line with this id; GET /lines lists them.")
