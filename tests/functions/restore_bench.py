"""An operator who restores copies of the table, and a wire on which answers are lost."""

import sys
from typing import Any

import boto3
import pytest

from calling_credit.instants import format_instant
from ops import restore_drill
from ops.restored_table import RestoredTable
from ops.stack import FoundStack
from tests.functions.test_operators_commands import code_of
from tests.harness.till import Till
from tests.harness.world import World

CHECK = RestoredTable.check_moment


class Operator:
    """An operator's terminal."""

    def __init__(self, world: World, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self.world, self.patch, self.capture = world, patch, capture
        self.live = world.stack.table_name

    def drill(self, *words: str) -> tuple[object, str]:
        """The exit code and the output of a drill, in one line."""
        at = format_instant(self.world.clock.now)
        self.patch.setattr(sys, "argv", ["make restore-drill", at, *words])
        self.capture.readouterr()
        code = code_of(restore_drill.main)
        output = self.capture.readouterr()
        return code, " ".join((output.out + output.err).split())

    def copies(self) -> list[str]:
        """The names of the tables beside the live one."""
        return [name for name in self.world.stack.dynamodb.list_tables()["TableNames"] if name != self.live]

    def change_copy(self, change: Any) -> None:
        """Let `change` loose on each new copy."""
        complete = RestoredTable.complete

        def changed(copy: RestoredTable) -> str:
            change(copy.name)
            return complete(copy)

        self.patch.setattr(RestoredTable, "complete", changed)


@pytest.fixture
def operator(till: Till, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """A stack that the command can find, with calls of one account."""
    world = till.world
    table = world.stack.table_name
    world.stack.dynamodb.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    found = FoundStack("staging", False, {"TableName": table}, boto3.Session(), None)
    monkeypatch.setattr(restore_drill, "find_stack", lambda: found)
    monkeypatch.setattr(restore_drill, "stripe_of", lambda _stack: (None, "no key."))
    monkeypatch.setattr("ops.restored_table.POLL_SECONDS", 0.01)
    monkeypatch.setattr(RestoredTable, "check_moment", lambda _copy, _at: None)
    assert world.deliver({"call_id": "c_1"}, {"call_id": "c_2"}) == []
    one = Operator(world, monkeypatch, capsys)
    yield one
    for name in one.copies():
        world.stack.dynamodb.delete_table(TableName=name)


class Wire:
    """What goes wrong once between the command and DynamoDB: at request `number` of all, or of those named `name`."""

    def __init__(
        self, operator: Operator, error: BaseException, *, name: str = "", number: int = 1, is_done: bool = True
    ) -> None:
        self.has_struck = False
        self._count = 0
        working = FoundStack.client

        def client(stack: FoundStack, service: str) -> Any:
            made = working(stack, service)
            call = made._make_api_call

            def failing(asked: str, values: Any) -> Any:
                self._count += name in ("", asked)
                strikes = not self.has_struck and self._count == number
                self.has_struck = self.has_struck or strikes
                if strikes and not is_done:
                    raise error
                try:
                    return call(asked, values)
                finally:
                    if strikes:
                        raise error

            made._make_api_call = failing
            return made

        operator.patch.setattr(FoundStack, "client", client)
