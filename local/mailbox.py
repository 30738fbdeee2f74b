"""Where the local stack's mails end: every mail that the application sends lies in a folder, and goes nowhere else."""

import socket
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Final, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

TAKEN: Final = "250 OK"
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 2.0


class Mailbox:
    """A mail server of this machine that keeps what it takes as numbered `.eml` files, oldest first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._controller = Controller(self, hostname="127.0.0.1", port=_free_port(), ready_timeout=START_SECONDS)
        self._taken = 0

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{self._controller.hostname}:{self._controller.port}"

    def start(self) -> None:
        """Begin with an empty folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for kept in self.folder.glob("*.eml"):
            kept.unlink()
        self._controller.start()

    def stop(self) -> None:
        """Take no more mail; safe to call twice. What was taken stays. A sender that hangs holds nobody up."""
        if self._controller.server is not None:
            ending = threading.Thread(target=self._controller.stop, kwargs={"no_assert": True}, daemon=True)
            ending.start()
            ending.join(STOP_SECONDS)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's own name
        """Keep one mail."""
        self._taken += 1
        draft = self.folder / f"{self._taken:04d}.tmp"
        draft.write_bytes(cast("bytes", envelope.content))
        draft.rename(draft.with_suffix(".eml"))
        return TAKEN

    def mails_to(self, address: str) -> list[EmailMessage]:
        """What was sent to an address, oldest first."""
        found = [
            message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(self.folder.glob("*.eml"))
        ]
        return [mail for mail in found if mail["To"] == address]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
