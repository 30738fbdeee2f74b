"""Builds the real template and deploys it onto the emulator with `sam`, the way it would be deployed to AWS. Knows
nothing of the data that is put into it afterwards.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Final

import boto3

from local.progress import Step
from local.settings import API_ID, ROOT, STACK_NAME, STRIPE_URL, Settings, architecture, aws_environment, runtime
from ops.build import BuildError, compile_build, sam_build, sam_program

ARTIFACT_BUCKET: Final = "calling-credit-artifacts"
BATCHING_WINDOW_SECONDS: Final = 1
MAIL_FROM: Final = "billing@phone-service.example"


class DeployError(Exception):
    """`sam deploy` failed; the message ends with what it said."""


def deploy_log(settings: Settings) -> Path:
    """What sam said while it built and deployed."""
    return settings.folder / "deploy.log"


def build(settings: Settings) -> None:
    """Build into the stack's own folder, so that two stacks never share half-built files.

    Raises:
        DeployError: it does not build.
    """
    home = settings.folder / "sam"
    (home / "home").mkdir(parents=True, exist_ok=True)
    # sam asks the registry for a newer version of itself unless it believes it did so lately.
    (home / "home" / "metadata.json").write_text(f'{{"lastVersionCheck": {time.time()}}}')
    with deploy_log(settings).open("w") as log:
        try:
            sam_build(
                "local",
                home / "build",
                parameters=_parameters(settings),
                cwd=home,
                env=aws_environment(settings),
                log=log,
            )
            compile_build(home / "build", sys.executable)
        except BuildError as error:
            raise DeployError(f"{error}\n{_ending_of(deploy_log(settings))}") from error


def deploy(settings: Settings, step: Step) -> dict[str, str]:
    """Deploy what was built; returns the stack's outputs.

    Raises:
        DeployError: CloudFormation refused something.
    """
    client = boto3.client("s3")
    client.create_bucket(Bucket=ARTIFACT_BUCKET)
    home = settings.folder / "sam"
    command = [sam_program(), "deploy", "--config-env", "local", "--config-file", str(ROOT / "samconfig.toml")]
    command += ["--template-file", str(home / "build" / "template.yaml"), "--s3-bucket", ARTIFACT_BUCKET]
    command += ["--parameter-overrides", " ".join(_parameters(settings))]
    with deploy_log(settings).open("a") as log:
        code = _run(command, settings, log, step)
    if code:
        raise DeployError(f"sam deploy failed.\n{_ending_of(deploy_log(settings))}")
    stack = boto3.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _parameters(settings: Settings) -> list[str]:
    return [
        "Environment=local",
        "Local=true",
        f"LocalApiId={API_ID}",
        f"Runtime={runtime()}",
        f"Architecture={architecture()}",
        f"BatchingWindowSeconds={BATCHING_WINDOW_SECONDS}",
        f"PageUrls={settings.api_url}/",
        f"AuthorizeUrl={settings.endpoint_url}/oauth2/authorize",
        f"TokenUrl={settings.endpoint_url}/oauth2/token",
        f"LogoutUrl={settings.endpoint_url}/logout",
        f"StripeApiBase={_stripe_api_base(settings)}",
        f"MailFrom={MAIL_FROM}",
        f"LogLevel={os.environ.get('LOG_LEVEL', 'INFO')}",
    ]


def _stripe_api_base(settings: Settings) -> str:
    """Where the functions reach Stripe."""
    if settings.stripe_api_base:
        return settings.stripe_api_base
    return STRIPE_URL if settings.stripe_test_mode else f"http://127.0.0.1:{settings.stripe_port}"


def _run(command: list[str], settings: Settings, log: IO[str], step: Step) -> int:
    done = 0
    with subprocess.Popen(
        command,
        cwd=settings.folder / "sam",
        env=aws_environment(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout or ():
            log.write(line)
            if "CREATE_COMPLETE" in line:
                done += 1
                step.update(f"{done} resources created")
    return process.returncode


def _ending_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-25:])
