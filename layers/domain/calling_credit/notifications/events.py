"""What is announced to whoever listens on the event bus: the form of each event, version 1. Knows neither the table nor
the bus.

An event says that something has happened, never what is to be done about it. Within a version fields may be added and
none is taken away. Money is a decimal string; a card is its brand and last four digits, and no whole phone number, no
token and no address ever leaves.
"""

import hashlib
import json
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION: Final = "1"

Money = Annotated[str, Field(pattern=r"^-?[0-9]+\.[0-9]{2,6}$", description="US dollars, such as 25.00 or 0.0123.")]
Instant = Annotated[
    str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$", description="UTC with milliseconds.")
]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class CardShown(_Form):
    """A card as a person knows it."""

    brand: str
    last4: str = Field(max_length=4)


class Failure(_Form):
    """Why a payment came to nothing: a stable code, and words for the customer."""

    code: str
    message: str


class Paid(_Form):
    """A payment whose money is credited."""

    topup_id: str
    amount: Money
    payment_method: CardShown


class NotPaid(_Form):
    """A payment that has ended without money: `failed` after a decline, `canceled` without one."""

    topup_id: str
    amount: Money
    payment_method: CardShown
    status: Literal["failed", "canceled"]
    failure: Failure | None


class Suspended(_Form):
    """Why automatic recharge does not go on until somebody does something: a stable code, and words."""

    reason: str
    message: str
    payment_method: CardShown


class Low(_Form):
    """The balance after it fell, and the account's own level that it fell below."""

    balance: Money
    low_balance: Money


class Moved(_Form):
    """Credit of a payment that was taken back or given back."""

    entry_id: str
    topup_id: str
    amount: Money
    payment_method: CardShown


class NotRated(_Form):
    """A finished call; the number it went to is shown as country and last two digits."""

    call_id: str
    line_id: str
    user_id: str
    to: str
    started_at: Instant
    duration_seconds: int


class Denied(_Form):
    """A call that was not connected, the first for this reason in an hour: a stable code, and words. The number it was
    to go to is shown as country and last two digits.
    """

    call_id: str
    line_id: str
    to: str
    reason: str
    message: str


class Frozen(_Form):
    """Who froze an account, or let it go on: `operator:<client>`, `command:<operator>`, `link`."""

    by: str


class Announcement(_Form):
    """What all events have in common. `id` is the same however often the event comes: whoever has seen it has seen it
    all.
    """

    id: str = Field(pattern=r"^evt_[0-9a-f]{32}$")
    version: Literal["1"] = VERSION
    account_id: str
    occurred_at: Instant

    @property
    def name(self) -> str:
        """The event's type."""
        return type(self).__name__


class TopUpSucceeded(Announcement):
    """A payment made by hand is credited. It may follow a TopUpFailed of the same payment: money can arrive late."""

    type: Literal["TopUpSucceeded"] = "TopUpSucceeded"
    data: Paid


class TopUpFailed(Announcement):
    """A payment made by hand has ended without money."""

    type: Literal["TopUpFailed"] = "TopUpFailed"
    data: NotPaid


class AutoRechargeSucceeded(Announcement):
    """An automatic recharge is credited. It may follow an AutoRechargeFailed of the same payment."""

    type: Literal["AutoRechargeSucceeded"] = "AutoRechargeSucceeded"
    data: Paid


class AutoRechargeFailed(Announcement):
    """An automatic recharge has ended without money; another may be tried later unless it is suspended."""

    type: Literal["AutoRechargeFailed"] = "AutoRechargeFailed"
    data: NotPaid


class AutoRechargeSuspended(Announcement):
    """Automatic recharge waits for the customer."""

    type: Literal["AutoRechargeSuspended"] = "AutoRechargeSuspended"
    data: Suspended


class BalanceLow(Announcement):
    """The balance fell from the account's own level, or above it, to below it."""

    type: Literal["BalanceLow"] = "BalanceLow"
    data: Low


class CreditReversed(Announcement):
    """Credit was taken back, because a payment was refunded or is disputed."""

    type: Literal["CreditReversed"] = "CreditReversed"
    data: Moved


class CreditReturned(Announcement):
    """Credit that was taken back is given again: a refund failed or a dispute was won."""

    type: Literal["CreditReturned"] = "CreditReturned"
    data: Moved


class CallUnrated(Announcement):
    """A finished call went where no rate reaches; it is kept and not charged yet."""

    type: Literal["CallUnrated"] = "CallUnrated"
    data: NotRated


class CallDenied(Announcement):
    """A limit against fraud, or a frozen account, refused a call: at most one an hour for each account and reason."""

    type: Literal["CallDenied"] = "CallDenied"
    data: Denied


class AccountFrozen(Announcement):
    """No new call is admitted, and nothing is recharged by itself."""

    type: Literal["AccountFrozen"] = "AccountFrozen"
    data: Frozen


class AccountUnfrozen(Announcement):
    """Calls are admitted again, and recharges go on."""

    type: Literal["AccountUnfrozen"] = "AccountUnfrozen"
    data: Frozen


ALL: Final[tuple[type[Announcement], ...]] = (
    TopUpSucceeded,
    TopUpFailed,
    AutoRechargeSucceeded,
    AutoRechargeFailed,
    AutoRechargeSuspended,
    BalanceLow,
    CreditReversed,
    CreditReturned,
    CallUnrated,
    CallDenied,
    AccountFrozen,
    AccountUnfrozen,
)
"""Every type of event."""


def announcement_id(form: type[Announcement], account_id: str, *facts: str | int) -> str:
    """The id of an event of this type: a hash of what cannot change about it, whoever derives it and however often."""
    framed = json.dumps([form.__name__, account_id, *facts], separators=(",", ":"))
    return f"evt_{hashlib.sha256(framed.encode()).hexdigest()[:32]}"
