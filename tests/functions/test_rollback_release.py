"""Rolling a release back: the record, the choice of the release, and aliases that move together or not at all."""

import sys
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from ops import rollback_release
from ops.live_release import (
    MAX_BYTES,
    MAX_RECORDED,
    NoAliasError,
    Release,
    live_release,
    record,
    recorded_releases,
    release_before,
)
from ops.rollback_release import Move, check, choose, moves_between, shift
from ops.stack import FoundStack
from ops.terminal import CommandError

NAMES = ("Rate", "Mail", "Page")
FUNCTIONS = {f"{name}Function": f"stack-{name}" for name in NAMES}
STACK = FoundStack("stack", False, {}, boto3.Session(region_name="us-east-1"), None)


def refused(code: str) -> ClientError:
    """An error of Lambda."""
    return ClientError({"Error": {"Code": code, "Message": code}}, "UpdateAlias")


class Lambda:
    """Aliases and versions; updates of an alias to `fails_at` are refused, `lost` ones are made without an answer."""

    def __init__(self, versions: int, live: int) -> None:
        self.versions = versions
        self.aliases = {name: str(live) for name in FUNCTIONS.values()}
        self.fails_at: set[tuple[str, str]] = set()
        self.lost: set[tuple[str, str]] = set()
        self.moving: set[str] = set()

    def get_alias(self, *, FunctionName: str, Name: str) -> dict[str, Any]:  # noqa: N803 - Lambda's names
        """Return an alias."""
        assert Name == "live"
        if FunctionName not in self.aliases:
            raise refused("ResourceNotFoundException")
        weights = {"AdditionalVersionWeights": {"9": 0.1}} if FunctionName in self.moving else {}
        return {"FunctionVersion": self.aliases[FunctionName], "RoutingConfig": weights}

    def get_function_configuration(self, *, FunctionName: str, Qualifier: str) -> dict[str, Any]:  # noqa: N803
        """Return a version."""
        if int(Qualifier) > self.versions:
            raise refused("ResourceNotFoundException")
        return {"Description": f"{FunctionName}. {Qualifier[0] * 64}"}

    def update_alias(self, *, FunctionName: str, Name: str, FunctionVersion: str) -> None:  # noqa: N803
        """Move an alias."""
        assert Name == "live"
        if (FunctionName, FunctionVersion) in self.fails_at:
            raise refused("TooManyRequestsException")
        self.aliases[FunctionName] = FunctionVersion
        if (FunctionName, FunctionVersion) in self.lost:
            raise refused("RequestTimeout")


class CloudFormation:
    """A stack with a status."""

    def __init__(self, status: str) -> None:
        self.status = status

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - CloudFormation's name
        """Return the stack."""
        return {"Stacks": [{"StackName": StackName, "StackStatus": self.status}]}


def release(number: int, **other: int) -> Release:
    """A release in which every function has one version, except the named ones."""
    versions = {f"{name}Function": str(other.get(name, number)) for name in NAMES}
    return Release(str(number) * 64, versions, "2026-11-29T12:00:00Z")


def test_the_release_before_is_older_in_every_function() -> None:
    failed = release(3, Rate=4, Page=2)  # A deployment that failed had published only some versions.
    assert release_before(release(5), [release(1), failed, release(2)]) == failed
    assert release_before(release(2), [release(1), failed, release(2)]) == release(1)
    assert release_before(release(2), [release(3), release(2)]) is None
    assert release_before(release(1), []) is None


def test_what_is_live_is_recorded_once_and_old_records_go() -> None:
    with mock_aws():
        ssm = boto3.client("ssm", region_name="us-east-1")
        assert recorded_releases(ssm, "stack") == []
        for minute, number in enumerate((1, 2, 2, 3, 4, 5, 6, 4)):
            record(ssm, "stack", release(number), datetime(2026, 11, 29, 12, minute, tzinfo=UTC))
        assert [one.name[0] for one in recorded_releases(ssm, "stack")] == ["3", "5", "6", "4"]
        assert len(recorded_releases(ssm, "stack")) == MAX_RECORDED


def test_a_release_that_was_rolled_back_is_not_the_one_before() -> None:
    with mock_aws():
        ssm = boto3.client("ssm", region_name="us-east-1")
        lived = [1, 2, 3, 2]  # Release 3 was rolled back to 2; release 4 is deployed over it.
        for minute, number in enumerate(lived):
            record(ssm, "taken-back", release(number), datetime(2026, 11, 29, 12, minute, tzinfo=UTC))
        recorded = recorded_releases(ssm, "taken-back")
        assert (before := release_before(release(4), recorded)) is not None
        assert before.name == release(2).name, "a rollback would bring the bad release back"
        record(ssm, "taken-back", release(4), datetime(2026, 11, 29, 13, tzinfo=UTC))
        assert (before := release_before(release(2), recorded_releases(ssm, "taken-back"))) is not None
        assert before.name == release(1).name, "a second rollback goes further back"


