"""Reads the locked requirements: of the tools, and of the layer that the functions run with."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ops.project import ROOT
from ops.terminal import console, run

TOOLS_LOCK: Final = ROOT / "requirements-dev.txt"
LAYER_LOCK: Final = ROOT / "layers" / "domain" / "requirements.txt"
PROJECT: Final = "calling-credit"
_PIN: Final = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_VIA: Final = re.compile(r"^ +# +(?:via +)?(?!via$)(\S+)")


@dataclass(frozen=True, slots=True)
class Pin:
    """A locked package: its name, its version, the SHA-256 of its files, and the packages that need it.

    `needed_by` has `calling-credit` for what pyproject.toml names.
    """

    name: str
    version: str
    hashes: tuple[str, ...]
    needed_by: tuple[str, ...]


def read_lock(path: Path) -> list[Pin]:
    """Return the pins of a lock in its order. A package may have a version for each Python."""
    blocks = re.split(r"^(?=[A-Za-z0-9])", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [_pin(match, block) for block in blocks if (match := _PIN.match(block))]


def _pin(match: re.Match[str], block: str) -> Pin:
    needed_by = (found[1] for line in block.splitlines() if (found := _VIA.match(line)))
    return Pin(match[1], match[2], tuple(_HASH.findall(block)), tuple(needed_by))


def differences(layer: list[Pin], tools: list[Pin]) -> list[str]:
    """Describe each package of the layer that the tests of this machine run with in another version."""
    versions: dict[str, list[str]] = {}
    for pin in tools:
        versions.setdefault(pin.name, []).append(pin.version)
    return [
        f"{pin.name}: {pin.version} in the layer, {' or '.join(versions[pin.name])} with the tools"
        for pin in layer
        if pin.name in versions and pin.version not in versions[pin.name]
    ]


def main() -> int:
    """Run `python -m ops.locks`, the last step of `make lock`: show where the two locks differ."""
    for line in differences(read_lock(LAYER_LOCK), read_lock(TOOLS_LOCK)):
        console.print(line, markup=False)
    return 0


if __name__ == "__main__":
    run(main)
