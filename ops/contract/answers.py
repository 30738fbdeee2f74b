"""The answers of a route: its own, its problems, and those of API Gateway."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ops.contract.problem_codes import BY_CODE
from ops.contract.route import IDEMPOTENCY_KEY, JSON, Access, Answer, Route
from ops.contract.schemas import INSTANT, PHONE_NUMBER, Schema, described, one_of, or_null, record

PROBLEM_JSON: Final = "application/problem+json"
PROBLEM: Final = record(
    "Problem",
    "An error (RFC 9457).",
    {
        "type": {"const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; docs/api-errors.md explains each code."},
        "detail": {"type": "string", "description": "What is wrong and what to do, in words."},
        "retry_at": or_null(
            described(INSTANT, "Of a card: when it may be tried again; null if waiting does not help.")
        ),
        "current": {
            "type": "object",
            "description": "With `changed_meanwhile`: the current values, as GET shows them, with their `version`. "
            "With `total_changed`: the `amount`, `tax`, and `total` of now.",
        },
        "number": described(PHONE_NUMBER, "With `number_taken`: the number."),
    },
    optional=("retry_at", "current", "number"),
)
GATEWAY_MESSAGE: Final = record(
    "GatewayMessage",
    "What API Gateway answers when it does not call the function, or the function does not answer.",
    {"message": {"type": "string"}},
)
RETRY_AFTER: Final = {"description": "Seconds to wait before a retry.", "schema": {"type": "integer", "minimum": 1}}

ACCESS_CODES: Final[Mapping[Access, tuple[str, ...]]] = {
    Access.MEMBER: ("id_token_required", "account_missing"),
    Access.ADMIN: ("id_token_required", "account_missing", "billing_admin_required", "signed_out"),
    Access.OPERATOR: ("scope_required",),
    Access.CREDIT: ("scope_required",),
    Access.DESK: ("id_token_required", "scope_required", "staff_required", "finance_required", "signed_out"),
    Access.SWITCH: ("scope_required",),
    Access.REPORTER: ("scope_required",),
    Access.CONNECTOR: (),
}
_OF_GATEWAY: Final = {
    401: "The token is missing, expired, or not accepted here.",
    403: "The token lacks the scope of this route.",
    429: "Too many requests. Retry later, with a growing delay.",
    500: "The function failed. Retry later.",
    503: "The function did not answer in time. Retry later; the request takes effect once.",
}
_OF_CONNECTORS: Final = {
    401: "The header `Authorization` is missing.",
    403: "The key is unknown or revoked, has another name, or is no connector key.",
    500: "The function failed, or keys cannot be checked now. Send the same request again.",
}
_SHARED: Final = {401: "Unauthorized", 403: "Forbidden", 429: "TooManyRequests", 500: "InternalError"}
"""The statuses whose answers most routes share, and the names of these answers in the document."""


def codes_of(route: Route) -> tuple[str, ...]:
    """Return every problem code of a route, ordered by status."""
    if not route.is_problem_json:
        return ()
    codes = {*route.codes, *ACCESS_CODES.get(route.access, ()), "unavailable", "internal_error", "unreadable_item"}
    if any(parameter.place == "path" for parameter in route.parameters):
        codes.add("unknown_address")
    if route.body is not None:
        codes.add("body_too_large")
        if route.access is not Access.STRIPE:
            codes |= {"malformed_json", "duplicate_key"}
    if any(parameter.name == IDEMPOTENCY_KEY.name for parameter in route.parameters):
        codes.add("invalid_idempotency_key")
    if IDEMPOTENCY_KEY in route.parameters:
        codes.add("missing_idempotency_key")
    order = list(BY_CODE)
    return tuple(sorted(codes, key=order.index))


def _forbidden(route: Route) -> str:
    """Which of the refusals with 403 a route shares."""
    return route.access.title() + "Frozen" * ("account_frozen" in route.codes)


def _kind(route: Route) -> str:
    """Which of the other shared answers a route has."""
    return "Connector" if route.access is Access.CONNECTOR else "" if route.is_problem_json else "Page"


def answers(route: Route, shared: dict[str, Any]) -> dict[str, Any]:
    """Return the answers by status. Those that most routes share are added to `shared` and referenced.

    Raises:
        ValueError: two different answers have one name.
    """
    by_status = {status: _own(answer) for status, answer in route.answers.items()}
    _add_problems(route, by_status)
    _add_gateway(route, by_status)
    own = {BY_CODE[code].status for code in route.codes} if route.is_problem_json else set()
    own |= set(route.answers)
    document: dict[str, Any] = {}
    for status, answer in sorted(by_status.items()):
        document[str(status)] = answer
        if status in _SHARED and status not in own:
            name = _SHARED[status] + (_forbidden(route) if status == 403 else _kind(route))
            assert shared.setdefault(name, answer) == answer, f"{route.key}: another answer is called {name}"
            document[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return document


def _own(answer: Answer) -> dict[str, Any]:
    document: dict[str, Any] = {"description": answer.description}
    if answer.headers:
        document["headers"] = {
            name: {"description": description, "schema": schema}
            for name, (description, schema) in answer.headers.items()
        }
    if answer.content:
        document["content"] = {name: {"schema": schema} for name, schema in answer.content.items()}
    return document


def _add_problems(route: Route, found: dict[int, dict[str, Any]]) -> None:
    by_status: dict[int, list[str]] = {}
    for code in codes_of(route):
        by_status.setdefault(BY_CODE[code].status, []).append(code)
    for status, codes in by_status.items():
        answer = found.setdefault(status, {"description": "", "content": {}})
        meanings = " ".join(f"`{code}`: {BY_CODE[code].meaning}" for code in codes)
        answer["description"] = f"{answer['description']} {meanings}".strip()
        schema: Schema = {"ref": PROBLEM, "properties": {"status": {"const": status}, "code": one_of(codes)}}
        answer["content"][PROBLEM_JSON] = {"schema": schema}
        if any(BY_CODE[code].has_retry_after for code in codes):
            answer.setdefault("headers", {})["Retry-After"] = RETRY_AFTER


def _add_gateway(route: Route, found: dict[int, dict[str, Any]]) -> None:
    for status in _gateway_statuses(route):
        own = _OF_CONNECTORS if route.access is Access.CONNECTOR else {}
        answer = found.setdefault(status, {"description": own.get(status, _OF_GATEWAY[status]), "content": {}})
        answer["content"].setdefault(JSON, {"schema": GATEWAY_MESSAGE})


def _gateway_statuses(route: Route) -> Iterator[int]:
    yield from (429, 500, 503)
    if route.access in ACCESS_CODES:
        yield from (401, 403)
