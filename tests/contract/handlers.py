"""Holds handlers to the published contract: an answer that the OpenAPI document does not allow fails its test."""

import base64
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl

from ops.contract.document import ROUTES
from tests.contract.conformance import Exchange, differences

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def hold_to_contract(apps: Mapping[str, ModuleType]) -> None:
    """Let every function that answers HTTP be checked with each answer."""
    for name in {route.function for route in ROUTES}:
        module: Any = apps[name]
        module.handler = checked(module.handler)


def checked(handler: Handler) -> Handler:
    """The handler, whose answers must be documented."""

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        answer = handler(event, context)
        found = differences(exchange(event, answer))
        assert not found, "\n".join(found)
        return answer

    return handle


def exchange(event: dict[str, Any], answer: dict[str, Any]) -> Exchange:
    """The exchange behind an event of API Gateway (payload 2.0) and the function's answer."""
    headers = dict(answer["headers"])
    headers |= {name: values[0] for name, values in answer.get("multiValueHeaders", {}).items()}
    http, body = event["requestContext"]["http"], event.get("body")
    if body is not None and event.get("isBase64Encoded"):
        body = base64.b64decode(body).decode(errors="replace")
    query = dict(parse_qsl(event.get("rawQueryString", "")))
    return Exchange(http["method"], event["rawPath"], answer["statusCode"], headers, answer["body"], query, body)
