"""Law 16: what returned of charges that are older than a step of a lot is what the entries of these calls say."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any

Image = dict[str, Any]
CLOCKS = timedelta(seconds=1)
"""A charge counts as older than a step only if it was posted this much before it."""
TOGETHER = timedelta(milliseconds=50)
"""Steps that are this near to a return may be before or after it."""
NOT_JUDGED = 10**18
"""Stands for what may have returned at the time of a step."""


def returns_are_those_of_entries(pk: str, lots: list[Image], entries: list[Image], returns: list[Image]) -> None:
    """Compare the records of returns with the entries that took charges back, by the time of their transaction."""
    recorded: Counter[str] = Counter()
    times = {entry["SK"].split("#", 2)[2]: entry["recorded_at"] for entry in entries}
    for one in returns:
        cause = one["SK"].split("#", 2)[2]
        recorded[times[cause]] += sum(part["amount_micros"] for part in one["returned_charges"])
    steps = [datetime.fromisoformat(at) for lot in lots for at in steps_of(lot)]
    expected: Counter[str] = Counter()
    for posted, changed_at, fall in falls(entries):
        moment = datetime.fromisoformat(changed_at)
        if any(abs(at - moment) <= TOGETHER for at in steps):
            expected[changed_at] = NOT_JUDGED
        elif any(posted + CLOCKS <= at < moment for at in steps) and any(is_live(lot, changed_at) for lot in lots):
            expected[changed_at] += fall
    judged = {at: fall for at, fall in expected.items() if fall < NOT_JUDGED}
    unsure = expected.keys() - judged.keys()
    assert {at: fall for at, fall in recorded.items() if at not in unsure} == judged, f"law 16: returns of {pk}"


def falls(entries: list[Image]) -> list[tuple[datetime, str, int]]:
    """Each part that returned of a call's charge: when it was posted, when the charge fell, and how much of the part
    returned. A fall takes the micro-dollars that were posted last.
    """
    calls: dict[tuple[str, ...], list[Image]] = defaultdict(list)
    for entry in entries:
        if entry["kind"].startswith("call_"):
            calls[tuple(entry["SK"].split("#")[1:3])].append(entry)
    found = []
    for of_call in calls.values():
        changes: Counter[str] = Counter()
        for entry in sorted(of_call, key=lambda one: str(one["SK"])):
            changes[entry["recorded_at"]] += entry["amount_micros"]
        standing: list[list[Any]] = []
        for changed_at, change in changes.items():
            if change < 0:
                standing.append([datetime.fromisoformat(changed_at), -change])
            left = max(0, change)
            while left:
                part = min(left, standing[-1][1])
                found.append((standing[-1][0], changed_at, part))
                standing[-1][1] -= part
                left -= part
                if not standing[-1][1]:
                    standing.pop()
    return found


def steps_of(lot: Image) -> list[str]:
    """The times of the steps of a lot."""
    parts = [part["at"] for part in (*lot.get("parts", ()), *lot.get("removed", ()))]
    return [lot["SK"].split("#")[1], *parts, *([lot["ended_at"]] if "ended_at" in lot else [])]


def is_live(lot: Image, at: str) -> bool:
    """Whether calls could use a lot at a time."""
    return bool(lot["SK"].split("#")[1] < at and lot.get("ended_at", "~") > at)
