"""Asks the advisory service (OSV) whether a locked package has a known vulnerability. Installs nothing."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ops.locks import LAYER_LOCK, TOOLS_LOCK, read_lock
from ops.project import ROOT
from ops.terminal import console, error_console, run

SERVICE: Final = "https://api.osv.dev/v1/query"
CONNECT_SECONDS: Final = 15
NOT_CHECKED: Final = 2
"""The exit code if the service did not answer. 1 means that it knows a vulnerability."""

Package = tuple[str, str]


class NotCheckedError(Exception):
    """The advisory service gave no usable answer; the message says why."""


@dataclass(frozen=True, slots=True)
class Advisory:
    """A known vulnerability of a locked package, and the versions without it."""

    package: Package
    advisory_id: str
    fixed_in: tuple[str, ...]


def find_advisories(packages: Iterable[Package], service: str = SERVICE) -> list[Advisory]:
    """Return the known vulnerabilities of exact versions.

    Raises:
        NotCheckedError: the service did not answer, or not for every package.
    """
    rounds: list[dict[str, str]] = []  # pip-audit takes one version of each package.
    for name, version in packages:
        free = next((one for one in rounds if name not in one), None)
        if free is None:
            rounds.append(free := {})
        free[name] = version
    return [advisory for one in rounds for advisory in _audit(one, service)]


def _audit(versions: dict[str, str], service: str) -> list[Advisory]:
    with tempfile.TemporaryDirectory() as folder:
        pins = Path(folder) / "requirements.txt"
        pins.write_text("".join(f"{name}=={version}\n" for name, version in versions.items()), encoding="utf-8")
        options = ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
        options += ["--vulnerability-service", "osv", "--osv-url", service, "--timeout", str(CONNECT_SECONDS)]
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(pins), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        dependencies: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        reason = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise NotCheckedError(reason) from None
    skipped = versions.keys() - {one["name"] for one in dependencies if "skip_reason" not in one}
    if skipped:
        raise NotCheckedError(f"it was not asked about {', '.join(sorted(skipped))}")
    return [
        Advisory((one["name"], one["version"]), found["id"], tuple(found["fix_versions"]))
        for one in dependencies
        for found in one["vulns"]
    ]


def main() -> int:
    """Run `python -m ops.audit_dependencies`, behind `make audit-dependencies`: 0 without a known vulnerability, 1 with
    one, 2 if the service did not answer.
    """
    parser = argparse.ArgumentParser(prog="make audit-dependencies", description="Look for known vulnerabilities.")
    parser.add_argument("--osv-url", default=SERVICE, help="the advisory service, or a copy of it")
    service = parser.parse_args().osv_url
    locks = {
        path.relative_to(ROOT).as_posix(): [(pin.name, pin.version) for pin in read_lock(path)]
        for path in (LAYER_LOCK, TOOLS_LOCK)
    }
    packages = list(dict.fromkeys(package for pins in locks.values() for package in pins))
    try:
        advisories = find_advisories(packages, service)
    except NotCheckedError as error:
        error_console.print(
            f"Nothing was checked: the advisory service gave no answer ({error}). Connect this machine to it, or name a"
            " copy with OSV_URL=address, and run make audit-dependencies again.",
            markup=False,
            soft_wrap=True,
        )
        return NOT_CHECKED
    for found in advisories:
        name, version = found.package
        where = ", ".join(lock for lock, pins in locks.items() if found.package in pins)
        fixed = " or ".join(found.fixed_in) or "no version yet"
        console.print(
            f"{name} {version} ({where}): {found.advisory_id}, fixed in {fixed}", markup=False, soft_wrap=True
        )
    if advisories:
        console.print("Take fixed versions with make lock UPGRADE=1, then run make test.")
        return 1
    console.print(f"{len(packages)} packages in {' and '.join(locks)}: no known vulnerability.", markup=False)
    return 0


if __name__ == "__main__":
    run(main)
