"""Reads an account's settings, lines, and users. Queries read only the account's partition."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.account import Account, Line, account_from_item
from calling_credit.accounts.bundles import OwnBundle, bundles_from_item
from calling_credit.accounts.line_items import line_from_item
from calling_credit.accounts.minute_counters import MinuteCounter, counter_from_plain
from calling_credit.dynamodb import change_keys, keys, minute_keys
from calling_credit.dynamodb.partition import Partition
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
    """One account within one request. Its settings are read once."""

    def __init__(self, client: "DynamoDBClient", table_name: str, account_id: str) -> None:
        self.account_id = account_id
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
        lines = map(line_from_item, self._open_lines(keys.line_prefix()))
        return sorted(lines, key=lambda line: (line.number, line.line_id))

    def lines_after(self, line_id: str | None, limit: int) -> tuple[list[Line], bool]:
        """A page of the account's open lines by id, after a line, and whether more follow."""
        low = keys.line_prefix() if line_id is None else f"{keys.line_sk(line_id)}\0"
        items = list(islice(self._open_lines(low), limit + 1))
        return [line_from_item(item) for item in items[:limit]], len(items) > limit

    def line_numbers(self) -> dict[str, str]:
        """The number of every line, also of one whose number moved away."""
        lines = self._partition.query(keys.line_prefix(), keys.line_prefix() + keys.AFTER)
        return {keys.id_of(line["SK"]): line["number"] for line in lines}

    def line_countries(self, line_id: str | None) -> list[str]:
        """The countries of the numbers of the account's lines, in the order of the lines' ids; of one line if it is
        named.

        Raises:
            NotFound: `unknown_line`.
        """
        if line_id is None:
            lines = self._open_lines(keys.line_prefix())
            return list(dict.fromkeys(country_of(line["number"]) for line in lines))
        line = self._partition.get(keys.line_sk(line_id))
        if line is None or "closes_at" in line:
            raise _unknown_line()
        return [country_of(line["number"])]

    def lines_at_a_glance(self) -> LinesAtAGlance:
        """How many open lines the account has, how many may call abroad, and their bundles of included minutes."""
        lines = list(self._open_lines(keys.line_prefix()))
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
        lines = self._partition.query(low, keys.line_prefix() + keys.AFTER)
        return (line for line in lines if "closes_at" not in line)

    def line_changes(self, line_id: str, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
        """A page of the changes of a line's international calling, newest first, and the sort key after which the next
        page starts.

        Raises:
            NotFound: `unknown_line`.
        """
        if not list(self._partition.query(keys.line_sk(line_id), keys.line_sk(line_id))):
            raise _unknown_line()
        low, high = change_keys.change_range(line_id)
        if after is not None:
            high = after
        newest = self._partition.query(low, high, newest_first=True)
        items = list(islice((item for item in newest if item["SK"] != after), limit + 1))
        page = items[:limit]
        return page, page[-1]["SK"] if len(items) > limit else None

    def user_names(self) -> dict[str, str]:
        """The name of every user."""
        users = self._partition.query(keys.user_prefix(), keys.user_prefix() + keys.AFTER)
        return {keys.id_of(user["SK"]): user["name"] for user in users}


def _unknown_line() -> NotFound:
    return NotFound(ProblemCode.UNKNOWN_LINE, "This account has no line with this id; GET /lines lists them.")
