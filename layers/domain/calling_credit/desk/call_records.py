"""Everything that the table records about one call, and the outcome of the call. Reads no table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from calling_credit.dynamodb import minute_keys, rerate_keys
from calling_credit.ledger.charged_calls import ChargedCall
from calling_credit.ledger.holds import Hold, HoldEnd, HoldStatus
from calling_credit.rates.covered_calls import rest_parts, rest_row
from calling_credit.rates.deck import INCLUDED_CATEGORY, RateRow
from calling_credit.rates.pricing import price_micros, row_parts, row_price, seconds_to_bill
from calling_credit.rates.rate_steps import Steps

Item = Mapping[str, Any]


class CallOutcome(StrEnum):
    """The outcome of a call. Calls to included and to emergency numbers leave no record of their own."""

    CHARGED = "charged"
    WAIVED = "waived"
    FREE = "free"
    UNRATED = "unrated"
    REFUSED = "refused"
    IN_PROGRESS = "in_progress"
    UNANSWERED = "unanswered"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Calculation:
    """How the standing price follows from the row. `minimum_seconds` and `increment_seconds` are None in entries of
    version 1.0.0, which do not store them. Included minutes of `bundle` cover the first `covered_seconds`; then the
    rest has neither fee nor minimum.
    """

    duration_seconds: int
    granted_seconds: int | None
    is_promised: bool
    priced_seconds: int
    billed_seconds: int
    rate_micros_per_minute: int
    connection_fee_micros: int
    minimum_seconds: int | None
    increment_seconds: int | None
    rate_steps: Steps
    category: str
    is_waived: bool
    price_micros: int
    row: RateRow | None
    """The whole row; None in entries of version 1.0.0."""
    covered_seconds: int = 0
    bundle: str = ""

    @property
    def is_exact(self) -> bool:
        """Whether the numbers above give the billed seconds and the price exactly."""
        if self.is_waived:
            return self.billed_seconds == self.price_micros == 0
        if self.row is not None:
            row, covered = self.row, self.covered_seconds
            billed, price = row_price(rest_row(row, covered) if covered else row, self.priced_seconds - covered)
            if billed != self.billed_seconds:
                return False
        else:
            price = price_micros(self.billed_seconds, self.rate_micros_per_minute, self.connection_fee_micros)
        return self.price_micros == (0 if self.category == INCLUDED_CATEGORY else price)

    @property
    def parts(self) -> list[int]:
        """The seconds that are billed by the row's own rate and by that of each step."""
        if self.row is None or self.is_waived:
            return [self.billed_seconds]
        if self.covered_seconds:
            return rest_parts(self.row, self.priced_seconds, self.covered_seconds)
        return row_parts(self.row, self.priced_seconds)


