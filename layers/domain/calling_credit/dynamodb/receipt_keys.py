"""Spell the keys of receipts and credit notes, and of the counters of their numbers.

The number of a document is `<year>#<n>`, with n of at least six digits, so that the documents of a year sort by it.
"""

from typing import Final

from calling_credit.dynamodb import keys

RECEIPT: Final = "RECEIPT"
CREDIT_NOTE: Final = "CREDIT_NOTE"


def number_text(year: str, count: int) -> str:
    """The number of the document that is the `count`-th of its series in a year."""
    return f"{year}#{count:06d}"


def document_sk(series: str, number: str) -> str:
    """One document of a series (`RECEIPT` or `CREDIT_NOTE`)."""
    return f"{series}#{number}"


def document_range(series: str) -> tuple[str, str]:
    """Bounds of a Query over all documents of a series."""
    return f"{series}#", f"{series}#{keys.AFTER}"


def issued_sk(series: str, year: str) -> str:
    """How many documents of a series and a year are issued."""
    return f"{series}S#{year}"


def number_of(sort_key: str) -> str:
    """The number in the sort key of a document."""
    return sort_key.split("#", 1)[1]


def series_of(sort_key: str) -> str:
    """The series in the sort key of a document."""
    return sort_key.split("#", 1)[0]
