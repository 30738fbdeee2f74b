"""The items of the model: accounts, adjustments, lines, holds, and entries with their days and balances."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.laws.calls import EMERGENCY
from tests.laws.prices import call_sk, instant

Key = tuple[str, str]
UNARMED = 10**15


@dataclass(kw_only=True)
class Items:
    """The items' relevant attributes, the keys that the last operation may have changed, and counts of outcomes."""

    items: dict[Key, dict[str, Any]] = field(default_factory=dict)
    touched: set[Key] = field(default_factory=set)
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
        """Create or configure an account. Two versions count the changes: of all settings, and of the e-mails."""
        before = self.get(account, "ACCOUNT")
        if before is None:
            self.put(account, "ACCOUNT", currency="USD", time_zone="UTC", status="open", billing_emails=[])
            self.put(account, "ACCOUNT", admission=True, settings_version=1)
            self.put(account, "BALANCE", posted_micros=0, held_micros=0, live_holds=0)
        else:
            after = {**before, **settings}
            moves = {"settings_version": settings_of, "notifications_version": mails_of}
            for version, facts_of in moves.items():
                if facts_of(before) != facts_of(after):
                    settings[version] = (before.get(version) or 0) + 1
            if before.get("low_micros") != after.get("low_micros"):
                self.put(account, "BALANCE", low_micros=after["low_micros"])
        self.put(account, "ACCOUNT", **settings)

    def freeze(self, account: str, by: str, now: datetime) -> None:
        """Freeze an account; a frozen one stays as it is."""
        before = self.items[f"ACCOUNT#{account}", "ACCOUNT"]
        if not before.get("frozen_at"):
            freezes = (before.get("freezes") or 0) + 1
            self.put(account, "ACCOUNT", frozen_at=instant(now), frozen_by=by, freezes=freezes)
            self.put(account, "BALANCE", is_frozen=True)

    def unfreeze(self, account: str, now: datetime) -> None:
        """Unfreeze an account; one that is not frozen stays as it is."""
        frozen_at = self.items[f"ACCOUNT#{account}", "ACCOUNT"].get("frozen_at")
        if frozen_at:
            ended = {"frozen_at": None, "frozen_by": None}
            self.put(account, "ACCOUNT", **ended, last_frozen_at=frozen_at, freeze_links_after=instant(now))
            self.put(account, "BALANCE", is_frozen=None)

    def adjust(self, account: str, identifier: str, micros: int, reason: str, now: datetime) -> None:
        """Post a new adjustment."""
        self.put(account, f"ADJUSTMENT#{identifier}", amount_micros=micros, reason=reason)
        sk = f"ENTRY#{instant(now)}#{identifier}"
        self.post(account, sk, now, self.zone(account), micros, 0, category="adjustment", reason=reason)

    def keep_line(self, account: str, line: str, by: str, now: datetime, **said: Any) -> None:
        """Configure or switch a line. Its version counts changes; a switch of international calling is recorded."""
        before = self.get(account, f"LINE#{line}") or {}
        was_on, is_on = (bool(facts.get("international_calling")) for facts in (before, {**before, **said}))
        changes = before.get("changes") or 0
        if was_on is not is_on:
            changes += 1
            switch = {"international_calling": is_on, "changed_by": by}
            self.put(account, f"CHANGE#{line}#{instant(now)}#{changes:06d}", **switch)
        is_same = said.items() <= before.items()
        version = before.get("line_version", 0) + (not is_same)
        self.put(account, f"LINE#{line}", **said, changed_by=by, changes=changes or None, line_version=version)

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

    def let_go(self, account: str, key: str, status: str, now: datetime, **said: Any) -> None:
        """End a live hold and release its amount."""
        hold = self.get(account, f"HOLD#{key}")
        if hold is not None and hold["status"] == "live":
            self.put(account, f"HOLD#{key}", status=status, ended_at=instant(now), **said)
            self.held(account, -hold["amount_micros"], -1)
            self.count(f"hold {status}")

    def held(self, account: str, micros: int, count: int) -> None:
        """Add to the held amount and to the number of holds."""
        balance = self.items[f"ACCOUNT#{account}", "BALANCE"]
        held = {"held_micros": balance["held_micros"] + micros, "live_holds": balance["live_holds"] + count}
        self.put(account, "BALANCE", **held)

    def count(self, outcome: str, number: int = 1) -> None:
        """Count outcomes."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + number


def settings_of(account: dict[str, Any]) -> list[Any]:
    """What a change of an account's settings is compared by; an empty value is a missing one."""
    names = (
        "time_zone",
        "status",
        "billing_emails",
        "low_micros",
        "admission",
        "languages",
        "waiting_emails",
        "limits",
    )
    values = [None if account.get(name) in ([], {}) else account.get(name) for name in names]
    return [*values, account.get("breakdown_since") is None]


def mails_of(account: dict[str, Any]) -> tuple[dict[str, str], Any]:
    """What an admin sees of the e-mails, confirmed or not: the language of each address, and the level."""
    languages = {address.casefold(): language for address, language in (account.get("languages") or {}).items()}
    seen = {one["address"].casefold(): one["language"] for one in account.get("waiting_emails") or ()}
    for address in account["billing_emails"]:
        seen[address.casefold()] = languages.get(address.casefold(), "en")
    return seen, account.get("low_micros")


def costs_nothing(facts: dict[str, Any]) -> bool:
    """Whether an event is inbound, of an emergency call, or claims no talk time."""
    return bool(facts["direction"] == "inbound" or facts["to"] in EMERGENCY or facts["duration_seconds"] == 0)


def decisive(facts: dict[str, Any]) -> tuple[Any, ...]:
    """The facts that decide a charge; the others may differ when a call is delivered again."""
    return facts["account_id"], call_sk(facts), facts["to"], facts["duration_seconds"]


def shortened(number: str) -> str:
    """A number without its last four digits; a short code stays, and so does what is shortened."""
    return f"{number[:-4]}…" if re.fullmatch(r"\+[0-9]{7,}", number) else number


def decisive_for(known: dict[str, Any], facts: dict[str, Any]) -> tuple[Any, ...]:
    """The facts that decide whether a call is the known one, whose number may be shortened."""
    is_short = known["to"].endswith("…")
    return decisive(facts | {"to": shortened(facts["to"])} if is_short else facts)
