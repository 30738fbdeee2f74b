"""The release that is live in a stack, and those that were: which version of each function the alias `live` names.

What was live is recorded before a deployment changes it, in a parameter of Systems Manager beside the stack. So the
record stays true when CloudFormation takes a deployment back, or when the deploying machine loses its connection.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from ops.release import ALIAS, described_release

FUNCTION: Final = "AWS::Lambda::Function"
MAX_RECORDED: Final = 4
"""How many releases are recorded, if they fit: a release of 27 functions takes about 900 bytes."""
MAX_BYTES: Final = 4_096
"""The size of a parameter. Source: PutParameter in the reference of Systems Manager (standard tier)."""


class NoAliasError(Exception):
    """The stack was deployed before its functions had an alias."""


@dataclass(frozen=True, slots=True)
class Release:
    """A set of versions, by the logical id of the function. `name` is the hash of the build, empty if the versions are
    of several builds; `at` says when the record was made.
    """

    name: str
    versions: Mapping[str, str]
    at: str = ""

    def is_before(self, other: "Release") -> bool:
        """Whether no function has a newer version than in another release, and some function an older one."""
        pairs = [(int(self.versions[one]), int(other.versions[one])) for one in self.versions.keys() & other.versions]
        return all(mine <= theirs for mine, theirs in pairs) and any(mine < theirs for mine, theirs in pairs)


def functions_of(cloudformation: Any, stack_name: str) -> dict[str, str]:
    """Return the name of each function of a stack by its logical id."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_name)
    found = (one for page in pages for one in page["StackResourceSummaries"] if one["ResourceType"] == FUNCTION)
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found if one.get("PhysicalResourceId")}


def live_release(client: Any, functions: Mapping[str, str]) -> Release:
    """Return what the aliases name now.

    Raises:
        NoAliasError: no function has the alias.
    """
    versions, names = {}, set()
    for logical_id, name in functions.items():
        try:
            version = client.get_alias(FunctionName=name, Name=ALIAS)["FunctionVersion"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            continue  # Its alias is created with the next deployment.
        versions[logical_id] = version
        configuration = client.get_function_configuration(FunctionName=name, Qualifier=version)
        names.add(described_release(configuration.get("Description", "")))
    if not versions:
        raise NoAliasError
    return Release(names.pop() if len(names) == 1 else "", versions)


def parameter_name(stack_name: str) -> str:
    """Return the name of the parameter with the record of a stack."""
    return f"/{stack_name}/releases"


def recorded_releases(ssm: Any, stack_name: str) -> list[Release]:
    """Return the recorded releases of a stack; the one that was live last comes last."""
    try:
        text = ssm.get_parameter(Name=parameter_name(stack_name))["Parameter"]["Value"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        return []
    return [Release(one["name"], one["versions"], one["at"]) for one in json.loads(text)]


def record(ssm: Any, stack_name: str, live: Release, now: datetime | None = None) -> None:
    """Record that a release is live until now, `now` without a time, and drop those that were live longest ago."""
    earlier = [one for one in recorded_releases(ssm, stack_name) if one.versions != live.versions]
    at = f"{now or datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    kept = [*sorted(earlier, key=_last_live), Release(live.name, live.versions, at)][-MAX_RECORDED:]
    value = _encode(kept)
    while len(value) > MAX_BYTES and len(kept) > 1:
        kept = kept[1:]  # The oldest.
        value = _encode(kept)
    ssm.put_parameter(Name=parameter_name(stack_name), Value=value, Type="String", Overwrite=True)


def _encode(releases: Iterable[Release]) -> str:
    entries = [{"name": one.name, "at": one.at, "versions": dict(one.versions)} for one in releases]
    return json.dumps(entries, separators=(",", ":"))


def _last_live(release: Release) -> tuple[str, int]:
    return release.at, max(map(int, release.versions.values()))


def release_before(live: Release, recorded: Iterable[Release]) -> Release | None:
    """Return, of the recorded releases that are older than the live one, the one that was live last. It is not the
    newest one if that was rolled back before the live one was deployed.
    """
    return max((one for one in recorded if one.is_before(live)), key=_last_live, default=None)
