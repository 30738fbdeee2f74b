"""The switch that calls: a client with a token."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calling_credit.api.caller import client_id_of, scope_required, scopes_of
from calling_credit.api.verified_token import verified_claims
from calling_credit.config import Config


@dataclass(frozen=True, slots=True)
class SwitchCaller:
    """A switch: the name of its client, and the IANA time zone of its clock if it has registered one."""

    client: str
    zone: str | None


def switch_caller(event: Mapping[str, Any], settings: Config, scope: str) -> SwitchCaller:  # noqa: ARG001
    """Return the switch that sent a request (HTTP API, payload 2.0). The scope is checked again, in case a route is
    deployed without the gateway's check.

    Raises:
        Forbidden: `scope_required`.
    """
    authorizer = event.get("requestContext", {}).get("authorizer", {})
    verified = authorizer.get("jwt", {}).get("claims", {})
    claims = verified_claims(event.get("headers", {}).get("authorization", ""), verified)
    if scope not in scopes_of(claims):
        raise scope_required(scope)
    return SwitchCaller(client_id_of(claims), zone=None)
