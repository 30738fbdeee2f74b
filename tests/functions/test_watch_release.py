"""Watching a release: every alarm of the stack and of its nested stacks counts, and the first red one fails it."""

import sys
from typing import Any

import boto3
import pytest

from ops import watch_release
from ops.stack import FoundStack
from ops.terminal import CommandError

RESOURCES = {
    "staging": [
        {"ResourceType": "AWS::CloudWatch::Alarm", "PhysicalResourceId": "own-1"},
        {"ResourceType": "AWS::CloudFormation::Stack", "PhysicalResourceId": "arn:staging-watch"},
        {"ResourceType": "AWS::Lambda::Function", "PhysicalResourceId": "own-2"},
        {"ResourceType": "AWS::CloudWatch::Alarm"},
    ],
    "arn:staging-watch": [
        *(
            {"ResourceType": "AWS::CloudWatch::Alarm", "PhysicalResourceId": f"nested-{number:03}"}
            for number in range(150)
        ),
        {"ResourceType": "AWS::CloudWatch::CompositeAlarm", "PhysicalResourceId": "composite"},
    ],
}


class Aws:
    """CloudFormation with two stacks, and CloudWatch whose alarm `red` is red from the round `red_from` on."""

    def __init__(self) -> None:
        self.red = ""
        self.red_from = 0
        self.rounds = 0
        self.resources: dict[str, Any] = RESOURCES

    def get_paginator(self, _name: str) -> Any:
        """List resources."""
        return self

    def paginate(self, *, StackName: str) -> Any:  # noqa: N803 - CloudFormation's name
        """Return two resources a page."""
        listed = self.resources[StackName]
        return [{"StackResourceSummaries": listed[start : start + 2]} for start in range(0, len(listed), 2)]

    def describe_alarms(self, *, AlarmNames: list[str], StateValue: str, MaxRecords: int) -> Any:  # noqa: N803
        """Return the red ones; CloudWatch takes a hundred names."""
        assert (StateValue, MaxRecords, len(AlarmNames) <= 100) == ("ALARM", 100, True)
        is_red = self.red in AlarmNames and self.rounds >= self.red_from
        return {"MetricAlarms": [{"AlarmName": self.red}] if is_red else []}

    def monotonic(self) -> float:
        """Return the seconds that passed."""
        return self.rounds * watch_release.POLL_SECONDS

    def sleep(self, seconds: float) -> None:
        """Let a round pass."""
        assert seconds == watch_release.POLL_SECONDS
        self.rounds += 1


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    """A stack that is watched for two minutes."""
    world = Aws()
    monkeypatch.setattr(FoundStack, "client", lambda _self, _service: world)
    monkeypatch.setattr(watch_release, "find_stack", lambda: FoundStack("staging", False, {}, boto3.Session(), None))
    monkeypatch.setattr(watch_release, "time", world)
    monkeypatch.setattr(sys, "argv", ["make", "--minutes", "2"])
    return world


def test_a_release_without_a_red_alarm_is_watched_to_the_end(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    assert watch_release.main() == 0
    assert aws.rounds == 4
    assert "None of 151 alarms was red for 2 minutes." in capsys.readouterr().out


@pytest.mark.parametrize("name", ["own-1", "nested-000", "nested-149"])
@pytest.mark.parametrize("red_from", [0, 3])
def test_the_first_red_alarm_fails_the_release(name: str, red_from: int, aws: Aws) -> None:
    aws.red, aws.red_from = name, red_from
    with pytest.raises(CommandError, match=f"Red: {name}.*make rollback-release STACK=staging"):
        watch_release.main()
    assert aws.rounds == red_from


def test_a_stack_without_alarms_is_not_called_watched(aws: Aws) -> None:
    aws.resources = {"staging": []}
    with pytest.raises(CommandError, match="nothing was watched"):
        watch_release.main()
