"""The mail server of the local stack. It stores every e-mail of the application in a folder and forwards none."""

import socket
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Final, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from local.clients import TIMEOUT_SECONDS

ACCEPTED: Final = "250 OK"
STOP_SECONDS: Final = 2.0


class Mailbox:
    """A mail server on this machine that stores e-mails as numbered `.eml` files, oldest first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._controller = Controller(self, hostname="127.0.0.1", port=_free_port(), ready_timeout=TIMEOUT_SECONDS)
        self._count = 0

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{self._controller.hostname}:{self._controller.port}"

    def start(self) -> None:
        """Start with an empty folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for file in self.folder.glob("*.eml"):
            file.unlink()
        self._controller.start()

    def stop(self) -> None:
        """Stop accepting e-mail and keep the stored files; safe to call twice. Does not wait for a hanging sender."""
        if self._controller.server is not None:
            ending = threading.Thread(target=self._controller.stop, kwargs={"no_assert": True}, daemon=True)
            ending.start()
            ending.join(STOP_SECONDS)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's own name
        """Store one e-mail."""
        self._count += 1
        draft = self.folder / f"{self._count:04d}.tmp"
        draft.write_bytes(cast("bytes", envelope.content))
        draft.rename(draft.with_suffix(".eml"))
        return ACCEPTED

    def mails_to(self, address: str) -> list[EmailMessage]:
        """Return the e-mails to an address, oldest first."""
        mails = [
            message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(self.folder.glob("*.eml"))
        ]
        return [mail for mail in mails if mail["To"] == address]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
