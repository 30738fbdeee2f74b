"""Budgets in the model of the seeded driver: what a change makes of a line's or user's item and of its limits, and what
a call may still cost. Written from the contract alone; the spent and held amounts are those of law 17.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.laws.items import Items
from tests.laws.prices import instant, moment, money
from tests.laws.spending import Spending

BEGINS = timedelta(minutes=2)
"""How long after its setting a budget counts every call; as long after that, it has those of before counted."""
AHEAD = timedelta(days=3)
LETTERS = {"LINE": ("L", "line_budget"), "USER": ("U", "user_budget")}
"""The letter of a counter in a hold, and the reason of its refusals."""
Owner = tuple[str, str, str]
"""An account, LINE or USER, and an id."""
Item = dict[str, Any]
Key = tuple[str, str]


@dataclass
class Budgets:
    """The limits of the counters of spending, and those whose budget has ended or whose month is to be counted."""

    items: Items
    spending: Spending
    limits: dict[Key, int] = field(default_factory=dict)
    ended: set[Key] = field(default_factory=set)
    due: dict[Key, datetime] = field(default_factory=dict)

    def check(self) -> None:
        """Check the limits of all counters: those of a month that no change set are the monthly amounts."""
        for key, counter in self.spending.counters.items():
            if "limit_micros" in counter:
                pk, (_, _, kind, name) = key[0], key[1].split("#")
                monthly = self.items.items[pk, f"{kind}#{name}"].get("budget_micros")
                assert counter["limit_micros"] == self.limits.setdefault(key, monthly or 0), f"limit of {key}"
                assert ("counting" in counter, "ended" in counter) == (key in self.due, key in self.ended), key

    def of(self, owner: Owner) -> Item | None:
        """The item of a line or user that has or had a budget."""
        account, kind, name = owner
        item = self.items.get(account, f"{kind}#{name}")
        return item if item and item.get("budget_from") else None

    def date(self, account: str, now: datetime) -> str:
        """The local date."""
        return now.astimezone(ZoneInfo(self.items.zone(account))).date().isoformat()

    def month(self, account: str, now: datetime) -> str:
        """The local month."""
        return self.date(account, now)[:7]

    def change(self, owner: Owner, monthly: int | None, at: str, now: datetime) -> bool:
        """Set or end a budget; whether it was another one."""
        (account, kind, name), before = owner, self.of(owner)
        months = sorted({self.month(account, now), self.month(account, now + AHEAD)})
        if monthly is None and (before is None or before["budget_micros"] is None):
            return False
        said: Item = {"budget_micros": monthly, "budget_at": at, "budget_until": None}
        if monthly is None:
            assert before is not None
            said |= {"budget_until": months[-1], "budget_at": before["budget_at"]}
        elif before is None or not counts(before, months[0]):
            said |= {"budget_from": instant(now + BEGINS), "budget_month": months[0]}
        if before is not None and said.items() <= before.items():
            return False
        for month in months:
            self._change_limit(key_of(owner, month), before, month, monthly, now)
        self.items.put(account, f"{kind}#{name}", **said)
        return True

    def _change_limit(self, key: Key, before: Item | None, month: str, monthly: int | None, now: datetime) -> None:
        if monthly is None:
            self.ended |= {key} & self.limits.keys()
        elif before is not None and counts(before, month):
            is_anew = key in self.ended or key not in self.limits
            self.limits[key] = monthly if is_anew else self.limits[key] + monthly - (before["budget_micros"] or 0)
            self.ended.discard(key)
        else:
            self.limits[key], self.due[key] = monthly, moment(instant(now + 2 * BEGINS))
            self.ended.discard(key)

    def count_due(self, now: datetime) -> int:
        """Count the months that are due; their number."""
        due = [key for key, at in self.due.items() if at <= now]
        for key in due:
            del self.due[key]
        return len(due)

    def view(self, owner: Owner, now: datetime) -> Item | None:
        """A budget as the API shows it."""
        budget = self.of(owner)
        if budget is None or budget["budget_micros"] is None:
            return None
        month = self.month(owner[0], now)
        key, monthly = key_of(owner, month), budget["budget_micros"]
        is_known = key in self.spending.counters
        limit = self.limits[key] if is_known else monthly
        spent, held = (self.spending.spent(key), self.spending.held(key)) if is_known else (0, 0)
        amounts = {"limit": limit, "spent": spent, "held": held, "left": limit - spent - held}
        view = {"monthly": money(monthly), "at": budget["budget_at"], "month": month}
        view["state"] = "counting" if key in self.due else "counted"
        return view | {name: money(micros) for name, micros in amounts.items()}

    def of_call(self, account: str, line: str, hold: Item | None, now: datetime) -> tuple[Item, dict[str, int]]:
        """What a new or larger hold of a call names its counters by, and what each counter that refuses leaves for the
        call, with what its hold has taken. A hold keeps its user and its date.
        """
        held = hold or {}
        user = held.get("user_id") or self.items.items[f"ACCOUNT#{account}", f"LINE#{line}"]["user_id"]
        date = held.get("counted_on") or self.date(account, moment(hold["authorized_at"]) if hold else now)
        before, rooms = held.get("counted") or "", {}
        letters = set(before)
        for kind, owner in (("LINE", (account, "LINE", line)), ("USER", (account, "USER", user))):
            budget, (letter, reason), key = self.of(owner), LETTERS[kind], key_of(owner, date[:7])
            if budget is None or not counts(budget, date[:7]):
                continue
            letters.add(letter)
            if refuses(budget) and key not in self.due:
                limit = self.limits.setdefault(key, budget["budget_micros"])
                is_known = key in self.spending.counters
                used = self.spending.spent(key) + self.spending.held(key) if is_known else 0
                rooms[reason] = limit - used + (held["amount_micros"] if letter in before else 0)
        if not letters:
            return dict.fromkeys(("counted", "counted_on", "user_id")), rooms
        counted = {"counted": "".join(sorted(letters)), "counted_on": date}
        return counted | {"user_id": user if "U" in letters else None}, rooms

    def limits_calls(self, account: str, line: str, now: datetime) -> bool:
        """Whether a budget of a line or of its user refuses calls now."""
        return bool(self.of_call(account, line, None, now)[1])

    def to_raise(self, owners: tuple[Owner, Owner], now: datetime) -> Iterator[int | None]:
        """What a raise adds to each budget: the monthly amount, if it refuses calls and is used to four fifths."""
        for owner in owners:
            budget, key = self.of(owner), key_of(owner, self.month(owner[0], now))
            spent = self.spending.spent(key) if key in self.spending.counters else 0
            is_reached = spent > 0 and key in self.limits and spent * 5 >= self.limits[key] * 4
            yield (budget["budget_micros"] or None) if budget and refuses(budget) and is_reached else None


def key_of(owner: Owner, month: str) -> Key:
    """The key of a counter."""
    account, kind, name = owner
    return f"ACCOUNT#{account}", f"SPENT#{month}#{kind}#{name}"


def counts(budget: Item, month: str) -> bool:
    """Whether the calls of a month count."""
    is_over = budget["budget_micros"] is None and month > budget["budget_until"]
    return bool(budget["budget_month"] <= month and not is_over)


def refuses(budget: Item) -> bool:
    """Whether a budget refuses calls."""
    return budget["budget_micros"] is not None and budget["budget_at"] == "refuse"


def loosens(before: Item | None, monthly: int | None, at: str) -> bool:
    """Whether a change could admit a call that was refused before."""
    if before is None or not refuses(before):
        return False
    return monthly is None or at == "tell" or monthly > before["budget_micros"]
