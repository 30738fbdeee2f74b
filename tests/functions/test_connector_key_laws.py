"""Laws of connector keys, under random operations: a key that was revoked more than a minute ago, or that no one
created, reaches no function; one that is not revoked always does; a name has one key that is not revoked.
"""

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from calling_credit.connectors.key import ConnectorKey, Credentials, KeyState, judge
from calling_credit.errors import Conflict
from tests.functions.connectors_bench import basic, check, create_key, key_item, key_items, revoke_key, store_of
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb
REUSED_FOR = timedelta(seconds=60)
NAMES = ("sbc-1", "sbc-2", "SBC-1")
OPERATIONS = 150


@dataclass
class Gateway:
    """API Gateway, which reuses an answer for a minute, for the same header."""

    world: World
    known: dict[str, tuple[datetime, bool]] = field(default_factory=dict)

    def admits(self, header: str) -> bool:
        """Whether a request with this header reaches its function."""
        now = self.world.clock.now
        at, answer = self.known.get(header, (now - REUSED_FOR, False))
        if now - at >= REUSED_FOR:
            at, answer = now, check(self.world, header)["isAuthorized"]
            self.known[header] = at, answer
        return answer


@dataclass
class Issued:
    """A key that the model knows."""

    name: str
    key: str
    revoked_at: datetime | None = None


def headers_of(one: Issued) -> tuple[str, ...]:
    """The headers in which a key may come."""
    return f"Bearer {one.key}", basic(one.name, one.key)


def attempt(world: World, gateway: Gateway, rng: random.Random, issued: list[Issued]) -> None:
    """One request: with a key that was issued, or with one that was not."""
    if not issued or rng.random() < 0.2:
        other = issued[0] if issued else Issued("sbc-1", "ck_" + "A" * 43)
        forged = f"ck_{''.join(rng.choices('abcXYZ012-_', k=43))}"
        wrong = rng.choice([f"Bearer {forged}", basic(other.name, forged), basic("sbc-9", other.key), other.key])
        assert not gateway.admits(wrong)
        return
    one = rng.choice(issued)
    passes = gateway.admits(rng.choice(headers_of(one)))
    if one.revoked_at is None:
        assert passes, "a key that is not revoked"
    elif world.clock.now >= one.revoked_at + REUSED_FOR:
        assert not passes, "a key that was revoked a minute ago"


def act(world: World, rng: random.Random, issued: list[Issued]) -> None:
    """An operator creates or revokes a key."""
    name = rng.choice(NAMES)
    live = [one for one in issued if one.name == name and one.revoked_at is None]
    assert len(live) <= 1
    if rng.random() < 0.5:
        if live:
            with pytest.raises(Conflict):
                create_key(world, name)
        else:
            issued.append(Issued(name, create_key(world, name)))
    elif live:
        revoke_key(world, name)
        live[0].revoked_at = world.clock.now


@pytest.mark.parametrize("seed", range(3))
def test_laws_of_keys_hold_under_random_operations(world: World, seed: int) -> None:
    rng, gateway = random.Random(seed), Gateway(world)
    issued: list[Issued] = []
    for _ in range(OPERATIONS):
        world.clock.now += timedelta(seconds=rng.choice([0, 1, 10, 59, 60, 61]))
        act(world, rng, issued) if rng.random() < 0.25 else attempt(world, gateway, rng, issued)
    assert any(one.revoked_at for one in issued)
    live = {one.name: one for one in issued if one.revoked_at is None}
    listed = [key for key in store_of(world).list_keys() if key.revoked_at is None]
    assert {key.settings.name for key in listed} == set(live)
    assert [bool(key_item(world, one.key).get("revoked_at")) for one in issued] == [
        bool(one.revoked_at) for one in issued
    ]
    assert not [one.key for one in issued if one.key in str(key_items(world))]


def test_forgotten_revocation_breaks_the_law(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def forget(credentials: Credentials | None, key: ConnectorKey | None) -> KeyState:
        return judge(credentials, key and replace(key, revoked_at=None))

    monkeypatch.setattr(world.stack.apps["check_connector_key"], "judge", forget)
    with pytest.raises(AssertionError, match="revoked a minute ago"):
        test_laws_of_keys_hold_under_random_operations(world, 0)
