"""The wire between the SDK of Stripe and its stand-in: no socket, every request recorded, faults below the SDK.

Only the last step of the SDK, which opens a connection, is replaced.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter

from local.stripe_stand_in.faults import ConnectionLost
from local.stripe_stand_in.stand_in import StandIn

Pass = Callable[[], requests.Response]


@dataclass(frozen=True)
class StripeRequest:
    """One request of the SDK."""

    method: str
    path: str
    form: list[tuple[str, str]]
    key: str | None

    @property
    def name(self) -> str:
        """Method and path without ids: `POST /v1/payment_intents/*/confirm`."""
        return f"{self.method} {'/'.join(part if is_word(part) else '*' for part in self.path.split('/'))}"


def is_word(part: str) -> bool:
    """Whether a part of a path is a word of the API. An id may have letters only, but never lower-case ones only."""
    return part in ("", "v1") or (part.replace("_", "").isalpha() and part.islower())


Through = Callable[[StripeRequest, Pass], requests.Response]


@dataclass
class StripeWire:
    """One Stripe account and the requests sent to it. `through` may interfere with each request."""

    stand_in: StandIn
    sent: list[StripeRequest] = field(default_factory=list)
    through: Through | None = None

    def attach(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Route every HTTP request made with `requests` in this process to this wire."""
        monkeypatch.setattr(HTTPAdapter, "send", lambda _adapter, request, **_: self.send(request))

    def send(self, request: requests.PreparedRequest) -> requests.Response:
        """Answer one request."""
        address = urlsplit(str(request.url))
        body = request.body.decode() if isinstance(request.body, bytes) else str(request.body or "")
        form = parse_qsl(body if request.method == "POST" else address.query, keep_blank_values=True)
        sent = StripeRequest(str(request.method), address.path, form, request.headers.get("Idempotency-Key"))
        self.sent.append(sent)

        def passed() -> requests.Response:
            return self._pass(sent, request)

        return passed() if self.through is None else self.through(sent, passed)

    def _pass(self, sent: StripeRequest, request: requests.PreparedRequest) -> requests.Response:
        try:
            answer = self.stand_in.handle(sent.method, sent.path, sent.form, dict(request.headers))
        except ConnectionLost as error:
            raise requests.ConnectionError(str(error)) from error
        return response(answer.status, answer.body, answer.headers, request)

    def posts(self, ending: str) -> list[StripeRequest]:
        """The POST requests whose path has this ending."""
        return [sent for sent in self.sent if sent.method == "POST" and sent.path.endswith(ending)]


def response(
    status: int, body: bytes, headers: dict[str, str], request: requests.PreparedRequest | None = None
) -> requests.Response:
    """A response of `requests`."""
    answer: Any = requests.Response()
    answer.status_code = status
    answer._content = body
    answer.headers.update(headers)
    answer.request = request
    result: requests.Response = answer
    return result
