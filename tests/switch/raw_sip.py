"""What SIPp cannot do: requests with any content, and a called party that tells calls with one Call-ID apart."""

import re
import socket
import threading
import time
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Self

COPIED = ("Via", "Record-Route", "From", "Call-ID", "CSeq")


class Caller:
    """A calling party that sends what it is told to."""

    def __init__(self, port: int, caller: str, called: str, call_id: str = "") -> None:
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._own = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._port, self._target = port, f"sip:{called}@127.0.0.1:{port}"
        self._from = f"From: <sip:{caller}@{self._own}>;tag={uuid.uuid4().hex}"
        self._to, self._routes = f"To: <sip:{called}@127.0.0.1:{port}>", list[str]()
        self._call_id, self._sequence = call_id or uuid.uuid4().hex, 0

    def close(self) -> None:
        """Disappear without a BYE."""
        self._socket.close()

    def send(self, method: str) -> None:
        """Send a request of the call."""
        self._sequence += method != "ACK"
        lines = [
            f"{method} {self._target} SIP/2.0",
            f"Via: SIP/2.0/UDP {self._own};branch=z9hG4bK{uuid.uuid4().hex}",
            *(f"Route: {route}" for route in self._routes),
            self._from,
            self._to,
            f"Call-ID: {self._call_id}",
            f"CSeq: {self._sequence} {method}",
            f"Contact: <sip:caller@{self._own}>",
            "Max-Forwards: 5",
            "Content-Length: 0",
        ]
        self._socket.sendto("\r\n".join([*lines, "", ""]).encode(), ("127.0.0.1", self._port))

    def invite(self, seconds: float = 30.0) -> tuple[int, str]:
        """Send INVITE, and ACK if it is answered; return the status and the text of the final answer, or 0."""
        self.send("INVITE")
        text = self._receive(lambda text: text.startswith("SIP/2.0 ") and int(text.split()[1]) >= 200, seconds)
        if text.startswith("SIP/2.0 2") and not self._routes:
            headers = [line.partition(": ") for line in text.split("\r\n")]
            self._to = next(f"To: {value}" for name, _, value in headers if name == "To")
            self._target = next(value.strip("<>") for name, _, value in headers if name == "Contact")
            self._routes = [value for name, _, value in headers if name == "Record-Route"]
        if text.startswith("SIP/2.0 2"):
            self.send("ACK")
        return int(text.split()[1]) if text else 0, text

    def wait_for_bye(self, seconds: float) -> bool:
        """Return whether the other party hangs up within some seconds. The BYE gets no answer."""
        return bool(self._receive(lambda text: text.startswith("BYE "), seconds))

    def _receive(self, is_wanted: Callable[[str], bool], seconds: float) -> str:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                text = self._socket.recv(65_535).decode(errors="replace")
            except OSError:
                break
            if is_wanted(text):
                return text
        return ""


def invite(port: int, caller: str, called: str, call_id: str = "") -> int:
    """Place a call; return the status of the final answer, or 0."""
    party = Caller(port, caller, called, call_id)
    try:
        return party.invite()[0]
    finally:
        party.close()


class Answerer(threading.Thread):
    """A called party that answers each INVITE and each BYE until the context ends. It does not look at the Call-ID."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self._ended = threading.Event()
        self.invites = 0
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
            self.invites += text.startswith("INVITE ")
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
