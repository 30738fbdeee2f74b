"""HTTP events of API Gateway, made from the sample events, and the responses."""

import json
from dataclasses import dataclass
from typing import Any

from tests.harness.table import sample_event

EXTRA_MEMBERS = {
    "card_blocked": {"retry_at"},
    "card_declined_too_often": {"retry_at"},
    "changed_meanwhile": {"current"},
}
"""The further members of a problem by its code."""


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


def http_event(
    function: str,
    method: str,
    path: str,
    *,
    body: Any = None,
    claims: dict[str, Any] | None = None,
    signed_in: bool = True,
) -> dict[str, Any]:
    """The sample event of a function with this route, body (text or JSON), and claims (None removes a claim). On routes
    without a sign-in, the gateway passes no claims.
    """
    event = sample_event(function)
    context = event["requestContext"]
    event.update(routeKey=f"{method} {path}", rawPath=path, rawQueryString="")
    event.pop("queryStringParameters", None)
    context["http"].update(method=method, path=path)
    context["routeKey"] = event["routeKey"]
    if signed_in and "authorizer" in context:
        token = context["authorizer"]["jwt"]["claims"] | (claims or {})
        context["authorizer"]["jwt"]["claims"] = {name: value for name, value in token.items() if value is not None}
    event.pop("body", None)
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body)
    return event
