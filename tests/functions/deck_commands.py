"""Runs `make publish-rates` and `make rollback-rates` on a stack, as a process would."""

import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from ops import publish_rates, rollback_rates
from ops.stack import FoundStack
from ops.terminal import run
from tests.harness.table import BUCKET
from tests.harness.world import World


class Commands:
    """Runs `make publish-rates` on a stack, as a process would."""

    def __init__(
        self, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        self.world = world
        self.answers: list[bool] = []
        self.questions: list[str] = []
        self._patch = monkeypatch
        self._capsys = capsys
        self._folder = tmp_path
        for command in (publish_rates, rollback_rates):
            monkeypatch.setattr(command, "confirm", self._confirm)

    def _confirm(self, question: str) -> bool:
        self.questions.append(question)
        return self.answers.pop(0)

    def publish(self, data: bytes, *options: str, stack: str = "local") -> tuple[int, str]:
        """Publish a file; return the exit code and what was printed."""
        path = self._folder / "deck.csv"
        path.write_bytes(data)
        return self.run(publish_rates, str(path), *options, stack=stack)

    def run(self, command: Any, *arguments: str, stack: str = "local") -> tuple[int, str]:
        """Run a command; return its exit code and what it printed."""
        outputs = {"DeckBucketName": BUCKET, "TableName": self.world.stack.table_name}
        found = FoundStack(stack, stack == "local", outputs, boto3.Session(), None)
        self._patch.setattr(command, "find_stack", lambda: found)
        self._patch.setattr(sys, "argv", ["make", *arguments])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run(command.main)
        printed = self._capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, printed.out + printed.err


@pytest.fixture
def commands(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Commands:
    """The commands of an operator."""
    return Commands(world, monkeypatch, capsys, tmp_path)
