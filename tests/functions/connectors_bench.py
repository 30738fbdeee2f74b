"""Connector keys for tests of handlers: keys in the table, and requests that carry one."""

from base64 import b64encode
from typing import Any

from calling_credit.changes.actor import command_actor
from calling_credit.connectors.key import KeySettings
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


def ask_with_key(
    world: World, header: str, path: str = "/calls/authorize", function: str = "authorize_call", **more: Any
) -> Answer | None:
    """The answer to a switch with a connector key; None if API Gateway refuses the request. The body is a call of
    acct_1, with changes.
    """
    answer = check(world, header)
    if not answer["isAuthorized"]:
        return None
    call = {"call_id": "c_1", "account_id": "acct_1", "line_id": "line_1", "to": UNITED_KINGDOM}
    event = http_event(function, "POST", f"/connector{path}", body=call | more, signed_in=False)
    event["headers"]["authorization"] = header
    event["requestContext"]["authorizer"] = {"lambda": answer["context"]}
    return world.invoke(function, event)
