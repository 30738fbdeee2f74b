"""Records the HTTP exchanges of a deployed stack and compares each with the OpenAPI document."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from local.http_api import HttpApi
from tests.contract.conformance import Exchange, differences, find_operation


class Recorder:
    """The exchanges with one API: the count of each route and status, and the undocumented parts.

    Keeps no body and no token.
    """

    def __init__(self, api: HttpApi) -> None:
        self.answers: Counter[tuple[str, int]] = Counter()
        self.undocumented: list[str] = []
        api._client.event_hooks["response"].append(self.record)

    def record(self, response: httpx.Response) -> None:
        """Compare one exchange."""
        response.read()
        request = response.request
        exchange = Exchange(
            method=request.method,
            path=request.url.path,
            status=response.status_code,
            headers=response.headers,
            text=response.text,
            query=dict(request.url.params),
            body=request.content.decode(errors="replace") or None,
        )
        operation = find_operation(exchange.method, exchange.path)
        self.answers[f"{exchange.method} {operation[0] if operation else 'elsewhere'}", exchange.status] += 1
        self.undocumented += differences(exchange)


@contextmanager
def documented(api: HttpApi) -> Iterator[Recorder]:
    """Record every exchange in this context; fail at the end if one is undocumented."""
    recorder = Recorder(api)
    yield recorder
    print(
        f"\n{recorder.answers.total()} recorded exchanges, {len(recorder.undocumented)} differences from openapi.yaml"
    )
    assert not recorder.undocumented, "\n".join(recorder.undocumented)
