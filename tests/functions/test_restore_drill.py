"""`make restore-drill`: a copy of the table is proven, compared with the live one, and deleted in any case.

DynamoDB Local restores no table, so these tests run on moto only.
"""

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from calling_credit.dynamodb import keys
from calling_credit.payments.stripe_client import stripe_client
from ops import restore_drill
from ops.restored_table import RestoredTable
from ops.stack import FoundStack
from ops.terminal import CommandError
from tests.functions.restore_bench import CHECK, Operator, operator
from tests.harness.till import Till

__all__ = ["operator"]

pytestmark = pytest.mark.dynamodb


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


@pytest.mark.parametrize("attribute", ["amount_micros", "category"])
def test_an_unreadable_entry_is_a_difference_and_stops_nothing(operator: Operator, attribute: str) -> None:
    operator.world.create_account("acct_2")
    client = operator.world.stack.dynamodb

    def damage(name: str) -> None:
        entry = operator.world.entries()[0]
        client.update_item(
            TableName=name,
            Key={"PK": {"S": entry["PK"]}, "SK": {"S": entry["SK"]}},
            UpdateExpression="REMOVE #one",
            ExpressionAttributeNames={"#one": attribute},
        )

    operator.change_copy(damage)
    code, text = operator.drill("--yes")
    assert (code, "2 accounts proven" in text, "1 differences" in text) == (1, True, True), text
    assert (operator.copies(), entry_named(text)) == ([], True), text


def entry_named(text: str) -> bool:
    """Whether the output names the damaged entry."""
    return "acct_1: " in text and "ENTRY#2026-11-23T10:00:00.000Z#c_1" in text


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
