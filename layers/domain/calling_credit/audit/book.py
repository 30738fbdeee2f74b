"""The book of one account: the sums of its items that a proof needs. Reads no table and does not call Stripe."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from calling_credit.accounts.customer_changes import cleared_customer
from calling_credit.accounts.daily_sums import entry_deltas, sums_of_entry
from calling_credit.accounts.minute_counters import MinuteCounter, counter_from_plain
from calling_credit.audit.checkpoints import Checkpoint, Day, checkpoint_from_item
from calling_credit.audit.documents import COUNTER_KINDS, DOCUMENT_KINDS, Documents
from calling_credit.audit.stored_topup import StoredTopUp, stored_topup
from calling_credit.categories import ADJUSTMENT, CREDIT_EXPIRED, PROMOTION, REVERSAL, TOP_UP
from calling_credit.dynamodb import keys, proof_keys
from calling_credit.ledger.entries import DayTotal, EntryKind
from calling_credit.ledger.holds import HoldStatus
from calling_credit.lots.lot import Lot, lot_from_item
from calling_credit.lots.returns import LotReturn, lot_return_from_item
from calling_credit.payments.refunds import RefundStatus

PROOF_KIND: Final = "proof"
NEEDED_KINDS: Final = frozenset(
    {
        "account",
        "activity",
        "auto_recharge",
        "balance",
        "day",
        "entry",
        "hold",
        "lot",
        "lot_return",
        "minutes",
        "refund",
        "spent_day",
        "topup",
        *DOCUMENT_KINDS,
        *COUNTER_KINDS,
    }
)
"""The kinds of items that a book needs. It takes checkpoints, too, and does without them."""


@dataclass(frozen=True, slots=True)
class Balance:
    """The running balance in micro-dollars, and the number of live holds that it records."""

    posted_micros: int
    held_micros: int
    available_micros: int
    headroom_micros: int
    live_holds: int = 0


@dataclass(frozen=True, slots=True)
class PaymentEntry:
    """An entry of category top_up: its top-up, and Stripe's intent."""

    topup_id: str
    intent_id: str
    amount_micros: int


