"""Connector keys in the table: one for each name, revoked once, with their last use."""

from datetime import timedelta

import pytest

from calling_credit.connectors.key import hash_of
from calling_credit.errors import Conflict, NotFound
from tests.functions.connectors_bench import (
    ADDRESS,
    OPERATOR,
    basic,
    check,
    create_key,
    key_item,
    key_items,
    revoke_key,
    store_of,
)
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb
REFUSED = {"isAuthorized": False}


def test_a_key_is_stored_by_its_hash_with_who_made_it(world: World) -> None:
    key = create_key(world, "sbc-1", "Europe/Paris", 30)
    key_hash = hash_of(key)
    about = {"key_hash": key_hash, "name": "sbc-1", "created_at": "2026-11-23T12:00:00.000Z"}
    more = {"zone": "Europe/Paris", "per_minute": 30, "created_by": "client:command:ada"}
    assert key_items(world) == [
        {"PK": "CONNECTORS", "SK": "CONNECTOR#sbc-1", **about},
        {"PK": f"CONNECTOR_KEY#{key_hash}", "SK": "CONNECTOR_KEY", **about, **more},
    ]


def test_a_name_has_one_key_at_a_time_and_may_be_used_again(world: World) -> None:
    first = create_key(world)
    with pytest.raises(Conflict) as refused:
        create_key(world)
    assert (refused.value.code, "REVOKE=sbc-1" in refused.value.detail) == ("key_name_taken", True)
    revoke_key(world)
    second = create_key(world)
    assert [check(world, basic("sbc-1", key))["isAuthorized"] for key in (first, second)] == [False, True]
    [listed] = store_of(world).list_keys()
    assert (listed.key_hash, listed.revoked_at) == (hash_of(second), None)
    revoke_key(world)
    assert [check(world, basic("sbc-1", key)) for key in (first, second)] == [REFUSED, REFUSED]


def test_revoking_twice_changes_nothing_and_an_unknown_name_is_told(world: World) -> None:
    create_key(world)
    revoke_key(world)
    before = world.stack.items()
    world.clock.now += timedelta(hours=1)
    assert store_of(world).revoke("sbc-1", OPERATOR, world.clock.now).revoked_at == "2026-11-23T12:00:00.000Z"
    assert world.stack.items() == before
    with pytest.raises(NotFound, match="unknown_connector_key"):
        revoke_key(world, "sbc-2")


def test_keys_are_listed_by_name_with_their_last_use(world: World) -> None:
    keys = {name: create_key(world, name) for name in ("sbc-2", "SBC-1", "z" * 64)}
    check(world, f"Bearer {keys['sbc-2']}")
    revoke_key(world, "SBC-1")
    listed = [(key.settings.name, key.last_address, key.revoked_at is not None) for key in store_of(world).list_keys()]
    assert listed == [("SBC-1", None, True), ("sbc-2", ADDRESS, False), ("z" * 64, None, False)]


def test_two_workers_store_one_use_of_a_minute(world: World) -> None:
    key = create_key(world)
    stored = store_of(world).find(hash_of(key))
    assert stored is not None
    for address in (ADDRESS, "203.0.113.9"):
        store_of(world).record_use(stored, address, world.clock.now)
    assert key_item(world, key)["last_address"] == ADDRESS


def test_a_use_is_never_stored_of_a_key_that_does_not_exist(world: World) -> None:
    key = create_key(world)
    stored = store_of(world).find(hash_of(key))
    assert stored is not None
    item = key_item(world, key)
    place = {"PK": {"S": item["PK"]}, "SK": {"S": item["SK"]}}
    world.stack.dynamodb.delete_item(TableName=world.stack.table_name, Key=place)
    store_of(world).record_use(stored, ADDRESS, world.clock.now)
    assert [item["PK"] for item in key_items(world)] == ["CONNECTORS"]
