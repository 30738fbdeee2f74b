"""The law of included minutes, from items in plain values: the rest, used, and held adds up to the minutes of each
bundle and month, and what entries cover is used. Written from the contract alone.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any


def law_of_minutes(items: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    """Check every counter; return what each has left, by partition and name."""
    held: Counter[tuple[str, str]] = Counter()
    used: Counter[tuple[str, str]] = Counter()
    counters: dict[tuple[str, str], Mapping[str, Any]] = {}
    for item in items:
        kind = item["SK"].split("#")[0]
        of = (item["PK"], str(item.get("bundle", "")))
        if kind == "MINUTES":
            counters[item["PK"], item["SK"].split("#", 1)[1]] = item
        elif kind == "ENTRY":
            used[of] += item.get("covered_seconds", 0)
        elif kind == "HOLD" and item["status"] == "live":
            held[of] += item.get("covered_seconds", 0)
    for name, counter in counters.items():
        assert counter.get("used_seconds", 0) == used[name] >= 0, f"minutes: used, {name}"
        assert counter["left_seconds"] == 60 * counter["minutes"] - used[name] - held[name], f"minutes: left, {name}"
    assert {name for sums in (held, used) for name, seconds in sums.items() if seconds} <= counters.keys()
    return {name: counter["left_seconds"] for name, counter in counters.items()}
