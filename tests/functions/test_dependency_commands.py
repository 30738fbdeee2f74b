"""The locks hold what pyproject.toml asks for, independently of each other, and can be audited and listed."""

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ops import audit_dependencies, sbom
from ops.locks import LAYER_LOCK, PROJECT, TOOLS_LOCK, Pin, differences, read_lock
from tests.harness.template import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUN_TIME = PYPROJECT["project"]["dependencies"]
TOOLS = PYPROJECT["dependency-groups"]["dev"]


# --- The locks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "asked"), [(LAYER_LOCK, RUN_TIME), (TOOLS_LOCK, [*RUN_TIME, *TOOLS])], ids=["layer", "tools"]
)
def test_a_lock_has_an_allowed_version_of_everything_asked_for(path: Path, asked: list[str]) -> None:
    versions = {pin.name: pin.version for pin in read_lock(path)}
    for requirement in map(Requirement, asked):
        assert versions[canonicalize_name(requirement.name)] in requirement.specifier, requirement


@pytest.mark.parametrize("path", [LAYER_LOCK, TOOLS_LOCK], ids=["layer", "tools"])
def test_a_lock_pins_files_by_hash_and_names_no_registry(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    pins = read_lock(path)
    assert len(pins) == len(re.findall(r"^[a-z0-9].*==", text, re.MULTILINE)) > 0
    assert [pin.name for pin in pins if not pin.hashes] == []
    assert not re.search(r"://|--(extra-)?index-url|--find-links", text)


def test_the_layer_is_locked_without_regard_to_the_tools() -> None:
    assert "-c requirements" not in LAYER_LOCK.read_text(encoding="utf-8")
    [recipe] = re.findall(r"^lock:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert "--constraint" not in recipe
    assert "--group dev" not in next(line for line in recipe.splitlines() if "layers/domain" in line)


def test_the_layer_holds_only_what_the_functions_need_and_all_of_it() -> None:
    pins = {pin.name: pin for pin in read_lock(LAYER_LOCK)}
    direct = {canonicalize_name(Requirement(text).name) for text in RUN_TIME}
    assert {name for name, pin in pins.items() if PROJECT in pin.needed_by} == direct
    for pin in pins.values():
        assert all(name == PROJECT or name in pins for name in pin.needed_by), pin
        is_installed = metadata.version(pin.name) == pin.version
        for requirement in map(Requirement, (metadata.requires(pin.name) or []) if is_installed else []):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                assert canonicalize_name(requirement.name) in pins, (pin.name, requirement)


def test_differences_between_the_locks_are_shown() -> None:
    layer = [Pin("a", "2", (), ()), Pin("b", "1", (), ()), Pin("c", "1", (), ())]
    tools = [Pin("a", "1", (), ()), Pin("b", "1", (), ()), Pin("b", "2", (), ()), Pin("d", "1", (), ())]
    assert differences(layer, tools) == ["a: 2 in the layer, 1 with the tools"]


# --- The audit --------------------------------------------------------------------------------------------------------


@contextmanager
def advisory_service(known: dict[str, list[dict[str, Any]]], status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """A service that knows these vulnerabilities by package; its address, and the packages that it was asked about."""
    asked: list[str] = []

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = query["package"]["name"]
            asked.append(f"{name}=={query['version']}")
            body = json.dumps({"vulns": known[name]} if name in known else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the library
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def audited(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], address: str) -> tuple[int, str, str]:
    """The exit code of the command, and what it printed."""
    monkeypatch.setattr(sys, "argv", ["make audit-dependencies", "--osv-url", address])
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    code = audit_dependencies.main()
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def vulnerability(name: str) -> dict[str, Any]:
    """An advisory about a package, in the form of OSV."""
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.1"}]}]
    affected = [{"package": {"name": name, "ecosystem": "PyPI"}, "ranges": ranges}]
    return {"id": "PYSEC-2026-1", "aliases": [], "summary": "It leaks.", "affected": affected}


def test_both_locks_are_audited_completely(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with advisory_service({}) as (address, asked):
        code, out, err = audited(monkeypatch, capsys, address)
    packages = {f"{pin.name}=={pin.version}" for path in (LAYER_LOCK, TOOLS_LOCK) for pin in read_lock(path)}
    assert (code, err, set(asked)) == (0, "", packages)
    assert f"{len(packages)} packages" in out
    assert "no known vulnerability" in out


def test_a_known_vulnerability_names_package_locks_and_next_step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with advisory_service({"pydantic": [vulnerability("pydantic")]}) as (address, _):
        code, out, _ = audited(monkeypatch, capsys, address)
    assert code == 1
    assert re.search(
        r"^pydantic \S+ \(layers/domain/requirements.txt, requirements-dev.txt\): PYSEC-2026-1, fixed in 99.1$",
        out,
        re.MULTILINE,
    )
    assert "make lock UPGRADE=1" in out


@pytest.mark.parametrize("status", [403, 500, None])
def test_a_service_without_an_answer_is_never_reported_as_all_well(
    status: int | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with advisory_service({}, status or 200) as (address, _):
        answer = audited(monkeypatch, capsys, address) if status is not None else None
    code, out, err = answer or audited(monkeypatch, capsys, address)  # Nothing listens there now.
    assert (code, out) == (2, "")
    assert "Nothing was checked" in err
    assert "run make audit-dependencies again" in err


# --- The bill of materials --------------------------------------------------------------------------------------------


def test_the_bill_lists_exactly_the_layer_and_is_valid_cyclonedx(tmp_path: Path) -> None:
    path, count = sbom.write_bill(tmp_path)
    assert path.name == f"calling-credit-{PYPROJECT['project']['version']}.cdx.json"
    text = path.read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill, pins = json.loads(text), read_lock(LAYER_LOCK)
    assert {(one["name"], one["version"]) for one in bill["components"]} == {(pin.name, pin.version) for pin in pins}
    assert len(pins) == count == len(bill["components"])
    assert all(one["purl"] == f"pkg:pypi/{one['name']}@{one['version']}" for one in bill["components"])
    needs = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    assert {name.partition("==")[0] for name in needs[PROJECT]} == {
        canonicalize_name(Requirement(text).name) for text in RUN_TIME
    }
    [pydantic] = [ref for ref in needs if ref.startswith("pydantic==")]
    assert any(name.startswith("pydantic-core==") for name in needs[pydantic])


def test_the_same_lock_has_the_same_serial_number(tmp_path: Path) -> None:
    first, second = (json.loads(sbom.write_bill(tmp_path / name)[0].read_text()) for name in ("a", "b"))
    assert first["serialNumber"] == second["serialNumber"]
