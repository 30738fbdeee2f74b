"""Holds: credit reserved for one call at the price promised to it. live -> released | expired."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from calling_credit.call_event_checks import MAX_AGE
from calling_credit.calls import Call
from calling_credit.instants import format_instant
from calling_credit.masking import masked
from calling_credit.rates.covered_calls import cover, rest_row
from calling_credit.rates.deck import RateRow
from calling_credit.rates.pricing import Free, RatedCall, affordable_call, price_by, seconds_to_bill


class HoldStatus(StrEnum):
    """The states of a hold."""

    LIVE = "live"
    RELEASED = "released"
    EXPIRED = "expired"


class HoldEnd(StrEnum):
    """How the call of a released hold ended. Only after an unanswered call, its id may be authorized again."""

    UNANSWERED = "unanswered"
    ANSWERED = "answered"


CLOCK_TOLERANCE: Final = timedelta(seconds=5)
"""How much the clock of the switch may be behind."""
HOLD_GRACE: Final = timedelta(seconds=1020)
"""How long a hold outlasts its granted time: 120 s to ring, 15 minutes until the finished call is posted. A call posted
later is charged too, but its hold has expired. The default of HoldGraceSeconds."""
HOLD_RETENTION: Final = MAX_AGE + timedelta(days=1)
"""Storage time of an ended hold: its call may still be delivered."""
ADMISSION_DELAY: Final = timedelta(minutes=2)
"""Twice the time that posting caches an account, so that no credit is held before all posting functions read holds."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Credit held for a call. `amount_micros` is the price of `max_seconds` by `row`, a row of the deck `deck_version`.
    `asked_seconds` is the duration of the last request that changed the hold, `asked_at` its time, and `limited_by` why
    it was not granted whole. `repeated_at` is the time of a later request that changed nothing; empty without one.
    `call_key` names the call in keys; `call_id` is its id, or the key if the item has no room for the id.

    `covered_seconds` of `max_seconds` are included minutes, taken from the counter `bundle` (`minute_keys`) when the
    credit was held; `amount_micros` is the price of the rest. A hold without minutes has no bundle.

    `deck_minute` is what the dearest billed minute cost by the deck when the call was authorized, in sixtieths of a
    micro-dollar, if `row` is one of a price list; else 0, because the row itself tells it.

    `counted` are the letters of the counters of spending in which the hold counts (`spend_keys`), `counted_on` is the
    local date of the call, which names their month and day, and `user_id` the user whose counter it is, if one is.
    They are empty without a counter. `young_micros` is the part of the amount that young money pays and that counts.

    `ended_as` says how the call of a released hold ended; holds of version 1.0.0 do not know it. `call_ended_at` says
    when; it is not stored.
    """

    account_id: str
    call_key: str
    call_id: str
    line_id: str
    dialled_number: str
    origin: str
    status: HoldStatus
    amount_micros: int
    max_seconds: int
    deck_version: str
    row: RateRow
    authorized_at: str
    asked_at: str
    asked_seconds: int
    limited_by: str | None = None
    ended_as: HoldEnd | None = None
    call_ended_at: str = ""
    repeated_at: str = ""
    covered_seconds: int = 0
    bundle: str = ""
    deck_minute: int = 0
    counted: str = ""
    counted_on: str = ""
    user_id: str = ""
    young_micros: int = 0

    @property
    def last_asked_at(self) -> str:
        """When the switch last asked for this call."""
        return self.repeated_at or self.asked_at

    def repeated(self, now: datetime) -> "Hold | None":
        """This hold after a request that changes nothing; None while its time is not worth a write."""
        if now - datetime.fromisoformat(self.last_asked_at) <= CLOCK_TOLERANCE:
            return None
        return replace(self, repeated_at=format_instant(now))

    def live_until(self, grace: timedelta = HOLD_GRACE) -> str:
        """When the hold expires if its call is not posted."""
        granted = timedelta(seconds=self.max_seconds)
        return format_instant(datetime.fromisoformat(self.authorized_at) + granted + grace)

    @property
    def is_of_unanswered_call(self) -> bool:
        """Whether the hold ended with an unanswered call, so that the same id may be authorized again."""
        return self.status == HoldStatus.RELEASED and self.ended_as == HoldEnd.UNANSWERED

    def ended_by(self, end: HoldEnd, call_ended_at: str) -> "Hold | None":
        """This live hold as the end of its call releases it; None if it is not live, or not to be released.

        An answered call always releases its hold. An unanswered call releases it only if the call ended after the hold
        was last asked for: an old event must not free the money of a newer attempt.
        """
        if self.status != HoldStatus.LIVE:
            return None
        asked = datetime.fromisoformat(self.last_asked_at)
        if end == HoldEnd.UNANSWERED and call_ended_at <= format_instant(asked - CLOCK_TOLERANCE):
            return None
        return replace(self, ended_as=end, call_ended_at=call_ended_at)

    def ended_like(self, ended: "Hold") -> "Hold | None":
        """This hold as the event that was to release its earlier state `ended` releases it; None if it does not."""
        if ended.ended_as is None:
            return self if self.status == HoldStatus.LIVE else None
        return self.ended_by(ended.ended_as, ended.call_ended_at)

    def is_for(self, dialled_number: str) -> bool:
        """Whether the hold is for a call to this number. An erased number is compared by its remaining digits."""
        return self.dialled_number in (dialled_number, masked(dialled_number))

    def prices(self, call: Call) -> bool:
        """Whether this hold's row prices a finished call, because it went to the authorized number."""
        return self.is_for(call.dialled_number)


