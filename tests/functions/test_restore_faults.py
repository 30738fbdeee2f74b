"""`make restore-drill` is stopped, refused, or loses an answer at any request: nothing stays behind unsaid."""

import sys
from datetime import timedelta

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from calling_credit.instants import format_instant
from ops import restore_drill
from ops.restored_table import RestoredTable
from ops.stack import FoundStack
from ops.terminal import CommandError
from tests.functions.restore_bench import CHECK, Operator, Wire, operator
from tests.functions.test_operators_commands import code_of

__all__ = ["operator"]

pytestmark = pytest.mark.dynamodb


def test_a_drill_stopped_at_any_request_leaves_nothing(operator: Operator) -> None:
    before = operator.world.stack.items()
    code: object = None
    for number in range(1, 100):
        with operator.patch.context() as patch:
            operator.patch = patch
            wire = Wire(operator, KeyboardInterrupt(), number=number)
            code, text = operator.drill("--yes")
        assert operator.copies() == [], text
        if not wire.has_struck:
            break
        assert (code, text.endswith("Stopped.")) == (130, True), text
    assert (code, number > 15) == (2, True)
    assert operator.world.stack.items() == before


@pytest.mark.parametrize("name", ["RestoreTableToPointInTime", "UpdateTable", "DeleteTable"])
@pytest.mark.parametrize("is_done", [True, False])
def test_a_lost_answer_leaves_no_copy_and_no_false_word(operator: Operator, name: str, *, is_done: bool) -> None:
    Wire(operator, EndpointConnectionError(endpoint_url="dynamodb"), name=name, is_done=is_done)
    code, text = operator.drill("--yes")
    assert (code, operator.copies()) == (1, []), text
    is_unknown = name == "RestoreTableToPointInTime" and not is_done
    assert ("There is no copy" in text, "is deleted." in text) == (is_unknown, not is_unknown), text
    assert ("aws dynamodb delete-table --table-name" in text) == is_unknown


def test_a_request_sent_twice_restores_one_copy(operator: Operator) -> None:
    """The SDK repeats a request without an answer; the second one finds the copy of the first."""
    exists = ClientError({"Error": {"Code": "TableAlreadyExistsException", "Message": ""}}, "Restore")
    Wire(operator, exists, name="RestoreTableToPointInTime")
    code, text = operator.drill("--yes")
    assert (code, operator.copies(), "0 differences" in text) == (2, [], True), text


@pytest.mark.parametrize(
    ("name", "code", "is_done"),
    [
        ("UpdateTable", "ResourceInUseException", False),
        ("UpdateTable", "ValidationException", True),
        ("UpdateTimeToLive", "ValidationException", True),
        ("UpdateContinuousBackups", "ContinuousBackupsUnavailableException", False),
        ("DeleteTable", "ResourceInUseException", True),
    ],
)
def test_a_change_that_is_made_or_possible_later_is_no_failure(
    operator: Operator, name: str, code: str, *, is_done: bool
) -> None:
    wire = Wire(operator, ClientError({"Error": {"Code": code, "Message": ""}}, name), name=name, is_done=is_done)
    exit_code, text = operator.drill("--yes")
    assert (exit_code, operator.copies(), wire.has_struck) == (2, [], True), text


def test_a_refused_restore_says_no_copy_remains(operator: Operator) -> None:
    refused = ClientError({"Error": {"Code": "LimitExceededException", "Message": "too many"}}, "Restore")
    Wire(operator, refused, name="RestoreTableToPointInTime", is_done=False)
    code, text = operator.drill("--yes")
    assert (code, operator.copies(), "LimitExceededException" in text) == (1, [], True), text
    assert "remains" not in text


def test_a_table_of_another_is_never_deleted(operator: Operator) -> None:
    stack = FoundStack("staging", False, {"TableName": operator.live}, boto3.Session(), None)
    copy = RestoredTable(stack, operator.live)
    with pytest.raises(CommandError, match="exists already"):
        copy.restore(operator.world.clock.now)
    assert not copy.is_begun


def test_two_drills_in_the_same_second_take_two_names(operator: Operator) -> None:
    operator.drill("--yes", "--keep")
    operator.drill("--yes", "--keep")
    names = operator.copies()
    assert len(names) == 2
    for name in names:
        operator.world.stack.dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)


@pytest.mark.parametrize("span", [timedelta(seconds=1), timedelta(days=-36)])
def test_no_moment_of_the_future_or_of_long_ago_is_restored(operator: Operator, span: timedelta) -> None:
    operator.patch.setattr(RestoredTable, "check_moment", CHECK)
    at = format_instant(operator.world.clock.now + span)
    operator.patch.setattr(sys, "argv", ["make restore-drill", at, "--yes"])
    assert code_of(restore_drill.main) == 1
    assert operator.copies() == []
    assert "AT must be from 2026-10-19" in operator.capture.readouterr().err
