"""Connector keys for tests of handlers: keys in the table, and requests that carry one."""

from base64 import b64encode
from typing import Any

from calling_credit.changes.actor import command_actor
from calling_credit.connectors.key import KeySettings, hash_of
from calling_credit.connectors.store import ConnectorKeyStore
from tests.harness.http import Answer, http_event
from tests.harness.table import sample_event
from tests.harness.world import UNITED_KINGDOM, World

OPERATOR = command_actor("ada", "desk")
ADDRESS = "198.51.100.20"


def store_of(world: World) -> ConnectorKeyStore:
    """The keys of the world's table."""
    return ConnectorKeyStore(world.stack.dynamodb, world.stack.table_name)


def create_key(world: World, name: str = "sbc-1", zone: str = "", per_minute: int = 600) -> str:
    """Create a key; return it."""
    return store_of(world).create(KeySettings(name, zone, per_minute), OPERATOR, world.clock.now)


def key_items(world: World) -> list[dict[str, Any]]:
    """The items of connector keys and of their names."""
    return [item for item in world.stack.items() if item["PK"].startswith("CONNECTOR")]


def key_item(world: World, key: str) -> dict[str, Any]:
    """The item of a key."""
    [item] = [item for item in key_items(world) if item["PK"] == f"CONNECTOR_KEY#{hash_of(key)}"]
    return item


def revoke_key(world: World, name: str = "sbc-1") -> None:
    """Revoke a key."""
    store_of(world).revoke(name, OPERATOR, world.clock.now)


def basic(name: str, key: str) -> str:
    """The Basic form of a key."""
    return "Basic " + b64encode(f"{name}:{key}".encode()).decode()


def question(header: str, address: str = ADDRESS) -> dict[str, Any]:
    """What API Gateway asks the authorizer about an Authorization header."""
    event = sample_event("check_connector_key")
    event["identitySource"] = [header]
    event["headers"]["authorization"] = header
    event["requestContext"]["http"]["sourceIp"] = address
    return event


def check(world: World, header: str, address: str = ADDRESS) -> dict[str, Any]:
    """The authorizer's answer about a header."""
    return world.stack.invoke("check_connector_key", question(header, address))


def admitted(world: World, header: str, function: str, path: str, body: Any) -> dict[str, Any] | None:
    """The request of a switch with a connector key, as its function receives it; None if API Gateway refuses it."""
    answer = check(world, header)
    if not answer["isAuthorized"]:
        return None
    event = http_event(function, "POST", f"/connector{path}", body=body, signed_in=False)
    event["headers"]["authorization"] = header
    event["requestContext"]["authorizer"] = {"lambda": answer["context"]}
    return event


def ask_with_key(world: World, header: str, **more: Any) -> Answer | None:
    """The answer about a call of acct_1, with changes; None if API Gateway refuses the request."""
    call = {"call_id": "c_1", "account_id": "acct_1", "line_id": "line_1", "to": UNITED_KINGDOM}
    event = admitted(world, header, "authorize_call", "/calls/authorize", call | more)
    return None if event is None else world.invoke("authorize_call", event)
