"""Old versions are deleted, and never one that an alias or the record names, or that may become live."""

import sys
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ops import deploy, prune_versions
from ops.live_release import Release
from ops.prune_versions import delete, find_old, old_versions
from ops.stack import FoundStack
from ops.terminal import CommandError

FUNCTIONS = {"RateFunction": "stack-Rate", "MailFunction": "stack-Mail"}


def refused(code: str) -> ClientError:
    """An error of AWS."""
    return ClientError({"Error": {"Code": code, "Message": code}}, "x")


class Aws:
    """Functions with versions and aliases, a stack, and the record."""

    def __init__(self, versions: int, live: int) -> None:
        self.versions = {name: ["$LATEST", *map(str, range(1, versions + 1))] for name in FUNCTIONS.values()}
        self.aliases: dict[str, list[dict[str, Any]]] = {
            name: [{"Name": "live", "FunctionVersion": str(live)}] for name in FUNCTIONS.values()
        }
        self.status = "UPDATE_COMPLETE"
        self.refuses: dict[str, str] = {}

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803 - the names of AWS
        """Return the stack."""
        return {"Stacks": [{"StackName": StackName, "StackStatus": self.status}]}

    def get_paginator(self, name: str) -> Any:
        """List something, one a page."""
        self.listing = name
        return self

    def paginate(self, **request: str) -> Any:
        """Return the pages."""
        if self.listing == "list_stack_resources":
            kind = "AWS::Lambda::Function"
            rows = [{"LogicalResourceId": one, "PhysicalResourceId": name} for one, name in FUNCTIONS.items()]
            return [{"StackResourceSummaries": [row | {"ResourceType": kind}]} for row in rows]
        name = request["FunctionName"]
        if self.listing == "list_aliases":
            return [{"Aliases": [one]} for one in self.aliases[name]]
        return [{"Versions": [{"Version": one}]} for one in self.versions[name]]

    def get_alias(self, *, FunctionName: str, Name: str) -> Any:  # noqa: N803
        """Return an alias."""
        found = [one for one in self.aliases[FunctionName] if one["Name"] == Name]
        if not found:
            raise refused("ResourceNotFoundException")
        return found[0]

    def get_function_configuration(self, *, FunctionName: str, Qualifier: str) -> Any:  # noqa: N803
        """Return a version."""
        return {"Description": f"{FunctionName} {Qualifier}"}

    def delete_function(self, *, FunctionName: str, Qualifier: str) -> None:  # noqa: N803
        """Delete a version."""
        if code := self.refuses.get(Qualifier):
            raise refused(code)
        named = {one["FunctionVersion"] for one in self.aliases[FunctionName]}
        assert Qualifier not in named, "Lambda refuses it"
        self.versions[FunctionName].remove(Qualifier)


def release(rate: int, mail: int) -> Release:
    """A recorded release."""
    return Release("a" * 64, {"RateFunction": str(rate), "MailFunction": str(mail)}, "2026-11-29T12:00:00Z")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    """A stack with nine versions, of which the eighth is live, and two recorded releases."""
    world = Aws(9, 8)
    record = [release(3, 4), release(6, 6)]
    monkeypatch.setattr(prune_versions, "recorded_releases", lambda _ssm, _name: record)
    monkeypatch.setattr(FoundStack, "client", lambda _self, _service: world)
    monkeypatch.setattr(prune_versions, "find_stack", lambda: FoundStack("stack", False, {}, boto3.Session(), None))
    return world


def old(aws: Aws) -> dict[str, list[str]]:
    """What may be deleted."""
    return find_old(aws, aws, aws, "stack")


def test_versions_that_no_release_needs_may_go(aws: Aws) -> None:
    assert old(aws) == {"stack-Mail": ["1", "2", "3", "5"], "stack-Rate": ["1", "2", "4", "5"]}


@pytest.mark.parametrize("live", range(1, 13))
@pytest.mark.parametrize("needed", [set(), {"2"}, {"2", "10"}])
def test_live_newer_previous_and_needed_versions_stay(live: int, needed: set[str]) -> None:
    versions = ["$LATEST", *map(str, range(1, 13))]
    gone = set(old_versions(versions, str(live), needed))
    assert not gone & ({str(live), "$LATEST", *needed} | {str(one) for one in range(live, 13)})
    assert str(live - 1) not in gone, "a rollback without a record needs it"
    assert gone == {str(one) for one in range(1, live - 1)} - needed


def test_versions_of_every_alias_and_of_moving_traffic_stay(aws: Aws) -> None:
    aws.aliases["stack-Rate"].append({"Name": "other", "FunctionVersion": "1"})
    aws.aliases["stack-Rate"][0]["RoutingConfig"] = {"AdditionalVersionWeights": {"2": 0.1}}
    assert old(aws)["stack-Rate"] == ["4", "5"]


def test_a_function_without_the_alias_keeps_all_versions(aws: Aws) -> None:
    aws.aliases["stack-Rate"] = []
    assert set(old(aws)) == {"stack-Mail"}
    aws.aliases["stack-Mail"] = []
    with pytest.raises(CommandError, match="no alias yet"):
        old(aws)


def test_nothing_is_deleted_during_an_update(aws: Aws) -> None:
    aws.status = "UPDATE_IN_PROGRESS"
    with pytest.raises(CommandError, match="UPDATE_IN_PROGRESS"):
        old(aws)


def test_a_version_that_an_alias_names_meanwhile_stays(aws: Aws) -> None:
    aws.refuses = {"2": "ResourceConflictException", "4": "ResourceNotFoundException"}
    assert delete(aws, {"stack-Rate": ["1", "2", "4", "5"]}) == 2
    assert aws.versions["stack-Rate"][1:3] == ["2", "3"]
    aws.refuses = {"6": "AccessDeniedException"}
    with pytest.raises(ClientError, match="AccessDenied"):
        delete(aws, {"stack-Rate": ["6"]})


@pytest.mark.parametrize("version", ["", "$LATEST", "live"])
def test_only_a_version_is_deleted_never_a_function(version: str, aws: Aws) -> None:
    with pytest.raises(ValueError, match="is no version"):
        delete(aws, {"stack-Rate": [version]})


def test_the_command_asks_and_may_be_repeated(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    monkeypatch.setattr(sys, "argv", ["make"])
    assert prune_versions.main() == 1
    assert len(aws.versions["stack-Rate"]) == 10
    monkeypatch.setattr(sys, "argv", ["make", "--yes"])
    assert (prune_versions.main(), prune_versions.main()) == (0, 0)
    assert aws.versions["stack-Rate"] == ["$LATEST", "3", "6", "7", "8", "9"]
    assert "8 versions of stack are deleted" in capsys.readouterr().out


@pytest.mark.parametrize("status", ["UPDATE_COMPLETE", "UPDATE_IN_PROGRESS"])
@pytest.mark.parametrize("code", ["", "AccessDeniedException"])
def test_a_deployment_prunes_and_never_fails_by_it(
    status: str, code: str, aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.status, aws.refuses = status, {"1": code} if code else {}

    class Session:
        """A session with one client."""

        def client(self, _service: str) -> Aws:
            """Return it."""
            return aws

    deploy.prune(Session(), "stack")
    said = capsys.readouterr().out
    if status == "UPDATE_COMPLETE" and not code:
        assert "8 versions that no release needs are deleted" in said
    else:
        assert "make prune-versions STACK=stack" in said
