"""DynamoDB of moto behind HTTP, for workers in other processes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from moto import mock_aws
from moto.core.models import botocore_stubber

from tests.harness.fast_moto import make_moto_cheap
from tests.harness.table import one_request_at_a_time

ADDRESS = "https://dynamodb.us-east-1.amazonaws.com/"


class Handler(BaseHTTPRequestHandler):
    """Passes a request on to moto."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Answer one request of an SDK."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers: Any = {name: value for name, value in self.headers.items() if name != "Host"}
        operation = headers["X-Amz-Target"].rsplit(".", 1)[1]
        request = AWSPreparedRequest("POST", ADDRESS, headers, body, stream_output=False)
        answer: Any = botocore_stubber(f"before-send.dynamodb.{operation}", request)
        self.send_response(answer.status_code)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def table_server() -> Iterator[str]:
    """Serve an empty DynamoDB on this machine; yield its address."""
    with mock_aws(), pytest.MonkeyPatch.context() as patch, one_request_at_a_time():
        make_moto_cheap(patch)
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
