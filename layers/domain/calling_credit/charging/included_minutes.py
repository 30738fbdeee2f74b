"""Covers calls without a hold by included minutes: each takes the rest, in the order of posting."""

from collections.abc import Callable, Mapping, Sequence, Set
from types import MappingProxyType
from typing import Final

from calling_credit.accounts.bundles import OwnBundle, covering
from calling_credit.accounts.minute_counters import CounterKey, MinuteCounter
from calling_credit.calls import Call
from calling_credit.instants import local_month
from calling_credit.rates.covered_calls import cover
from calling_credit.rates.pricing import RatedCall

Charge = tuple[Call, RatedCall]
BundlesOfLines = Mapping[tuple[str, str], Sequence[OwnBundle]]
"""Bundles by account and line."""
NO_BUNDLES: Final[BundlesOfLines] = MappingProxyType({})
EnsureCounters = Callable[[Mapping[CounterKey, int]], Mapping[CounterKey, MinuteCounter]]
PostedCalls = Callable[[Sequence[Call]], Set[tuple[str, str, str]]]


def cover_calls(
    charges: Sequence[Charge],
    time_zones: Mapping[str, str],
    bundles: BundlesOfLines,
    ensure_counters: EnsureCounters,
    posted_calls: PostedCalls,
) -> list[Charge]:
    """Cover priced calls. A call with a hold uses only the seconds that its hold took, and a call that is delivered
    again leaves the rest to the others, so both stay as they are. Without a call for which an account or a line has a
    bundle, nothing is read.

    Args:
        ensure_counters: reads counters, and makes the missing ones with these minutes.
        posted_calls: the keys of those calls that have an entry.
    """
    options = [_options(call, charge, time_zones, bundles) for call, charge in charges]
    may_be_covered = [call for (call, _), of_call in zip(charges, options, strict=True) if of_call]
    if not may_be_covered:
        return list(charges)
    posted = posted_calls(may_be_covered)
    options = [{} if call.key in posted else of_call for (call, _), of_call in zip(charges, options, strict=True)]
    wanted = {key: minutes for of_call in options for key, minutes in of_call.items()}
    if not wanted:
        return list(charges)
    left = {key: counter.left_seconds for key, counter in ensure_counters(wanted).items()}
    covered: list[Charge] = []
    for (call, charge), of_call in zip(charges, options, strict=True):
        key = next((key for key in of_call if left.get(key, 0) > 0), None)
        if key is not None:
            charge = cover(charge, call.duration_seconds, left[key], key[1])  # noqa: PLW2901 - the covered charge
            left[key] -= charge.covered_seconds
        covered.append((call, charge))
    return covered


def _options(
    call: Call, charge: RatedCall, time_zones: Mapping[str, str], bundles: BundlesOfLines
) -> dict[CounterKey, int]:
    """The counters that may cover a call, with the minutes of their bundles, in their order."""
    own = bundles.get((call.account_id, call.line_id), ())
    if not own or charge.granted_seconds is not None or call.account_id not in time_zones:
        return {}
    time_zone = time_zones[call.account_id]
    month = local_month(call.started_at, time_zone)
    found = covering(own, charge.row, call.dialled_number, month, time_zone)
    return {(call.account_id, one.counter(month)): one.bundle.minutes for one in found}
