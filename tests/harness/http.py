"""HTTP events of API Gateway, made from the sample events, and the responses."""

import base64
import json
from dataclasses import dataclass
from typing import Any, Final

from tests.harness.table import sample_event

EXTRA_MEMBERS = {
    "card_blocked": {"retry_at"},
    "card_declined_too_often": {"retry_at"},
    "changed_meanwhile": {"current"},
    "total_changed": {"current"},
    "number_taken": {"number"},
}
"""The further members of a problem by its code."""

MEMBER: Final[dict[str, Any]] = {"cognito:groups": ["member"]}
"""Claims of a user who may only read."""
NOT_ADMIN: Final[list[Any]] = [
    None,
    "",
    [],
    ["member"],
    ["billing_admins"],
    ["xbilling_admin"],
    ["BILLING_ADMIN"],
    "x,billing_admin",
    "[billing_admin]",
    "billing_admin,",
    "team billing_admin",
    ["x,billing_admin"],
    ["[billing_admin]"],
    ["billing_admin,"],
    ["team billing_admin"],
    [["billing_admin"]],
    {"billing_admin": True},
]
"""Claims of groups that make no billing admin. Flattened by the gateway, several look like one that does."""


@dataclass(frozen=True)
class Answer:
    """An HTTP response as seen by a client."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        """The JSON of the response."""
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The stable code of a problem, after checking its form."""
        assert self.headers["content-type"] == "application/problem+json"
        problem = self.body
        assert set(problem) - EXTRA_MEMBERS.get(problem["code"], set()) == {"type", "title", "status", "code", "detail"}
        assert problem["status"] == self.status
        assert problem["detail"].endswith(".")
        return str(problem["code"])


def change_claims(event: dict[str, Any], changes: dict[str, Any]) -> None:
    """Change the claims of an event (None removes one): in its token, and as the gateway passes them, in strings."""
    header, payload, signature = event["headers"]["authorization"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))) | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    event["headers"]["authorization"] = f"{header}.{payload}.{signature}"
    flattened = {name: flattened_claim(value) for name, value in claims.items()}
    event["requestContext"]["authorizer"]["jwt"]["claims"] = flattened


def flattened_claim(value: Any) -> str:
    """A claim as API Gateway passes it to a function."""
    if isinstance(value, list):
        return f"[{' '.join(map(flattened_claim, value))}]"
    return value if isinstance(value, str) else json.dumps(value)


def http_event(
    function: str,
    method: str,
    path: str,
    *,
    body: Any = None,
    claims: dict[str, Any] | None = None,
    signed_in: bool = True,
) -> dict[str, Any]:
    """The sample event of a function with this route, body (text or JSON), and claims (None removes one). On routes
    without a sign-in, the gateway passes no claims.
    """
    event = sample_event(function)
    context = event["requestContext"]
    event.update(routeKey=f"{method} {path}", rawPath=path, rawQueryString="")
    event.pop("queryStringParameters", None)
    context["http"].update(method=method, path=path)
    context["routeKey"] = event["routeKey"]
    if signed_in and "authorizer" in context:
        change_claims(event, claims or {})
    event.pop("body", None)
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body)
    return event
