"""Law 6, checked before every request to Stripe: at most one recharge of an account is in flight."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import pytest

from calling_credit.topups.topup import PENDING
from tests.harness.till import Till


@dataclass
class LawSix:
    """At most one recharge in flight for each account, and no attempt number that decreases.

    Violations are collected, because the SDK of Stripe treats any exception below it as a lost connection.
    """

    till: Till
    attempts: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    one_by_one: Any = field(default_factory=Lock)

    def look(self) -> None:
        """Check the table and Stripe in their current state."""
        with self.one_by_one:
            try:
                self._look()
            except AssertionError as error:
                self.broken.append(str(error))

    def _look(self) -> None:
        by_account: dict[str, list[dict[str, Any]]] = {}
        for item in self.till.world.stack.items():
            by_account.setdefault(item["PK"], []).append(item)
        for pk, items in by_account.items():
            self._look_at(pk, items)
        waiting = [
            intent["metadata"].get("account_id")
            for intent in self.till.objects("payment_intent")
            if intent["metadata"].get("kind") == "automatic" and intent["status"] not in ("succeeded", "canceled")
        ]
        assert len(waiting) == len(set(waiting)), "law 6: two intents of one rule may take money"

    def _look_at(self, pk: str, items: Iterable[dict[str, Any]]) -> None:
        under_way = [
            item["topup_id"]
            for item in items
            if item["SK"].startswith("TOPUP#") and item["kind"] == "automatic" and item["status"] in PENDING
        ]
        assert len(under_way) <= 1, "law 6"
        for rule in (item for item in items if item["SK"] == "AUTO_RECHARGE"):
            assert rule["attempt"] >= self.attempts.get(pk, 0), "an attempt was counted back"
            self.attempts[pk] = rule["attempt"]
            if under_way:
                assert rule["in_flight"]["topup_id"] == under_way[0], "law 6: it is not the one in flight"


def watch_law_six(till: Till, monkeypatch: pytest.MonkeyPatch) -> LawSix:
    """Check before every request to Stripe."""
    law, wire = LawSix(till), till.world.stack.stripe
    send = wire.send

    def watched(request: Any) -> Any:
        law.look()
        return send(request)

    monkeypatch.setattr(wire, "send", watched)
    return law
