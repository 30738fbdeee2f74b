"""Two decks side by side, by prefix: which prefixes differ. Most rows of a new deck are those of the active one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from calling_credit.rates.deck import ANY_ORIGIN, Deck, RateRow

RowsByPrefix = Mapping[str, list[RateRow]]


@dataclass(frozen=True, slots=True)
class DeckPair:
    """The rows of the active deck (`old`, empty for the first deck) and of a new one by prefix.

    `changed` lists the prefixes whose rows differ, those of only one deck included. `unsettled` lists the others whose
    price may still change: some origins have their own row, or a row takes effect later.
    """

    old: RowsByPrefix
    new: RowsByPrefix
    changed: tuple[str, ...]
    unsettled: tuple[str, ...]
    is_first: bool


def pair_decks(before: Deck | None, after: Deck, at: str) -> DeckPair:
    """Put the active deck (None for the first deck) and a new one side by side, at an instant."""
    old, new = _by_prefix(before.rows if before else ()), _by_prefix(after.rows)
    changed = [prefix for prefix in old if prefix not in new]
    unsettled = []
    for prefix, rows in new.items():
        former = old.get(prefix)
        if former is None or not _same_rows(former, rows):
            changed.append(prefix)
        elif len(rows) > 1 or rows[0].origin != ANY_ORIGIN or rows[0].effective_from > at:
            unsettled.append(prefix)
    return DeckPair(old, new, tuple(changed), tuple(unsettled), before is None)


def _by_prefix(rows: Iterable[RateRow]) -> RowsByPrefix:
    by_prefix: dict[str, list[RateRow]] = {}
    for row in rows:
        others = by_prefix.get(row.prefix)
        if others is None:
            by_prefix[row.prefix] = [row]
        else:
            others.append(row)
    return by_prefix


def _same_rows(old: list[RateRow], new: list[RateRow]) -> bool:
    return len(old) == len(new) and all(map(_same_terms, old, new))


def _same_terms(a: RateRow, b: RateRow) -> bool:
    """Return whether two rows price every call alike, from the same instant on."""
    return (
        a.rate_micros_per_minute == b.rate_micros_per_minute
        and a.effective_from == b.effective_from
        and a.category == b.category
        and a.connection_fee_micros == b.connection_fee_micros
        and a.minimum_seconds == b.minimum_seconds
        and a.increment_seconds == b.increment_seconds
        and a.origin == b.origin
        and a.rate_steps == b.rate_steps
    )