@pytest.mark.parametrize("functions", [27, 40, 60])
def test_a_record_fits_into_a_parameter_however_many_functions(functions: int) -> None:
    with mock_aws():
        ssm = boto3.client("ssm", region_name="us-east-1")
        for number in range(1_001, 1_009):
            wide = Release(f"{number}" * 16, {f"{'X' * 22}{one:02}Function": str(number) for one in range(functions)})
            record(ssm, "stack", wide, datetime(2026, 11, 29, 12, number - 1_000, tzinfo=UTC))
            assert len(ssm.get_parameter(Name="/stack/releases")["Parameter"]["Value"]) <= MAX_BYTES
            assert recorded_releases(ssm, "stack")[-1].name == wide.name, "what was live last is always recorded"


def test_versions_of_several_builds_have_no_common_name() -> None:
    client = Lambda(3, 2)
    assert live_release(client, FUNCTIONS).name == "2" * 64
    client.aliases["stack-Mail"] = "3"
    assert live_release(client, FUNCTIONS).name == ""
    client.aliases = {}
    with pytest.raises(NoAliasError):
        live_release(client, FUNCTIONS)


def test_a_release_is_chosen_by_the_beginning_of_its_hash() -> None:
    recorded = [release(1), release(2)]
    assert choose("1111", release(2), recorded, STACK) == release(1)
    for wanted in ("9", "", "x"):
        with pytest.raises(CommandError, match=r"Recorded: 111111111111, 222222222222|No release before"):
            choose(wanted, release(1), recorded, STACK)


def test_a_function_newer_than_the_release_keeps_its_version() -> None:
    old = Release("1" * 64, {"RateFunction": "1", "GoneFunction": "1"})
    assert moves_between(FUNCTIONS, release(2), old) == [Move("stack-Rate", "2", "1")]
    with pytest.raises(CommandError, match="live already"):
        moves_between(FUNCTIONS, release(2), release(2))


@pytest.mark.parametrize("failing", FUNCTIONS.values())
@pytest.mark.parametrize("is_lost", [False, True])
def test_aliases_move_together_or_not_at_all(failing: str, is_lost: bool) -> None:
    client, moves = Lambda(2, 2), moves_between(FUNCTIONS, release(2), release(1))
    (client.lost if is_lost else client.fails_at).add((failing, "1"))
    with pytest.raises(CommandError, match="Nothing has changed"):
        shift(client, moves)
    assert set(client.aliases.values()) == {"2"}
    client.lost.clear()
    client.fails_at.clear()
    shift(client, moves)
    assert set(client.aliases.values()) == {"1"}


def test_an_alias_that_cannot_be_moved_back_is_named() -> None:
    client, moves = Lambda(2, 2), moves_between(FUNCTIONS, release(2), release(1))
    client.fails_at |= {("stack-Rate", "1"), ("stack-Mail", "2")}
    with pytest.raises(CommandError, match=r"Still moved: stack-Mail\. Run the command again"):
        shift(client, moves)
    assert client.aliases["stack-Mail"] == "1"


def test_nothing_moves_while_a_release_is_under_way_or_a_version_is_gone() -> None:
    client, moves = Lambda(2, 2), moves_between(FUNCTIONS, release(2), release(1))
    check(client, moves)
    client.moving.add("stack-Page")
    with pytest.raises(CommandError, match="gradual deployment of stack-Page is under way"):
        check(client, moves)
    with pytest.raises(CommandError, match="Version 3 of stack-Rate cannot be read"):
        check(Lambda(2, 2), [Move("stack-Rate", "2", "3")])


def test_without_an_answer_nothing_is_rolled_back(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Lambda(2, 2)
    stack = CloudFormation("UPDATE_COMPLETE")
    clients = {"lambda": client, "ssm": None, "cloudformation": stack}
    monkeypatch.setattr(FoundStack, "client", lambda _self, service: clients[service])
    monkeypatch.setattr(rollback_release, "find_stack", lambda: STACK)
    monkeypatch.setattr(rollback_release, "functions_of", lambda _client, _name: FUNCTIONS)
    monkeypatch.setattr(rollback_release, "recorded_releases", lambda _ssm, _name: [release(1)])
    monkeypatch.setattr(sys, "argv", ["make"])
    monkeypatch.setattr(sys, "stdin", None)
    assert rollback_release.main() == 1
    assert set(client.aliases.values()) == {"2"}
    monkeypatch.setattr(sys, "argv", ["make", "--list"])
    assert rollback_release.main() == 0
