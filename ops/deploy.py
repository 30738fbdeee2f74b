"""Deploys what `make build` built, with `sam deploy`. Before that, it records which release is live, so that
`make rollback-release` can bring it back, and it refuses to deploy sources that no commit holds to production.
"""

import argparse
import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ops.build import BUILD_DIR, RELEASE_FILE, BuildError, is_release, sam_program, target_of
from ops.live_release import NoAliasError, Release, functions_of, live_release, record
from ops.project import ROOT
from ops.prune_versions import delete, find_old
from ops.sources import commit_of, uncommitted_files
from ops.stack_status import refuse_to_deploy
from ops.terminal import CommandError, console, run

PRODUCTION: Final = "production"


@dataclass(frozen=True, slots=True)
class Built:
    """What `make build` wrote down: the release, the commit of its sources (empty if they differed), and on what it
    runs, such as "python3.13 arm64".
    """

    release: str
    commit: str
    target: str


def main() -> int:
    """Run `python -m ops.deploy ENVIRONMENT [--yes]`, behind `make deploy` and `make deploy-built`."""
    parser = argparse.ArgumentParser(prog="make deploy", description="Deploy the build to an environment.")
    parser.add_argument("environment", help="CONFIG_ENV: an environment in samconfig.toml, such as staging")
    parser.add_argument("--yes", action="store_true", help="YES=1: deploy without showing the change set first")
    arguments = parser.parse_args()
    built = read_built()
    refuse_other_target(built, arguments.environment)
    refuse_other_build(built)
    if arguments.environment == PRODUCTION:
        refuse_uncommitted(built)
    environment = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))[arguments.environment]
    stack_name = environment["global"]["parameters"]["stack_name"]
    region = environment.get("deploy", {}).get("parameters", {}).get("region")
    session = boto3.Session(region_name=region)
    refuse_to_deploy(session.client("cloudformation"), stack_name)
    before = record_live(session, stack_name)
    command = [sam_program(), "deploy", "--config-env", arguments.environment]
    if arguments.yes:
        command.append("--no-confirm-changeset")
    if role := os.environ.get("AWS_EXECUTION_ROLE"):
        command += ["--role-arn", role]  # CloudFormation acts by it, so the caller needs few rights.
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if code:
        reason = f"sam deploy ended with {code}; see docs/runbook.md#a-release-that-fails."
        if before is not None and (moved := moved_away(session, stack_name, before)):
            raise CommandError(f"{reason} {moved}")
        raise CommandError(f"{reason} The release before stays recorded for make rollback-release.")
    refuse_other_live(session, stack_name, built)
    console.print(f"Deployed release {built.release[:12]} to {stack_name}.", markup=False)
    console.print(f"If it fails: make rollback-release STACK={stack_name}", markup=False)
    prune(session, stack_name)
    return 0


def read_built(file: Path = RELEASE_FILE) -> Built:
    """Return what the last build wrote down.

    Raises:
        CommandError: there is no build.
    """
    try:
        parts: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return Built(parts["release"], parts["commit"], parts["target"])
    except (FileNotFoundError, ValueError, KeyError) as error:  # Earlier releases of this command wrote less.
        raise CommandError("There is no build. Run make build CONFIG_ENV=environment, or make deploy.") from error


def refuse_other_target(built: Built, environment: str) -> None:
    """Check that the libraries of the build fit the runtime and the processors of an environment.

    Raises:
        CommandError: they do not, or there is no such environment.
    """
    try:
        target = target_of(environment)
    except BuildError as error:
        raise CommandError(str(error)) from error
    if target != built.target:
        raise CommandError(
            f"The build is for {built.target}, and {environment} runs {target}. One build serves environments with the"
            f" same Runtime and Architecture: correct samconfig.toml, or run make build CONFIG_ENV={environment}."
        )


