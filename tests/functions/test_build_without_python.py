"""The build finds the Python of the runtime without one on the PATH; drift lists what differs from the template."""

import os
from pathlib import Path
from typing import Any

import boto3
import pytest

from ops import build, drift
from ops.build import BuildError, python_of, sam_build
from ops.drift import drifted, stacks_of
from ops.stack import FoundStack
from ops.terminal import CommandError

UV = """#!/bin/sh
echo "$@" >> "$UV_LOG"
[ "$2" = find ] && echo "$UV_PYTHON_FOLDER/python3"
exit ${UV_CODE:-0}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with uv and without the runtime: its python3.13 does not run."""
    (tmp_path / "uv").write_text(UV)
    (tmp_path / "python3.13").write_text("#!/bin/sh\nexit 127\n")
    for file in tmp_path.iterdir():
        file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("UV_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("UV_PYTHON_FOLDER", str(tmp_path / "managed" / "bin"))
    monkeypatch.setattr(build, "program", lambda name: str(tmp_path / name))
    return tmp_path


def test_uv_provides_a_python_that_is_not_on_the_path(folder: Path) -> None:
    assert python_of("python3.13") == str(folder / "managed" / "bin" / "python3.13")
    assert (folder / "log").read_text().splitlines()[0] == "python install --quiet 3.13"


def test_a_python_on_the_path_is_used(folder: Path) -> None:
    (folder / "python3.13").write_text("#!/bin/sh\nexit 0\n")
    assert python_of("python3.13") == str(folder / "python3.13")
    assert not (folder / "log").exists()


def test_without_either_the_build_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_CODE", "2")
    with pytest.raises(BuildError, match=r"needs a working python3\.13: none is on the PATH.*--use-container"):
        python_of("python3.13")
    (folder / "uv").unlink()
    with pytest.raises(BuildError, match="none is on the PATH"):
        python_of("python3.13")


def test_sam_finds_the_python_of_the_build_first(folder: Path, tmp_path: Path) -> None:
    (folder / "sam").write_text('#!/bin/sh\necho "$PATH" > "$UV_LOG"\n')
    (folder / "sam").chmod(0o755)
    sam_build("staging", tmp_path / "build", python="/opt/python/bin/python3.13")
    assert (folder / "log").read_text().startswith("/opt/python/bin:")


class CloudFormation:
    """A stack whose comparison takes a while."""

    def __init__(self, *statuses: str) -> None:
        self.statuses = list(statuses)

    def detect_stack_drift(self, **_request: str) -> dict[str, str]:
        """Begin."""
        return {"StackDriftDetectionId": "one"}

    def describe_stack_drift_detection_status(self, **_request: str) -> dict[str, str]:
        """Return the next status."""
        return {"DetectionStatus": self.statuses.pop(0)}

    def describe_stack_resource_drifts(self, **request: Any) -> dict[str, Any]:
        """Return two pages."""
        if "NextToken" in request:
            return {"StackResourceDrifts": [{"LogicalResourceId": "Api"}]}
        return {"StackResourceDrifts": [{"LogicalResourceId": "LedgerTable"}], "NextToken": "more"}


def test_every_page_of_drift_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.drift.time.sleep", lambda _seconds: None)
    client = CloudFormation("DETECTION_IN_PROGRESS", "DETECTION_COMPLETE")
    assert [one["LogicalResourceId"] for one in drifted(client, "staging")] == ["Api", "LedgerTable"]


def test_nested_stacks_are_compared_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    resources: dict[str, list[str | None]]
    resources = {"staging": ["arn:watch", None], "arn:watch": ["arn:deeper"], "arn:deeper": []}
    nested = "AWS::CloudFormation::Stack"

    class Stacks(CloudFormation):
        """Stacks in stacks; one that was never created has no id."""

        def get_paginator(self, _name: str) -> "Stacks":
            """List resources."""
            return self

        def paginate(self, *, StackName: str) -> list[dict[str, Any]]:  # noqa: N803 - CloudFormation's name
            """Return the nested stacks, and a function."""
            listed = [{"ResourceType": nested, "PhysicalResourceId": one} for one in resources[StackName]]
            return [{"StackResourceSummaries": [*listed, {"ResourceType": "AWS::Lambda::Function"}]}]

        def describe_stack_resource_drifts(self, **request: Any) -> dict[str, Any]:
            """Return an alarm of the deepest stack."""
            name = request["StackName"]
            changed = {"LogicalResourceId": "Alarm", "ResourceType": "x", "StackResourceDriftStatus": "MODIFIED"}
            return {"StackResourceDrifts": [changed] if name == "arn:deeper" else []}

    client = Stacks(*["DETECTION_COMPLETE"] * 3)
    assert list(stacks_of(client, "staging")) == ["staging", "arn:watch", "arn:deeper"]
    monkeypatch.setattr(FoundStack, "client", lambda _self, _service: client)
    monkeypatch.setattr(drift, "find_stack", lambda: FoundStack("staging", False, {}, boto3.Session(), None))
    assert drift.main() == 1
    assert "Alarm: MODIFIED" in capsys.readouterr().out


def test_a_comparison_that_failed_is_no_clean_stack() -> None:
    with pytest.raises(CommandError, match="could not compare every resource"):
        drifted(CloudFormation("DETECTION_FAILED"), "staging")
