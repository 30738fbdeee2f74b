"""Random lives of accounts with budgets: hold, extend, end, post, repeat, correct, rerate, expire, change budgets of
lines and users in any order, over the end of a month. After every step law 17 holds, and no hold exceeds a budget.
"""

import random
from datetime import timedelta
from typing import Any

import pytest

from tests.functions.budgets_bench import set_budget, spending
from tests.functions.rerate_bench import COVERING, DEARER
from tests.functions.test_rerate_charged_calls import reprice
from tests.harness.world import JAPAN, MOBILE, UNCOVERED, UNITED_KINGDOM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

OWNERS = ("LINE#line_1", "LINE#line_2", "USER#user_1", "USER#user_2")
USERS = {"line_1": "user_1", "line_2": "user_2"}
NUMBERS = (UNITED_KINGDOM, UNITED_KINGDOM, MOBILE, JAPAN, UNCOVERED)


class Life:
    """An account with two lines and users, its calls, and what happens to them."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.rng = world, random.Random(seed)
        self.calls: dict[str, dict[str, Any]] = {}
        self.delivered: list[dict[str, Any]] = []
        self.limited = 0
        self.counted = 0

    def authorize(self) -> None:
        """Ask for a new call, or for one in progress again. What it takes more leaves no refusing counter below 0."""
        name, call = self._call()
        before = spending(self.world)
        asked = {"line_id": call["line_id"], "to": call["to"], "seconds": self.rng.choice((30, 60, 200, 600))}
        answer = self.world.authorize(name, **asked)
        if answer.status == 200:
            call["granted"] = answer.body["max_seconds"]
            self.limited += (answer.body["reason"] or answer.body.get("limited_by")) in ("line_budget", "user_budget")
        for name_of_counter, (_, _, held, left) in spending(self.world).items():
            if held > before.get(name_of_counter, (None, 0, 0, 0))[2]:
                assert left >= 0 or not self._refuses(name_of_counter)

    def _refuses(self, counter: str) -> bool:
        [item] = [one for one in self.world.of_kind("SPENT") if one["SK"] == counter]
        _, _, kind, name = counter.split("#")
        [owner] = [one for one in self.world.of_kind(kind) if one["SK"] == f"{kind}#{name}"]
        return "budget_micros" in owner and owner["budget_at"] == "refuse" and "counting" not in item

    def _call(self) -> tuple[str, dict[str, Any]]:
        name = self.rng.choice([f"c_{len(self.calls)}", *self.calls])
        new = {"to": self.rng.choice(NUMBERS), "began": self.world.clock.now, "line_id": self.rng.choice(list(USERS))}
        return name, self.calls.setdefault(name, new)

    def end(self) -> None:
        """End a call, of a hold or not, and deliver it, sometimes twice or beside an earlier one."""
        name, call = self._call()
        if call.get("ended"):
            return
        call["ended"] = True
        seconds = self.rng.choice((1, 60, call.get("granted") or 61, self.rng.randint(1, 900)))
        began, ended = call["began"], call["began"] + timedelta(seconds=seconds)
        self.world.clock.now = max(self.world.clock.now, ended)
        user_id = self.rng.choice((USERS[call["line_id"]], USERS[call["line_id"]], "user_3", None))
        event = {"call_id": name, "to": call["to"], "line_id": call["line_id"], "user_id": user_id}
        event |= {"started_at": began.isoformat(), "answered_at": began.isoformat(), "ended_at": ended.isoformat()}
        event |= {"duration_seconds": seconds, "from": f"+1415555010{call['line_id'][-1]}"}
        if self.rng.random() < 0.2:
            event |= {"disposition": "busy", "duration_seconds": 0, "answered_at": None}
        again = self.rng.sample(self.delivered, k=min(len(self.delivered), self.rng.randint(0, 2)))
        assert self.world.deliver(event, *again, *([event] if self.rng.random() < 0.3 else [])) == []
        self.delivered.append(event)

    def correct(self) -> None:
        """Correct or waive a charged call."""
        charged = [entry for entry in self.world.entries() if entry["kind"] == "call_charged"]
        if charged:
            _, began, name, *_ = self.rng.choice(charged)["SK"].split("#")
            stated = self.rng.choice(({"waive": True}, {"duration_seconds": self.rng.randint(0, 1_000)}))
            body = {"started_at": began, "reason": "test", **stated}
            key, path = f"k {self.rng.random()}", f"/accounts/acct_1/calls/{name}/corrections"
            assert self.world.operate("POST", path, body, key=key).status == 201

    def rerate(self) -> None:
        """Price the calls again by another deck, which may price the waiting ones."""
        deck = self.rng.choice((COVERING, DEARER))
        self.world.stack.publish(deck, f"deck {self.rng.random()}")
        reprice(self.world, even_promised=self.rng.random() < 0.5)
        self.world.clock.now += timedelta(minutes=16)
        self.world.stack.invoke("rerate_calls", {}, seconds=300)

    def change(self) -> None:
        """Begin, change, or end a budget."""
        monthly, at = self.rng.choice((None, 0, 300_000, 1_000_000, 5_000_000)), self.rng.choice(("refuse", "tell"))
        set_budget(self.world, monthly, at=at, of=self.rng.choice(OWNERS))

    def wait(self) -> None:
        """Let time pass, sometimes until holds expire, or into the next month."""
        self.world.clock.now += timedelta(minutes=self.rng.choice((0, 1, 3, 5, 5, 90, 2 * 24 * 60)))
        self.counted += self.world.stack.invoke("expire_holds", {}).get("budgets_counted", 0)


@pytest.mark.parametrize("seed", range(4))
def test_random_lives_keep_the_law_of_budgets(world: World, seed: int) -> None:
    world.adjust("300.00", "credit")
    world.operate("PUT", "/accounts/acct_1/users/user_2", {"name": "Lin"})
    line = {"number": "+14155550102", "user_id": "user_2", "international_calling": True}
    assert world.operate("PUT", "/accounts/acct_1/lines/line_2", line).status == 201
    life = Life(world, seed)
    steps = (life.authorize,) * 5 + (life.end,) * 5 + (life.correct, life.rerate, life.change, life.change, life.wait)
    life.change()
    for _ in range(80):
        life.rng.choice(steps)()
        world.clock.now += timedelta(seconds=life.rng.choice((1, 20, 70)))
        spending(world)
    world.clock.now += timedelta(days=3)
    life.wait()
    assert not any("counting" in counter for counter in world.of_kind("SPENT"))
    assert spending(world), "nothing was counted"
    assert life.counted
    assert life.limited, "no budget limited a call"
