"""Deletes versions of functions that no release needs. A version that starts from a snapshot costs money for
as long as it exists.

Kept are the versions that an alias names, those of recorded releases, the newest one below the live one, and all that
are newer than the live one: a rollback may have left them, or a deployment may be about to make them live.
"""

import argparse
from collections.abc import Iterable, Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from ops.live_release import NoAliasError, Release, functions_of, live_release, recorded_releases
from ops.stack import find_stack
from ops.stack_status import refuse_to_move
from ops.terminal import CommandError, confirm, console, progress_bar, run

NAMED_MEANWHILE: Final = "ResourceConflictException"
"""Lambda deletes no version that an alias names."""
GONE: Final = "ResourceNotFoundException"


def main() -> int:
    """Run `python -m ops.prune_versions [--yes]`, behind `make prune-versions`."""
    parser = argparse.ArgumentParser(prog="make prune-versions", description="Delete versions that no release needs.")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    arguments = parser.parse_args()
    stack = find_stack()
    if stack.is_local:
        raise CommandError("The local stack keeps its versions. Name a stack in your AWS account with STACK=name.")
    client = stack.client("lambda")
    old = find_old(stack.client("cloudformation"), client, stack.client("ssm"), stack.name)
    count = sum(map(len, old.values()))
    for name, versions in old.items():
        console.print(f"  {name}: {', '.join(versions)}", markup=False)
    if not count:
        console.print(f"{stack.name} has no version that no release needs.", markup=False)
        return 0
    if not arguments.yes and not confirm(f"Delete {count} versions of {stack.name}?"):
        return 1
    console.print(f"{delete(client, old)} versions of {stack.name} are deleted.", markup=False)
    return 0


def find_old(cloudformation: Any, client: Any, ssm: Any, stack_name: str) -> dict[str, list[str]]:
    """Return the versions that no release needs, oldest first, by the name of the function.

    Raises:
        CommandError: an update is under way, or no function has the alias `live`.
    """
    refuse_to_move(cloudformation, stack_name)
    functions = functions_of(cloudformation, stack_name)
    try:
        live = live_release(client, functions)
    except NoAliasError as error:
        raise CommandError(f"The functions of {stack_name} have no alias yet, so none has an old version.") from error
    recorded = recorded_releases(ssm, stack_name)
    found = {
        functions[one]: old_versions(
            _versions_of(client, functions[one]), live.versions[one], _needed(client, functions[one], one, recorded)
        )
        for one in sorted(live.versions)
    }
    return {name: versions for name, versions in found.items() if versions}


def old_versions(versions: Iterable[str], live: str, needed: Iterable[str]) -> list[str]:
    """Return the versions that may go, oldest first: below the live one, needed by nothing, and not the newest such."""
    kept = {live, *needed}
    older = sorted((one for one in versions if one.isdigit() and int(one) < int(live)), key=int)
    return [one for one in older[:-1] if one not in kept]


def _needed(client: Any, function: str, logical_id: str, recorded: Iterable[Release]) -> set[str]:
    named = {one.versions[logical_id] for one in recorded if logical_id in one.versions}
    for page in client.get_paginator("list_aliases").paginate(FunctionName=function):
        for alias in page["Aliases"]:
            named |= {alias["FunctionVersion"], *(alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights", {})}
    return named


def _versions_of(client: Any, function: str) -> list[str]:
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
    return [one["Version"] for page in pages for one in page["Versions"]]


def delete(client: Any, old: Mapping[str, Iterable[str]]) -> int:
    """Delete versions; return how many. One that an alias names meanwhile stays."""
    pairs = [(name, version) for name, versions in old.items() for version in versions]
    deleted = 0
    with progress_bar("Deleting versions", len(pairs)) as moved:
        for count, (name, version) in enumerate(pairs, start=1):
            if not version.isdigit():  # Without a version, Lambda would delete the function.
                raise ValueError(f"{version!r} is no version")
            try:
                client.delete_function(FunctionName=name, Qualifier=version)
                deleted += 1
            except ClientError as error:
                if error.response["Error"]["Code"] not in (NAMED_MEANWHILE, GONE):
                    raise
            moved(count)
    return deleted


if __name__ == "__main__":
    run(main)
