"""Only a billing admin switches international calling of their own lines, and nothing else changes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.harness.http import NOT_ADMIN
from tests.harness.table import sample_event
from tests.harness.wire import wired
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb
OFF, ON = {"international_calling": False}, {"international_calling": True}


def line(world: World, account_id: str = "acct_1") -> dict[str, Any]:
    """The stored line of an account."""
    [item] = world.of_kind("LINE", account_id)
    return item


def test_the_sample_request_switches_a_line_on(world: World) -> None:
    world.create_account("acct_meridian")
    world.operate("PUT", "/accounts/acct_meridian/users/user_ada", {"name": "Ada"})
    body = {"number": "+14155550101", "user_id": "user_ada"}
    world.operate("PUT", "/accounts/acct_meridian/lines/line_front_desk", body)
    answer = world.invoke("change_settings", sample_event("change_settings"))
    assert answer.status == 200
    assert answer.body == {
        "line_id": "line_front_desk",
        "number": "+14155550101",
        "user": {"id": "user_ada", "name": "Ada", "budget": None},
        "budget": None,
        "budget_requests": [],
        "international_calling": True,
        "version": 2,
    }


def test_a_line_records_who_switched_it_off_and_on_again(world: World) -> None:
    before = line(world)
    answer = world.change("/lines/line_1", OFF, sub="someone")
    assert (answer.status, answer.body["international_calling"]) == (200, False)
    assert answer.body["user"] == {"id": "user_1", "name": "Ada", "budget": None}
    changed = {"international_calling": False, "changed_by": "user:someone", "changed_at": "2026-11-23T12:00:00.000Z"}
    assert line(world) == before | changed | {"changes": 2, "line_version": 2}
    assert world.change("/lines/line_1", ON).body["international_calling"] is True
    assert world.get("/lines").body["items"][0]["international_calling"] is True


def test_switching_to_the_current_state_changes_nothing(world: World) -> None:
    before = world.stack.items()
    assert world.change("/lines/line_1", ON, sub="someone").status == 200
    assert world.stack.items() == before


def test_every_change_is_recorded_with_who_made_it_when_and_from_where(world: World) -> None:
    world.clock.now += timedelta(minutes=1)
    world.change("/lines/line_1", OFF, sub="someone")
    world.operate("PUT", "/accounts/acct_1/lines/line_1", ON)
    world.operate("PUT", "/accounts/acct_1/users/user_2", {"name": "Bo"})
    world.operate("PUT", "/accounts/acct_1/lines/line_1", {"user_id": "user_2"})
    operator = {"changed_by": "client:3n4exampleoperator", "changed_from": "203.0.113.7"}
    first, later = "2026-11-23T12:00:00.000Z", "2026-11-23T12:01:00.000Z"
    expected = [
        {"changed_at": later, "international_calling": True, **operator},
        {
            "changed_at": later,
            "international_calling": False,
            "changed_by": "user:someone",
            "changed_from": sample_event("change_settings")["requestContext"]["http"]["sourceIp"],
        },
        {"changed_at": first, "international_calling": True, **operator},
    ]
    assert world.get("/lines/line_1/changes").body == {"items": expected, "next_cursor": None}
    pages = list(world.pages("/lines/line_1/changes", limit=1))
    assert [item for page in pages for item in page["items"]] == expected


def test_a_line_shows_only_its_own_changes(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1/lines/line_10", {"number": "+14155550101", "user_id": "user_1"})
    assert world.get("/lines/line_10/changes").body["items"] == []
    answer = world.get("/lines/line_nobody/changes")
    assert (answer.status, answer.code) == (404, "unknown_line")


def test_changes_at_once_are_recorded_one_after_another(world: World) -> None:
    with wired(world.stack) as wire:
        wire.with_conflicts = True
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda n: world.change("/lines/line_1", (OFF, ON)[n % 2]), range(24)))
    changes = [item["international_calling"] for item in world.get("/lines/line_1/changes").body["items"]]
    assert changes[0] == line(world)["international_calling"]
    assert changes[::-1] == [number % 2 == 0 for number in range(len(changes))]
    assert line(world)["changes"] == len(changes)


@pytest.mark.parametrize("groups", NOT_ADMIN)
def test_only_billing_admins_switch_and_others_get_403_for_any_body(world: World, groups: Any) -> None:
    before = world.stack.items()
    for body in (OFF, "{", None, "x" * 70_000):
        answer = world.change("/lines/line_1", body, **{"cognito:groups": groups})
        assert (answer.status, answer.code) == (403, "billing_admin_required")
    assert world.stack.items() == before


@pytest.mark.parametrize("groups", ["billing_admin", ["billing_admin"], ["member", "billing_admin"]])
def test_the_groups_of_a_token_are_an_array_or_the_one_group(world: World, groups: Any) -> None:
    assert world.change("/lines/line_1", OFF, **{"cognito:groups": groups}).status == 200


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"token_use": "access"}, "id_token_required"),
        ({"custom:account_id": None}, "account_missing"),
    ],
)
def test_an_access_token_or_a_user_of_no_account_changes_nothing(
    world: World, claims: dict[str, Any], code: str
) -> None:
    before = world.stack.items()
    answer = world.change("/lines/line_1", OFF, **claims)
    assert (answer.status, answer.code) == (403, code)
    assert world.stack.items() == before


def test_a_line_of_another_account_is_not_found_and_not_changed(world: World) -> None:
    world.create_account("acct_2")
    body = {"number": "+14155550102", "user_id": "user_1", "international_calling": True}
    world.operate("PUT", "/accounts/acct_2/lines/line_theirs", body)
    before = world.stack.items()
    for path in ("/lines/line_theirs", "/lines/line_none"):
        answer = world.change(path, OFF | {"account_id": "acct_2"})
        assert (answer.status, answer.code) == (404, "unknown_line")
    assert world.stack.items() == before


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 400, "malformed_json"),
        (None, 400, "malformed_json"),
        ("{", 400, "malformed_json"),
        ("[]", 400, "malformed_json"),
        ("null", 400, "malformed_json"),
        ('{"international_calling": NaN}', 400, "malformed_json"),
        ("[" * 60_000, 400, "malformed_json"),
        ({}, 422, "missing_field"),
        ({"international_calling": None}, 422, "missing_field"),
        ({"international_calling": "true"}, 422, "invalid_field"),
        ({"international_calling": 1}, 422, "invalid_field"),
        ({"international_calling": True, "padding": "x" * 65_536}, 413, "body_too_large"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_body_that_switches_nothing_is_refused(world: World, body: Any, status: int, code: str) -> None:
    before = world.stack.items()
    answer = world.change("/lines/line_1", body)
    assert (answer.status, answer.code) == (status, code)
    assert world.stack.items() == before


def test_an_impossible_line_id_is_422(world: World) -> None:
    answer = world.change("/lines/a b", OFF)
    assert (answer.status, answer.code) == (422, "invalid_id")


def test_other_fields_of_the_body_change_nothing_on_the_line(world: World) -> None:
    before = line(world)
    world.change("/lines/line_1", OFF | {"number": "+14155550999", "user_id": "user_9", "line_id": "line_9"})
    after = line(world)
    assert (after["number"], after["user_id"], after["SK"]) == (before["number"], before["user_id"], before["SK"])


def test_a_line_switched_off_makes_its_calls_strays_within_a_minute(world: World) -> None:
    world.change("/lines/line_1", OFF)
    world.stack.forget()
    world.deliver({})
    assert len(world.of_kind("STRAY")) == 1
