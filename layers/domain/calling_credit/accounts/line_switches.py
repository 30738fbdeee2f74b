"""Turns international calling of all lines of an account on or off, a page of lines at a time. Each line has its own
transaction, so what was changed stays, and a repetition changes only the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from calling_credit.accounts.line_store import LineStore
from calling_credit.accounts.reader import AccountReader
from calling_credit.changes.actor import Actor
from calling_credit.changes.sign_in import SignIn
from calling_credit.errors import InvalidValue, NotFound, ProblemCode
from calling_credit.ids import is_id

LINES_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class LineSwitches:
    """How many lines of a page were changed, how many were not, and the line after which the next page starts."""

    changed: int
    unchanged: int
    next_line: str | None

    @property
    def view(self) -> dict[str, Any]:
        """The answer of `PUT /lines`."""
        return {"changed": self.changed, "unchanged": self.unchanged, "next_cursor": self.next_line}


def parse_line_cursor(body: dict[str, Any]) -> str | None:
    """Parse `cursor`, the line after which a page starts; None for the first page.

    Raises:
        InvalidValue: `invalid_cursor`.
    """
    cursor = body.get("cursor")
    if cursor is None:
        return None
    if not isinstance(cursor, str) or not is_id(cursor):
        detail = "cursor is not one of this list; send the next_cursor of the answer before, or none to begin again."
        raise InvalidValue(ProblemCode.INVALID_CURSOR, detail)
    return cursor


def switch_lines(
    account: AccountReader,
    lines: LineStore,
    enabled: bool,
    after: str | None,
    actor: Actor,
    now: datetime,
    sign_in: SignIn | None,
    seconds_left: Callable[[], float],
) -> LineSwitches:
    """Switch the lines of one page, in the order of their ids, while there is time. A line that is as asked already, or
    whose number moves away meanwhile, is not changed.

    Raises:
        Forbidden: `signed_out`; `account_frozen`, if a line would be turned on.
        Unavailable: `busy`, or the table did not answer in time; the lines before are switched.
    """
    page, has_more = account.lines_after(after, LINES_AT_ONCE)
    changed = unchanged = 0
    for line in page:
        if line.international_calling == enabled:
            unchanged += 1
        elif _switch(account.account_id, lines, line.line_id, enabled, actor, now, sign_in):
            changed += 1
        else:
            unchanged += 1
        if line is not page[-1] and seconds_left() <= 0:
            return LineSwitches(changed, unchanged, line.line_id)
    return LineSwitches(changed, unchanged, page[-1].line_id if has_more else None)


def _switch(
    account_id: str,
    lines: LineStore,
    line_id: str,
    enabled: bool,
    actor: Actor,
    now: datetime,
    sign_in: SignIn | None,
) -> bool:
    """Switch one line. Return whether this call changed it."""
    try:
        _, is_changed = lines.switch_line(account_id, line_id, enabled, actor, now, sign_in=sign_in)
    except NotFound:
        return False  # Its number has moved away since the page was read.
    return is_changed
