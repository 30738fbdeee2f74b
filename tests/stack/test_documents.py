"""Runs the commands of README.md and docs/tutorial.md unchanged against the deployed application.

A fenced block marked `sh` runs; one marked `sh not-run: reason` does not. A `text` block after commands is their
output, line by line, where `…` stands for any text. Each document runs in one shell session, in its order.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local.settings import DEFAULT_EMULATOR_PORT
from local.stack import Stack
from ops.project import ROOT

DOCUMENTS = ("README.md", "docs/tutorial.md")
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NOT_RUN = re.compile(r"sh not-run: \S.{9,}")
NO_COMMANDS = {"text", "json", "csv", "mermaid"}
TIMEOUT_SECONDS = 400


@dataclass
class Commands:
    """A block of commands, its line number, and the lines of output that the document shows."""

    line: int
    script: str
    shown: list[str] = field(default_factory=list)


def blocks(name: str) -> Iterator[tuple[int, str, str]]:
    """Yield each fenced block of a document: its line, info string, and text."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for fence in FENCE.finditer(text):
        yield text.count("\n", 0, fence.start()) + 1, fence[1].strip(), fence[2]


def commands_of(name: str) -> list[Commands]:
    """Return the commands of a document that run, with the output that it shows."""
    blocks_to_run: list[Commands] = []
    was_run = False
    for line, info, text in blocks(name):
        if info == "sh":
            blocks_to_run.append(Commands(line, text))
        elif info == "text" and was_run:
            blocks_to_run[-1].shown = text.splitlines()
        was_run = info == "sh"
    return blocks_to_run


@pytest.fixture
def folder(deployed: Stack, tmp_path: Path) -> Path:
    """A writable folder with the project's files and the deployed stack as the running one."""
    deployed.publish_description()
    for path in ROOT.iterdir():
        if path.name not in (".local", ".git"):
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / ".local").symlink_to(deployed.settings.folder)
    return tmp_path


def pattern(shown: str) -> str:
    """Return a shown line of output as a regular expression."""
    return ".*".join(re.escape(part) for part in shown.split("…"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_block_runs_or_states_why_not(name: str) -> None:
    for line, info, _ in blocks(name):
        assert info in NO_COMMANDS or info == "sh" or NOT_RUN.fullmatch(info), f"{name}:{line}: {info!r}"
    assert commands_of(name)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_of_a_document_work_as_shown(deployed: Stack, folder: Path, name: str) -> None:
    commands = commands_of(name)
    script = "".join(f"echo '@@{number}'\n{block.script}" for number, block in enumerate(commands))
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "STRIPE_", "MAKE"))}
    result = subprocess.run(
        [
            "bash",
            "-euo",
            "pipefail",
            "-c",
            script.replace(str(DEFAULT_EMULATOR_PORT), str(deployed.settings.emulator_port)),
        ],
        cwd=folder,
        env=inherited | {"LOCAL_DIR": str(deployed.settings.folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    outputs = re.split(r"^@@\d+\n", result.stdout, flags=re.MULTILINE)[1:]
    last = commands[len(outputs) - 1]
    assert result.returncode == 0, f"{name}:{last.line} failed:\n{outputs[-1]}\n{result.stderr}"
    for block, output in zip(commands, outputs, strict=True):
        for shown in block.shown:
            assert re.search(pattern(shown), output), f"{name}:{block.line} does not show {shown!r}:\n{output}"
    deployed.wait_until_rated()
    deployed.wait_until_callbacks_are_delivered()
