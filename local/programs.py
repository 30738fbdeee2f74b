"""Programs of other makers, as Debian packages them, and free ports for them."""

import os
import shutil
import socket
from typing import Final

PACKAGES: Final = {
    "kamailio": "kamailio kamailio-json-modules kamailio-utils-modules kamailio-extra-modules",
    "sipp": "sip-tester",
    "freeradius": "freeradius freeradius-rest",
    "radclient": "freeradius-utils",
}
"""The Debian packages of each program."""
FOLDERS: Final = ("/usr/local/sbin", "/usr/sbin")
"""Where programs are that only root has in its path."""


def find_program(name: str) -> str | None:
    """Return the path of a program, or None if it is not installed."""
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(FOLDERS))


def absent_programs(*names: str) -> str:
    """Return what to install of these programs, as a sentence; empty if they are all there."""
    absent = [name for name in names if find_program(name) is None]
    if not absent:
        return ""
    packages = " ".join(PACKAGES[name] for name in absent)
    return f"Not installed: {', '.join(absent)}. Run apt-get install --no-install-recommends {packages}."


_given: set[int] = set()


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    """Return an unused port of TCP, or of UDP (`socket.SOCK_DGRAM`), that it has not returned before."""
    while True:
        with socket.socket(type=kind) as listener:
            listener.bind(("127.0.0.1", 0))
            port = int(listener.getsockname()[1])
        if port not in _given:
            _given.add(port)
            return port


def environment_without_proxies() -> dict[str, str]:
    """Return the environment of this process without proxies, for programs that talk to loopback addresses."""
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
