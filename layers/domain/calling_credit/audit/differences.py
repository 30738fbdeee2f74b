"""What a proof finds: the parts of a book, and the stable code of each kind of difference."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from calling_credit.money import format_money


class BookPart(StrEnum):
    """The parts of a book that a proof checks, in the order in which operators read them."""

    ENTRIES = "entries"
    DAYS = "days"
    MINUTES = "minutes"
    BALANCE = "balance"
    LOTS = "granted credit"
    TOP_UPS = "top-ups"
    PAYMENTS = "payments at Stripe"
    REVERSALS = "refunds, disputes"
    DOCUMENTS = "receipts, notes"


class DifferenceCode(StrEnum):
    """The stable code of each kind of difference, and the part of the book in which it lies.

    A member without its part does not import, so no table of differences can miss a code.
    """

    part: BookPart

    def __new__(cls, value: str, part: BookPart) -> Self:
        """Make a member of a code and its part."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.part = part
        return member

    POSTED = "posted_is_not_the_sum_of_entries", BookPart.BALANCE
    DAY = "day_is_not_the_sum_of_its_entries", BookPart.DAYS
    DAILY_SUMS = "daily_sums_are_not_those_of_their_entries", BookPart.DAYS
    USED_MINUTES = "used_minutes_are_not_those_of_their_entries", BookPart.MINUTES
    LEFT_MINUTES = "left_minutes_are_not_what_is_neither_used_nor_held", BookPart.MINUTES
    CHARGED = "charged_is_not_the_sum_of_calls", BookPart.BALANCE
    LOT = "lot_is_not_what_its_entries_say", BookPart.LOTS
    HELD = "held_is_not_the_sum_of_live_holds", BookPart.BALANCE
    AVAILABLE = "available_is_not_posted_less_held", BookPart.BALANCE
    HEADROOM = "headroom_is_neither_armed_nor_unarmed", BookPart.BALANCE
    NOT_ENTERED = "payment_without_entry", BookPart.PAYMENTS
    NOT_PAID = "entry_without_payment", BookPart.ENTRIES
    OTHER_AMOUNT = "entry_of_another_amount", BookPart.ENTRIES
    TWICE = "two_entries_for_one_payment", BookPart.ENTRIES
    REVERSED = "reversed_is_not_what_stands_at_stripe", BookPart.REVERSALS
    TOP_UP_NOT_ENTERED = "top_up_succeeded_without_entry", BookPart.TOP_UPS
    NOT_ISSUED = "document_not_issued", BookPart.DOCUMENTS
    NUMBERS = "numbers_of_documents_have_a_gap", BookPart.DOCUMENTS
    DOCUMENT = "document_is_not_what_its_payment_says", BookPart.DOCUMENTS


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference: a stable code, the object, and the expected and the actual text."""

    code: DifferenceCode
    account_id: str
    object_id: str
    expected: str
    found: str

    @property
    def key(self) -> str:
        """Identifies the same difference in a later proof."""
        return f"{self.code}:{self.account_id}:{self.object_id}"

    def __str__(self) -> str:
        return f"expected {self.expected}, found {self.found}"


def usd(micros: int) -> str:
    """Return an amount for operators."""
    return f"{format_money(micros)} USD"
