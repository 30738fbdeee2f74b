"""Releases on an emulator of its own: deploy, change one line of the layer only, deploy again, fail, roll back, return.

`python -m tests.stack.release FOLDER` prints nothing if everything holds. It runs in a process of its own, because a
stack takes the AWS settings of its process.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import boto3
from rich.console import Console

from local.build import build
from local.clients import use_aws_settings
from local.deploy import Deployment
from local.emulator import Emulator
from local.errors import DeployError
from local.mailbox import Mailbox
from local.progress import Progress
from local.settings import Settings
from ops.deploy import record_live
from ops.live_release import Release, functions_of, live_release
from ops.project import LOCAL_STACK_NAME, ROOT
from ops.release import ALIAS
from tests.conftest import free_port

MARK = "a line of release two"
LINE = f'raise RuntimeError("{MARK}")\n'
"""The second release is a bad one: no function starts, which takes a moment, where a good start takes seconds."""
BROKEN = """
  # Fails after the other functions have their new versions.
  BrokenAlias:
    Type: AWS::Lambda::Alias
    DependsOn: [PublicRatesFunctionAliaslive, RateCallsFunctionAliaslive, ListUsageFunctionAliaslive]
    Properties: {FunctionName: !Ref PublicRatesFunction, FunctionVersion: "1", Name: live}
"""
SOME = ("PublicRatesFunction", "ListUsageFunction", "RateCallsFunction")


def sources(folder: Path) -> Path:
    """Return a copy of what a build reads."""
    for name in ("functions", "layers", "stacks"):
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "template.yaml", folder)
    return folder


def append(file: Path, text: str) -> None:
    """Add text to a file."""
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


class Releases:
    """The emulator, and what is live on it."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder
        self.client = boto3.client("lambda")
        self.functions: dict[str, str] = {}

    def deploy(self, root: Path) -> None:
        """Build and deploy sources over the stack, as `make deploy` does."""
        self.deploy_built(build(self.folder / "builds", root)[0])

    def deploy_built(self, template: Path) -> None:
        """Deploy a build over the stack."""
        record_live(boto3.Session(), LOCAL_STACK_NAME)
        deployment = Deployment(self.settings)
        deployment.prepare()
        try:
            with Progress(Console(), quiet=True).step("Deploying") as step:
                deployment.run(template, step)
        finally:
            deployment.stop()
        self.functions = functions_of(boto3.client("cloudformation"), LOCAL_STACK_NAME)

    def live(self) -> Release:
        """Return what is live."""
        return live_release(self.client, self.functions)

    def with_the_line(self, functions: Iterable[str]) -> set[str]:
        """Return the functions whose alias answers with the new line of the layer."""

        def has_line(function: str) -> bool:
            answer = self.client.invoke(FunctionName=self.functions[function], Qualifier=ALIAS, Payload=b"{}")
            return MARK in answer["Payload"].read().decode()  # Most functions refuse an empty event.

        names = list(functions)
        with ThreadPoolExecutor(4) as pool:
            return {name for name, found in zip(names, pool.map(has_line, names), strict=True) if found}

    def roll_back(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run `make rollback-release` with YES=1."""
        command = [sys.executable, "-m", "ops.rollback_release", "--yes", *options]
        environment = os.environ | {"STACK": LOCAL_STACK_NAME}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def check(releases: Releases) -> None:
    """Deploy twice, fail once, roll back, and return."""
    first = sources(releases.folder / "first")
    releases.deploy(first)
    one = releases.live()
    assert one.name
    assert set(one.versions) == set(releases.functions), "a function has no alias"
    second = sources(releases.folder / "second")
    append(second / "layers" / "domain" / "calling_credit" / "__init__.py", LINE)
    built, _ = build(releases.folder / "builds", second)
    releases.deploy_built(built)
    two = releases.live()
    assert two.name not in ("", one.name)
    assert {name for name in one.versions if one.versions[name] == two.versions[name]} == set()
    assert releases.with_the_line(releases.functions) == set(releases.functions)
    text = built.read_text(encoding="utf-8").replace("\nResources:\n", f"\nResources:\n{BROKEN}", 1)
    assert two.name in text
    built.write_text(text.replace(two.name, "3" * 64), encoding="utf-8")  # Another release of the same files.
    try:
        releases.deploy_built(built)
    except DeployError:
        pass
    else:
        raise AssertionError("the broken template was deployed")
    assert releases.live() == two, "a deployment that failed moved aliases"
    done = releases.roll_back()
    assert (done.returncode, releases.live()) == (0, one), done.stdout + done.stderr
    assert f"Release {one.name[:12]} is live" in done.stdout
    assert f"TO={two.name[:12]}" in done.stdout
    assert releases.with_the_line(SOME) == set()
    again = releases.roll_back()
    assert (again.returncode, releases.live()) == (1, one), again.stdout
    assert "No release before" in again.stderr
    forward = releases.roll_back("--to", two.name[:12])
    assert (forward.returncode, releases.live()) == (0, two), forward.stdout + forward.stderr


def main(folder: Path) -> None:
    """Release in a stack in this folder."""
    settings = Settings(folder, free_port(), free_port())
    folder.mkdir(parents=True)
    mailbox = Mailbox(folder / "mails")
    emulator = Emulator(settings, mailbox.address)
    with ExitStack() as cleanup:
        cleanup.callback(mailbox.stop)
        cleanup.callback(emulator.stop)
        mailbox.start()
        emulator.start()
        use_aws_settings(settings)
        with Progress(Console(), quiet=True).step("Starting") as step:
            emulator.wait_until_ready(step)
        check(Releases(settings, folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
