"""The proof of an account's granted credit: the running sum of call charges, and what happened to each lot.

Like the whole proof, it names differences and never corrects them, and reads no table.
"""

from collections.abc import Iterator

from calling_credit.audit.book import Book
from calling_credit.audit.proof import Difference, DifferenceCode, usd
from calling_credit.categories import RESERVED_CATEGORIES
from calling_credit.lots.consumption import used_micros


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

    lots = {lot.lot_id: lot for lot in book.lots}
    if len(book.lots) != book.lot_count:
        yield difference(f"lots of {book.account_id}", f"{len(book.lots)} lots", f"{book.lot_count} in the balance")
    used = used_micros(book.lots, book.charged_micros)
    for lot in book.lots:
        given, expired = book.given_micros.get(lot.lot_id, 0), book.expired_micros[lot.lot_id]
        if given != lot.amount_micros:
            yield difference(lot.lot_id, f"{usd(given)} given", usd(lot.amount_micros))
        if expired != lot.expired_micros:
            yield difference(lot.lot_id, f"{usd(expired)} expired", usd(lot.expired_micros))
        parts = sum(part.amount_micros for part in lot.parts), len(lot.parts)
        if parts != (lot.expired_micros, lot.expired_parts):
            found = f"{usd(lot.expired_micros)} in {lot.expired_parts}"
            yield difference(lot.lot_id, f"{usd(parts[0])} expired in {parts[1]} parts", found)
        if used[lot.lot_id] > lot.spendable_micros:
            taken = usd(used[lot.lot_id] + lot.amount_micros - lot.spendable_micros)
            yield difference(lot.lot_id, f"at most {usd(lot.amount_micros)} used or expired", taken)
    for lot_id in sorted(book.expired_micros.keys() - lots.keys()):
        yield difference(lot_id, f"{usd(book.expired_micros[lot_id])} expired", "no lot")
