"""A hold: credit set aside for one call that may run, and the price it was promised. live -> released | expired. Knows
no table and no clock.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from calling_credit.call_events import MAX_AGE, Call
from calling_credit.instants import format_instant
from calling_credit.numbering import masked
from calling_credit.rates.deck import RateRow
from calling_credit.rates.pricing import Free, FreeReason, RatedCall, price_by

HoldStatus = Literal["live", "released", "expired"]
LIVE: Final = "live"
RELEASED: Final = "released"
EXPIRED: Final = "expired"

RINGING: Final = timedelta(seconds=120)
"""How long a call may ring before it is answered."""
DELIVERY: Final = timedelta(minutes=15)
"""How long a finished call may take until it is posted; what comes later finds its hold expired, and is charged."""
HOLD_RETENTION: Final = MAX_AGE + timedelta(days=1)
"""How long a hold that is not live is kept: as long as its call may still be delivered."""
TAKES_EFFECT_AFTER: Final = timedelta(minutes=2)
"""Twice what posting remembers of an account: nothing is held before everybody who posts looks for holds."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Credit held for a call: `amount_micros` is the price of `max_seconds` by `row`, a row of the deck `deck_version`.
    `asked_seconds` is what the last request asked for, `asked_at` when.
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
        """When a hold whose call was never posted is given up."""
        granted = timedelta(seconds=self.max_seconds)
        return format_instant(datetime.fromisoformat(self.authorized_at) + RINGING + granted + DELIVERY)

    def is_for(self, dialled_number: str) -> bool:
        """Whether it is for a call to this number; a number that was erased is known by what is left of it."""
        return self.dialled_number in (dialled_number, masked(dialled_number))

    def prices(self, call: Call) -> bool:
        """Whether a finished call is charged by this hold's row: it went where it was asked for."""
        return call.direction == "outbound" and self.is_for(call.dialled_number)


def price_of(row: RateRow, seconds: int) -> int:
    """What so many seconds of talking cost by a row, in micro-dollars: by the rules, and the code, that charge."""
    charge = price_by(row, "", "", seconds)
    return charge.price_micros if isinstance(charge, RatedCall) else 0


def rate_held(call: Call, hold: Hold) -> RatedCall | Free:
    """Price a finished call by what it was promised, whatever became of the hold or of the deck since."""
    if call.duration_seconds == 0:
        return Free(FreeReason.UNANSWERED)
    return price_by(hold.row, hold.deck_version, hold.origin, call.duration_seconds)


def holds_now(*, is_on: bool, changed_at: str | None, now: datetime) -> bool:
    """Whether credit is held for calls of an account that was switched so."""
    return is_on and (changed_at is None or changed_at <= format_instant(now - TAKES_EFFECT_AFTER))


def may_have_holds(*, is_on: bool, changed_at: str | None, now: datetime) -> bool:
    """Whether a finished call of an account that was switched so may have a hold; also long after switching off."""
    return is_on or (changed_at is not None and changed_at > format_instant(now - HOLD_RETENTION))
