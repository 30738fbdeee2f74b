"""The book: what one entry says, and what a set of entries does to the balance and to the days. No AWS word in it.

An entry moves money between two accounts of the book: the customer's prepaid credit is a liability, so a call
debits it to revenue and a top-up credits it from cash. `amount_micros` is the customer's side: negative for a
charge, positive for credit. An entry is written once and never changes; a mistake is mended by another entry.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from calling_credit.categories import ADJUSTMENT
from calling_credit.instants import format_instant, local_date

CUSTOMER_CREDIT: Final = "customer_credit"
CALL_REVENUE: Final = "call_revenue"
OPERATOR_ADJUSTMENTS: Final = "operator_adjustments"
CARD_PAYMENTS: Final = "card_payments"

CALL_CHARGED: Final = "call_charged"
CALL_TAKEN_BACK: Final = "call_taken_back"
"""A call's charge is reversed because it is priced again."""
BALANCE_ADJUSTED: Final = "balance_adjusted"
TOP_UP_PAID: Final = "top_up_paid"
CREDIT_REVERSED: Final = "credit_reversed"
CREDIT_RETURNED: Final = "credit_returned"


UNARMED_MICROS: Final = 10**15
"""What headroom adds to the posted balance while no recharge rule is armed: never negative, so it wakes nobody."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One immutable line of an account's book.

    `happened_at` (the world, UTC milliseconds) and `cause_id` are facts of the cause alone and make the key: the
    same cause is the same entry whatever the price, the delivery or the hour. `recorded_at` is the book's time.
    `explanation` holds what the kind needs to be explained later (a call: deck, prefix, rate, fee, …).
    """

    account_id: str
    happened_at: str
    cause_id: str
    kind: str
    category: str
    amount_micros: int
    local_date: str
    recorded_at: str
    facts_hash: str
    billed_seconds: int = 0
    explanation: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same entry: account, when it happened, its cause."""
        return self.account_id, self.happened_at, self.cause_id

    @property
    def debit(self) -> str:
        """The account of the book this entry debits."""
        return CUSTOMER_CREDIT if self.amount_micros < 0 else _COUNTER_ACCOUNT[self.kind]

    @property
    def credit(self) -> str:
        """The account of the book this entry credits."""
        return _COUNTER_ACCOUNT[self.kind] if self.amount_micros < 0 else CUSTOMER_CREDIT


_COUNTER_ACCOUNT: Final = {
    CALL_CHARGED: CALL_REVENUE,
    CALL_TAKEN_BACK: CALL_REVENUE,
    BALANCE_ADJUSTED: OPERATOR_ADJUSTMENTS,
    TOP_UP_PAID: CARD_PAYMENTS,
    CREDIT_REVERSED: CARD_PAYMENTS,
    CREDIT_RETURNED: CARD_PAYMENTS,
}


@dataclass(slots=True)
class DayTotal:
    """What entries add to one local date and category. `taken_back` counts the charges of calls that are reversed, so
    that calls can be told from entries.
    """

    count: int = 0
    billed_seconds: int = 0
    total_micros: int = 0
    taken_back: int = 0


def local_date_of(happened_at: str, time_zone: str) -> str:
    """The local date of an instant as keys write it."""
    return local_date(datetime.fromisoformat(happened_at), time_zone)


def adjustment_entry(
    account_id: str, adjustment_id: str, amount_micros: int, reason: str, time_zone: str, now: datetime
) -> Entry:
    """The operator gives or takes credit, with the reason the customer reads on the statement."""
    instant = format_instant(now)
    return Entry(
        account_id=account_id,
        happened_at=instant,
        cause_id=adjustment_id,
        kind=BALANCE_ADJUSTED,
        category=ADJUSTMENT,
        amount_micros=amount_micros,
        local_date=local_date(now, time_zone),
        recorded_at=instant,
        facts_hash=adjustment_id,
        explanation={"reason": reason},
    )


def balance_change(entries: Iterable[Entry]) -> int:
    """By how many micro-dollars these entries move the posted balance."""
    return sum(entry.amount_micros for entry in entries)


def day_changes(entries: Iterable[Entry]) -> dict[tuple[str, str], DayTotal]:
    """What these entries add to each `(local_date, category)`."""
    days: dict[tuple[str, str], DayTotal] = {}
    for entry in entries:
        day = days.setdefault((entry.local_date, entry.category), DayTotal())
        day.count += 1
        day.billed_seconds += entry.billed_seconds
        day.total_micros += entry.amount_micros
        day.taken_back += entry.kind == CALL_TAKEN_BACK
    return days
