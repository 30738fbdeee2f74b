"""A door to the API of a local stack, for programs that cannot resolve its host name. It forwards requests from a port
of 127.0.0.1 and does not depend on any route.
"""

import http.client
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from local.programs import free_port
from local.settings import Settings

TIMEOUT_SECONDS: Final = 60
REQUEST_HEADERS: Final = ("Authorization", "Content-Type")
ANSWER_HEADERS: Final = ("Content-Type", "Retry-After")


class ApiDoor(ThreadingHTTPServer):
    """Listens from `open` to `shut`; while it is shut, connections are refused."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, settings: Settings) -> None:
        port = free_port()
        super().__init__(("127.0.0.1", port), Visitor, bind_and_activate=False)
        self.url = f"http://127.0.0.1:{port}"
        self.backend, self.host = ("127.0.0.1", settings.emulator_port), settings.api_host
        self._connections: set[socket.socket] = set()
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Listen."""
        if self._thread is None:
            self.socket.close()
            self.socket = socket.socket(self.address_family, self.socket_type)
            self.server_bind()
            self.server_activate()
            self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
            self._thread.start()

    def shut(self) -> None:
        """Refuse connections and break those that exist."""
        if self._thread is not None:
            self.shutdown()
            self.socket.close()
            self._thread.join()
            self._thread = None
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def admits(self) -> bool:
        """Return whether the next request is forwarded; if not, it gets no answer."""
        return True

    def record(self, path: str, body: bytes, status: int, answer: bytes) -> None:
        """Take note of an exchange."""

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a connection that broke; its client asks again."""


class Visitor(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ApiDoor

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Say nothing."""

    def do_POST(self) -> None:
        """Forward a request."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.server.admits():
            self.rfile.read(1)  # Returns when the client gives up.
            return
        headers = {name: self.headers[name] for name in REQUEST_HEADERS if name in self.headers}
        connection = http.client.HTTPConnection(*self.server.backend, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("POST", self.path, body, headers | {"Host": self.server.host})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        self.server.record(self.path, body, answer.status, text)
        head = [f"HTTP/1.1 {answer.status} {answer.reason}", f"Content-Length: {len(text)}"]
        head += [f"{name}: {answer.headers[name]}" for name in ANSWER_HEADERS if name in answer.headers]
        self.wfile.write("\r\n".join([*head, "", ""]).encode() + text)
