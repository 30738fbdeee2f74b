"""A model of the application as a plain dictionary of items: the expected table after each operation.

Written from the contract alone, without imports of calling_credit: its own longest prefix, exact fractions for prices,
zoneinfo for dates. It checks no syntax: the driver states which messages it broke.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.laws.calls import EMERGENCY, Told
from tests.laws.goodwill import Moves
from tests.laws.items import Key, costs_nothing, decisive, decisive_for, shortened
from tests.laws.prices import Decks, billable, call_key, call_sk, instant, moment, price

REMEMBERED = timedelta(seconds=60)


@dataclass(kw_only=True)
class Model(Moves):
    """The expected items, and the caches of a warm function."""

    decks: Decks
    told: dict[Key, dict[str, Any]] = field(default_factory=dict)
    promised: dict[Key, tuple[dict[str, Any], str, str]] = field(default_factory=dict)
    kept_promises: dict[Key, int] = field(default_factory=dict)
    deck_of: dict[Key, str] = field(default_factory=dict)
    calling: dict[Key, str] = field(default_factory=dict)
    callers: dict[Key, str] = field(default_factory=dict)
    remembered: dict[Key, tuple[datetime, Any]] = field(default_factory=dict)
    conflicts: set[str] = field(default_factory=set)
    rows: dict[Key, dict[str, Any]] = field(default_factory=dict)
    shortened_until: str = ""

    def shorten(self, until: str) -> None:
        """Shorten the numbers of the entries that happened since the last round and before a moment."""
        since, self.shortened_until = self.shortened_until, max(self.shortened_until, until)
        for (pk, sk), item in list(self.items.items()):
            number = str(item.get("to", "")) if sk.startswith("ENTRY#") else ""
            if shortened(number) != number and since <= sk.split("#")[1] < self.shortened_until:
                account = pk.removeprefix("ACCOUNT#")
                self.put(account, sk, to=shortened(number))
                if (account, sk) in self.told:
                    self.told[account, sk] = self.told[account, sk] | {"to": shortened(number)}

    # The queue

    def deliver(self, messages: list[Told], now: datetime) -> set[str]:
        """Process a batch; the ids of the messages that go back."""
        refused = {message.message_id for message in messages if message.facts is None}
        self.count("malformed", len(refused))
        brought: dict[Key, list[str]] = {}
        distinct: list[dict[str, Any]] = []
        free: list[tuple[dict[str, Any], int]] = []
        first: dict[Key, dict[str, Any]] = {}
        for message in sorted(messages, key=lambda message: message.sent_at):
            if message.facts is None:
                continue
            key = (f"ACCOUNT#{message.facts['account_id']}", call_sk(message.facts))
            if costs_nothing(message.facts):
                free.append((message.facts, message.sent_at))
            elif key not in first:
                first[key] = message.facts
                distinct.append(message.facts)
                brought[key] = [message.message_id]
            elif decisive(first[key]) == decisive(message.facts):
                brought[key].append(message.message_id)
                self.count("again in its batch")
            else:
                refused.add(message.message_id)
                self.count("conflict in its batch")
        return refused | self._settle_all(distinct, free, brought, now)

    def _settle_all(
        self,
        distinct: list[dict[str, Any]],
        free: list[tuple[dict[str, Any], int]],
        brought: dict[Key, list[str]],
        now: datetime,
    ) -> set[str]:
        """Charge or keep the calls and release their holds; the ids of the messages that go back."""
        refused: set[str] = set()
        self.count("free", len(free))
        for facts in (*distinct, *(facts for facts, _ in free)):
            self._remember(facts["account_id"], "ACCOUNT", now)
        begun = max((instant(moment(facts["started_at"])) for facts in distinct), default="")
        for facts in distinct:
            self._remember(facts["account_id"], "ACCOUNT", now, begun)
            self._remember(facts["account_id"], f"LINE#{facts['line_id']}", now)
        rated = [(facts, self._rate(facts, now)) for facts in distinct]
        releases = self._releases([facts for facts, row in rated if row != "early"], free, now)
        costly = [(facts, row) for facts, row in rated if row != "free"]
        for facts, row in costly:
            key = (f"ACCOUNT#{facts['account_id']}", call_sk(facts))
            if row == "early" or not self._settle(facts, row):
                refused |= set(brought[key])
        for facts in releases.values():
            if costs_nothing(facts) or call_sk(facts) not in self.conflicts:
                end = "answered" if facts["duration_seconds"] else "unanswered"
                self.let_go(facts["account_id"], call_key(facts["call_id"]), "released", now, ended_as=end)
        self.conflicts.clear()
        return refused

    def _releases(
        self, distinct: list[dict[str, Any]], free: list[tuple[dict[str, Any], int]], now: datetime
    ) -> dict[tuple[str, str], dict[str, Any]]:
        """The event that releases each hold: an unanswered one only if it ended after the hold was asked for."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        answered = [facts for facts, _ in free if facts["duration_seconds"]]
        unanswered = [(facts, sent_at) for facts, sent_at in free if not facts["duration_seconds"]]
        for facts in (*distinct, *answered):
            if self._hold(facts, now):
                found.setdefault((facts["account_id"], facts["call_id"]), facts)
        for facts, sent_at in unanswered:
            hold = self._hold(facts, now)
            ended = moment(facts["started_at"]) + timedelta(seconds=facts["rings"])
            ended = min(ended, datetime.fromtimestamp(sent_at / 1000, UTC))
            if hold and ended > moment(hold.get("repeated_at") or hold["asked_at"]) - timedelta(seconds=5):
                found.setdefault((facts["account_id"], facts["call_id"]), facts)
            elif hold and hold["status"] == "live":
                self.count("too old to release a hold")
        return found

    def _hold(self, facts: dict[str, Any], now: datetime) -> dict[str, Any] | None:
        """The hold of a call, if posting reads the holds of its account."""
        known = self.remembered.get((f"ACCOUNT#{facts['account_id']}", "ACCOUNT"))
        if known is None:
            return None
        changed = known[1].get("admission_changed_at")
        is_looked_for = known[1]["admission"] or (changed and moment(changed) > now - timedelta(days=91))
        return self.get(facts["account_id"], f"HOLD#{call_key(facts['call_id'])}") if is_looked_for else None

    def _rate(self, facts: dict[str, Any], now: datetime) -> Any:
        """`free`, `early` (it waits), None (no row), or the row: the promised one for the authorized number."""
        hold = self._hold(facts, now)
        key = (facts["account_id"], call_sk(facts))
        self.kept_promises.pop(key, None)
        line = self.remembered.get((f"ACCOUNT#{key[0]}", f"LINE#{facts['line_id']}"))
        self.callers[key] = (line[1]["number"] if line else facts["from"]) or ""
        row: Any = None
        if hold is not None and hold["to"] == facts["to"]:
            row = self.promised[facts["account_id"], facts["call_id"]][0]
            self.kept_promises[key] = hold["max_seconds"]
        elif facts["to"] not in EMERGENCY:
            row, self.deck_of[key] = self.decks.rate(facts | {"from": self.callers[key]}, now)
        is_included = row not in (None, "early", "free") and row["category"] == "included"
        if facts["to"] in EMERGENCY or row == "free" or is_included:
            self.count("free")
            return "free"
        return row

    def _remember(self, account: str, sk: str, now: datetime, begun: str = "") -> None:
        """The accounts and lines that a warm function caches for a minute; only existing ones. For a batch with a call
        that begins later than that, an account is read again.
        """
        key = (f"ACCOUNT#{account}", sk)
        known = self.remembered.get(key)
        if known is None or now - known[0] >= REMEMBERED or begun >= instant(known[0] + REMEMBERED):
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
        if row is not None and self._waits_otherwise(account, waiting, facts):
            self.count("conflict with a waiting call")
            self.conflicts.add(call_sk(facts))
            return False
        said = [self.told.get((account, sk)) for sk in ((entry, waiting) if row is None else (entry,))]
        if any(said):
            is_replay = any(decisive(known) == decisive_for(known, facts) for known in said if known)
            is_replay = is_replay or self._was_corrected_to(account, entry, facts)
            self.count("replay" if is_replay else "conflict")
            if not is_replay:
                if row is not None:
                    self.conflicts.add(call_sk(facts))
                return False
        elif row is None:
            self.put(account, waiting, to=facts["to"], duration_seconds=facts["duration_seconds"])
            self.told[account, waiting] = facts
            self.calling[account, waiting] = self.callers[account, call_sk(facts)]
            self.count("unrated")
        else:
            self.charge(facts, row, str(known[1]["time_zone"]), entry)
        line = self.remembered.get((f"ACCOUNT#{account}", f"LINE#{facts['line_id']}"))
        if line is None or not line[1]["international_calling"]:
            self._list(account, "STRAY", facts)
        granted = self.kept_promises.get((account, call_sk(facts)))
        if facts["duration_seconds"] > (4 * 3600 if granted is None else granted + 3600):
            self._list(account, "SUSPICIOUS", facts)
        return True

    def _waits_otherwise(self, account: str, waiting: str, facts: dict[str, Any]) -> bool:
        """Whether another record of a call that a later deck prices now still waits for its price."""
        key, item = (account, call_sk(facts)), self.get(account, waiting)
        if item is None or "outcome" in item or facts["to"][0] != "+" or key in self.kept_promises:
            return False
        is_late = self.deck_of[key] != self.decks.at(moment(facts["started_at"])).version
        return is_late and decisive(self.told[account, waiting]) != decisive(facts)

    def _was_corrected_to(self, account: str, entry: str, facts: dict[str, Any]) -> bool:
        """Whether an operator has corrected a charged call to the duration of another record of it."""
        stated = [(number, facts["duration_seconds"]) for number in (facts["to"], shortened(facts["to"]))]
        later = [item for sk, item in self.of(account, entry) if "correction" in item and sk.endswith("debit")]
        return any((item["to"], item["duration_seconds"]) in stated for item in later)

    def charge(self, facts: dict[str, Any], row: dict[str, Any], zone: str, entry: str) -> None:
        """Charge a call with a price."""
        granted = self.kept_promises.get((facts["account_id"], call_sk(facts)))
        billed, micros = price(row, billable(facts["duration_seconds"], granted))
        calling = self.callers[facts["account_id"], call_sk(facts)]
        if granted is None:
            deck = self.deck_of[facts["account_id"], call_sk(facts)]
        else:
            _, deck, calling = self.promised[facts["account_id"], facts["call_id"]]
            hold = self.items[f"ACCOUNT#{facts['account_id']}", f"HOLD#{call_key(facts['call_id'])}"]
            if facts["duration_seconds"] <= granted + 2:
                assert micros <= hold["amount_micros"], "law 12: an obedient switch pays at most what was held"
        self.calling[facts["account_id"], entry] = calling
        over = facts["duration_seconds"] > (4 * 3600 if granted is None else granted + 3600)
        said = {
            "category": row["category"],
            "prefix": row["prefix"],
            "deck": deck,
            "to": facts["to"],
            "user_id": facts["user_id"],
            "duration_seconds": facts["duration_seconds"],
            "granted_seconds": granted,
            "promised": granted is not None or None,
            "call_id": facts["call_id"] if call_key(facts["call_id"]) != facts["call_id"] else None,
            "suspicious": over or None,
        }
        when = moment(facts["started_at"])
        self.post(facts["account_id"], entry, when, zone, -micros, billed, **said)
        self.told[facts["account_id"], entry] = facts
        self.rows[facts["account_id"], entry] = row
        self.count("charge")

    def _list(self, account: str, kind: str, facts: dict[str, Any]) -> None:
        if self.get(account, f"{kind}#{call_sk(facts)}") is None:
            self.put(account, f"{kind}#{call_sk(facts)}", line_id=facts["line_id"])
            self.count(kind.lower())
