"""Runs the AWS emulator as a process of this stack: starts it with IAM enforced, watches it, and ends it with all its
workers. Does not depend on what is deployed on it.
"""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from local.clients import BUSY_ADVICE, TIMEOUT_SECONDS
from local.errors import EmulatorError
from local.progress import Step
from local.settings import Settings, aws_environment
from ops.project import ROOT, SettingsError

PROGRAM: Final = Path(__file__).with_name("emulator_process.py")
LAYER_FOLDER: Final = ROOT / ".aws-sam" / "layers"
"""Unpacked layers by content; all emulators of this project share them."""
HEALTH_SECONDS: Final = 30.0
STOP_SECONDS: Final = 3.0
"""The time for an orderly shutdown. The emulator stores nothing, so the stack kills it afterwards."""


def require_free_port(port: int, variable: str) -> None:
    """Check a port before anything starts.

    Raises:
        SettingsError: another program listens there; the message names the port and the variable for another one.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise SettingsError(
                f"Port {port} is in use, perhaps by another make run. Stop that, or choose another: {variable}=4570"
            )


class Emulator:
    """One emulator. It keeps its state in the stack's folder and clears it at the start. E-mail goes to `mail_server`
    (host and port).
    """

    def __init__(self, settings: Settings, mail_server: str) -> None:
        self._settings = settings
        self._mail_server = mail_server
        self._process: subprocess.Popen[bytes] | None = None
        self._home = settings.folder / "emulator"
        self._lock: IO[str] | None = None

    def start(self) -> None:
        """Start the process; `wait_until_ready` waits until it answers.

        Raises:
            SettingsError: its port is in use.
        """
        require_free_port(self._settings.emulator_port, "EMULATOR_PORT")
        self._lock_folder()
        _remove(self._home)
        LAYER_FOLDER.mkdir(parents=True, exist_ok=True)
        folders = {name: self._home / name for name in ("state", "s3", "tmp")}
        for folder in folders.values():
            folder.mkdir(parents=True)
        environment = aws_environment(self._settings)
        del environment["AWS_ENDPOINT_URL"]  # Workers derive the emulator's address from its port.
        environment |= {
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self._settings.emulator_port),
            "STATE_DIR": str(folders["state"]),
            "S3_DATA_DIR": str(folders["s3"]),
            "TMPDIR": str(folders["tmp"]),
            "LAYER_FOLDER": str(LAYER_FOLDER),
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "COGNITO_EMAIL_ENABLED": "false",
            "SMTP_HOST": self._mail_server,
        }
        with self._settings.emulator_log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(PROGRAM)],
                cwd=self._home,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _lock_folder(self) -> None:
        self._lock = (self._settings.folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise SettingsError(
                f"Another stack uses {self._settings.folder}. Stop that, or choose another folder with LOCAL_DIR."
            ) from error

    def wait_until_ready(self, step: Step | None = None) -> None:
        """Return when the emulator answers.

        Raises:
            EmulatorError: it ended, or did not answer within `TIMEOUT_SECONDS`.
        """
        address = f"{self._settings.endpoint_url}/_ministack/health"
        began = time.monotonic()
        deadline = began + TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            self.require_alive()
            try:
                with urllib.request.urlopen(address, timeout=HEALTH_SECONDS) as answer:  # noqa: S310 - our own address
                    json.load(answer)
                    return
            except (urllib.error.URLError, OSError, ValueError):
                if step is not None:
                    step.update(f"no answer after {time.monotonic() - began:.0f} s")
                time.sleep(0.1)
        raise EmulatorError(
            f"The emulator did not answer within {TIMEOUT_SECONDS} s; see {self._settings.emulator_log}. {BUSY_ADVICE}"
        )

    def require_alive(self) -> None:
        """Check that the process still runs.

        Raises:
            EmulatorError: it has ended.
        """
        if self._process is None or self._process.poll() is not None:
            code = None if self._process is None else self._process.returncode
            raise EmulatorError(
                f"The emulator ended unexpectedly (exit code {code}); see {self._settings.emulator_log}."
                " Run make run again."
            )

    def stop(self) -> None:
        """End the emulator and all its workers; safe to call twice."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)
        for worker in _processes_naming(self._home / "tmp"):
            try:
                os.kill(worker, signal.SIGKILL)
            except ProcessLookupError:
                continue
        _remove(self._home)
        if self._lock is not None:
            self._lock.close()


def _remove(folder: Path) -> None:
    """Rename a folder away and remove it in the background.

    It holds thousands of files (the layer's alone), and removing them takes minutes on a busy disk.
    """
    if not folder.exists():
        return
    folder.rename(folder.with_name(f"{folder.name}-gone-{time.time_ns()}"))
    remains = map(str, folder.parent.glob(f"{folder.name}-gone-*"))
    subprocess.run(
        ["sh", "-c", 'rm -rf -- "$@" &', "sh", *remains],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        check=False,
    )


def _processes_naming(folder: Path) -> list[int]:
    """Return the processes whose command line names a path in the stack's folder: workers whose parent was killed."""
    return [pid for pid, command in _command_lines() if f"{folder}{os.sep}" in command and pid != os.getpid()]


def _command_lines() -> Iterator[tuple[int, str]]:
    if Path("/proc/self/cmdline").exists():  # Linux; small installations have no `ps`.
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                yield int(file.parent.name), file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
        return
    listing = subprocess.run(["ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=False)
    for line in listing.stdout.splitlines():
        pid, _, command = line.strip().partition(" ")
        yield int(pid), command
