"""Checks every handler response in tests against the OpenAPI document; an undocumented response fails the test."""

import base64
import gzip
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl

from ops.contract.document import ROUTES
from tests.contract.conformance import Exchange, differences

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def check_responses(apps: Mapping[str, ModuleType]) -> None:
    """Check every response of the HTTP functions."""
    for name in {route.function for route in ROUTES}:
        module: Any = apps[name]
        module.handler = with_check(module.handler)


def with_check(handler: Handler) -> Handler:
    """Wrap a handler so that an undocumented response fails."""

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        answer = handler(event, context)
        undocumented = differences(exchange(event, answer))
        assert not undocumented, "\n".join(undocumented)
        return answer

    return handle


def exchange(event: dict[str, Any], answer: dict[str, Any]) -> Exchange:
    """The exchange of an API Gateway event (payload 2.0) and the response of the function."""
    headers = dict(answer["headers"])
    headers |= {name: values[0] for name, values in answer.get("multiValueHeaders", {}).items()}
    http, body = event["requestContext"]["http"], event.get("body")
    if body is not None and event.get("isBase64Encoded"):
        body = base64.b64decode(body).decode(errors="replace")
    text = answer["body"]
    if answer.get("isBase64Encoded"):
        text = gzip.decompress(base64.b64decode(text)).decode()
    query = dict(parse_qsl(event.get("rawQueryString", "")))
    return Exchange(http["method"], event["rawPath"], answer["statusCode"], headers, text, query, body)
