"""make replay-events sends archived events to receivers again, and refuses a time that the archive does not have."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from ops import replay_events
from ops.stack import FoundStack
from ops.terminal import CommandError
from tests.functions.test_operators_commands import code_of

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
STARTED = NOW - timedelta(days=10)
BUS = "replayed-events"


class Resources:
    """The rules of the stack."""

    def get_paginator(self, _: str) -> Any:
        """The only operation."""
        return self

    def paginate(self, **_: Any) -> list[Any]:
        """One page."""
        rule = {"ResourceType": "AWS::Events::Rule", "PhysicalResourceId": f"{BUS}|own-mail"}
        return [{"StackResourceSummaries": [rule, {"ResourceType": "AWS::SQS::Queue", "PhysicalResourceId": "q"}]}]


class Bus:
    """EventBridge: a bus with an archive, the rules of the stack and of AWS, and those of receivers."""

    def __init__(self) -> None:
        self.rules = [{"Name": "own-mail"}, {"Name": "Events-Archive-a", "ManagedBy": "events.amazonaws.com"}]
        self.rules += [{"Name": "crm"}, {"Name": "shop"}]
        self.replays: list[dict[str, Any]] = []

    def describe_archive(self, **_: Any) -> dict[str, Any]:
        """The archive."""
        return {
            "ArchiveArn": "arn:archive",
            "CreationTime": datetime.now(UTC) - timedelta(days=10),
            "RetentionDays": 30,
        }

    def describe_event_bus(self, **_: Any) -> dict[str, Any]:
        """The bus."""
        return {"Arn": "arn:bus"}

    def list_rules(self, NextToken: str = "0", **_: Any) -> dict[str, Any]:  # noqa: N803 - the name of the API
        """One rule a page."""
        at = int(NextToken)
        more = {"NextToken": str(at + 1)} if at + 1 < len(self.rules) else {}
        return {"Rules": [rule | {"Arn": f"arn:{rule['Name']}"} for rule in self.rules[at : at + 1]], **more}

    def start_replay(self, **asked: Any) -> None:
        """Start a replay."""
        self.replays.append(asked)

    def describe_replay(self, **asked: Any) -> dict[str, Any]:
        """The replay has ended."""
        assert asked["ReplayName"] == self.replays[-1]["ReplayName"]
        return {"State": "COMPLETED"}


@pytest.fixture
def archived(monkeypatch: pytest.MonkeyPatch) -> Bus:
    """A stack with a bus and its archive."""
    bus = Bus()

    class Found(FoundStack):
        def client(self, service: Any) -> Any:
            return Resources() if service == "cloudformation" else bus

    outputs = {"EventBusName": BUS, "EventArchiveName": "archive"}
    monkeypatch.setattr(replay_events, "find_stack", lambda: Found("staging", False, outputs, boto3.Session(), None))
    return bus


def replayed(monkeypatch: pytest.MonkeyPatch, begin: datetime, end: datetime) -> object:
    """The exit code of the command."""
    monkeypatch.setattr(sys, "argv", ["make", begin.isoformat(), end.isoformat(), "--yes"])
    return code_of(replay_events.main)


def test_events_go_again_to_receivers_and_not_to_the_mailer(
    archived: Bus, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    end = datetime.now(UTC)
    assert replayed(monkeypatch, end - timedelta(hours=2), end) == 0
    [replay] = archived.replays
    assert replay["Destination"] == {"Arn": "arn:bus", "FilterArns": ["arn:crm", "arn:shop"]}
    assert (replay["EventStartTime"], replay["EventEndTime"]) == (end - timedelta(hours=2), end)
    assert "COMPLETED" in capsys.readouterr().out


def test_a_time_before_the_archive_is_refused(
    archived: Bus, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replayed(monkeypatch, datetime.now(UTC) - timedelta(days=11), datetime.now(UTC)) == 1
    assert "The archive has the events from 20" in capsys.readouterr().err
    assert archived.replays == []


def test_a_bus_without_receivers_is_reported(
    archived: Bus, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    archived.rules = archived.rules[:2]
    assert replayed(monkeypatch, datetime.now(UTC) - timedelta(days=1), datetime.now(UTC)) == 1
    assert "The bus has no rule of a receiver" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("begin", "end", "words"),
    [
        (STARTED, STARTED, "FROM is not before TO"),
        (STARTED - timedelta(seconds=1), NOW, "has the events from 2026-11-19T12:00:00.000Z"),
        (STARTED, NOW + timedelta(seconds=1), "to now"),
    ],
)
def test_a_window_outside_the_archive_is_explained(begin: datetime, end: datetime, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        replay_events.check_window({"CreationTime": STARTED, "RetentionDays": 30}, begin, end, NOW)


def test_events_older_than_the_retention_are_refused() -> None:
    archive = {"CreationTime": STARTED, "RetentionDays": 5}
    with pytest.raises(CommandError, match=r"2026-11-24T12:00:00\.000Z"):
        replay_events.check_window(archive, STARTED, NOW, NOW)
    replay_events.check_window(archive, NOW - timedelta(days=5), NOW, NOW)


@pytest.mark.parametrize(("text", "words"), [("yesterday", "no time"), ("2026-11-23T10:00:00", "no offset")])
def test_an_unreadable_time_is_refused(text: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        replay_events.read_time("FROM", text)
    assert replay_events.read_time("FROM", "2026-11-23") == datetime(2026, 11, 23, tzinfo=UTC)


def test_progress_is_reported_until_the_replay_ends(capsys: pytest.CaptureFixture[str]) -> None:
    at = datetime(2026, 11, 23, 10, tzinfo=UTC)
    states: list[dict[str, Any]] = [
        {"State": "STARTING"},
        {"State": "RUNNING", "EventLastReplayedTime": at},
        {"State": "COMPLETED"},
    ]

    class Events:
        def describe_replay(self, **_: Any) -> dict[str, Any]:
            return states.pop(0)

    assert replay_events.follow(Events(), "replay", lambda _: None) == 0
    assert capsys.readouterr().out.splitlines() == [
        "STARTING",
        "RUNNING, replayed to 2026-11-23T10:00:00.000Z",
        "COMPLETED",
    ]
    states.append({"State": "FAILED", "StateReason": "No rights."})
    with pytest.raises(CommandError, match=r"FAILED\. No rights\."):
        replay_events.follow(Events(), "replay", lambda _: None)


def test_the_local_stack_says_that_it_has_no_archive(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = FoundStack("calling-credit", True, {}, boto3.Session(), None)
    monkeypatch.setattr(replay_events, "find_stack", lambda: found)
    assert replayed(monkeypatch, STARTED, NOW) == 1
    assert "has no archive of events" in capsys.readouterr().err
