"""Compares one HTTP exchange with the OpenAPI document: status, content type, headers, body, and the request if it was
accepted.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jsonschema_rs

from ops.contract.document import document

UNDECLARED_HEADERS = {
    "apigw-requestid",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "server",
    "x-request-id",
}
"""Headers of HTTP and of the gateway, which an OpenAPI document does not list."""
GUARDS = {
    "content-disposition",
    "content-security-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "strict-transport-security",
    "x-content-type-options",
}
"""Headers for browsers only."""


@dataclass(frozen=True)
class Exchange:
    """One request and its response; the path is decoded."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    text: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None


def differences(exchange: Exchange) -> list[str]:
    """The differences of an exchange from the document; empty if everything is documented."""
    found = find_operation(exchange.method, exchange.path)
    if found is None:
        return _of_no_route(exchange)
    template, operation = found
    where = f"{exchange.method} {template} -> {exchange.status}"
    answer = _resolved(operation["responses"].get(str(exchange.status)))
    if answer is None:
        return [f"{where}: the status is not documented: {exchange.text[:200]}"]
    headers = {name.lower(): value for name, value in exchange.headers.items()}
    messages = [*_header_differences(answer, headers), *_body_differences(answer, headers, exchange.text)]
    if exchange.status < 300:
        messages += _request_differences(operation, exchange)
    return [f"{where}: {one}" for one in messages]


@cache
def find_operation(method: str, path: str) -> tuple[str, dict[str, Any]] | None:
    """The path template and operation of a request; None if no route matches."""
    for template, pattern, operations in _patterns():
        if method.lower() in operations and pattern.fullmatch(path):
            return template, operations[method.lower()]
    return None


@cache
def _document() -> dict[str, Any]:
    return document()


@cache
def _patterns() -> list[tuple[str, re.Pattern[str], dict[str, Any]]]:
    """The path templates as patterns, those without parameters first."""
    templates = sorted(_document()["paths"], key=lambda template: template.count("{"))
    return [
        (template, re.compile(re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(template))), _document()["paths"][template])
        for template in templates
    ]


def _of_no_route(exchange: Exchange) -> list[str]:
    """The differences of a request without a route: only 404 is allowed, from the gateway or the function."""
    where = f"{exchange.method} {exchange.path} -> {exchange.status}"
    return [] if exchange.status == 404 else [f"{where}: there is no such route"]


def _resolved(node: dict[str, Any] | None) -> dict[str, Any] | None:
    if node is None or "$ref" not in node:
        return node
    resolved: dict[str, Any] = _document()["components"]["responses"][node["$ref"].rpartition("/")[2]]
    return resolved


def _header_differences(answer: dict[str, Any], headers: Mapping[str, str]) -> list[str]:
    declared = {name.lower() for name in answer.get("headers", {})}
    return [f"the header {name} is not documented" for name in set(headers) - declared - UNDECLARED_HEADERS - GUARDS]


def _body_differences(answer: dict[str, Any], headers: Mapping[str, str], text: str) -> list[str]:
    content, content_type = answer.get("content", {}), headers.get("content-type", "").partition(";")[0]
    if not text and not content:
        return []
    if content_type not in content:
        return [f"the content type {content_type!r} is not documented: {text[:200]}"]
    value = json.loads(text) if content_type.endswith("json") else text
    return _errors(content[content_type]["schema"], value)


def _request_differences(operation: dict[str, Any], exchange: Exchange) -> list[str]:
    """The parts of an accepted request that the document does not allow."""
    messages = []
    declared = {parameter["name"]: parameter for parameter in operation.get("parameters", [])}
    for name, value in exchange.query.items():
        if name in declared and declared[name]["in"] == "query":
            messages += [
                f"query {name}: {error}" for error in _errors(declared[name]["schema"], _typed(declared[name], value))
            ]
    if "requestBody" in operation and exchange.body is not None:
        content = operation["requestBody"]["content"]
        value = _json(exchange.body) if len(content) > 1 else json.loads(exchange.body)
        if value is not None:
            schema = content["application/json"]["schema"]
            messages += [f"request: {error}" for error in _errors(schema, value)]
    return messages


def _json(text: str) -> Any:
    """The JSON of a body that need not be one document; None if it is not."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _typed(parameter: dict[str, Any], text: str) -> Any:
    is_number = parameter["schema"].get("type") == "integer" and text.isdigit()
    return int(text) if is_number else text


def _errors(schema: dict[str, Any], value: Any) -> list[str]:
    validator = _VALIDATORS.get(id(schema)) or _compile(schema)
    if validator.is_valid(value):
        return []
    return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in validator.iter_errors(value)]


_VALIDATORS: dict[int, jsonschema_rs.Draft202012Validator] = {}
"""Validators by the id of their schema, which lives as long as the document."""


def _compile(schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    whole = {"allOf": [schema], "components": _document()["components"]}
    _VALIDATORS[id(schema)] = validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    return validator
