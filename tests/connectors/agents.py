"""Starts the agent as a process of its own, and talks to it."""

import http.client
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.harness.template import ROOT

AGENT = ROOT / "connectors" / "agent" / "agent.py"
PYTHON = os.environ.get("CONNECTOR_PYTHON", sys.executable)
"""The interpreter of a switch: CONNECTOR_PYTHON=/usr/bin/python3.9 runs the connectors with an older one."""
KEY = "ck_a-key-that-no-log-may-show-0123456789abcdefghi"


def load_agent() -> ModuleType:
    """The agent as a module, for tests of its parts."""
    specification = importlib.util.spec_from_file_location("calling_credit_agent", AGENT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait for a condition, and fail if it does not come true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


class Agent:
    """One process of the agent. Its log is in `log`."""

    def __init__(self, folder: Path, url: str, *arguments: str, **settings: Any) -> None:
        self.log = folder / "log"
        self.spool = folder / "spool"
        self._start = self.log.stat().st_size if self.log.exists() else 0
        environment = {"PATH": os.environ["PATH"], "CALLING_CREDIT_KEY": KEY, **settings.pop("env", {})}
        fast = ["--longest-wait", "0.05", "--rotation-grace", "0.2"]
        command = [PYTHON, str(AGENT), "--url", url, "--spool", str(self.spool), *fast, *arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stderr=log, stdout=log, **settings)

    @property
    def text(self) -> str:
        """What this process has logged."""
        return self.log.read_text(encoding="utf-8")[self._start :]

    @property
    def port(self) -> int:
        """The port on which it listens."""
        wait_until(lambda: "listening on port" in self.text or self.process.poll() is not None)
        assert self.process.poll() is None, self.text
        return int(self.text.split("listening on port ")[1].split()[0])

    def request(self, method: str, path: str, body: str | bytes = "", headers: dict[str, str] | None = None) -> Any:
        """Send one request; return its status and its body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body.encode() if isinstance(body, str) else body, headers or {})
            response = connection.getresponse()
            data = response.read()
            return response.status, json.loads(data) if data else None
        finally:
            connection.close()

    def send(self, *events: dict[str, Any]) -> int:
        """Send events; return the status."""
        return int(self.request("POST", "/events", "\n".join(map(json.dumps, events)))[0])

    def health(self) -> dict[str, Any]:
        """What it says of itself."""
        return dict(self.request("GET", "/health")[1])

    def drain(self) -> None:
        """Wait until everything is sent."""
        wait_until(lambda: self.health()["pending_bytes"] == 0)

    def rejected(self) -> list[dict[str, Any]]:
        """The records that were put aside."""
        return [json.loads(path.read_text()) for path in sorted((self.spool / "rejected").glob("*.json"))]

    def kill(self) -> None:
        """Kill it without any warning."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to stop; return its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=60)

    def __enter__(self) -> "Agent":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()
        if self.process.stdin:
            self.process.stdin.close()
