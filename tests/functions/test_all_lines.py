"""A billing admin turns international calling of all lines on or off, page by page."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.accounts import line_switches
from tests.harness.http import NOT_ADMIN, Answer
from tests.harness.wire import Killed, Pass, Sent, Wire
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb
LINES = 7
ADMIN = "user:b4d8e428-4071-70d2-9c5e-3f1f6a3b2c10"
"""The billing admin of the sample events."""


@pytest.fixture
def many(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """An account with eight lines, every second of which may call abroad, and pages of three lines."""
    monkeypatch.setattr(line_switches, "LINES_AT_ONCE", 3)
    for number in range(LINES):
        line = {"number": f"+1415555{2000 + number}", "user_id": "user_1", "international_calling": number % 2 == 0}
        assert world.operate("PUT", f"/accounts/acct_1/lines/line_n{number}", line).status == 201
    return world


def switch(world: World, enabled: object, cursor: object = None, **claims: Any) -> Answer:
    """The answer for one page."""
    return world.change("/lines", {"international_calling": enabled, "cursor": cursor}, **claims)


def switch_all(world: World, enabled: bool) -> tuple[int, int, int]:
    """The lines changed, those unchanged, and the number of pages."""
    changed = unchanged = pages = 0
    cursor = None
    while pages == 0 or cursor is not None:
        answer = switch(world, enabled, cursor)
        assert answer.status == 200, answer.text
        changed, unchanged, pages = changed + answer.body["changed"], unchanged + answer.body["unchanged"], pages + 1
        cursor = answer.body["next_cursor"]
    return changed, unchanged, pages


def states(world: World) -> set[bool]:
    """Whether lines may call abroad."""
    return {bool(line["international_calling"]) for line in world.of_kind("LINE")}


def test_all_lines_are_switched_and_each_change_is_recorded(many: World) -> None:
    assert switch_all(many, True) == (3, 5, 3)
    assert states(many) == {True}
    assert switch_all(many, False) == (8, 0, 3)
    assert states(many) == {False}
    changes = [change for change in many.changes("line_changed") if change["by"] == ADMIN]
    assert len(changes) == 11
    assert len({change["subject"] for change in changes}) == 8
    assert [change.get("loosened") for change in changes if change["new"]["international_calling"]] == [
        ["international_calling"]
    ] * 3
    [shown, *_] = many.get("/lines/line_n1/changes").body["items"]
    assert (shown["international_calling"], shown["changed_by"]) == (False, ADMIN)


def test_a_repetition_changes_nothing(many: World) -> None:
    switch_all(many, True)
    before = many.stack.items()
    assert switch_all(many, True) == (0, 8, 3)
    assert many.stack.items() == before


def test_a_frozen_account_turns_lines_off_but_not_on(many: World) -> None:
    many.operate("PUT", "/accounts/acct_1", {"frozen": True})
    assert switch(many, True).code == "account_frozen"
    assert switch_all(many, False)[0] == 5
    assert states(many) == {False}


def test_an_account_without_lines_has_nothing_to_switch(world: World) -> None:
    world.operate("PUT", "/accounts/acct_2", {"time_zone": "UTC"})
    answer = switch(world, True, **{"custom:account_id": "acct_2"})
    assert answer.body == {"changed": 0, "unchanged": 0, "next_cursor": None}
    assert switch(world, True, **{"custom:account_id": "acct_none"}).code == "unknown_account"


@pytest.mark.parametrize("groups", NOT_ADMIN, ids=str)
def test_only_an_admin_switches_lines(many: World, groups: object) -> None:
    before = many.stack.items()
    assert switch(many, True, **{"cognito:groups": groups}).code == "billing_admin_required"
    assert many.stack.items() == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing_field"),
        ({"international_calling": "yes"}, "invalid_field"),
        ({"international_calling": True, "cursor": 3}, "invalid_cursor"),
        ({"international_calling": True, "cursor": "LINE#x"}, "invalid_cursor"),
        ({"international_calling": True, "cursor": ""}, "invalid_cursor"),
    ],
)
def test_a_wrong_request_changes_no_line(many: World, body: dict[str, Any], code: str) -> None:
    before = many.stack.items()
    assert many.change("/lines", body).code == code
    assert many.stack.items() == before


def during_the_first_switch(wire: Wire, act: Callable[[], object]) -> None:
    """Let something happen before the first line is switched."""
    seen = False

    def interfere(sent: Sent, passed: Pass) -> Any:
        nonlocal seen
        if sent.operation == "TransactWriteItems" and not seen:
            seen = True
            act()
        return passed()

    wire.interfere = interfere


@pytest.mark.parametrize("happens", ["switched", "renamed", "moved away", "frozen"])
def test_lines_that_change_meanwhile_are_taken_as_they_are(many: World, wire: Wire, happens: str) -> None:
    number = {"number": "+14155552001", "user_id": "user_1"}
    acts: dict[str, Callable[[], object]] = {
        "switched": lambda: many.change("/lines/line_n1", {"international_calling": True}),
        "renamed": lambda: many.operate("PUT", "/accounts/acct_1/lines/line_n1", {"number": "+14155552999"}),
        "moved away": lambda: many.operate(
            "PUT",
            "/accounts/acct_1/lines/line_new",
            number | {"move_from": {"account_id": "acct_1", "line_id": "line_n1"}},
        ),
        "frozen": lambda: many.operate("PUT", "/accounts/acct_1", {"frozen": True}),
    }
    during_the_first_switch(wire, acts[happens])
    answer = switch(many, True)
    wire.interfere = None
    if happens == "frozen":
        assert answer.code == "account_frozen"
        assert len([line for line in many.of_kind("LINE") if line["international_calling"]]) == 5
        return
    assert answer.status == 200
    assert (answer.body["changed"], answer.body["unchanged"]) == ((1, 2) if happens == "renamed" else (0, 3))


def test_two_admins_at_once_switch_each_line_once(many: World, wire: Wire) -> None:
    during_the_first_switch(wire, lambda: switch_all(many, True))
    changed, unchanged, _ = switch_all(many, True)
    wire.interfere = None
    assert (changed, unchanged) == (0, 8)
    assert len([change for change in many.changes("line_changed") if change["by"] == ADMIN]) == 3


def test_a_killed_request_leaves_whole_lines_and_a_repetition_the_rest(many: World, wire: Wire) -> None:
    for at in range(40):
        requests = 0

        def kill(_: Sent, passed: Pass, at: int = at) -> Any:
            nonlocal requests
            requests += 1
            if requests > at:
                raise Killed
            return passed()

        wire.interfere = kill
        try:
            switch_all(many, at % 2 == 0)
        except Killed:
            many.stack.forget()
            wire.dead = False
        wire.interfere = None
        lines = {line["SK"]: line for line in many.of_kind("LINE")}
        for name, line in lines.items():
            recorded = [change for change in many.changes() if change["subject"] == f"line:{name.split('#')[1]}"]
            assert len(recorded) == line["line_version"], "each change of a line is recorded with it"
        switch_all(many, at % 2 == 0)
        assert states(many) == {at % 2 == 0}
        many.clock.now += timedelta(minutes=1)
