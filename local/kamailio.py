"""A site of a phone company: Kamailio configured by connectors/kamailio, the agent, and a party that answers calls."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from local.errors import StackError
from local.programs import environment_without_proxies, find_program, free_port
from local.sipp import Sipp, start_callee
from ops.project import ROOT

CONNECTOR: Final = ROOT / "connectors/kamailio"
AGENT: Final = ROOT / "connectors/agent/agent.py"
START_SECONDS: Final = 60.0
FEW_PROCESSES: Final = {"SIP_PROCESSES": "4", "ASKING_PROCESSES": "8"}
API_TIMEOUT: Final = 20
"""Seconds for an answer: the emulator starts a process for a function's first request."""


class Site:
    """Its processes, files, and ports. `url` is that of the API, `key` is `{name, key}` of a connector, and the
    `settings` replace definitions of settings.cfg.

    Raises:
        StackError: a program does not start.
    """

    def __init__(self, folder: Path, url: str, key: dict[str, str], **settings: str) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.folder, self._url = folder, url
        self.agent_port = free_port()
        self.sip_port, callee_port = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
        self.address = f"127.0.0.1:{self.sip_port}"
        ports = {"LISTEN": f"udp:{self.address}", "GATEWAY": f'"sip:127.0.0.1:{callee_port}"'}
        self._configure(ports | FEW_PROCESSES | settings, key)
        self._callee = start_callee(folder, callee_port)
        self._calls: list[Sipp] = []
        self._agent: subprocess.Popen[bytes] | None = None
        self._kamailio: subprocess.Popen[bytes] | None = None
        self.start_agent()
        self.start_kamailio()

    def _configure(self, settings: dict[str, str], key: dict[str, str]) -> None:
        shutil.copy(CONNECTOR / "kamailio.cfg", self.folder)
        text = (CONNECTOR / "settings.cfg").read_text()
        for name, value in settings.items():
            [definition] = re.findall(rf"^#!define {name} .*$", text, re.MULTILINE)
            text = text.replace(definition, f"#!define {name} {value}")
        (self.folder / "settings.cfg").write_text(text)
        values = {
            "url = https://api.example.com": f"url = {self._url}",
            "username = sbc-1": f"username = {key['name']}",
            "password = ck_replace_this_key": f"password = {key['key']}",
            "timeout = 3": f"timeout = {API_TIMEOUT}",
            "http://127.0.0.1:8077": f"http://127.0.0.1:{self.agent_port}",
        }
        text = (CONNECTOR / "credit.conf").read_text()
        for old, new in values.items():
            text = text.replace(old, new)
        (self.folder / "credit.conf").write_text(text)
        (self.folder / "agent.key").write_text(key["key"])

    def start_agent(self) -> None:
        """Start the agent."""
        command = [sys.executable, str(AGENT), "--url", f"{self._url}/connector/calls/events"]
        command += ["--spool", str(self.folder / "spool"), "--listen", f"127.0.0.1:{self.agent_port}"]
        command += ["--longest-wait", "2"]
        environment = environment_without_proxies() | {"CALLING_CREDIT_KEY_FILE": str(self.folder / "agent.key")}
        with (self.folder / "agent.log").open("ab") as log:
            self._agent = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        wait_for(lambda: is_listening(self.agent_port), "The agent")

    def start_kamailio(self) -> None:
        """Start Kamailio; return when it answers."""
        command = [
            find_program("kamailio") or "kamailio",
            "-f",
            str(self.folder / "kamailio.cfg"),
            "-DD",
            "-E",
            "-m",
            "32",
            "-M",
            "4",
        ]
        command += ["-w", str(self.folder), "-Y", str(self.folder)]
        with (self.folder / "kamailio.log").open("ab") as log:
            self._kamailio = subprocess.Popen(
                command, stdout=log, stderr=log, env=environment_without_proxies(), start_new_session=True
            )
        wait_for(lambda: answers_options(self.sip_port), "Kamailio")

    def kill_kamailio(self) -> None:
        """Kill all processes of Kamailio at once."""
        if self._kamailio is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._kamailio.pid, signal.SIGKILL)
            self._kamailio.wait()

    def kill_agent(self) -> None:
        """Kill the agent."""
        if self._agent is not None:
            self._agent.kill()
            self._agent.wait()

    def stop(self) -> None:
        """End everything."""
        for one in self._calls:
            one.abandon()
        self.kill_kamailio()
        self.kill_agent()
        self._callee.kill()
        self._callee.wait()

    def call(self, caller: str, called: str, talk: float = 2.4, **options: Any) -> Sipp:
        """Place a call; the caller hangs up after `talk` seconds."""
        self._calls.append(Sipp(self.folder, self.address, caller, called, talk, **options))
        return self._calls[-1]

    def logs(self) -> str:
        """Return everything that the switch and the agent logged."""
        return "".join((self.folder / f"{name}.log").read_text(errors="replace") for name in ("kamailio", "agent"))

    def spooled(self) -> int:
        """Return how many reports the agent has not sent yet."""
        return sum(len(path.read_bytes()) for path in (self.folder / "spool/queue").glob("*"))


def wait_for(check: Callable[[], bool], what: str) -> None:
    """Return when the check is true.

    Raises:
        StackError: it is not true within a minute.
    """
    deadline = time.monotonic() + START_SECONDS
    while not check():
        if time.monotonic() > deadline:
            raise StackError(f"{what} did not start within {START_SECONDS:.0f} s.")
        time.sleep(0.05)


def is_listening(port: int) -> bool:
    """Return whether a port of TCP accepts connections."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def answers_options(port: int) -> bool:
    """Return whether a SIP server answers OPTIONS."""
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        client.settimeout(0.3)
        own = f"127.0.0.1:{client.getsockname()[1]}"
        lines = [
            f"OPTIONS sip:127.0.0.1:{port} SIP/2.0",
            f"Via: SIP/2.0/UDP {own};branch=z9hG4bKprobe{time.monotonic_ns()}",
            f"From: <sip:probe@{own}>;tag=1",
            f"To: <sip:127.0.0.1:{port}>",
            f"Call-ID: probe-{time.monotonic_ns()}",
            "CSeq: 1 OPTIONS",
            "Max-Forwards: 5",
            "Content-Length: 0",
        ]
        client.sendto("\r\n".join([*lines, "", ""]).encode(), ("127.0.0.1", port))
        with suppress(OSError):
            return client.recv(2000).startswith(b"SIP/2.0 200")
    return False
