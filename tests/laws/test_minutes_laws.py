"""Random lives of accounts with included minutes: hold, extend, end, post, repeat, correct, change bundles, and expire
in any order. After every step the law of minutes holds, and each hold and charge is the price of what no minute covers,
computed from the contract alone.
"""

import random
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from tests.domain.examples import deck_csv
from tests.harness.world import JAPAN, UNITED_KINGDOM, World
from tests.laws.minutes import law_of_minutes

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

ROWS = {
    "GB": {"rate_per_minute": "0.17", "connection_fee": "0.31", "minimum_seconds": "30", "increment_seconds": "6"},
    "JP": {"rate_per_minute": "0.0123", "connection_fee": "0", "minimum_seconds": "1", "increment_seconds": "1"},
}
STEPS: dict[str, list[tuple[int, str, int]]] = {"GB": [], "JP": [(90, "0.0456", 7), (300, "0.0011", 60)]}
"""The rate steps of each row: from second, rate, and increment."""
_LINES = deck_csv(ROWS["GB"], {"prefix": "81", "destination": "Japan", "country": "JP"} | ROWS["JP"]).split(b"\n")
DECK = b"\n".join((_LINES[0] + b",rate_steps", _LINES[1] + b",", _LINES[2] + b",90:0.0456:7;300:0.0011:60", b""))
BUNDLES = (
    {"name": "the UK", "countries": ["GB"], "minutes": 7},
    {"name": "the UK", "countries": ["GB"], "minutes": 1},
    {"name": "all", "prefixes": ["4", "8"], "minutes": 12},
    {"name": "Japan", "countries": ["JP"], "minutes": 0},
)


def price(country: str, seconds: int, covered: int) -> int:
    """The micro-dollars of a call: nothing for covered seconds; the rest by increments, without fee and minimum, each
    at the rate of its first second of the call.
    """
    row, position = ROWS[country], covered
    exact = Fraction(0) if covered or not seconds else Fraction(row["connection_fee"])
    while position < seconds:
        rate, length = row["rate_per_minute"], int(row["increment_seconds"])
        if not position:
            length = int(row["minimum_seconds"])
        for begin, of_step, increment in STEPS[country]:
            if begin <= position:
                rate, length = of_step, increment
        exact += length * Fraction(rate) / 60
        position += length
    return int(exact * 10_000 + Fraction(1, 2)) * 100


class Life:
    """An account, its calls, and what happens to them."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.rng = world, random.Random(seed)
        self.calls: dict[str, dict[str, Any]] = {}
        self.delivered: list[dict[str, Any]] = []

    def authorize(self) -> None:
        """Ask for a new call, or for one in progress again."""
        name = self.rng.choice([f"c_{len(self.calls)}", *self.calls])
        call = self.calls.setdefault(
            name, {"to": self.rng.choice((UNITED_KINGDOM, JAPAN)), "began": self.world.clock.now}
        )
        answer = self.world.authorize(name, to=call["to"], seconds=self.rng.choice((30, 60, 200, 600)))
        if answer.status == 200 and answer.body["decision"] == "allow":
            call |= {"granted": answer.body["max_seconds"], "covered": answer.body.get("covered_seconds", 0)}

    def end(self) -> None:
        """End a call, of a hold or not, and deliver it, sometimes twice or beside an earlier one."""
        name = self.rng.choice([f"c_{len(self.calls)}", *self.calls])
        call = self.calls.setdefault(name, {"to": UNITED_KINGDOM, "began": self.world.clock.now})
        if call.get("ended"):
            return
        call["ended"] = True
        seconds = self.rng.choice((1, 29, call.get("granted") or 61, self.rng.randint(1, 900)))
        began = call["began"]
        ended = began + timedelta(seconds=seconds)
        self.world.clock.now = max(self.world.clock.now, ended)
        event = {"call_id": name, "to": call["to"], "duration_seconds": seconds}
        event |= {"started_at": began.isoformat(), "answered_at": began.isoformat(), "ended_at": ended.isoformat()}
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
            key = f"k {self.rng.random()}"
            path = f"/accounts/acct_1/calls/{name}/corrections"
            assert self.world.operate("POST", path, body, key=key).status == 201

    def change(self) -> None:
        """Give the account or its line other bundles."""
        names: dict[str, dict[str, Any]] = {}
        for bundle in self.rng.sample(BUNDLES, k=self.rng.randint(0, 3)):
            names[str(bundle["name"])] = bundle
        path = "/accounts/acct_1" + self.rng.choice(("", "", "/lines/line_1"))
        assert self.world.operate("PUT", path, {"bundles": list(names.values())}).status == 200

    def wait(self) -> None:
        """Let time pass, sometimes until holds expire, or into the next month."""
        self.world.clock.now += timedelta(minutes=self.rng.choice((0, 1, 5, 5, 90, 3 * 24 * 60)))
        self.world.stack.invoke("expire_holds", {})

    def check(self) -> None:
        """Check the laws."""
        self.world.balance()
        law_of_minutes(self.world.stack.items())
        for entry in self.world.entries():
            if entry["kind"] == "call_charged" and not entry.get("waived"):
                granted, seconds = entry.get("granted_seconds"), entry["duration_seconds"]
                if granted is not None and granted < seconds <= granted + 2:
                    seconds = granted
                assert -entry["amount_micros"] == price(entry["country"], seconds, entry.get("covered_seconds", 0))
        for hold in self.world.of_kind("HOLD"):
            held = price(hold["country"], hold["max_seconds"], hold.get("covered_seconds", 0))
            assert hold["amount_micros"] == held


@pytest.mark.parametrize("seed", range(4))
def test_random_lives_keep_the_laws_of_minutes(world: World, seed: int) -> None:
    world.stack.publish(DECK, "minutes")
    world.adjust("3.00", "credit")
    life = Life(world, seed)
    life.change()
    steps = (life.authorize,) * 5 + (life.end,) * 5 + (life.correct, life.change, life.wait)
    for _ in range(60):
        life.rng.choice(steps)()
        life.check()
    covered = [entry for entry in world.entries() if entry.get("covered_seconds")]
    assert covered, "no call was covered"
