"""The included minutes that a call may use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from calling_credit.accounts.bundles import OwnBundle, covering
from calling_credit.accounts.minute_counters import ensure_counters, read_counters
from calling_credit.dynamodb import minute_keys
from calling_credit.instants import local_month
from calling_credit.ledger.holds import Hold
from calling_credit.rates.deck import RateRow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class MinutesLeft:
    """The rest on one counter of included minutes; "" if no bundle covers the call."""

    counter: str = ""
    left_seconds: int = 0


def seconds_for_call(minutes: MinutesLeft | None, hold: Hold | None) -> int:
    """The seconds of the whole call that included minutes can cover: those that its hold has, and those that are left.
    A call that began without minutes stays without.
    """
    left = 0 if minutes is None else max(0, minutes.left_seconds)
    if hold is None:
        return left
    return hold.covered_seconds + left if hold.bundle else 0


def read_minutes_left(
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    bundles: Sequence[OwnBundle],
    row: RateRow | None,
    number: str,
    time_zone: str,
    now: datetime,
) -> MinutesLeft:
    """Read what the first bundle that has seconds left offers a new call. The month is the local one of its beginning.

    Raises:
        Unavailable: the table did not answer in time.
        UnreadableItem: a counter cannot be read; the call is refused alone.
    """
    month = local_month(now, time_zone)
    found = () if row is None else tuple(covering(bundles, row, number, month, time_zone))
    minutes = {(account_id, own.counter(month)): own.bundle.minutes for own in found}
    counters = ensure_counters(client, table_name, minutes) if minutes else {}
    return _first_left((name, counters[account_id, name].left_seconds) for _, name in minutes)


def read_minutes_of_hold(
    client: "DynamoDBClient", table_name: str, hold: Hold, bundles: Sequence[OwnBundle], number: str
) -> MinutesLeft:
    """Read the rest on the counter of a hold, for its extension. None is left if its bundle was removed or no longer
    covers the number. Raises the errors of `read_minutes_left`.
    """
    if not any(_is_of(own, hold) and own.bundle.covers(hold.row, number) for own in bundles):
        return MinutesLeft(hold.bundle)
    key = (hold.account_id, hold.bundle)
    counter = read_counters(client, table_name, [key]).get(key)
    return MinutesLeft(hold.bundle, 0 if counter is None else counter.left_seconds)


def _is_of(own: OwnBundle, hold: Hold) -> bool:
    return bool(hold.bundle) and own.counter(minute_keys.month_in(hold.bundle)) == hold.bundle


def _first_left(left: Iterable[tuple[str, int]]) -> MinutesLeft:
    return next((MinutesLeft(name, seconds) for name, seconds in left if seconds > 0), MinutesLeft())
