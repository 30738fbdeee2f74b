"""SIP requests with any content, which SIPp would refuse to send."""

import socket
import time
import uuid


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
