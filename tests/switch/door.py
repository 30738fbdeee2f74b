"""A door in front of the API: it forwards requests to the stack, records them, and can be shut. That is how these tests
take the API away from a switch that continues to work.
"""

import http.client
import json
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.stack import Stack

TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and the status of its answer. `body` and `answer` are the JSON, or None."""

    path: str
    body: Any
    status: int
    answer: Any


class Door(ThreadingHTTPServer):
    """Listens on a loopback port from `open` to `shut`; while it is shut, connections are refused."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, stack: Stack, port: int) -> None:
        super().__init__(("127.0.0.1", port), Visitor, bind_and_activate=False)
        self.url = f"http://127.0.0.1:{port}"
        self.backend, self.host = ("127.0.0.1", stack.settings.emulator_port), stack.settings.api_host
        self.exchanges: list[Exchange] = []
        self._connections: set[socket.socket] = set()
        self._is_silent, self._silenced = threading.Event(), 0
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Listen."""
        if self._thread is None:
            self.socket = socket.socket(self.address_family, self.socket_type)
            self.server_bind()
            self.server_activate()
            self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
            self._thread.start()

    def shut(self) -> None:
        """Refuse connections and break those that exist, whatever they wait for."""
        if self._thread is not None:
            self.shutdown()
            self.socket.close()
            self._thread.join()
            self._thread = None
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def silence(self) -> None:
        """Take requests from now on, and never answer one."""
        self._is_silent.set()

    def waiting(self) -> int:
        """Return how many requests were never answered."""
        return self._silenced

    def hold_back(self) -> bool:
        """Return whether the next request gets no answer, and count it."""
        self._silenced += self._is_silent.is_set()
        return self._is_silent.is_set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A broken connection is a part of the tests."""

    def asked(self, number: str) -> list[Exchange]:
        """Return the questions about calls from a number."""
        return [one for one in self.exchanges if one.path.endswith("/authorize") and one.body["from"] == number]

    def reported(self, number: str) -> list[dict[str, Any]]:
        """Return the events of calls from a number, as often as the API accepted them."""
        bodies = [one.body for one in self.exchanges if one.path.endswith("/events") and one.status == 200]
        events = [event for body in bodies for event in (body if isinstance(body, list) else [body])]
        return [event for event in events if event["from"] == number]


class Visitor(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Door

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Say nothing."""

    def do_POST(self) -> None:
        """Forward a request and record the exchange."""
        text = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.hold_back():
            self.rfile.read(1)  # Returns when the client gives up.
            return
        headers = {name: self.headers[name] for name in ("Authorization", "Content-Type") if name in self.headers}
        connection = http.client.HTTPConnection(*self.server.backend, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("POST", self.path, text, headers | {"Host": self.server.host})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        self.server.exchanges.append(Exchange(self.path, parsed(text), answer.status, parsed(body)))
        head = [f"HTTP/1.1 {answer.status} {answer.reason}", f"Content-Length: {len(body)}"]
        head += [
            f"{name}: {answer.headers[name]}" for name in ("Content-Type", "Retry-After") if name in answer.headers
        ]
        self.wfile.write("\r\n".join([*head, "", ""]).encode() + body)


def parsed(text: bytes) -> Any:
    """Return the JSON of a body, the list of its lines if it is NDJSON, or None."""
    with suppress(ValueError):
        return json.loads(text)
    with suppress(ValueError):
        return [json.loads(line) for line in text.splitlines() if line]
    return None
