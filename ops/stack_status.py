"""What CloudFormation is doing with a stack, asked before a command changes its releases."""

from typing import Any, Final

from botocore.exceptions import ClientError

from ops.terminal import CommandError

NEW: Final = ("", "REVIEW_IN_PROGRESS")
"""The stack does not exist, or only its first change set does."""
NEVER_CREATED: Final = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED")
HALF_TAKEN_BACK: Final = "UPDATE_ROLLBACK_FAILED"


def status_of(client: Any, stack_name: str) -> str:
    """Return the status of a stack; empty if it does not exist."""
    try:
        [stack] = client.describe_stacks(StackName=stack_name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError" and "does not exist" in str(error):
            return ""
        raise
    return str(stack["StackStatus"])


def refuse_to_deploy(client: Any, stack_name: str) -> None:
    """Check that a deployment can begin. While another one is under way, the live release is not settled.

    Raises:
        CommandError: it cannot; the message says what to do first.
    """
    status = status_of(client, stack_name)
    if status in NEW:
        return
    if status.endswith("_IN_PROGRESS"):
        raise CommandError(
            f"{stack_name} is in {status}: another deployment is under way. Wait until it has ended, then run the"
            " command again. Nothing has changed."
        )
    if status == HALF_TAKEN_BACK:
        raise CommandError(
            f"{stack_name} is in {status}: some functions may have the failed release. Run make rollback-release"
            f" STACK={stack_name} if they do, then aws cloudformation continue-update-rollback --stack-name"
            f" {stack_name}, and deploy again. See docs/runbook.md#a-release-that-fails."
        )
    if status in NEVER_CREATED:
        raise CommandError(
            f"{stack_name} is in {status}: its first deployment failed. Read its first failed event, correct the cause,"
            f" run aws cloudformation delete-stack --stack-name {stack_name}, and deploy again."
        )


def refuse_to_move(client: Any, stack_name: str) -> None:
    """Check that CloudFormation does not move aliases now; while it cleans up after an update, it moves none.

    Raises:
        CommandError: an update is under way.
    """
    status = status_of(client, stack_name)
    if status.endswith("_IN_PROGRESS") and not status.endswith("_CLEANUP_IN_PROGRESS"):
        raise CommandError(
            f"{stack_name} is in {status}: CloudFormation is moving its aliases. End the update with aws cloudformation"
            f" cancel-update-stack --stack-name {stack_name}, or wait until it has ended. Nothing has changed."
        )
