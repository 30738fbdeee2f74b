"""The commands of README.md and docs/tutorial.md run as they are written, against the deployed application.

A fenced block marked `sh` is run; one marked `sh not-run: reason` is not. A `text` block after commands is their
output, line by line, where `…` stands for any text. One shell session for each document, in the order of the document.
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
    """One block of commands, the line it begins on, and the lines of output that the document shows."""

    line: int
    script: str
    shown: list[str] = field(default_factory=list)


def blocks(name: str) -> Iterator[tuple[int, str, str]]:
    """Every fenced block of a document: its line, its info string, its text."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for fence in FENCE.finditer(text):
        yield text.count("\n", 0, fence.start()) + 1, fence[1].strip(), fence[2]


def commands_of(name: str) -> list[Commands]:
    """The commands of a document that are run, with the output it shows."""
    found: list[Commands] = []
    was_run = False
    for line, info, text in blocks(name):
        if info == "sh":
            found.append(Commands(line, text))
        elif info == "text" and was_run:
            found[-1].shown = text.splitlines()
        was_run = info == "sh"
    return found


@pytest.fixture
def folder(deployed: Stack, tmp_path: Path) -> Path:
    """A folder that looks like the project's, with the deployed stack as the running one; commands may write to it."""
    deployed.publish_description()
    for path in ROOT.iterdir():
        if path.name not in (".local", ".git"):
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / ".local").symlink_to(deployed.settings.folder)
    return tmp_path


def pattern(shown: str) -> str:
    """A shown line of output as a regular expression."""
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
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "STRIPE_", "MAKE"))}
    done = subprocess.run(
        [
            "bash",
            "-euo",
            "pipefail",
            "-c",
            script.replace(str(DEFAULT_EMULATOR_PORT), str(deployed.settings.emulator_port)),
        ],
        cwd=folder,
        env=kept | {"LOCAL_DIR": str(deployed.settings.folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    outputs = re.split(r"^@@\d+\n", done.stdout, flags=re.MULTILINE)[1:]
    last = commands[len(outputs) - 1]
    assert done.returncode == 0, f"{name}:{last.line} failed:\n{outputs[-1]}\n{done.stderr}"
    for block, output in zip(commands, outputs, strict=True):
        for shown in block.shown:
            assert re.search(pattern(shown), output), f"{name}:{block.line} does not show {shown!r}:\n{output}"
    deployed.wait_until_rated()
    deployed.wait_until_callbacks_are_delivered()
