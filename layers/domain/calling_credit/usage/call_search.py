"""Lists the charged calls that match a filter, newest first, for at most some seconds. The filter is DynamoDB's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from calling_credit.clock import Patience
from calling_credit.dynamodb import keys, sum_keys
from calling_credit.instants import Period, widened_utc_window
from calling_credit.ledger.entries import EntryKind
from calling_credit.ledger.entry_filter import EntryFilter
from calling_credit.ledger.entry_slices import Piece, Slice, slices_of
from calling_credit.ledger.reader import LedgerReader, entry_counts
from calling_credit.ledger.stored_items import entry_from_item

SEARCH_SECONDS: Final = 5.0
"""How long one request reads. A person who waits sees progress every few seconds, and the gateway waits for 29."""
MAX_FIRST_LOOK: Final = 1_000
"""The entries that a request for a usual page evaluates before it reads in slices."""


@dataclass(frozen=True, slots=True)
class FoundCalls:
    """A page of calls as plain items. `after` is where the next page starts, None at the end. `evaluated` is how many
    entries were evaluated for the calls of this page.
    """

    entries: list[dict[str, Any]]
    after: str | None
    evaluated: int

    @property
    def progress(self) -> dict[str, Any]:
        """`{calls, until}`: how much was read, and the instant down to which; null at the end of the period."""
        return {"calls": self.evaluated, "until": None if self.after is None else sum_keys.instant_of(self.after)}


def find_calls(
    ledger: LedgerReader, period: Period, matching: EntryFilter, after: str | None, limit: int, *, is_search: bool
) -> FoundCalls:
    """Read up to `limit` calls below a position, or as many as the time allows. Each call is shown by its current
    charge; one that is taken back, or that a rerating made free, is not. A search evaluates entries of which
    most do not match.
    """
    reader = ledger.slice_reader(matching, consistent=not is_search)
    patience = Patience(SEARCH_SECONDS)

    def pieces() -> Iterator[Piece]:
        position = after
        if not is_search and limit <= MAX_FIRST_LOOK:
            low, high = keys.entry_range(*widened_utc_window(period.first, period.last))
            piece = reader.look(Slice(low, min(high, after or high)), min(MAX_FIRST_LOOK, max(50, 2 * limit)))
            yield piece
            if piece.after is None:
                return
            position = piece.after
        counts = entry_counts(ledger.days(period.first.isoformat(), period.last.isoformat()))
        yield from reader.pieces(slices_of(period, counts, position), seconds_left(patience), limit)

    return _merge(pieces(), after, limit)


def seconds_left(patience: Patience) -> Callable[[], float]:
    """The seconds that a request may still read."""
    return lambda: patience.left() or 0.0


def _merge(pieces: Iterator[Piece], after: str | None, limit: int) -> FoundCalls:
    """Take calls from pieces until there are enough. Pieces behind an unfinished one do not follow."""
    entries: list[dict[str, Any]] = []
    call = keys.call_of(after) if after is not None and sum_keys.is_of_entry(after) else None
    evaluated, position = 0, None
    for piece in pieces:
        for number, attributes in enumerate(piece.items):
            before, call = call, keys.call_of(attributes["SK"]["S"])
            if call == before or attributes["kind"]["S"] == EntryKind.CALL_TAKEN_BACK:
                continue
            if len(entries) == limit:
                return FoundCalls(entries, entries[-1]["SK"], evaluated + number)
            entries.append(entry_from_item(attributes))
        evaluated += piece.evaluated
        position = piece.after
    return FoundCalls(entries, position, evaluated)