def refuse_other_build(built: Built) -> None:
    """Check that the folder of the build still holds what was built.

    Raises:
        CommandError: it holds something else, so functions would keep their old versions, or get unknown ones.
    """
    if not is_release(BUILD_DIR, (ROOT / "samconfig.toml").read_text(encoding="utf-8"), built.release):
        raise CommandError(
            f"{BUILD_DIR} or samconfig.toml has changed since release {built.release[:12]} was built. Build again: make"
            " build CONFIG_ENV=environment"
        )


def prune(session: Any, stack_name: str) -> None:
    """Delete versions that no release needs. The release is live, so a refusal is only reported."""
    try:
        client = session.client("lambda")
        old = find_old(session.client("cloudformation"), client, session.client("ssm"), stack_name)
        if count := delete(client, old):
            console.print(f"{count} versions that no release needs are deleted.", markup=False)
    except (BotoCoreError, ClientError, CommandError) as error:
        reason = f"Old versions stay ({error})."
        console.print(f"{reason} Later: make prune-versions STACK={stack_name}", markup=False, soft_wrap=True)


def refuse_uncommitted(built: Built) -> None:
    """Check that the build and this folder hold exactly what a commit holds.

    Raises:
        CommandError: they do not; the message names files.
    """
    if changed := uncommitted_files():
        raise CommandError(
            f"Production gets only what a commit holds, and these files differ: {', '.join(changed[:5])}"
            f"{' ...' if len(changed) > 5 else ''}. Commit them, or remove them, and build again."
        )
    if not built.commit or built.commit != commit_of():
        raise CommandError(
            f"The build is of {built.commit[:12] or 'sources that no commit holds'}, and this folder is at"
            f" {commit_of()[:12] or 'no commit'}. Build again: make build CONFIG_ENV={PRODUCTION}"
        )


def refuse_other_live(session: Any, stack_name: str, built: Built) -> None:
    """Check that the build is live now. sam ends well, too, if someone declines the change set, or if it is empty.

    Raises:
        CommandError: another release is live.
    """
    functions = functions_of(session.client("cloudformation"), stack_name)
    try:
        live = live_release(session.client("lambda"), functions)
    except NoAliasError as error:
        raise CommandError(f"Nothing is deployed in {stack_name}: the change set was declined.") from error
    if live.name not in ("", built.release):
        raise CommandError(
            f"Release {live.name[:12]} is live in {stack_name}, not {built.release[:12]}: the change set was declined,"
            f" or this build was deployed before and rolled back since. To return to it: make rollback-release"
            f" STACK={stack_name} TO={built.release[:12]}"
        )


def moved_away(session: Any, stack_name: str, before: Release) -> str:
    """Return a warning if a failed deployment left another release live; empty if not. CloudFormation takes aliases
    back to the release that it deployed last, also if that one was rolled back since.
    """
    command = f"make rollback-release STACK={stack_name} TO={before.name[:12]}"
    try:
        functions = functions_of(session.client("cloudformation"), stack_name)
        live = live_release(session.client("lambda"), functions)
    except (BotoCoreError, ClientError, NoAliasError) as error:
        return f"Which release is live could not be read ({error}). Look with {command.partition(' TO=')[0]} LIST=1."
    if all(live.versions.get(one) == version for one, version in before.versions.items()):
        return ""
    return (
        f"The aliases are no longer where they were: release {live.name[:12] or 'of several builds'} is live. Wait"
        f" until the stack is in UPDATE_ROLLBACK_COMPLETE, then return with {command}"
    )


def record_live(session: Any, stack_name: str) -> Release | None:
    """Record which release is live, before the deployment changes it, and return it. A new stack has none.

    Raises:
        ClientError: AWS refused to read or write; nothing is deployed without the record.
    """
    try:
        functions = functions_of(session.client("cloudformation"), stack_name)
        live = live_release(session.client("lambda"), functions)
    except NoAliasError:
        return None
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError" and "does not exist" in str(error):
            return None
        raise
    record(session.client("ssm"), stack_name, live)
    console.print(f"Live until now: release {live.name[:12] or 'of several builds'}.", markup=False)
    return live


if __name__ == "__main__":
    os.environ.setdefault("SAM_CLI_TELEMETRY", "0")
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # The output of sam follows.
    run(main)
