"""Serves the stand-in from threads of this process and delivers webhook events."""

import socket
from collections.abc import Iterable
from threading import Thread
from typing import Final

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from local.emulator import require_free_port
from local.stripe_stand_in.account import DEFAULT_WEBHOOK_URL
from local.stripe_stand_in.app import create_app
from local.stripe_stand_in.sender import Sender
from local.stripe_stand_in.stand_in import DEFAULT_API_KEY, DEFAULT_WEBHOOK_SECRET, StandIn
from ops.project import SettingsError

HOST: Final = "127.0.0.1"
VARIABLE: Final = "STRIPE_PORT"


class _QuietHandler(WSGIRequestHandler):
    """Logs no requests, since the control routes show them. Each request has its own connection, so that a lost one
    closes immediately."""

    protocol_version = "HTTP/1.0"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        pass


class Server:
    """A running stand-in. Without a webhook URL, events wait for `stand_in.take_events()`; port 0 is any free port.

    `endpoint_url` is the address that the webhook endpoint shows, if it differs from where this machine delivers.
    """

    def __init__(
        self,
        port: int,
        webhook_url: str | None = None,
        *,
        webhook_host: str | None = None,
        endpoint_url: str | None = None,
        webhook_secret: str = DEFAULT_WEBHOOK_SECRET,
        api_key: str = DEFAULT_API_KEY,
        enabled_events: Iterable[str] = ("*",),
    ) -> None:
        self._port = port
        self.webhook_secret = webhook_secret
        self.stand_in = StandIn(
            api_key=api_key,
            webhook_url=endpoint_url or webhook_url or DEFAULT_WEBHOOK_URL,
            webhook_secret=webhook_secret,
            enabled_events=enabled_events,
        )
        self.sender: Sender | None = None
        if webhook_url is not None:
            self.sender = Sender(self.stand_in.outbox, webhook_url, webhook_secret, host=webhook_host)
        self._server: BaseWSGIServer | None = None
        self._thread: Thread | None = None

    @property
    def url(self) -> str:
        """The URL of the API and the hosted pages."""
        return f"http://{HOST}:{self._port}"

    @property
    def base_url(self) -> str:
        """The same URL, under the name of the SDK's `base_addresses`."""
        return self.url

    def start(self) -> None:
        """Answer requests until `stop`.

        Raises:
            SettingsError: the port is in use; the message names it and STRIPE_PORT.
        """
        listener = self._listen()
        self._port = listener.getsockname()[1]
        self.stand_in.base_url = self.stand_in.account.base_url = self.url
        app = create_app(self.stand_in, deliveries=lambda: self.sender.results if self.sender else {})
        self._server = make_server(HOST, self._port, app, True, request_handler=_QuietHandler, fd=listener.fileno())
        listener.close()  # The server has its own copy.
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), name="stripe-stand-in", daemon=True)
        self._thread.start()
        if self.sender is not None:
            self.sender.start()

    def stop(self) -> None:
        """Stop answering and delivering; safe to call twice."""
        server, self._server = self._server, None
        if server is None:
            return
        server.shutdown()
        server.server_close()
        if self._thread is not None:
            self._thread.join(5)
        if self.sender is not None:
            self.sender.stop()

    def _listen(self) -> socket.socket:
        if self._port:
            require_free_port(self._port, VARIABLE)
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, self._port))
        except OSError as error:
            listener.close()
            raise SettingsError(
                f"Port {self._port} cannot be used ({error.strerror}); choose another: {VARIABLE}"
            ) from error
        listener.listen(128)
        return listener
