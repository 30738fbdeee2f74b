"""The switch that calls: a client with a token, or a connector with its key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calling_credit.api.caller import client_id_of, scope_required, scopes_of
from calling_credit.api.request_limits import RequestLimit
from calling_credit.api.verified_token import verified_claims


@dataclass(frozen=True, slots=True)
class SwitchCaller:
    """A switch: the name of its client or connector, and the IANA time zone of its clock if it has registered one.
    `per_minute`: how many requests a connector may send in a minute; None for a client with a token.
    """

    client: str
    zone: str | None
    per_minute: int | None = None

    def check_rate(self, limit: RequestLimit, now: datetime) -> None:
        """Count a request of a connector, unless it is refused.

        Raises:
            TooManyRequests: `too_many_requests`.
        """
        if self.per_minute is not None:
            limit.check(self.client, now, self.per_minute)


def switch_caller(event: Mapping[str, Any], scope: str) -> SwitchCaller:
    """Return the switch that sent a request (HTTP API, payload 2.0). The scope is checked again, in case a route is
    deployed without the gateway's check.

    Raises:
        Forbidden: `scope_required`.
    """
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    if connector := authorizer.get("lambda"):
        return _connector(connector, scope)
    verified = authorizer.get("jwt", {}).get("claims", {})
    claims = verified_claims(event.get("headers", {}).get("authorization", ""), verified)
    if scope not in scopes_of(claims):
        raise scope_required(scope)
    return SwitchCaller(client_id_of(claims), zone=None)


def _connector(context: Mapping[str, str], scope: str) -> SwitchCaller:
    """The connector whose key functions/check_connector_key has checked; `context` is that function's answer."""
    if scope not in scopes_of({"scope": context.get("scopes")}):
        raise scope_required(scope)
    return SwitchCaller(f"connector:{context['connector']}", context["zone"] or None, int(context["per_minute"]))
