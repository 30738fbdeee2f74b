"""What SIPp cannot do: requests with any content, and a called party that tells calls with one Call-ID apart."""

import re
import socket
import threading
import time
import uuid
from types import TracebackType
from typing import Self

COPIED = ("Via", "Record-Route", "From", "Call-ID", "CSeq")


def invite(port: int, caller: str, called: str, call_id: str = "", seconds: float = 30.0) -> tuple[int, str]:
    """Send an INVITE to a port of this machine; return the status and the text of the first final answer, or 0."""
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        client.settimeout(seconds)
        own = f"127.0.0.1:{client.getsockname()[1]}"
        lines = [
            f"INVITE sip:{called}@127.0.0.1:{port} SIP/2.0",
            f"Via: SIP/2.0/UDP {own};branch=z9hG4bK{uuid.uuid4().hex}",
            f"From: <sip:{caller}@{own}>;tag={uuid.uuid4().hex}",
            f"To: <sip:{called}@127.0.0.1:{port}>",
            f"Call-ID: {call_id or uuid.uuid4().hex}",
            "CSeq: 1 INVITE",
            f"Contact: <sip:caller@{own}>",
            "Max-Forwards: 5",
            "Content-Length: 0",
        ]
        client.sendto("\r\n".join([*lines, "", ""]).encode(), ("127.0.0.1", port))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                text = client.recv(65_535).decode(errors="replace")
            except OSError:
                break
            status = int(text.split()[1])
            if status >= 200:
                return status, text
    return 0, ""


class Answerer(threading.Thread):
    """A called party that answers each INVITE and each BYE until the context ends. It does not look at the Call-ID."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self._ended = threading.Event()
        self.port: int = self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self.join()
        self._socket.close()

    def run(self) -> None:
        """Answer."""
        while not self._ended.is_set():
            try:
                data, sender = self._socket.recvfrom(65_535)
            except TimeoutError:
                continue
            text = data.decode()
            if text.startswith(("INVITE ", "BYE ")):
                self._socket.sendto(self._answer(text).encode(), sender)

    def _answer(self, request: str) -> str:
        """Return 200. The tag comes from the branch, so that a repeated request gets the same."""
        lines = request.split("\r\n")
        copied = [line for name in COPIED for line in lines if line.startswith(f"{name}:")]
        [to] = [line for line in lines if line.startswith("To:")]
        branch = re.search(r"branch=([\w.]+)", request)
        assert branch
        tag = "" if ";tag=" in to else f";tag={branch[1].replace('.', '-')}"
        contact = f"Contact: <sip:callee@127.0.0.1:{self.port}>"
        return "\r\n".join(["SIP/2.0 200 OK", *copied, to + tag, contact, "Content-Length: 0", "", ""])