@dataclass(frozen=True, slots=True)
class CallRecords:
    """The plain items of one call: its entries in the order of their keys, the lists that name it, its hold, refusals
    (the oldest first), corrections by id, and goodwill. `happened_at` is None if no finished call has arrived.
    """

    call_key: str
    happened_at: str | None
    entries: Sequence[Item] = ()
    unrated: Item | None = None
    stray: Item | None = None
    suspicious: Item | None = None
    hold: Hold | None = None
    denials: Sequence[Item] = ()
    corrections: Mapping[str, Item] = field(default_factory=dict)
    goodwill: Item | None = None
    user_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is recorded about the call."""
        return not self.entries and self.unrated is None and self.hold is None and not self.denials

    @property
    def charged(self) -> ChargedCall | None:
        """The call by the last of its entries; None if it was never charged."""
        return ChargedCall(self.entries[-1]) if self.entries else None

    @property
    def outcome(self) -> CallOutcome:
        """The outcome of the call."""
        charged = self.charged
        if charged is not None:
            if charged.is_waived and charged.is_charged:
                return CallOutcome.WAIVED
            return CallOutcome.CHARGED if charged.charged_micros else CallOutcome.FREE
        if self.unrated is not None:
            return CallOutcome.UNRATED if "sweep_pk" in self.unrated else CallOutcome.FREE
        return CallOutcome.REFUSED if self.hold is None else _outcome_of_hold(self.hold)

    @property
    def event(self) -> Item:
        """The item that best describes the call as it was reported: the first entry, else the waiting call, else the
        last refusal; {} if only a hold is known.
        """
        if self.entries:
            return self.entries[0]
        if self.unrated is not None:
            return self.unrated
        return self.denials[-1] if self.hold is None and self.denials else {}

    @property
    def number(self) -> str:
        """The called number; country and last two digits if it was erased."""
        return str(self.hold.dialled_number if not self.event and self.hold is not None else self.event["to"])

    @property
    def line_id(self) -> str | None:
        """The line, as the call event or the switch named it."""
        line_id = self.hold.line_id if not self.event and self.hold is not None else self.event.get("line_id")
        return line_id or None

    @property
    def user_id(self) -> str | None:
        """The user, as the call event named them."""
        return self.event.get("user_id")

    @property
    def call_id(self) -> str:
        """The id that the switch gave the call."""
        id_of_hold = self.hold.call_id if self.hold is not None else self.call_key
        return str(self.event.get("call_id", id_of_hold))

    @property
    def price_micros(self) -> int | None:
        """What the call costs now; None while it has no price or has not ended."""
        charged = self.charged
        if charged is not None:
            return charged.charged_micros
        return 0 if self.outcome in (CallOutcome.FREE, CallOutcome.UNANSWERED, CallOutcome.REFUSED) else None

    def calculation(self, tolerance: int) -> Calculation | None:
        """How the standing charge follows from its row; None without one. `tolerance` is the time beyond a hold that
        is not billed.
        """
        charged = self.charged
        if charged is None or not charged.is_charged:
            return None
        last = charged.last
        minimum, increment = last.get("minimum_seconds"), last.get("increment_seconds")
        duration, granted, billed = charged.duration_seconds, charged.granted_seconds, last["billed_seconds"]
        priced = seconds_to_bill(duration, granted, tolerance)
        if minimum is not None and increment is not None:  # The tolerance may have changed since.
            candidates = [seconds for seconds in (priced, duration, granted) if seconds is not None]
            priced = next((one for one in candidates if sum(_parts(charged, one)) == billed), priced)
        return Calculation(
            duration_seconds=duration,
            granted_seconds=granted,
            is_promised=charged.is_promised,
            priced_seconds=priced,
            billed_seconds=billed,
            rate_micros_per_minute=last["rate_micros_per_minute"],
            connection_fee_micros=last["connection_fee_micros"],
            minimum_seconds=minimum,
            increment_seconds=increment,
            rate_steps=charged.rate_steps,
            category=last["category"],
            is_waived=charged.is_waived,
            price_micros=charged.charged_micros,
            row=charged.row() if charged.has_row else None,
            covered_seconds=charged.covered_seconds,
            bundle=minute_keys.bundle_in(charged.bundle) if charged.bundle else "",
        )

    @property
    def goodwill_micros(self) -> int:
        """The goodwill that stands."""
        return 0 if self.goodwill is None else int(self.goodwill["standing_micros"])

    @property
    def reratings(self) -> list[tuple[str, str, int, int]]:
        """Each rerating: its run, its time, and the price before and after it."""
        found: dict[int, tuple[str, str, int, int]] = {}
        for entry in self.entries:
            if "run" in entry:
                number, micros = rerate_keys.rerating_of(entry["SK"]), entry["amount_micros"]
                run, at, before, after = found.get(number, (entry["run"], entry["recorded_at"], 0, 0))
                is_back = entry["SK"].endswith("#credit")
                found[number] = (run, at, micros if is_back else before, after if is_back else -micros)
        return [found[number] for number in sorted(found)]


def _outcome_of_hold(hold: Hold) -> CallOutcome:
    if hold.status == HoldStatus.LIVE:
        return CallOutcome.IN_PROGRESS
    if hold.status == HoldStatus.EXPIRED:
        return CallOutcome.EXPIRED
    return CallOutcome.UNANSWERED if hold.ended_as == HoldEnd.UNANSWERED else CallOutcome.FREE


def _parts(charged: ChargedCall, seconds: int) -> list[int]:
    """The billed seconds of a charged call of this length."""
    row, covered = charged.row(), charged.covered_seconds
    return rest_parts(row, seconds, covered) if covered else row_parts(row, seconds)
