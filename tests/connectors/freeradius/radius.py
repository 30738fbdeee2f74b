"""FreeRADIUS with the connector's own files on ports of its own, and a switch that speaks RADIUS to it (radclient)."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

CONNECTOR = Path(__file__).resolve().parents[3] / "connectors/freeradius"
SECRET = "shared-secret-of-a-test"
MODULES = Path("/usr/lib/freeradius")
SERVER = """
prefix = /usr
localstatedir = {folder}
logdir = {folder}
run_dir = {folder}
radacctdir = {folder}/radacct
libdir = {modules}
confdir = {folder}
cleanup_delay = 2
security {{
	reject_delay = 0
}}
thread pool {{
	start_servers = 4
	max_servers = 8
	min_spare_servers = 2
	max_spare_servers = 4
}}
$INCLUDE calling_credit.conf
modules {{
	always ok {{
		rcode = ok
	}}
	always noop {{
		rcode = noop
	}}
	always fail {{
		rcode = fail
	}}
	always reject {{
		rcode = reject
	}}
	expr {{
	}}
	$INCLUDE mods/
}}
policy {{
	$INCLUDE policy/
}}
$INCLUDE sites/
"""
"""What a Debian server has besides the connector: the modules `always` and `expr`."""


def require_freeradius() -> None:
    """Skip the test without FreeRADIUS and rlm_rest; fail instead where CI has to have them."""
    missing = [
        name
        for name, found in {
            "freeradius": shutil.which("freeradius") or Path("/usr/sbin/freeradius").exists(),
            "radclient (freeradius-utils)": shutil.which("radclient"),
            "rlm_rest (freeradius-rest)": (MODULES / "rlm_rest.so").exists(),
        }.items()
        if not found
    ]
    if missing and os.environ.get("CI"):
        pytest.fail(f"not installed: {', '.join(missing)}")
    if missing:
        pytest.skip(
            f"not installed: {', '.join(missing)} (apt-get install freeradius freeradius-rest freeradius-utils)"
        )


def free_udp_port() -> int:
    """An unused port for datagrams."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass(frozen=True)
class Reply:
    """What radclient received: `Access-Accept`, `Access-Reject`, `Accounting-Response`, or "" for no answer."""

    code: str
    attributes: dict[str, str]


