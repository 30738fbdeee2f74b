"""A release is deployed or moved only while CloudFormation does neither."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.stack_status import refuse_to_deploy, refuse_to_move
from ops.terminal import CommandError


class CloudFormation:
    """A stack with a status; empty: it does not exist."""

    def __init__(self, status: str) -> None:
        self.status = status

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - CloudFormation's name
        """Return the stack."""
        if not self.status:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": f"{StackName} does not exist"}}, "x")
        return {"Stacks": [{"StackName": StackName, "StackStatus": self.status}]}


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("UPDATE_IN_PROGRESS", "another deployment is under way"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "another deployment is under way"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "another deployment is under way"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
        ("ROLLBACK_COMPLETE", "delete-stack"),
        ("REVIEW_IN_PROGRESS", ""),
        ("UPDATE_ROLLBACK_COMPLETE", ""),
        ("UPDATE_COMPLETE", ""),
        ("", ""),
    ],
)
def test_a_stack_that_is_changing_or_half_changed_is_not_deployed(status: str, advice: str) -> None:
    if not advice:
        refuse_to_deploy(CloudFormation(status), "one")
        return
    with pytest.raises(CommandError, match=advice) as refusal:
        refuse_to_deploy(CloudFormation(status), "one")
    assert status in str(refusal.value)


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"])
def test_nothing_moves_while_cloudformation_moves_aliases(status: str) -> None:
    with pytest.raises(CommandError, match=f"{status}: CloudFormation is moving its aliases"):
        refuse_to_move(CloudFormation(status), "stack")


@pytest.mark.parametrize(
    "status", ["UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED", "CREATE_COMPLETE"]
)
def test_aliases_move_after_an_update_and_after_a_failed_one(status: str) -> None:
    refuse_to_move(CloudFormation(status), "stack")
