"""Ledger entries, and their effect on balance and day totals. Does not import AWS.

An entry moves money between two accounts of the ledger. The customer's prepaid credit is a liability, so a call debits
it to revenue and a top-up credits it from cash. `amount_micros` is the customer's side: negative for a charge, positive
for credit. An entry never changes; a further entry corrects a mistake.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from calling_credit.calls import Call
from calling_credit.categories import ADJUSTMENT
from calling_credit.correlation import current_correlation
from calling_credit.instants import format_instant, local_date

CUSTOMER_CREDIT: Final = "customer_credit"
CALL_REVENUE: Final = "call_revenue"
OPERATOR_ADJUSTMENTS: Final = "operator_adjustments"
CARD_PAYMENTS: Final = "card_payments"
GOODWILL_GIFTS: Final = "goodwill"
TRANSFERS: Final = "transfers"
PROMOTIONS: Final = "promotions"
EXPIRED_CREDIT: Final = "expired_credit"


class EntryKind(StrEnum):
    """The kinds of entries. `call_taken_back` reverses a call's charge, because the call is rerated."""

    CALL_CHARGED = "call_charged"
    CALL_TAKEN_BACK = "call_taken_back"
    BALANCE_ADJUSTED = "balance_adjusted"
    TOP_UP_PAID = "top_up_paid"
    CREDIT_REVERSED = "credit_reversed"
    CREDIT_RETURNED = "credit_returned"
    GOODWILL_GIVEN = "goodwill_given"
    GOODWILL_TAKEN_BACK = "goodwill_taken_back"
    TRANSFER_SENT = "transfer_sent"
    TRANSFER_RECEIVED = "transfer_received"
    PROMOTION_REDEEMED = "promotion_redeemed"
    CREDIT_EXPIRED = "credit_expired"


