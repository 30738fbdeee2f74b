"""A stand-in for the door of the service: it takes events, and fails in every way that a test asks for."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Request(NamedTuple):
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: str


class FakeService(ThreadingHTTPServer):
    """Answers like `/connector/calls/events` and `/connector/calls/authorize`.

    `faults`: what happens to the next requests. `committed`: every line that it took, also if its answer was lost.
    With `read`, it answers for the items that this function makes of a request, and keeps the `events` among them.
    With `handle`, this function answers the requests.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.faults: list[str] = []
        self.requests: list[Request] = []
        self.committed: list[str] = []
        self.questions: list[dict[str, Any]] = []
        self.reject: Callable[[str], dict[str, Any] | None] = lambda line: None
        self.is_bad_body: Callable[[str], bool] = lambda body: False
        self.is_too_much: Callable[[str], bool] = lambda body: False
        self.read: Callable[[Request], list[Any]] | None = None
        self.events: list[dict[str, Any]] = []
        self.handle: Callable[[Request], tuple[int, dict[str, Any]]] | None = None
        self.authorize: Callable[[dict[str, Any]], tuple[int, dict[str, Any]]] = lambda body: (200, {})

    @property
    def url(self) -> str:
        """The URL for events."""
        return f"http://127.0.0.1:{self.server_port}/connector/calls/events"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A broken connection is what the test asked for."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: FakeService

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""

    def do_POST(self) -> None:
        """Take a request, or fail as the next fault says."""
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if len(data) < int(self.headers["Content-Length"]):
            return self.reset()  # The sender was killed.
        body = data.decode("utf-8", "surrogateescape")
        service = self.server
        with service.lock:
            service.requests.append(Request(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            fault = service.faults.pop(0) if service.faults else ""
        if service.handle is not None:
            answer = service.handle(service.requests[-1])
            return self.reset() if fault == "reset_after" else self.answer(*answer)
        if self.path.startswith("/connector/calls/authorize"):
            return self.authorize(body, fault)
        if service.read is not None:
            return self.read(service.read(service.requests[-1]))
        return self.take(body, fault)

    def read(self, items: list[Any]) -> None:
        """Answer for the items that a reader made of the body."""
        rejected = []
        for index, item in enumerate(items):
            if isinstance(item, dict):
                self.server.events.append(item)
            else:
                rejection = getattr(item, "rejection", item)
                rejected.append({"index": index, "call_id": None, "code": rejection.code, "detail": rejection.detail})
        self.answer(200, {"accepted": len(items) - len(rejected), "rejected": rejected})

    def take(self, body: str, fault: str) -> None:
        """Answer for lines."""
        service = self.server
        if fault.isdigit():
            code = {"422": "unknown_format", "503": "not_queued"}.get(fault, "")
            return self.answer(int(fault), {"code": code} if code else {"message": "no"})
        if fault == "reset_before":
            return self.reset()
        if fault == "page":
            return self.answer(200, b"<html>Welcome to the hotel</html>")
        if service.is_too_much(body):
            return self.answer(504, {"message": "Endpoint request timed out"})
        if service.is_bad_body(body):
            return self.answer(400, {"code": "malformed_json", "detail": "not JSON"})
        rejected = []
        with service.lock:
            for index, line in enumerate(body.split("\n")):
                rejection = service.reject(line)
                if rejection:
                    rejected.append({"index": index, "call_id": None, **rejection})
                else:
                    service.committed.append(line)
            accepted = len(body.split("\n")) - len(rejected)
        if fault == "reset_after":
            return self.reset()
        data = json.dumps({"accepted": accepted, "rejected": rejected}).encode()
        return self.answer(200, data, half=fault == "half")

    def authorize(self, body: str, fault: str) -> None:
        """Answer for a question."""
        if fault == "reset_before":
            return self.reset()
        if fault.isdigit():
            return self.answer(int(fault), {"code": "try_again"})
        self.server.questions.append(json.loads(body))
        status, answer = self.server.authorize(json.loads(body))
        return self.answer(status, answer)

    def answer(self, status: int, body: dict[str, Any] | bytes, *, half: bool = False) -> None:
        """Send an answer, or the first half of it."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if status in (429, 503):
            self.send_header("Retry-After", "0" if status == 429 else "1")
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if half else data)
        if half:
            self.close_connection = True

    def reset(self) -> None:
        """Reset the connection."""
        self.close_connection = True
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()


@contextmanager
def fake_service() -> Iterator[FakeService]:
    """A running stand-in."""
    service = FakeService()
    thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.shutdown()
        service.server_close()
        thread.join()