@dataclass(slots=True)
class Book:
    """The sums of one account's items. Its size depends on the number of days, not of entries."""

    account_id: str
    customer_id: str = ""
    balance: Balance | None = None
    threshold_micros: int | None = None
    entries: int = 0
    entered_micros: int = 0
    entered_days: dict[Day, DayTotal] = field(default_factory=dict)
    days: dict[Day, DayTotal] = field(default_factory=dict)
    entered_sums: dict[str, Counter[str]] = field(default_factory=dict)
    daily_sums: dict[str, Counter[str]] = field(default_factory=dict)
    """The sums by user, line, and country of each local date, by attribute."""
    counters: dict[str, MinuteCounter] = field(default_factory=dict)
    """The counters of included minutes, by name."""
    covered_seconds: Counter[str] = field(default_factory=Counter)
    """The seconds that entries say are covered, by counter."""
    reserved_seconds: Counter[str] = field(default_factory=Counter)
    """The seconds that live holds have taken, by counter."""
    paid: dict[str, list[PaymentEntry]] = field(default_factory=dict)
    reversed_micros: dict[str, int] = field(default_factory=dict)
    topups: dict[str, StoredTopUp] = field(default_factory=dict)
    live_holds: int = 0
    live_micros: int = 0
    former_customers: set[str] = field(default_factory=set)
    """Customers of a former Stripe account, whose payments the key cannot see."""
    charged_micros: int | None = None
    """The running sum of call charges; None in an account that is older than it."""
    lots: list[Lot] = field(default_factory=list)
    lot_returns: list[LotReturn] = field(default_factory=list)
    """The charges that were taken back although a lot was granted after them."""
    lot_count: int = 0
    """How many lots the balance counts."""
    given_micros: dict[str, int] = field(default_factory=dict)
    """The credit of each adjustment and promotion, by the cause of its entry."""
    expired_micros: Counter[str] = field(default_factory=Counter)
    """The credit that entries say has expired, by lot."""
    taken_back_micros: Counter[str] = field(default_factory=Counter)
    """The credit that entries say was taken back, by lot."""
    documents: Documents = field(default_factory=Documents)
    """The receipts and credit notes."""
    checkpoints: dict[str, Checkpoint] = field(default_factory=dict)
    """The totals of days as they were last proven, by month."""

    @property
    def customers(self) -> set[str]:
        """The ids of the account's Stripe customers, now and at the time of each payment."""
        return {self.customer_id, *(topup.customer_id for topup in self.topups.values())} - {""} - self.former_customers

    def intents_of(self, customer_id: str) -> list[str]:
        """The ids of the intents with which a customer paid."""
        topups = [topup.topup_id for topup in self.topups.values() if topup.customer_id == customer_id]
        return [entry.intent_id for topup_id in topups for entry in self.paid.get(topup_id, [])]

    def is_of_former_customer(self, topup_id: str) -> bool:
        """Whether a top-up was paid in a former Stripe account."""
        topup = self.topups.get(topup_id)
        return topup is not None and topup.customer_id in self.former_customers

    def add(self, item: dict[str, Any]) -> None:
        """Add one plain item of the account. Kinds that no sum depends on change nothing."""
        kind = keys.kind_of(item["SK"])
        self.documents.add(kind, item)
        if kind == "entry":
            self._add_entry(item)
        elif kind in ("day", "spent_day", "minutes"):
            self._add_day(kind, item)
        elif kind in ("balance", "lot", "lot_return"):
            self._add_credit(kind, item)
        elif kind in ("hold", "refund"):
            self._add_hold(kind, item)
        elif kind == "topup":
            self.topups[item["topup_id"]] = stored_topup(item)
        elif kind == "auto_recharge":
            self.threshold_micros = item.get("threshold_micros")
        elif kind == "activity" and (customer := cleared_customer(item)) is not None:
            self.former_customers.add(customer)
        elif kind == PROOF_KIND:
            self.checkpoints[proof_keys.month_of(item["SK"])] = checkpoint_from_item(item)
        elif kind == "account":
            self.customer_id = item.get("stripe_customer_id", "")

    def reversed_of(self, topup_id: str) -> int:
        """What entries say was reversed of a top-up."""
        return self.reversed_micros.get(topup_id, 0)

    def wrong_minutes(self) -> Iterator[tuple[str, bool, int, int]]:
        """Each wrong number of a counter: its name, whether it is that of used seconds (else of those left), the
        expected and the stored seconds.
        """
        for name in sorted(self.counters.keys() | self.covered_seconds.keys() | self.reserved_seconds.keys()):
            counter = self.counters.get(name, MinuteCounter(self.account_id, name, 0, 0))
            used, held = self.covered_seconds[name], self.reserved_seconds[name]
            if counter.used_seconds != used:
                yield name, True, used, counter.used_seconds
            left = 60 * counter.minutes - counter.used_seconds - held
            if counter.left_seconds != left:
                yield name, False, left, counter.left_seconds

    def _add_credit(self, kind: str, item: dict[str, Any]) -> None:
        if kind == "lot":
            self.lots.append(lot_from_item(item))
            return
        if kind == "lot_return":
            self.lot_returns.append(lot_return_from_item(item))
            return
        self.balance = Balance(
            item["posted_micros"],
            item["held_micros"],
            item["available_micros"],
            item["headroom_micros"],
            item["live_holds"],
        )
        self.charged_micros = item.get("charged_micros", 0) if "charged_since" in item else None
        self.lot_count = item.get("lots", 0)

    def _add_hold(self, kind: str, item: dict[str, Any]) -> None:
        if item["status"] == (HoldStatus.LIVE if kind == "hold" else RefundStatus.ASKING):
            self.live_holds += kind == "hold"
            self.live_micros += item.get("held_micros", item["amount_micros"])
            if "bundle" in item:
                self.reserved_seconds[item["bundle"]] += item.get("covered_seconds", 0)

    def _add_day(self, kind: str, item: dict[str, Any]) -> None:
        if kind == "day":
            day = (keys.date_of(item["SK"]), keys.id_of(item["SK"]))
            self.days[day] = DayTotal(
                item["entry_count"], item["billed_seconds"], item["total_micros"], item.get("taken_back", 0)
            )
        elif kind == "minutes":
            counter = counter_from_plain(item)
            self.counters[counter.name] = counter
        else:
            sums = {name: value for name, value in item.items() if name.count("#") == 3}
            self.daily_sums[keys.id_of(item["SK"])] = Counter(sums)

    def _add_entry(self, item: dict[str, Any]) -> None:
        amount_micros = item["amount_micros"]
        self.entries += 1
        self.entered_micros += amount_micros
        day = self.entered_days.setdefault((item["local_date"], item["category"]), DayTotal())
        day.count += 1
        day.billed_seconds += item["billed_seconds"]
        day.total_micros += amount_micros
        day.taken_back += item.get("kind") == EntryKind.CALL_TAKEN_BACK
        marked, added = item.get("sums"), sums_of_entry(item.get("kind", ""), item["billed_seconds"], amount_micros)
        if marked is not None and added is not None:
            deltas = entry_deltas(item["category"], item, marked, added)
            self.entered_sums.setdefault(item["local_date"], Counter()).update(deltas)
        if "bundle" in item:
            self.covered_seconds[item["bundle"]] += item.get("covered_seconds", 0)
        if item["category"] in (ADJUSTMENT, PROMOTION):
            self.given_micros[keys.cause_of(item["SK"])] = amount_micros
            if item["category"] == ADJUSTMENT and "lot_id" in item:
                self.taken_back_micros[item["lot_id"]] -= amount_micros
        elif item["category"] == CREDIT_EXPIRED:
            self.expired_micros[item["lot_id"]] -= amount_micros
        if item["category"] == TOP_UP:
            topup_id = keys.id_of(item["SK"])
            entry = PaymentEntry(topup_id, item.get("intent_id", ""), amount_micros)
            self.paid.setdefault(topup_id, []).append(entry)
        elif item["category"] == REVERSAL:
            topup_id = item["topup_id"]
            self.reversed_micros[topup_id] = self.reversed_micros.get(topup_id, 0) - amount_micros
