"""A small client of the HTTP API and of the token endpoint, for programs that cannot resolve the API's local host name.
Knows no route.
"""

from typing import Any

import httpx

PATIENCE_SECONDS = 90.0
"""Longer than any request takes: on a busy machine the emulator's workers are slow to start."""


class ApiError(Exception):
    """The API answered with something else than was expected; the message has its status and words."""


class HttpApi:
    """Requests to one API at 127.0.0.1, selected by its Host header."""

    def __init__(self, endpoint_url: str, api_host: str) -> None:
        self._client = httpx.Client(
            base_url=endpoint_url, headers={"Host": api_host}, timeout=PATIENCE_SECONDS, trust_env=False
        )
        self._tokens = httpx.Client(base_url=endpoint_url, timeout=PATIENCE_SECONDS, trust_env=False)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()
        self._tokens.close()

    def request(self, method: str, path: str, token: str | None = None, **options: Any) -> httpx.Response:
        """One request, whatever the answer."""
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self._client.request(method, path, headers=headers, **options)

    def get(self, path: str, token: str | None = None, **query: Any) -> dict[str, Any]:
        """The JSON of a successful GET.

        Raises:
            ApiError: any other answer.
        """
        return _json(self.request("GET", path, token, params=query))

    def send(
        self, method: str, path: str, token: str, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """The JSON of a successful PUT or POST.

        Raises:
            ApiError: any other answer.
        """
        return _json(self.request(method, path, token, json=body, headers=headers or {}))

    def service_token(self, client_id: str, secret: str) -> str:
        """An access token of a service, with every scope its client has.

        Raises:
            ApiError: the client is not known.
        """
        answer = self._tokens.post(
            "/oauth2/token", data={"grant_type": "client_credentials"}, auth=httpx.BasicAuth(client_id, secret)
        )
        return str(_json(answer)["access_token"])


def _json(answer: httpx.Response) -> dict[str, Any]:
    if not answer.is_success:
        raise ApiError(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:300]}")
    found: dict[str, Any] = answer.json()
    return found
