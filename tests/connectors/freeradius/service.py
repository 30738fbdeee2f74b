"""A service in place of the API: it records what a connector sends, and answers as a test says, or not at all."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Service:
    """An API that records requests and answers as `answers` says, by the last part of the path: (status, body).

    `silent` lets requests wait without an answer.
    """

    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    silent: bool = False
    url: str = ""

    def reset(self) -> None:
        """Allow and take everything again."""
        self.answers, self.requests, self.silent = {}, [], False

    def bodies(self, path: str) -> list[Any]:
        """Return the bodies sent to a path."""
        return [body for at, _, body in self.requests if at.endswith(path)]


ALLOW = {"decision": "allow", "reason": None, "max_seconds": 600, "rate_per_minute": "0.014", "held": "0.14"}
TAKEN = {"accepted": 1, "rejected": []}


def deny(reason: str) -> dict[str, Any]:
    """Return a refusal of `POST /calls/authorize`."""
    return {"decision": "deny", "reason": reason, "message": "…", "max_seconds": 0, "held": "0.00"}


@contextmanager
def serve() -> Iterator[Service]:
    """Run a service."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Answer."""
            text = self.rfile.read(int(self.headers["Content-Length"]))
            service.requests.append((self.path, dict(self.headers), json.loads(text)))
            while service.silent:
                time.sleep(0.05)
            path = self.path.rsplit("/", 1)[-1]
            waiting = service.answers.get(path) or [(200, ALLOW if path == "authorize" else TAKEN)]
            status, answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if status == 200 else "application/problem+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield service
    finally:
        service.silent = False
        server.shutdown()
        server.server_close()
