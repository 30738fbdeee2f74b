"""The proof of an account's granted credit: the running sum of call charges, and what happened to each lot.

Like the whole proof, it names differences and never corrects them, and reads no table.
"""

from collections.abc import Iterator, Mapping

from calling_credit.audit.book import Book
from calling_credit.audit.proof import Difference, DifferenceCode, usd
from calling_credit.categories import RESERVED_CATEGORIES
from calling_credit.lots.consumption import used_micros
from calling_credit.lots.lot import Lot
from calling_credit.lots.store import with_returns


def prove_charges(book: Book) -> list[Difference]:
    """Return the difference between the running sum of charges and the days of calls, which need no entry of their own.
    An account that is older than the running sum cannot be compared.
    """
    if book.charged_micros is None:
        return []
    of_calls = (total.total_micros for (_, category), total in book.days.items() if category not in RESERVED_CATEGORIES)
    expected, code = -sum(of_calls), DifferenceCode.CHARGED
    if expected == book.charged_micros:
        return []
    return [Difference(code, book.account_id, f"balance of {book.account_id}", usd(expected), usd(book.charged_micros))]


def prove_lots(book: Book) -> list[Difference]:
    """Return the differences of the lots. Only a full proof reads all entries."""
    return [*prove_charges(book), *_prove_lots(book)]


def _prove_lots(book: Book) -> Iterator[Difference]:
    def difference(lot_id: str, expected: str, found: str) -> Difference:
        return Difference(DifferenceCode.LOT, book.account_id, lot_id, expected, found)

    known = with_returns([*book.lots, *book.lot_returns])
    lots = {lot.lot_id: lot for lot in known}
    if len(book.lots) != book.lot_count:
        yield difference(f"lots of {book.account_id}", f"{len(book.lots)} lots", f"{book.lot_count} in the balance")
    used = used_micros(known, book.charged_micros)
    for lot in known:
        given = book.given_micros.get(lot.lot_id, 0)
        if given != lot.amount_micros:
            yield difference(lot.lot_id, f"{usd(given)} given", usd(lot.amount_micros))
        parts = sum(part.amount_micros for part in lot.parts), len(lot.parts)
        if parts != (lot.expired_micros, lot.expired_parts):
            found = f"{usd(lot.expired_micros)} in {lot.expired_parts}"
            yield difference(lot.lot_id, f"{usd(parts[0])} expired in {parts[1]} parts", found)
        if used[lot.lot_id] > lot.spendable_micros:
            taken = usd(used[lot.lot_id] + lot.amount_micros - lot.spendable_micros)
            yield difference(lot.lot_id, f"at most {usd(lot.amount_micros)} used or expired", taken)
    yield from _prove_entries(book, lots)


def _prove_entries(book: Book, lots: Mapping[str, Lot]) -> Iterator[Difference]:
    """Return the differences between what entries say has expired or was taken back, and what the lots store."""
    expired = {lot_id: lot.expired_micros for lot_id, lot in lots.items()}
    taken_back = {lot_id: lot.taken_back_micros for lot_id, lot in lots.items()}
    for what, entered, stored in (
        ("expired", book.expired_micros, expired),
        ("taken back", book.taken_back_micros, taken_back),
    ):
        for lot_id in [*stored, *sorted(entered.keys() - stored.keys())]:
            if entered[lot_id] != stored.get(lot_id, 0):
                found = usd(stored[lot_id]) if lot_id in stored else "no lot"
                yield Difference(DifferenceCode.LOT, book.account_id, lot_id, f"{usd(entered[lot_id])} {what}", found)
