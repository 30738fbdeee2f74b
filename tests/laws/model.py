"""A model of the application as a plain dictionary of items: the expected table after each operation.

Written from the contract alone, without imports of calling_credit: its own longest prefix, exact fractions for prices,
zoneinfo for dates. It checks no syntax: the driver states which messages it broke.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.laws.calls import Told
from tests.laws.prices import Decks, call_sk, instant, moment, price, priced

Key = tuple[str, str]
REMEMBERED = timedelta(seconds=60)
UNARMED = 10**15


@dataclass
class Model:
    """The items' relevant attributes, the keys that the last operation may have changed, and the caches."""

    decks: Decks
    items: dict[Key, dict[str, Any]] = field(default_factory=dict)
    touched: set[Key] = field(default_factory=set)
    told: dict[Key, dict[str, Any]] = field(default_factory=dict)
    promised: dict[Key, tuple[dict[str, Any], str, str]] = field(default_factory=dict)
    kept_promises: set[Key] = field(default_factory=set)
    deck_of: dict[Key, str] = field(default_factory=dict)
    calling: dict[Key, str] = field(default_factory=dict)
    remembered: dict[Key, tuple[datetime, Any]] = field(default_factory=dict)
    conflicts: set[str] = field(default_factory=set)
    outcomes: dict[str, int] = field(default_factory=dict)

    def put(self, account: str, sk: str, **attributes: Any) -> None:
        """Change an item."""
        key = (f"ACCOUNT#{account}", sk)
        self.items[key] = {**self.items.get(key, {}), **attributes}
        self.touched.add(key)

    def get(self, account: str, sk: str) -> dict[str, Any] | None:
        """An item; None if it is missing."""
        return self.items.get((f"ACCOUNT#{account}", sk))

    def of(self, account: str, kind: str) -> list[tuple[str, dict[str, Any]]]:
        """The items of an account of a kind, by sort key."""
        pk = f"ACCOUNT#{account}"
        return sorted((key[1], item) for key, item in self.items.items() if key[0] == pk and key[1].startswith(kind))

    # The operator and the customer

    def store_account(self, account: str, **settings: Any) -> None:
        """Create or configure an account."""
        if self.get(account, "ACCOUNT") is None:
            self.put(account, "ACCOUNT", currency="USD", time_zone="UTC", status="open", billing_emails=[])
            self.put(account, "ACCOUNT", admission=True)
            self.put(account, "BALANCE", posted_micros=0, held_micros=0, live_holds=0)
        self.put(account, "ACCOUNT", **settings)

    def adjust(self, account: str, identifier: str, micros: int, reason: str, now: datetime) -> None:
        """Post a new adjustment."""
        self.put(account, f"ADJUSTMENT#{identifier}", amount_micros=micros, reason=reason)
        sk = f"ENTRY#{instant(now)}#{identifier}"
        self.post(account, sk, now, self.zone(account), micros, 0, category="adjustment", reason=reason)

    def switch(self, account: str, line: str, by: str, now: datetime, *, is_on: bool) -> None:
        """Switch international calling of a line; only a change is recorded."""
        before = self.items[f"ACCOUNT#{account}", f"LINE#{line}"]
        changes = before.get("changes") or 0
        if before.get("international_calling", False) is not is_on:
            changes += 1
            said = {"international_calling": is_on, "changed_by": by}
            self.put(account, f"CHANGE#{line}#{instant(now)}#{changes:06d}", **said)
        self.put(account, f"LINE#{line}", international_calling=is_on, changes=changes or None)

    def zone(self, account: str) -> str:
        """The current time zone of an account."""
        return str(self.items[f"ACCOUNT#{account}", "ACCOUNT"]["time_zone"])

    def post(self, account: str, sk: str, when: datetime, zone: str, micros: int, billed: int, **said: Any) -> None:
        """Post an entry to its day and the balance."""
        date = when.astimezone(ZoneInfo(zone)).date().isoformat()
        self.enter(account, sk, micros, billed, local_date=date, **said)

    def enter(self, account: str, sk: str, micros: int, billed: int, **said: Any) -> None:
        """Post an entry of a local date to that day and the balance."""
        self.put(account, sk, amount_micros=micros, billed_seconds=billed, **said)
        sk = f"DAY#{said['local_date']}#{said['category']}"
        day = self.get(account, sk) or {"entry_count": 0, "billed_seconds": 0, "total_micros": 0}
        counted = {"entry_count": day["entry_count"] + 1, "billed_seconds": day["billed_seconds"] + billed}
        self.put(account, sk, **counted, total_micros=day["total_micros"] + micros)
        if said.get("kind") == "call_taken_back":
            self.put(account, sk, taken_back=day.get("taken_back", 0) + 1)
        balance = self.items[f"ACCOUNT#{account}", "BALANCE"]
        self.put(account, "BALANCE", posted_micros=balance["posted_micros"] + micros)

    # The queue

    def deliver(self, messages: list[Told], now: datetime) -> set[str]:
        """Process a batch; the ids of the messages that go back."""
        refused = {message.message_id for message in messages if message.facts is None}
        self.count("malformed", len(refused))
        brought: dict[Key, list[str]] = {}
        distinct: list[dict[str, Any]] = []
        first: dict[Key, dict[str, Any]] = {}
        for message in sorted(messages, key=lambda message: message.sent_at):
            if message.facts is None:
                continue
            key = (f"ACCOUNT#{message.facts['account_id']}", call_sk(message.facts))
            if key not in first:
                first[key] = message.facts
                distinct.append(message.facts)
                brought[key] = [message.message_id]
            elif first[key] == message.facts:
                brought[key].append(message.message_id)
                self.count("again in its batch")
            else:
                refused.add(message.message_id)
                self.count("conflict in its batch")
        return refused | self._settle_all(distinct, brought, now)

    def _settle_all(self, distinct: list[dict[str, Any]], brought: dict[Key, list[str]], now: datetime) -> set[str]:
        """Charge or keep the calls and release their holds; the ids of the messages that go back."""
        refused: set[str] = set()
        for facts in distinct:
            self._remember(facts["account_id"], "ACCOUNT", now)
        rated = [(facts, self._rate(facts, now)) for facts in distinct]
        early = [facts for facts, row in rated if row == "early"]
        releases = [facts for facts in distinct if facts not in early and self._hold(facts, now)]
        costly = [(facts, row) for facts, row in rated if row != "free"]
        for facts, row in costly:
            if row != "early":
                self._remember(facts["account_id"], f"LINE#{facts['line_id']}", now)
        for facts, row in costly:
            key = (f"ACCOUNT#{facts['account_id']}", call_sk(facts))
            if row == "early" or not self._settle(facts, row):
                refused |= set(brought[key])
        for facts in releases:
            if call_sk(facts) not in self.conflicts:
                self.let_go(facts["account_id"], facts["call_id"], "released", now)
        self.conflicts.clear()
        return refused

    def _hold(self, facts: dict[str, Any], now: datetime) -> dict[str, Any] | None:
        """The hold of a call, if posting reads the holds of its account."""
        known = self.remembered.get((f"ACCOUNT#{facts['account_id']}", "ACCOUNT"))
        if known is None:
            return None
        changed = known[1].get("admission_changed_at")
        is_looked_for = known[1]["admission"] or (changed and moment(changed) > now - timedelta(days=91))
        return self.get(facts["account_id"], f"HOLD#{facts['call_id']}") if is_looked_for else None

    def let_go(self, account: str, call_id: str, status: str, now: datetime) -> None:
        """End a live hold and release its amount."""
        hold = self.get(account, f"HOLD#{call_id}")
        if hold is not None and hold["status"] == "live":
            self.put(account, f"HOLD#{call_id}", status=status, ended_at=instant(now))
            self.held(account, -hold["amount_micros"], -1)
            self.count(f"hold {status}")

    def held(self, account: str, micros: int, count: int) -> None:
        """Add to the held amount and to the number of holds."""
        balance = self.items[f"ACCOUNT#{account}", "BALANCE"]
        held = {"held_micros": balance["held_micros"] + micros, "live_holds": balance["live_holds"] + count}
        self.put(account, "BALANCE", **held)

    def _rate(self, facts: dict[str, Any], now: datetime) -> Any:
        """`free`, `early` (it waits), None (no row), or the row: the promised one for the authorized number."""
        free = facts["direction"] == "inbound" or facts["duration_seconds"] == 0 or facts["to"][0] != "+"
        hold = self._hold(facts, now)
        key = (facts["account_id"], call_sk(facts))
        self.kept_promises.discard(key)
        if hold is not None and hold["to"] == facts["to"]:
            row: Any = None if free else self.promised[facts["account_id"], facts["call_id"]][0]
            self.kept_promises.add(key)
        else:
            row, self.deck_of[key] = (None, "") if free else self.decks.rate(facts, now)
        nothing = row not in (None, "early") and priced(row, facts)[1] == 0
        if free or nothing:
            self.count("free")
            return "free"
        return row

    def _remember(self, account: str, sk: str, now: datetime) -> None:
        """The accounts and lines that a warm function caches for a minute; only existing ones."""
        key = (f"ACCOUNT#{account}", sk)
        if key not in self.remembered or now - self.remembered[key][0] >= REMEMBERED:
            self.remembered.pop(key, None)
            if key in self.items:
                self.remembered[key] = (now, dict(self.items[key]))

    def _settle(self, facts: dict[str, Any], row: dict[str, Any] | None) -> bool:
        """Whether a call that is not free is recorded: as an entry or as an unrated call, now or earlier."""
        account = facts["account_id"]
        known = self.remembered.get((f"ACCOUNT#{account}", "ACCOUNT"))
        if known is None:
            self.count("unknown account")
            return False
        entry, waiting = f"ENTRY#{call_sk(facts)}", f"UNRATED#{call_sk(facts)}"
        said = [self.told.get((account, sk)) for sk in ((entry, waiting) if row is None else (entry,))]
        if any(said):
            self.count("replay" if facts in said else "conflict")
            if facts not in said:
                if row is not None:
                    self.conflicts.add(call_sk(facts))
                return False
        elif row is None:
            self.put(account, waiting, to=facts["to"], duration_seconds=facts["duration_seconds"])
            self.told[account, waiting] = facts
            self.count("unrated")
        else:
            self.charge(facts, row, str(known[1]["time_zone"]), entry)
        line = self.remembered.get((f"ACCOUNT#{account}", f"LINE#{facts['line_id']}"))
        if line is None or not line[1]["international_calling"]:
            self._stray(account, facts)
        return True

    def charge(self, facts: dict[str, Any], row: dict[str, Any], zone: str, entry: str) -> None:
        """Charge a call with a price."""
        billed, micros = price(row, facts["duration_seconds"])
        key = (facts["account_id"], facts["call_id"])
        is_promised = (facts["account_id"], call_sk(facts)) in self.kept_promises
        deck, calling = (
            self.promised[key][1:]
            if is_promised
            else (self.deck_of[facts["account_id"], call_sk(facts)], facts["from"])
        )
        self.calling[facts["account_id"], entry] = calling
        said = {
            "category": row["category"],
            "prefix": row["prefix"],
            "deck": deck,
            "to": facts["to"],
            "user_id": facts["user_id"],
        }
        when = moment(facts["started_at"])
        self.post(facts["account_id"], entry, when, zone, -micros, billed, **said)
        self.told[facts["account_id"], entry] = facts
        self.count("charge")

    def _stray(self, account: str, facts: dict[str, Any]) -> None:
        if self.get(account, f"STRAY#{call_sk(facts)}") is None:
            self.put(account, f"STRAY#{call_sk(facts)}", line_id=facts["line_id"])
            self.count("stray")

    def count(self, outcome: str, number: int = 1) -> None:
        """Count outcomes."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + number