def price_of(row: RateRow, seconds: int) -> int:
    """The price of a call of this length by a row, in micro-dollars, computed by the code that charges calls."""
    charge = price_by(row, "", "", seconds)
    return charge.price_micros if isinstance(charge, RatedCall) else 0


def price_of_covered(row: RateRow, seconds: int, covered_seconds: int) -> int:
    """The price of a call of this length by a row, of which included minutes cover the first seconds."""
    if covered_seconds <= 0:
        return price_of(row, seconds)
    return price_of(rest_row(row, covered_seconds), max(0, seconds - covered_seconds))


def affordable_with_minutes(row: RateRow, credit_micros: int, maximum: int, minutes_seconds: int) -> int:
    """Return the longest call, up to `maximum` seconds, that the credit and these seconds of included minutes pay for.
    Covered seconds need no credit.
    """
    covered = min(maximum, minutes_seconds)
    if covered <= 0:
        return affordable_seconds(row, credit_micros, maximum)
    return covered + affordable_seconds(rest_row(row, covered), credit_micros, maximum - covered)


def affordable_seconds(row: RateRow, credit_micros: int, maximum: int) -> int:
    """Return the longest call, up to `maximum` seconds, that the credit pays for; 0 if it pays for no call."""
    return affordable_call(row, credit_micros, maximum)


def rate_held(call: Call, hold: Hold, tolerance: int) -> RatedCall | Free:
    """Price a finished call by its hold's row and minutes, also if the hold has expired or the deck has changed.

    A call that ran at most `tolerance` seconds longer than the hold granted costs the held amount.
    """
    seconds = seconds_to_bill(call.duration_seconds, hold.max_seconds, tolerance)
    priced = price_by(hold.row, hold.deck_version, hold.origin, seconds)
    if not isinstance(priced, RatedCall):
        return priced
    return replace(cover(priced, seconds, hold.covered_seconds, hold.bundle), granted_seconds=hold.max_seconds)


def holds_now(*, is_on: bool, changed_at: str | None, now: datetime) -> bool:
    """Whether credit is held for an account's calls, given its admission setting and the time of its last change."""
    return is_on and (changed_at is None or changed_at <= format_instant(now - ADMISSION_DELAY))


def may_have_holds(*, is_on: bool, changed_at: str | None, now: datetime) -> bool:
    """Whether a finished call of an account may have a hold, even some time after admission was switched off."""
    return is_on or (changed_at is not None and changed_at > format_instant(now - HOLD_RETENTION))
