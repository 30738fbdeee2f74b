"""Writes the bill of materials of what the functions run with: the locked libraries of the layer, as CycloneDX JSON."""

import hashlib
import tomllib
import uuid
from pathlib import Path
from typing import Final

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from ops.locks import LAYER_LOCK, PROJECT, Pin, read_lock
from ops.project import ROOT
from ops.terminal import console, run

FOLDER: Final = ROOT / "dist"


def bill_of(pins: list[Pin], version: str, serial: uuid.UUID) -> str:
    """Return the bill of a release of the application: its libraries, and which of them needs which."""
    application = Component(name=PROJECT, version=version, type=ComponentType.APPLICATION, bom_ref=PROJECT)
    libraries = {
        pin.name: Component(
            name=pin.name,
            version=pin.version,
            bom_ref=f"{pin.name}=={pin.version}",
            purl=PackageURL("pypi", name=pin.name, version=pin.version),
        )
        for pin in pins
    }
    bill = Bom(serial_number=serial, components=libraries.values())
    bill.metadata.component = application
    nodes = libraries | {PROJECT: application}
    for name, node in nodes.items():
        bill.register_dependency(node, [libraries[pin.name] for pin in pins if name in pin.needed_by])
    return JsonV1Dot6(bill).output_as_string(indent=2) + "\n"


def project_version() -> str:
    """Return the version in pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def write_bill(folder: Path = FOLDER) -> tuple[Path, int]:
    """Write the bill into a folder. Return its path, and the number of libraries. The same lock has the same serial
    number.
    """
    pins, version = read_lock(LAYER_LOCK), project_version()
    digest = hashlib.sha256(version.encode() + b"\0" + LAYER_LOCK.read_bytes()).hexdigest()
    path = folder / f"{PROJECT}-{version}.cdx.json"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(bill_of(pins, version, uuid.uuid5(uuid.NAMESPACE_OID, digest)), encoding="utf-8")
    return path, len(pins)


def main() -> int:
    """Run `python -m ops.sbom`, behind `make sbom`."""
    path, count = write_bill()
    console.print(f"{path.relative_to(ROOT)}: {count} libraries of the layer", markup=False)
    return 0


if __name__ == "__main__":
    run(main)
