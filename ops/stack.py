"""Finds the stack that an operator's command works on: the running local stack, or, with STACK=name, a stack in the AWS
account that the operator is signed in to. Does not depend on any command.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ops.project import LOCAL_STACK_NAME, SettingsError, local_description, refuse_remote_endpoints

_NOT_RUNNING: Final = (
    "No local stack is running. Start it with make run, or name a stack in your AWS account with STACK=name."
)


class StackNotFoundError(Exception):
    """The stack does not exist or does not answer; the message says what to do."""


@dataclass(frozen=True, slots=True)
class FoundStack:
    """A stack, its outputs and parameters, and a session with the right to use it."""

    name: str
    is_local: bool
    outputs: dict[str, str]
    session: boto3.Session
    endpoint_url: str | None
    parameters: Mapping[str, str] = field(default_factory=dict)

    def client(self, service: Any) -> Any:
        """Return a client of one AWS service of this stack."""
        return self.session.client(service, endpoint_url=self.endpoint_url)

    @property
    def table_name(self) -> str:
        """The ledger table."""
        return self.outputs["TableName"]


def find_stack(environ: Mapping[str, str] = os.environ) -> FoundStack:
    """Return the stack that STACK names, or the local stack.

    Raises:
        StackNotFoundError: the stack does not exist or does not answer.
    """
    name = environ.get("STACK", "")
    try:
        session, endpoint_url = (boto3.Session(), None) if name else _local_session(environ)
        stacks = session.client("cloudformation", endpoint_url=endpoint_url).describe_stacks(
            StackName=name or LOCAL_STACK_NAME
        )["Stacks"]
    except (BotoCoreError, ClientError) as error:
        subject = f"The stack {name}" if name else "The local stack"
        raise StackNotFoundError(f"{subject} does not answer: {error}") from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}
    if "CallQueueUrl" not in outputs:
        raise StackNotFoundError(f"The stack {name or LOCAL_STACK_NAME} is not a Calling Credit stack.")
    parameters = {one["ParameterKey"]: one.get("ParameterValue", "") for one in stacks[0].get("Parameters", [])}
    return FoundStack(name or LOCAL_STACK_NAME, not name, outputs, session, endpoint_url, parameters)


def _local_session(environ: Mapping[str, str]) -> tuple[boto3.Session, str]:
    try:
        refuse_remote_endpoints(environ)
        description = local_description(environ)
    except FileNotFoundError as error:
        raise StackNotFoundError(_NOT_RUNNING) from error
    except SettingsError as error:
        raise StackNotFoundError(str(error)) from error
    for variable in [variable for variable in os.environ if variable.startswith("AWS_")]:
        del os.environ[variable]  # The operator's profile and credentials do not apply to local work.
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    session = boto3.Session(
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator's
        region_name=description["region"],
    )
    return session, description["aws_endpoint_url"]
