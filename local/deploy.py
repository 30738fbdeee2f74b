"""Deploys the real template to the emulator with `sam`, as on AWS. Does not store any data."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import boto3

from local.clients import BUSY_ADVICE
from local.errors import DeployError
from local.progress import Step
from local.settings import API_ID, STRIPE_URL, Settings, architecture, aws_environment, runtime
from ops.project import LOCAL_STACK_NAME, ROOT

ARTIFACT_BUCKET: Final = "calling-credit-artifacts"
BATCHING_WINDOW_SECONDS: Final = 1
RATING_GRACE_MINUTES: Final = 0
LOT_GRACE_HOURS: Final = 0
DECK_LEAD_SECONDS: Final = 1
LEAD_SECONDS: Final = 2
MAIL_FROM: Final = "billing@phone-service.example"


class Deployment:
    """One `sam deploy`: `prepare` loads sam, `run` deploys, `stop` ends it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._home = settings.folder / "sam"
        self._process: subprocess.Popen[str] | None = None
        self.log = settings.folder / "deploy.log"
        """The output of sam."""

    def prepare(self) -> None:
        """Start the process, which loads sam and waits."""
        (self._home / "home").mkdir(parents=True, exist_ok=True)
        # Without this file, sam asks the package registry for a newer version of itself.
        (self._home / "home" / "metadata.json").write_text(f'{{"lastVersionCheck": {time.time()}}}')
        self._process = subprocess.Popen(
            [sys.executable, "-m", "local.sam_process"],
            cwd=self._home,
            env=aws_environment(self._settings) | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, template: Path, step: Step) -> dict[str, str]:
        """Deploy a built template; return the stack's outputs.

        Raises:
            DeployError: sam or CloudFormation refused something.
        """
        boto3.client("s3").create_bucket(Bucket=ARTIFACT_BUCKET)
        command = ["deploy", "--config-env", "local", "--config-file", str(ROOT / "samconfig.toml")]
        command += ["--template-file", str(template), "--s3-bucket", ARTIFACT_BUCKET]
        command += ["--parameter-overrides", " ".join(_parameters(self._settings))]
        if self._exit_code(command, step):
            raise DeployError(f"{_last_lines(self.log)}\nsam deploy failed; see {self.log}. {BUSY_ADVICE}")
        stack = boto3.client("cloudformation").describe_stacks(StackName=LOCAL_STACK_NAME)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def stop(self) -> None:
        """End the process; safe to call twice."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _exit_code(self, command: list[str], step: Step) -> int:
        process = self._process
        assert process is not None, "prepare comes first"
        assert process.stdin is not None
        assert process.stdout is not None
        count = 0
        with self.log.open("w") as log:
            try:
                process.stdin.write(json.dumps(command) + "\n")
                process.stdin.flush()
            except BrokenPipeError:
                log.write("sam ended before it began to deploy.\n")  # The output of sam follows.
            for line in process.stdout:
                log.write(line)
                if "CREATE_COMPLETE" in line:
                    count += 1
                    step.update(f"{count} resources created")
        return process.wait()


def _parameters(settings: Settings) -> list[str]:
    maximum, grace = settings.adjustment_daily_maximum, settings.hold_grace_seconds
    return [
        *([f"AdjustmentDailyMaximum={maximum}"] if maximum else []),
        *([f"HoldGraceSeconds={grace}"] if grace is not None else []),
        "Environment=local",
        "Local=true",
        "ArchiveLockDays=0",
        f"LocalApiId={API_ID}",
        f"Runtime={runtime()}",
        f"Architecture={architecture()}",
        f"BatchingWindowSeconds={BATCHING_WINDOW_SECONDS}",
        f"RatingGraceMinutes={RATING_GRACE_MINUTES}",
        f"LotGraceHours={LOT_GRACE_HOURS}",
        f"DeckLeadSeconds={DECK_LEAD_SECONDS}",
        f"LeadSeconds={LEAD_SECONDS}",
        f"PageUrls={settings.api_url}/",
        f"AuthorizeUrl={settings.endpoint_url}/oauth2/authorize",
        f"TokenUrl={settings.endpoint_url}/oauth2/token",
        f"LogoutUrl={settings.endpoint_url}/logout",
        f"StripeApiBase={_stripe_api_base(settings)}",
        f"MailFrom={MAIL_FROM}",
        f"LogLevel={os.environ.get('LOG_LEVEL', 'INFO')}",
    ]


def _stripe_api_base(settings: Settings) -> str:
    """Return the address at which the functions reach Stripe."""
    if settings.stripe_api_base:
        return settings.stripe_api_base
    return STRIPE_URL if settings.stripe_test_mode else f"http://127.0.0.1:{settings.stripe_port}"


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-25:])
