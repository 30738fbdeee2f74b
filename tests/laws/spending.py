"""Law 17, of the counters of spending, over the items of any accounts, and over the changes of the seeded driver."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.harness.spending import OWNERS, check_spending

Image = Mapping[str, Any]
Key = tuple[str, str]
"""A partition key and a sort key."""
CALLS = ("call_charged", "call_taken_back")


def law_17_spending_is_that_of_entries_and_holds(
    items: Iterable[Mapping[str, Any]],
) -> dict[tuple[str, str], tuple[int | None, int, int, int]]:
    """Check every counter; return its limit, spent, held, and left by partition and sort key."""
    accounts: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        accounts.setdefault(item["PK"], []).append(item)
    return {
        (pk, sort_key): counter
        for pk, of_account in accounts.items()
        if pk.startswith("ACCOUNT#")
        for sort_key, counter in check_spending(of_account).items()
    }


@dataclass
class Spending:
    """What the calls of each line and user cost in a month by their entries, and what their live holds take: the sums
    that their counters must have. `marked` are the costs of the entries that name their counter.
    """

    counters: dict[Key, Image] = field(default_factory=dict)
    costs: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    marked: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    holds: dict[Key, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    def check(self, changes: Mapping[Key, tuple[Image | None, Image]]) -> None:
        """Check the counters that changed, and those of the entries and holds that did, after these changes."""
        concerned: set[Key] = set()
        for (pk, sk), (before, after) in changes.items():
            if sk.startswith("SPENT#"):
                self.counters[pk, sk] = after
                concerned.add((pk, sk))
            elif sk.startswith("ENTRY#") and before is None and after["kind"] in CALLS:
                concerned |= self._add_entry(pk, after)
            elif sk.startswith("HOLD#"):
                concerned |= self._put_hold(pk, sk, after)
        for key in concerned & self.counters.keys():
            self._check_counter(key)
        missing = {key for key in concerned - self.counters.keys() if self.marked[key] or any(self.holds[key].values())}
        assert not missing, f"law 17: no counter {missing}"

    def spent(self, key: Key) -> int:
        """What a counter must say was spent: until the month is counted, only what the marked entries cost."""
        return self.marked[key] if "counting" in self.counters[key] else self.costs[key]

    def held(self, key: Key) -> int:
        """What live holds take from a counter."""
        return sum(self.holds[key].values())

    def _check_counter(self, key: Key) -> None:
        counter = self.counters[key]
        spent, held, limit = self.spent(key), self.held(key), counter.get("limit_micros", 0)
        shown = [counter.get(name, 0) for name in ("spent_micros", "held_micros", "left_micros")]
        assert shown == [spent, held, limit - spent - held], f"law 17: {key} {shown} {[limit, spent, held]}"

    def _add_entry(self, pk: str, entry: Image) -> set[Key]:
        concerned = set()
        for kind, (letter, attribute) in OWNERS.items():
            if attribute in entry:
                key = (pk, f"SPENT#{entry['local_date'][:7]}#{kind}#{entry[attribute]}")
                self.costs[key] -= entry["amount_micros"]
                self.marked[key] -= entry["amount_micros"] if letter in entry.get("counted", "") else 0
                concerned.add(key)
        return concerned

    def _put_hold(self, pk: str, sk: str, hold: Image) -> set[Key]:
        concerned = {key for key in self.holds if key[0] == pk and sk in self.holds[key]}
        for key in concerned:
            del self.holds[key][sk]
        for kind, (letter, attribute) in OWNERS.items():
            if hold["status"] == "live" and letter in hold.get("counted", ""):
                key = (pk, f"SPENT#{hold['counted_on'][:7]}#{kind}#{hold[attribute]}")
                self.holds[key][sk] = hold["amount_micros"]
                concerned.add(key)
        return concerned
