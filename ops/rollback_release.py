"""Makes the previous release live again: moves the alias of every function to its recorded version, or of none. The
table, and all else of the stack, stay as they are.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table

from ops.live_release import (
    NoAliasError,
    Release,
    functions_of,
    live_release,
    record,
    recorded_releases,
    release_before,
)
from ops.release import ALIAS
from ops.stack import FoundStack, find_stack
from ops.stack_status import refuse_to_move
from ops.terminal import CommandError, confirm, console, error_console, progress_bar, run

NO_ALIAS = "The functions of {} have no alias yet: make deploy creates it, and keeps the previous version from then on."
AFTERWARDS = """\
Back: the code of {count} functions, their layer, and their settings (environment variables, memory, timeouts).
Unchanged: the table and its items, queues, routes, roles, alarms, and prices.
To go forward: correct the fault and run make deploy, which moves every alias to the new release. Deploying the same
build again moves nothing. To return to the release that you left: make rollback-release TO={left}"""


@dataclass(frozen=True, slots=True)
class Move:
    """The alias of one function, from one version to another."""

    function: str
    old: str
    new: str


def main() -> int:
    """Run `python -m ops.rollback_release [--to RELEASE] [--list] [--yes]`, behind `make rollback-release`."""
    parser = argparse.ArgumentParser(prog="make rollback-release", description="Make the previous release live again.")
    parser.add_argument("--to", default="", help="TO=release: a recorded release; by default the one before")
    parser.add_argument("--list", action="store_true", help="LIST=1: list the recorded releases and change nothing")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    arguments = parser.parse_args()
    stack = find_stack()
    functions = functions_of(stack.client("cloudformation"), stack.name)
    client, ssm = stack.client("lambda"), stack.client("ssm")
    try:
        live = live_release(client, functions)
    except NoAliasError as error:
        raise CommandError(NO_ALIAS.format(stack.name)) from error
    recorded = recorded_releases(ssm, stack.name)
    if arguments.list:
        list_releases(live, recorded)
        return 0
    target = choose(arguments.to, live, recorded, stack)
    moves = moves_between(functions, live, target)
    report(live, target, moves)
    if not arguments.yes and not confirm(f"Make release {short(target)} live in {stack.name}?"):
        return 1
    refuse_to_move(stack.client("cloudformation"), stack.name)
    check(client, moves)
    record(ssm, stack.name, live)  # So that it can be named with TO.
    shift(client, moves)
    console.print(f"Release {short(target)} is live in {stack.name}.", markup=False)
    console.print(AFTERWARDS.format(count=len(moves), left=short(live)), markup=False)
    return 0


def short(release: Release) -> str:
    """Return the beginning of a release's hash, as it is shown and accepted."""
    return release.name[:12] or "of several builds"


def choose(wanted: str, live: Release, recorded: list[Release], stack: FoundStack) -> Release:
    """Return the release that is to become live.

    Raises:
        CommandError: no recorded release fits; the message says what to do.
    """
    if not wanted:
        if (before := release_before(live, recorded)) is None:
            raise CommandError(
                f"No release before {short(live)} is recorded for {stack.name}. make deploy records what is live before"
                " it changes it. Deploy the previous commit instead, with make deploy."
            )
        return before
    fitting = [one for one in recorded if one.name.startswith(wanted) and one.name]
    if len({one.name for one in fitting}) != 1:
        known = ", ".join(short(one) for one in recorded) or "none"
        raise CommandError(f"TO={wanted} names no recorded release, or several. Recorded: {known}.")
    return fitting[-1]


def moves_between(functions: Mapping[str, str], live: Release, target: Release) -> list[Move]:
    """Return the aliases that move. A function without a version in the target is newer than it and stays.

    Raises:
        CommandError: the target is live already.
    """
    common = sorted(live.versions.keys() & target.versions)
    pairs = [(functions[one], live.versions[one], target.versions[one]) for one in common]
    moves = [Move(*pair) for pair in pairs if pair[1] != pair[2]]
    if not moves:
        raise CommandError(f"Release {short(target)} is live already.")
    return moves


def report(live: Release, target: Release, moves: list[Move]) -> None:
    """Print what will move, and what will not."""
    console.print(f"Live: {short(live)}. Then: {short(target)}, recorded {target.at}.", markup=False)
    for move in moves:
        console.print(f"  {move.function}: {move.old} -> {move.new}", markup=False)
    for one in sorted(live.versions.keys() - target.versions):
        console.print(f"  {one} is newer than that release and stays at {live.versions[one]}", markup=False)


def check(client: Any, moves: list[Move]) -> None:
    """Check that every version is there and no alias is moving.

    Raises:
        CommandError: one is missing, or a gradual deployment is under way.
    """
    for move in moves:
        alias = client.get_alias(FunctionName=move.function, Name=ALIAS)
        if (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights"):
            raise CommandError(
                f"A gradual deployment of {move.function} is under way. Stop it first, in CodeDeploy with"
                " aws deploy stop-deployment --auto-rollback-enabled; nothing has changed."
            )
        try:
            client.get_function_configuration(FunctionName=move.function, Qualifier=move.new)
        except ClientError as error:
            raise CommandError(
                f"Version {move.new} of {move.function} cannot be read ({error.response['Error']['Code']}); nothing has"
                " changed. If it was deleted, deploy the previous commit with make deploy."
            ) from error


def shift(client: Any, moves: list[Move]) -> None:
    """Move every alias, or none.

    Raises:
        CommandError: AWS refused one; those that had moved are back, or the message names those that are not.
    """
    done: list[Move] = []
    with progress_bar("Moving aliases", len(moves)) as moved:
        for move in moves:
            try:
                client.update_alias(FunctionName=move.function, Name=ALIAS, FunctionVersion=move.new)
            except (BotoCoreError, ClientError) as error:
                left = restore(client, [*done, move])
                state = f"Still moved: {', '.join(left)}. Run the command again." if left else "Nothing has changed."
                raise CommandError(f"{move.function} could not be moved: {error}. {state}") from error
            done.append(move)
            moved(len(done))


def restore(client: Any, moves: list[Move]) -> list[str]:
    """Move aliases back; return the functions whose alias is not at its old version."""
    failed = []
    for move in moves:
        try:
            client.update_alias(FunctionName=move.function, Name=ALIAS, FunctionVersion=move.old)
        except (BotoCoreError, ClientError) as error:
            error_console.print(f"{move.function}: {error}", markup=False)
            try:
                is_old = client.get_alias(FunctionName=move.function, Name=ALIAS)["FunctionVersion"] == move.old
            except (BotoCoreError, ClientError):
                is_old = False
            failed += [] if is_old else [move.function]
    return failed


def list_releases(live: Release, recorded: list[Release]) -> None:
    """Print the recorded releases, newest last, and the live one."""
    table = Table(box=None, header_style="bold")
    for name in ("", "release", "recorded", "functions"):
        table.add_column(name, no_wrap=True)
    for one in recorded:
        if one.versions != live.versions:
            table.add_row("", short(one), one.at, str(len(one.versions)))
    table.add_row("live", short(live), "", str(len(live.versions)))
    console.print(table)


if __name__ == "__main__":
    run(main)