@dataclass
class Radius:
    """A running server; `settings` are those that differ from calling_credit.conf."""

    folder: Path
    url: str
    settings: Mapping[str, str] = field(default_factory=dict)
    key: str = "ck_test-key-of-the-connector"
    debug: bool = True

    def __post_init__(self) -> None:
        """Write the server's folder from the connector's files."""
        self.ports = {"auth": free_udp_port(), "acct": free_udp_port()}
        self.process: subprocess.Popen[bytes] | None = None
        for part in ("mods", "policy", "sites"):
            shutil.copytree(CONNECTOR / part, self.folder / part)
        settings = (CONNECTOR / "calling_credit.conf").read_text(encoding="utf-8")
        values = {"url": self.url, "ipaddr": "127.0.0.1", "secret": SECRET} | dict(self.settings)
        for name, value in values.items():
            quoted = value if value.isdigit() or name == "ipaddr" else f'"{value}"'
            settings, found = re.subn(rf"(?m)^(\t{name}) = .*", lambda match, v=quoted: f"{match[1]} = {v}", settings)  # type: ignore[misc]
            assert found == 1, name
        (self.folder / "calling_credit.conf").write_text(settings, encoding="utf-8")
        key = (CONNECTOR / "calling_credit.key").read_text(encoding="utf-8").replace("ck_REPLACE-ME", self.key)
        (self.folder / "calling_credit.key").write_text(key, encoding="utf-8")
        site = self.folder / "sites/calling_credit"
        text = site.read_text(encoding="utf-8")
        for port, kind in (("1812", "auth"), ("1813", "acct")):
            text = text.replace(f"port = {port}", f"port = {self.ports[kind]}")
        site.write_text(text, encoding="utf-8")
        server = SERVER.format(folder=self.folder, modules=MODULES)
        (self.folder / "radiusd.conf").write_text(server, encoding="utf-8")

    @property
    def log(self) -> str:
        """Everything that the server wrote, with `freeradius -X` as people send it to a mailing list."""
        return (self.folder / "out.log").read_text(encoding="utf-8", errors="replace")

    def start(self) -> "Radius":
        """Start the server and wait until it listens."""
        with (self.folder / "out.log").open("ab") as out:
            options = ["-X"] if self.debug else ["-f", "-l", "stdout"]
            self.process = subprocess.Popen(
                ["/usr/sbin/freeradius", *options, "-d", str(self.folder)], stdout=out, stderr=out
            )
        deadline = time.monotonic() + 20
        while "Ready to process requests" not in self.log:
            assert self.process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)
        return self

    def stop(self, with_signal: int = signal.SIGTERM) -> None:
        """End the server."""
        if self.process is not None:
            self.process.send_signal(with_signal)
            self.process.wait(timeout=20)
            self.process = None

    def forget_refusals(self) -> None:
        """Delete the records that were refused, and their log."""
        for path in [self.folder / "calling_credit.log", *(self.folder / "radacct/calling_credit").glob("refused-*")]:
            path.unlink(missing_ok=True)

    def send(self, kind: str, attributes: Mapping[str, str | bytes], retries: int = 1, wait: float = 8) -> Reply:
        """Send one request with radclient: strings as attributes, bytes as the raw value of the named attribute."""
        lines = [f"{name} = {shown(value)}" for name, value in attributes.items()]
        done = subprocess.run(
            ["radclient", "-x", "-r", str(retries), "-t", str(wait), f"127.0.0.1:{self.ports[kind]}", kind, SECRET],
            input="\n".join([*lines, "Message-Authenticator = 0x00"]),
            capture_output=True,
            text=True,
            check=False,
        )
        code, found = "", dict[str, str]()
        for line in done.stdout.splitlines():
            if match := re.match(r"Received (\S+) Id", line):
                code = match[1]
            elif code and (match := re.match(r"\t(\S+) = (.*)", line)):
                found[match[1]] = match[2].strip('"')
        return Reply(code, found)


NUMBERS = {"User-Name": 1, "Called-Station-Id": 30, "Acct-Session-Id": 44}


def shown(value: str | bytes) -> str:
    """Return a value as radclient reads it."""
    return "0x" + value.hex() if isinstance(value, bytes) else value


def raw(**values: bytes) -> dict[str, bytes]:
    """Return attributes by number with raw bytes, which radclient sends unchanged: raw(User_Name=b'...')."""
    return {f"Attr-{NUMBERS[name.replace('_', '-')]}": value for name, value in values.items()}


CALL = {
    "User-Name": '"+14155550100"',
    "Called-Station-Id": '"011442071838750"',
    "Acct-Session-Id": '"0000A1"',
    "NAS-Identifier": '"sbc-1"',
}
FROM, TO = "+14155550100", "011442071838750"
NAS_CLOCK = 1_795_000_000
RECORD = {"Acct-Status-Type": "Stop", "Acct-Session-Time": "90", "Event-Timestamp": str(NAS_CLOCK)}


def ask(radius: Radius, **changes: str) -> Reply:
    """Ask whether the call may be connected."""
    return radius.send("auth", CALL | changes)


def stop(radius: Radius, seconds: int = 90, wait: float = 8, **changes: str | bytes) -> Reply:
    """Report the end of the call."""
    names = {name.replace("_", "-"): value for name, value in changes.items()}
    return radius.send("acct", CALL | RECORD | {"Acct-Session-Time": str(seconds)} | names, wait=wait)


def at(epoch: int) -> str:
    """Return an instant as the events spell it."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(text: str) -> float:
    """Return an event's instant in seconds."""
    return datetime.fromisoformat(text).timestamp()


def log_of_refusals(radius: Radius) -> str:
    """Return why records were refused."""
    return (radius.folder / "calling_credit.log").read_text(encoding="utf-8")


def refused(radius: Radius) -> str:
    """Return the records that were refused."""
    [path] = (radius.folder / "radacct/calling_credit").glob("refused-*")
    return path.read_text(encoding="utf-8")


def wait_for(check: Callable[[], bool]) -> None:
    """Wait until something has happened."""
    deadline = time.monotonic() + 30
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.2)
