"""Holds: credit reserved for one call at the price promised to it. live -> released | expired."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from calling_credit.call_events import MAX_AGE, Call
from calling_credit.instants import format_instant
from calling_credit.numbering import masked
from calling_credit.rates.deck import RateRow
from calling_credit.rates.pricing import Free, FreeReason, RatedCall, price_by


class HoldStatus(StrEnum):
    """The states of a hold."""

    LIVE = "live"
    RELEASED = "released"
    EXPIRED = "expired"


RINGING: Final = timedelta(seconds=120)
"""How long a call may ring before it is answered."""
DELIVERY: Final = timedelta(minutes=15)
"""How long a finished call may take until it is posted. A later call is charged too, but its hold has expired."""
HOLD_RETENTION: Final = MAX_AGE + timedelta(days=1)
"""Storage time of an ended hold: its call may still be delivered."""
ADMISSION_DELAY: Final = timedelta(minutes=2)
"""Twice the time that posting caches an account, so that no credit is held before all posting functions read holds."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Credit held for a call. `amount_micros` is the price of `max_seconds` by `row`, a row of the deck `deck_version`.
    `asked_seconds` is the duration of the last request, `asked_at` its time.
    """

    account_id: str
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

    @property
    def live_until(self) -> str:
        """When the hold expires if its call is not posted."""
        granted = timedelta(seconds=self.max_seconds)
        return format_instant(datetime.fromisoformat(self.authorized_at) + RINGING + granted + DELIVERY)

    def is_for(self, dialled_number: str) -> bool:
        """Whether the hold is for a call to this number. An erased number is compared by its remaining digits."""
        return self.dialled_number in (dialled_number, masked(dialled_number))

    def prices(self, call: Call) -> bool:
        """Whether this hold's row prices a finished call, because it went to the authorized number."""
        return call.direction == "outbound" and self.is_for(call.dialled_number)


def price_of(row: RateRow, seconds: int) -> int:
    """The price of a call of this length by a row, in micro-dollars, computed by the code that charges calls."""
    charge = price_by(row, "", "", seconds)
    return charge.price_micros if isinstance(charge, RatedCall) else 0


def rate_held(call: Call, hold: Hold) -> RatedCall | Free:
    """Price a finished call by its hold's row, also if the hold has expired or the deck has changed."""
    if call.duration_seconds == 0:
        return Free(FreeReason.UNANSWERED)
    return price_by(hold.row, hold.deck_version, hold.origin, call.duration_seconds)


def holds_now(*, is_on: bool, changed_at: str | None, now: datetime) -> bool:
    """Whether credit is held for an account's calls, given its admission setting and the time of its last change."""
    return is_on and (changed_at is None or changed_at <= format_instant(now - ADMISSION_DELAY))


def may_have_holds(*, is_on: bool, changed_at: str | None, now: datetime) -> bool:
    """Whether a finished call of an account may have a hold, even some time after admission was switched off."""
    return is_on or (changed_at is not None and changed_at > format_instant(now - HOLD_RETENTION))
