"""A small client of the HTTP API and of the token endpoint, for programs that cannot resolve the local host name of the
API. Does not depend on any route.
"""

import time
from typing import Any, Final

import httpx

from local.clients import BUSY_ADVICE, TIMEOUT_SECONDS
from local.errors import ApiError

TRANSIENT_STATUSES: Final = (429, 500, 502, 503, 504)
RETRY_SECONDS: Final = 1.0


class HttpApi:
    """Requests to one API at 127.0.0.1, selected by its Host header.

    `get` and `send` repeat a request for `retry_for` seconds while the API is unavailable or does not answer. Send only
    requests that may be repeated then: with an Idempotency-Key, or idempotent by nature.
    """

    def __init__(self, endpoint_url: str, api_host: str, *, retry_for: float = 0.0) -> None:
        self._retry_for = retry_for
        self._client = httpx.Client(
            base_url=endpoint_url, headers={"Host": api_host}, timeout=TIMEOUT_SECONDS, trust_env=False
        )
        self._tokens = httpx.Client(base_url=endpoint_url, timeout=TIMEOUT_SECONDS, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        self._tokens.close()

    def request(self, method: str, path: str, token: str | None = None, **options: Any) -> httpx.Response:
        """Send one request and return any answer."""
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self._client.request(method, path, headers=headers, **options)

    def get(self, path: str, token: str | None = None, **query: Any) -> dict[str, Any]:
        """Return the JSON of a successful GET.

        Raises:
            ApiError: any other answer, or none.
        """
        return self._json("GET", path, token, params=query)

    def send(
        self, method: str, path: str, token: str, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Return the JSON of a successful PUT or POST.

        Raises:
            ApiError: any other answer, or none.
        """
        return self._json(method, path, token, json=body, headers=headers or {})

    def service_token(self, client_id: str, secret: str) -> str:
        """Return an access token of a service, with every scope of its client.

        Raises:
            ApiError: the client is unknown.
        """
        answer = self._tokens.post(
            "/oauth2/token", data={"grant_type": "client_credentials"}, auth=httpx.BasicAuth(client_id, secret)
        )
        return str(_json(answer)["access_token"])

    def _json(self, method: str, path: str, token: str | None, **options: Any) -> dict[str, Any]:
        deadline = time.monotonic() + self._retry_for
        while True:
            try:
                answer = self.request(method, path, token, **options)
                if answer.status_code not in TRANSIENT_STATUSES or time.monotonic() >= deadline:
                    return _json(answer)
            except httpx.TransportError as error:
                if time.monotonic() >= deadline:
                    raise ApiError(f"{method} {path}: no answer ({type(error).__name__}). {BUSY_ADVICE}") from error
            time.sleep(RETRY_SECONDS)


def _json(answer: httpx.Response) -> dict[str, Any]:
    if not answer.is_success:
        raise ApiError(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:300]}")
    body: dict[str, Any] = answer.json()
    return body