UNARMED_MICROS: Final = 10**15
"""The headroom above the posted balance while no recharge rule is armed: never negative, so it wakes no recharge."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One immutable entry of an account's ledger.

    `happened_at` (UTC with milliseconds) and `cause_id` are facts of the cause and make the key, so the same cause is
    the same entry at any price and time of delivery. `recorded_at` is the time of posting. `explanation` holds the
    facts behind the amount (a call: deck, prefix, rate, fee, …). `facts_version` says which facts a call's hash covers;
    None for version 1 and for other causes. `call` is the call that it charges, which knows its hash in version 1 and
    with a shortened number. `correlation_id` names the request or message that caused it; it is no fact.
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
    facts_version: int | None = None
    call: Call | None = None
    correlation_id: str | None = field(default_factory=current_correlation, compare=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """The identity of the entry: account, time, and cause."""
        return self.account_id, self.happened_at, self.cause_id

    @property
    def facts_hash_v1(self) -> str:
        """The hash that the call has in version 1; "" if the cause is no call."""
        return "" if self.call is None else self.call.facts_hash_v1

    @property
    def facts_hash_shortened(self) -> str:
        """The hash that the call has once its number is shortened; "" if the cause is no call."""
        return "" if self.call is None else self.call.facts_hash_shortened

    @property
    def spends(self) -> bool:
        """Whether the entry charges a call for the first time, so that it counts toward a recharge. A call without a
        price spends nothing, and a suspicious one counts later.
        """
        is_first_charge = self.kind == EntryKind.CALL_CHARGED and "#" not in self.cause_id
        return is_first_charge and self.amount_micros < 0 and not self.explanation.get("suspicious")

    @property
    def charged_micros(self) -> int:
        """What the entry adds to the running sum of call charges: negative for what is taken back, 0 unless it is of a
        call.
        """
        return -self.amount_micros if self.kind in _OF_CALLS else 0

    @property
    def debit(self) -> str:
        """The ledger account that this entry debits."""
        return CUSTOMER_CREDIT if self._is_charge else _COUNTER_ACCOUNT[self.kind]

    @property
    def credit(self) -> str:
        """The ledger account that this entry credits."""
        return _COUNTER_ACCOUNT[self.kind] if self._is_charge else CUSTOMER_CREDIT

    @property
    def _is_charge(self) -> bool:
        """Whether the entry takes credit, or would if its price were not 0."""
        return self.amount_micros < 0 or (self.amount_micros == 0 and self.kind == EntryKind.CALL_CHARGED)


_OF_CALLS: Final = frozenset({EntryKind.CALL_CHARGED, EntryKind.CALL_TAKEN_BACK})
_COUNTER_ACCOUNT: Final[dict[str, str]] = {
    EntryKind.CALL_CHARGED: CALL_REVENUE,
    EntryKind.CALL_TAKEN_BACK: CALL_REVENUE,
    EntryKind.BALANCE_ADJUSTED: OPERATOR_ADJUSTMENTS,
    EntryKind.TOP_UP_PAID: CARD_PAYMENTS,
    EntryKind.CREDIT_REVERSED: CARD_PAYMENTS,
    EntryKind.CREDIT_RETURNED: CARD_PAYMENTS,
    EntryKind.GOODWILL_GIVEN: GOODWILL_GIFTS,
    EntryKind.GOODWILL_TAKEN_BACK: GOODWILL_GIFTS,
    EntryKind.TRANSFER_SENT: TRANSFERS,
    EntryKind.TRANSFER_RECEIVED: TRANSFERS,
    EntryKind.PROMOTION_REDEEMED: PROMOTIONS,
    EntryKind.CREDIT_EXPIRED: EXPIRED_CREDIT,
}


SHORTENED_AT: Final = "shortened_at"
"""When the number of an entry was shortened. Its hash covers the shortened number."""


class Facts(Protocol):
    """What a cause is recognized by: a call, or an entry."""

    @property
    def facts_hash(self) -> str:
        """The hash of the facts."""

    @property
    def facts_version(self) -> int | None:
        """Which facts the hash covers."""

    @property
    def facts_hash_v1(self) -> str:
        """The hash of the facts of version 1; "" if there is none."""

    @property
    def facts_hash_shortened(self) -> str:
        """The hash of the facts with a shortened number; "" if there is none."""


def same_facts(item: Mapping[str, Any], facts: Facts) -> bool:
    """Whether a stored item (attribute values) has the facts of a cause that was delivered again.

    The version of the item decides, so that the entries of version 1.0.0 recognize their calls.
    """
    if SHORTENED_AT in item:
        return bool(item.get("facts_hash") == {"S": facts.facts_hash_shortened})
    is_of_v1 = "facts_version" not in item and facts.facts_version is not None
    return bool(item.get("facts_hash") == {"S": facts.facts_hash_v1 if is_of_v1 else facts.facts_hash})


@dataclass(slots=True)
class DayTotal:
    """The sums that entries add to one local date and category. `taken_back` counts reversed charges, so that calls can
    be counted.
    """

    count: int = 0
    billed_seconds: int = 0
    total_micros: int = 0
    taken_back: int = 0


def local_date_of(happened_at: str, time_zone: str) -> str:
    """The local date of a key's instant."""
    return local_date(datetime.fromisoformat(happened_at), time_zone)


def adjustment_entry(
    account_id: str,
    adjustment_id: str,
    amount_micros: int,
    reason: str,
    time_zone: str,
    by: str,
    now: datetime,
    lot_id: str | None = None,
) -> Entry:
    """The entry of an operator's adjustment, with the reason that the statement shows, who made it, and the granted
    credit from which it takes back.
    """
    instant = format_instant(now)
    return Entry(
        account_id=account_id,
        happened_at=instant,
        cause_id=adjustment_id,
        kind=EntryKind.BALANCE_ADJUSTED,
        category=ADJUSTMENT,
        amount_micros=amount_micros,
        local_date=local_date(now, time_zone),
        recorded_at=instant,
        facts_hash=adjustment_id,
        explanation={"reason": reason, "by": by} | ({} if lot_id is None else {"lot_id": lot_id}),
    )


def balance_change(entries: Iterable[Entry]) -> int:
    """The change of the posted balance by these entries, in micro-dollars."""
    return sum(entry.amount_micros for entry in entries)


def day_changes(entries: Iterable[Entry]) -> dict[tuple[str, str], DayTotal]:
    """The sums that these entries add, by `(local_date, category)`."""
    days: dict[tuple[str, str], DayTotal] = {}
    for entry in entries:
        day = days.setdefault((entry.local_date, entry.category), DayTotal())
        day.count += 1
        day.billed_seconds += entry.billed_seconds
        day.total_micros += entry.amount_micros
        day.taken_back += entry.kind == EntryKind.CALL_TAKEN_BACK
    return days
