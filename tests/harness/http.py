"""HTTP requests as API Gateway hands them to a function, made from the sample envelopes, and the responses."""

import json
from dataclasses import dataclass
from typing import Any

from tests.harness.table import sample_event


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as a client sees it."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        """The answer's JSON."""
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The stable code of a problem, with its form checked."""
        assert self.headers["content-type"] == "application/problem+json"
        problem = self.body
        assert set(problem) == {"type", "title", "status", "code", "detail"}
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
    """The sample envelope of a function with another route, body (text or JSON) and claims (None leaves one out)."""
    event = sample_event(function)
    context = event["requestContext"]
    event.update(routeKey=f"{method} {path}", rawPath=path, rawQueryString="")
    event.pop("queryStringParameters", None)
    context["http"].update(method=method, path=path)
    context["routeKey"] = event["routeKey"]
    if signed_in:
        token = context["authorizer"]["jwt"]["claims"] | (claims or {})
        context["authorizer"]["jwt"]["claims"] = {name: value for name, value in token.items() if value is not None}
    event.pop("body", None)
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body)
    return event
