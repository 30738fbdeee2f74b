"""Calls by SIPp: starting them, and reading from its trace what happened to each.

SIPp measures a call independently of Kamailio: the caller sees a shorter call than Kamailio, and the called party a
longer one.
"""

import os
import re
import socket
import subprocess
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, pairwise
from pathlib import Path
from typing import Final

from local.programs import find_program, free_port
from ops.project import ROOT

SCENARIOS: Final = ROOT / "connectors/kamailio/sipp"
MESSAGE: Final = re.compile(
    r"^-{47} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+)\nUDP message (sent|received)[^\n]*\n\n", re.MULTILINE
)


_media: Final = count(os.getpid() % 2_500)
"""Numbers of groups of media ports, below the ports that the system gives to clients."""


@dataclass(slots=True)
class Outcome:
    """What SIPp saw of one call. `status` is the final answer to INVITE; `ended_by` is `us` or `them`."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    answered: datetime | None = None
    ended: datetime | None = None
    ended_by: str = ""

    @property
    def seconds(self) -> float:
        """The time from the answer to the BYE."""
        assert self.answered is not None
        assert self.ended is not None
        return (self.ended - self.answered).total_seconds()

    @property
    def reason(self) -> str:
        """The text of the header Reason of a refusal."""
        found = re.search(r'X-Credit;text="(.*)"', self.headers.get("reason", ""))
        return found[1] if found else ""


def read_trace(path: Path) -> dict[str, Outcome]:
    """Return the outcome of each Call-ID of a trace."""
    outcomes: dict[str, Outcome] = defaultdict(Outcome)
    for at, direction, text in messages(path.read_text(encoding="utf-8", errors="replace")):
        first, *lines = text.split("\n\n", 1)[0].splitlines()
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        one, method = outcomes[headers["call-id"]], headers["cseq"].split()[1]
        if first.startswith("BYE ") and one.ended is None:
            one.ended, one.ended_by = at, "us" if direction == "sent" else "them"
        if first.startswith("SIP/2.0") and method == "INVITE" and one.status < 200:
            one.status, one.headers = int(first.split()[1]), headers
            one.answered = at if 200 <= one.status < 300 else None
    return dict(outcomes)


def messages(text: str) -> Iterator[tuple[datetime, str, str]]:
    """Yield time, direction, and text of each message of a trace."""
    marks = list(MESSAGE.finditer(text))
    for mark, following in pairwise([*marks, None]):
        assert mark is not None
        end = following.start() if following is not None else len(text)
        yield datetime.fromisoformat(mark[1]), mark[2], text[mark.end() : end]


class Sipp:
    """One SIPp process: `calls` calls from a number to a number, `rate` a second, each `talk` seconds long."""

    def __init__(
        self,
        folder: Path,
        switch: str,
        caller: str,
        called: str,
        talk: float,
        *,
        calls: int = 1,
        rate: float = 1.0,
        call_id: str = "%u-%p@%s",
        tag: str = "[pid]c[call_number]",
    ) -> None:
        name = uuid.uuid4().hex
        self.trace = folder / f"{name}.trace"
        scenario, numbers = folder / f"{name}.xml", folder / f"{name}.csv"
        text = (SCENARIOS / "caller.xml").read_text().replace("TALK_MS", str(int(talk * 1000)))
        scenario.write_text(text.replace("[pid]c[call_number]", tag))
        numbers.write_text(f"SEQUENTIAL\n{caller};{called}\n")
        command = [find_program("sipp") or "sipp", "-sf", str(scenario), "-inf", str(numbers)]
        command += [*own_ports(free_port(socket.SOCK_DGRAM)), switch]
        command += ["-m", str(calls), "-r", str(int(rate * 10)), "-rp", "10000", "-cid_str", call_id, "-nostdin"]
        command += ["-trace_msg", "-message_file", str(self.trace)]
        with self.trace.with_suffix(".log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)

    def outcomes(self, timeout: float = 150.0) -> list[Outcome]:
        """Wait until all calls have ended; return the outcome of each."""
        try:
            self._process.wait(timeout)
        finally:
            self.abandon()
        return list(read_trace(self.trace).values())

    def outcome(self, timeout: float = 150.0) -> Outcome:
        """Wait until the only call has ended; return its outcome."""
        [one] = self.outcomes(timeout)
        return one

    def abandon(self) -> None:
        """End the process without ending its calls."""
        self._process.kill()
        self._process.wait()


def own_ports(port: int) -> list[str]:
    """Return the options for a port of SIP, and for media ports of this process: SIPp opens some and sends none."""
    return ["-i", "127.0.0.1", "-p", str(port), "-mp", str(10_000 + next(_media) * 8 % 20_000)]


def start_callee(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    """Start the party that answers every call."""
    command = [find_program("sipp") or "sipp", "-sf", str(SCENARIOS / "callee.xml"), *own_ports(port), "-nostdin"]
    command += ["-trace_msg", "-message_file", str(folder / "callee.trace")]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
