"""Finds the stack an operator's command works on: the running local one, or, with STACK=name, one in the AWS account
that the operator is signed in to. Knows no command.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.settings import ROOT, STACK_NAME, SettingsError, refuse_remote_endpoints


class StackNotFoundError(Exception):
    """There is no such stack; the message says how to get one."""


@dataclass(frozen=True, slots=True)
class FoundStack:
    """A stack, its outputs, and a session that may use it."""

    name: str
    is_local: bool
    outputs: dict[str, str]
    session: boto3.Session
    endpoint_url: str | None

    def client(self, service: Any) -> Any:
        """A client of one AWS service of this stack."""
        return self.session.client(service, endpoint_url=self.endpoint_url)

    @property
    def table_name(self) -> str:
        """The ledger table."""
        return self.outputs["TableName"]


def find_stack(environ: Mapping[str, str] = os.environ) -> FoundStack:
    """The stack that STACK names, else the local one.

    Raises:
        StackNotFoundError: there is none, or it cannot be asked.
    """
    name = environ.get("STACK", "")
    try:
        session, endpoint_url = (boto3.Session(), None) if name else _local_session(environ)
        stacks = session.client("cloudformation", endpoint_url=endpoint_url).describe_stacks(
            StackName=name or STACK_NAME
        )["Stacks"]
    except (BotoCoreError, ClientError) as error:
        where = f"The stack {name}" if name else "The local stack"
        raise StackNotFoundError(f"{where} does not answer: {error}") from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}
    if "CallQueueUrl" not in outputs:
        raise StackNotFoundError(f"The stack {name or STACK_NAME} is not a Calling Credit stack.")
    return FoundStack(name or STACK_NAME, not name, outputs, session, endpoint_url)


_NOT_RUNNING: Final = (
    "No local stack is running: start it with make run, or name one of your AWS account with STACK=name."
)


def _local_session(environ: Mapping[str, str]) -> tuple[boto3.Session, str]:
    try:
        refuse_remote_endpoints(environ)
        description = json.loads((Path(environ.get("LOCAL_DIR") or ROOT / ".local") / "stack.json").read_text())
    except FileNotFoundError as error:
        raise StackNotFoundError(_NOT_RUNNING) from error
    except SettingsError as error:
        raise StackNotFoundError(str(error)) from error
    for variable in [variable for variable in os.environ if variable.startswith("AWS_")]:
        del os.environ[variable]  # Neither a profile nor credentials of the operator have a say in local work.
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    session = boto3.Session(
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator's
        region_name=description["region"],
    )
    return session, description["aws_endpoint_url"]
