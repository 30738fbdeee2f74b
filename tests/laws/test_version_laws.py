"""Law: no write of settings is older than what it overwrites. Two writers read and write the rule, the limits, and a
line in random order, with the versions that they last saw.
"""

import random
from collections import Counter
from typing import Any

import pytest

from tests.harness.cards import MASTERCARD
from tests.harness.recharging import leave
from tests.harness.till import Till
from tests.laws.test_laws import SEED

pytestmark = pytest.mark.dynamodb
OPERATIONS = 240


class Settings:
    """Settings with a version: how they are read, what changes them, and by which methods."""

    def __init__(self, till: Till, path: str, methods: tuple[str, ...], changes: dict[str, list[Any]]) -> None:
        self.till, self.path, self.methods, self.changes = till, path, methods, changes

    def read(self) -> dict[str, Any]:
        """The stored settings."""
        if self.path.startswith("/lines/"):
            [line] = self.till.world.get("/lines").body["items"]
            return dict(line)
        return dict(self.till.world.ask("change_settings", "GET", self.path).body)

    def values(self, shown: dict[str, Any]) -> dict[str, Any]:
        """What a customer sets, of the settings shown."""
        own = shown.get("own", shown)
        return {name: own.get(name) for name in self.changes}

    def change(self, randomly: random.Random) -> dict[str, Any]:
        """A few fields with random values."""
        names = randomly.sample(sorted(self.changes), randomly.randint(1, len(self.changes)))
        return {name: randomly.choice(self.changes[name]) for name in names}

    def write(self, method: str, body: dict[str, Any]) -> Any:
        """Send a change."""
        return self.till.world.ask("change_settings", method, self.path, body)


def kinds_of(till: Till) -> list[Settings]:
    """Every kind of settings with a version."""
    rule: dict[str, list[Any]] = {
        "enabled": [True, False],
        "threshold": ["1.00", "2.00", "3.00"],
        "amount": ["50.00", "60.00"],
        "payment_method_id": [till.card(), till.card(MASTERCARD)],
        "daily_limit": ["100.00", "200.00"],
    }
    till.set_rule(rule["payment_method_id"][0])
    limits: dict[str, list[Any]] = {
        "daily_spend": ["5.00", "10.00", None],
        "simultaneous_calls": [1, 2, None],
        "blocked": [["CU"], ["GB"]],
    }
    return [
        Settings(till, "/auto-recharge", ("PUT", "PATCH"), rule),
        Settings(till, "/limits", ("PUT",), limits),
        Settings(till, "/lines/line_1", ("PUT",), {"international_calling": [True, False]}),
    ]


def test_no_write_is_older_than_what_it_overwrites(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    randomly, done = random.Random(f"{SEED} versions"), Counter[str]()
    leave(till, "500.00")
    kinds = kinds_of(till)
    seen = {(writer, kind.path): kind.read()["version"] for writer in "ab" for kind in kinds}
    for _ in range(OPERATIONS):
        writer, kind = randomly.choice("ab"), randomly.choice(kinds)
        before = kind.read()
        if randomly.random() < 0.3:
            seen[writer, kind.path] = before["version"]
            continue
        method, change, version = randomly.choice(kind.methods), kind.change(randomly), seen[writer, kind.path]
        wanted = kind.values(before) | change
        answer = kind.write(method, change | {"version": version})
        after = kind.read()
        is_outdated, stands = version != before["version"], wanted == kind.values(before)
        done[f"{kind.path} {answer.status}"] += 1
        if is_outdated and not stands:
            assert (answer.status, answer.code) == (409, "changed_meanwhile"), (method, change, answer.text)
            assert answer.body["current"] == before == after
            continue
        assert answer.status == 200, (method, change, answer.text)
        assert kind.values(after) == wanted
        assert after["version"] == before["version"] + (not stands)
        if not is_outdated:
            seen[writer, kind.path] = after["version"]
    with capsys.disabled():
        print(f"\nNo write overwrote a newer one (LAWS_SEED={SEED}): {dict(sorted(done.items()))}")
    assert set(done) == {f"{kind.path} {status}" for kind in kinds for status in (200, 409)}
