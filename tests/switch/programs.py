"""The programs of other makers that these tests run, as Debian packages them."""

import os
import shutil
from typing import Final

import pytest

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


def require_programs(*names: str) -> None:
    """Skip the tests of a module if a program is absent. In CI, fail instead."""
    absent = [name for name in names if find_program(name) is None]
    if not absent:
        return
    packages = " ".join(PACKAGES[name] for name in absent)
    reason = f"Not installed: {', '.join(absent)}. Run apt-get install --no-install-recommends {packages}."
    print(f"\n{reason}")
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
