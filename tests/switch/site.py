"""A site of a phone company: Kamailio with the shipped configuration, the agent, and a party that answers calls."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from local.stack import Stack
from ops.project import ROOT
from tests.conftest import free_port
from tests.switch.door import Door
from tests.switch.programs import find_program
from tests.switch.sipp_calls import Sipp, start_callee

CONNECTOR: Final = ROOT / "connectors/kamailio"
AGENT: Final = ROOT / "connectors/agent/agent.py"
STARTED: Final = 20.0
FEW_PROCESSES: Final = {"SIP_PROCESSES": "4", "ASKING_PROCESSES": "8"}
API_TIMEOUT: Final = 20
"""Seconds for an answer: the emulator starts a process for a function's first request."""


def free_udp_port() -> int:
    """An unused port of UDP."""
    with socket.socket(type=socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Site:
    """Its processes, files, and ports. `settings` replace definitions of settings.cfg."""

    def __init__(self, stack: Stack, folder: Path, **settings: str) -> None:
        folder.mkdir(parents=True)
        self.folder, self.stack = folder, stack
        self.door = Door(stack, free_port())
        self.door.open()
        self.agent_port, self.sip_port, callee_port = free_port(), free_udp_port(), free_udp_port()
        self.address = f"127.0.0.1:{self.sip_port}"
        ports = {"LISTEN": f"udp:{self.address}", "GATEWAY": f'"sip:127.0.0.1:{callee_port}"'}
        self._configure(ports | FEW_PROCESSES | settings)
        self._callee = start_callee(folder, callee_port)
        self._agent: subprocess.Popen[bytes] | None = None
        self._kamailio: subprocess.Popen[bytes] | None = None
        self.start_agent()
        self.start_kamailio()

    def _configure(self, settings: dict[str, str]) -> None:
        shutil.copy(CONNECTOR / "kamailio.cfg", self.folder)
        text = (CONNECTOR / "settings.cfg").read_text()
        for name, value in settings.items():
            [definition] = re.findall(rf"^#!define {name} .*$", text, re.MULTILINE)
            text = text.replace(definition, f"#!define {name} {value}")
        (self.folder / "settings.cfg").write_text(text)
        key = self.stack.connector_key
        values = {
            "url = https://api.example.com": f"url = {self.door.url}",
            "username = sbc-1": f"username = {key['name']}",
            "password = ck_replace_this_key": f"password = {key['key']}",
            "timeout = 3": f"timeout = {API_TIMEOUT}",
            "http://127.0.0.1:8600": f"http://127.0.0.1:{self.agent_port}",
        }
        text = (CONNECTOR / "credit.conf").read_text()
        for old, new in values.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (self.folder / "credit.conf").write_text(text)
        (self.folder / "agent.key").write_text(key["key"])

    def start_agent(self) -> None:
        """Start the agent."""
        command = [sys.executable, str(AGENT), "--url", f"{self.door.url}/connector/calls/events"]
        command += ["--spool", str(self.folder / "spool"), "--listen", f"127.0.0.1:{self.agent_port}"]
        command += ["--longest-wait", "2"]
        environment = without_proxies() | {"CALLING_CREDIT_KEY_FILE": str(self.folder / "agent.key")}
        with (self.folder / "agent.log").open("ab") as log:
            self._agent = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        wait_for(lambda: is_listening(self.agent_port))

    def start_kamailio(self) -> None:
        """Start Kamailio; return when it answers."""
        program = find_program("kamailio")
        assert program
        command = [program, "-f", str(self.folder / "kamailio.cfg"), "-DD", "-E", "-m", "32", "-M", "4"]
        command += ["-w", str(self.folder), "-Y", str(self.folder)]
        with (self.folder / "kamailio.log").open("ab") as log:
            self._kamailio = subprocess.Popen(
                command, stdout=log, stderr=log, env=without_proxies(), start_new_session=True
            )
        wait_for(lambda: answers_options(self.sip_port))

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
        self.kill_kamailio()
        self.kill_agent()
        self._callee.kill()
        self._callee.wait()
        self.door.shut()

    def call(self, caller: str, called: str, talk: float = 2.4, **options: Any) -> Sipp:
        """Place a call; the caller hangs up after `talk` seconds."""
        return Sipp(self.folder, self.address, caller, called, talk, **options)

    def logs(self) -> str:
        """Return everything that the switch and the agent logged."""
        return "".join((self.folder / f"{name}.log").read_text(errors="replace") for name in ("kamailio", "agent"))

    def spooled(self) -> int:
        """Return how many reports the agent has not sent yet."""
        return sum(len(path.read_bytes()) for path in (self.folder / "spool/queue").glob("*"))


def without_proxies() -> dict[str, str]:
    """Return the environment of this process without proxies and AWS settings."""
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


def wait_for(check: Any, seconds: float = STARTED) -> None:
    """Return when the check is true."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, check
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
