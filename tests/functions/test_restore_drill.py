"""`make restore-drill`: a copy of the table is proven, compared with the live one, and deleted in any case.

DynamoDB Local restores no table, so these tests run on moto only.
"""

import sys
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from calling_credit.dynamodb import keys
from calling_credit.instants import format_instant
from calling_credit.payments.stripe_client import stripe_client
from ops import restore_drill
from ops.restored_table import RestoredTable
from ops.stack import FoundStack
from ops.terminal import CommandError
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


def test_a_drill_proves_the_copy_and_deletes_it(operator: Operator) -> None:
    before = operator.world.stack.items()
    code, text = operator.drill("--yes")
    assert (code, "1 accounts proven in the copy" in text, "0 differences" in text) == (2, True, True), text
    assert "minutes to restore" in text
    assert text.endswith("is deleted.")
    assert (operator.copies(), operator.world.stack.items()) == ([], before)


def test_balances_that_moved_since_are_explained_by_entries(operator: Operator) -> None:
    operator.change_copy(lambda _name: operator.world.deliver({"call_id": "c_3"}, {"call_id": "c_4"}))
    code, text = operator.drill("--yes")
    assert (code, "1 balances differ, because of 2 later entries" in text) == (2, True), text


def test_a_lost_entry_and_a_wrong_balance_are_differences(operator: Operator) -> None:
    client = operator.world.stack.dynamodb
    key: Any = {"PK": {"S": keys.account_pk("acct_1")}, "SK": {"S": keys.balance_sk()}}

    def damage(name: str) -> None:
        change: Any = {"UpdateExpression": "ADD posted_micros :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
        client.update_item(TableName=name, Key=key, **change)
        [entry, _] = operator.world.entries()
        client.delete_item(TableName=operator.live, Key={"PK": key["PK"], "SK": {"S": entry["SK"]}})

    operator.change_copy(damage)
    code, text = operator.drill("--yes")
    assert code == 1
    for words in ("posted_is_not_the_sum_of_entries", "1 entries of the copy are missing", "the balance differs by"):
        assert words in text, text


def test_a_kept_copy_has_what_a_restore_leaves_off(operator: Operator) -> None:
    code, text = operator.drill("--yes", "--keep")
    [copy] = operator.copies()
    client = operator.world.stack.dynamodb
    table = client.describe_table(TableName=copy)["Table"]
    assert (code, table["StreamSpecification"]["StreamViewType"]) == (2, "NEW_AND_OLD_IMAGES")
    assert table["DeletionProtectionEnabled"] is True
    expiry = client.describe_time_to_live(TableName=copy)["TimeToLiveDescription"]
    assert (expiry["TimeToLiveStatus"], expiry["AttributeName"]) == ("ENABLED", "expires_at")
    backups = client.describe_continuous_backups(TableName=copy)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert f"LedgerTableName={copy} LedgerStreamArn={table['LatestStreamArn']}" in text
    assert f"aws dynamodb delete-table --table-name {copy}" in text
    client.update_table(TableName=copy, DeletionProtectionEnabled=False)


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), RuntimeError("lost")])
def test_a_drill_that_fails_deletes_its_copy(operator: Operator, failure: BaseException) -> None:
    def fail(_name: str) -> None:
        raise failure

    operator.change_copy(fail)
    if isinstance(failure, RuntimeError):
        with pytest.raises(RuntimeError, match="lost"):
            operator.drill("--yes")
    else:
        code, text = operator.drill("--yes")
        assert (code, "is deleted. Stopped." in text) == (130, True), text
    assert operator.copies() == []


def test_a_copy_that_cannot_be_deleted_is_named(operator: Operator) -> None:
    def refuse(_copy: RestoredTable) -> None:
        raise ClientError({"Error": {"Code": "ResourceInUseException", "Message": "is being created"}}, "DeleteTable")

    with operator.patch.context() as patch:
        patch.setattr(RestoredTable, "delete", refuse)
        code, text = operator.drill("--yes")
    [copy] = operator.copies()
    assert (code, f"The copy {copy} remains" in text) == (1, True), text
    assert f"aws dynamodb update-table --table-name {copy} --no-deletion-protection-enabled" in text
    operator.world.stack.dynamodb.update_table(TableName=copy, DeletionProtectionEnabled=False)


def test_a_drill_without_a_yes_restores_nothing(operator: Operator) -> None:
    assert operator.drill()[0] == 1
    assert operator.copies() == []


def test_payments_of_the_day_before_are_proven_in_the_copy(operator: Operator, till: Till) -> None:
    till.paid("25.00", till.card())
    till.later(hours=1)
    operator.patch.setattr(restore_drill, "stripe_of", lambda _stack: (stripe_client(), ""))
    code, text = operator.drill("--yes")
    assert (code, "1 payments of the day before it proven" in text) == (0, True), text
    operator.change_copy(lambda name: forget_payment(till, name))
    code, text = operator.drill("--yes")
    assert (code, "payment_without_entry" in text) == (1, True), text


def forget_payment(till: Till, table_name: str) -> None:
    """Delete the entry of a payment from a copy."""
    client = till.world.stack.dynamodb
    for entry in till.world.entries():
        if entry["category"] == "top_up":
            client.delete_item(TableName=table_name, Key={"PK": {"S": entry["PK"]}, "SK": {"S": entry["SK"]}})


def test_a_moment_outside_the_recovery_names_the_possible_ones(operator: Operator) -> None:
    now = operator.world.clock.now
    span = {"EarliestRestorableDateTime": now - timedelta(days=35), "LatestRestorableDateTime": now}
    recovery = {"PointInTimeRecoveryStatus": "ENABLED", **span}
    answer = {"ContinuousBackupsDescription": {"PointInTimeRecoveryDescription": recovery}}
    stack = FoundStack("staging", False, {"TableName": operator.live}, boto3.Session(), None)
    copy = RestoredTable(stack, "copy")
    operator.patch.setattr(copy._client, "describe_continuous_backups", lambda **_: answer)
    CHECK(copy, now - timedelta(days=1))
    for moment in (now - timedelta(days=36), now + timedelta(minutes=1)):
        with pytest.raises(CommandError, match=r"AT must be from 2026-10-19T12.* to 2026-11-23T12"):
            CHECK(copy, moment)


def test_a_table_without_recovery_is_named(operator: Operator) -> None:
    off: Any = {"PointInTimeRecoveryEnabled": False}
    operator.world.stack.dynamodb.update_continuous_backups(
        TableName=operator.live, PointInTimeRecoverySpecification=off
    )
    stack = FoundStack("staging", False, {"TableName": operator.live}, boto3.Session(), None)
    with pytest.raises(CommandError, match="has no point-in-time recovery"):
        CHECK(RestoredTable(stack, "copy"), operator.world.clock.now)
