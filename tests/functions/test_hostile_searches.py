"""Searches and lists under attack: hostile texts, cursors of others, and cursors that outlive their items."""

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from tests.functions.desk_bench import ask, read
from tests.harness.world import UNCOVERED, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

SORT_KEY_BYTES, PARTITION_KEY_BYTES = 1_024, 2_048
HOSTILE = (
    "\u3300" * 255,
    "\ufdfa" * 255,
    "\U00020000" * 255,
    "\u0390" * 250 + "@x",
    "x" * 255,
    "ACCOUNT#acct_1",
    "NUMBER#+14155550100",
    "acct_1#ACCOUNT",
    "ada#acct_1",
    "acct_1~",
    "%",
    "%23",
    "%00",
    "'; DROP TABLE x; --",
    "[a-z]*.+?$",
    "\U0001f600\u200d\U0001f525",
    "\u0661\u0664\u0661\u0665",
    "1-800-FLOWERS",
    "+1415555010x",
    "tel:",
    "sip:@",
    "@",
    "@@@@",
    "..",
    "-",
)
PASTED = (
    "\u00a0+1\u00a0415\u00a0555\u00a00100",
    "\u202a+1 (415) 555-0100\u202c",
    "\u2066+1 415 555 0100\u2069",
    "\ufeff+14155550100",
    "+1\u00ad415\u00ad555\u00ad0100",
    "\u3000acct_1\u3000",
    "\u202eacct_1",
    "acct\u200b_1",
)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_hostile_search_is_bounded_and_finds_nothing(world: World, text: str) -> None:
    world.operate("PUT", "/accounts/acct_1", {"name": "Halcyon"})
    with world.recorded("read_accounts") as requests:
        answer = ask(world, "GET", f"/operator/accounts?find={quote(text)}")
    assert (answer.status, answer.body) == (200, {"items": [], "more": False})
    assert len(requests) <= 3
    for _, parameters in requests:
        values = parameters.get("ExpressionAttributeValues", {})
        assert len(values.get(":sk", {"S": ""})["S"].encode()) <= SORT_KEY_BYTES
        assert len(values.get(":pk", {"S": ""})["S"].encode()) <= PARTITION_KEY_BYTES


@pytest.mark.parametrize("text", PASTED, ids=ascii)
def test_a_text_that_was_pasted_with_invisible_marks_finds_its_account(world: World, text: str) -> None:
    [found] = read(world, "", find=text)["items"]
    assert found["account_id"] == "acct_1"


@pytest.mark.parametrize("text", ["\u200b", "\u00a0\u2003", "\u202e\u202c", "a\u0007", "a\u2028b"], ids=ascii)
def test_a_text_that_shows_nothing_or_controls_is_refused(world: World, text: str) -> None:
    answer = ask(world, "GET", f"/operator/accounts?find={quote(text)}")
    assert (answer.status, answer.code) == (422, "invalid_query")


@pytest.mark.parametrize("letter", ["\u3300", "\ufb03", "\u1e9e", "\u0390"])
def test_a_name_of_letters_that_grow_is_stored_and_found(world: World, letter: str) -> None:
    name = letter * (360 // len(letter.encode()))
    for path in ("/accounts/acct_1", "/accounts/acct_1/users/user_1"):
        assert world.operate("PUT", path, {"name": name[:120]}).status == 200
    keys = [item["SK"] for item in world.stack.items() if item["PK"].startswith("NAME#")]
    assert keys
    assert max(len(key.encode()) for key in keys) <= SORT_KEY_BYTES
    assert [one["account_id"] for one in read(world, "", find=name[:100])["items"]] == ["acct_1"]
    for path in ("/accounts/acct_1", "/accounts/acct_1/users/user_1"):
        assert world.operate("PUT", path, {"name": "Lin"}).status == 200
    assert read(world, "", find=name[:100])["items"] == []


def test_a_number_of_many_former_accounts_shows_twenty(world: World) -> None:
    for number in range(22):
        path = f"/accounts/shop_{number:02d}"
        world.operate("PUT", path, {"time_zone": "UTC"})
        world.operate("PUT", f"{path}/users/u", {"name": "Lin"})
        assert world.operate("PUT", f"{path}/lines/l", {"number": "+14155550177", "user_id": "u"}).status == 201
        world.clock.now += timedelta(minutes=1)
        world.operate("PUT", f"{path}/lines/l", {"number": f"+141555502{number:02d}"})
        world.clock.now += timedelta(minutes=5)
    with world.recorded("read_accounts") as requests:
        found = read(world, "", find="+14155550177")
    assert (len(found["items"]), found["more"], len(requests) <= 3) == (20, True, True)
    assert {one["matched"]["kind"] for one in found["items"]} == {"former_number"}


# --- Cursors ----------------------------------------------------------------------------------------------------------


def first_page(world: World, **query: Any) -> str:
    """The cursor of the customer's activity."""
    cursor: str = world.get("/activity", limit=1, **query).body["next_cursor"]
    return cursor


def test_a_cursor_continues_only_the_list_of_its_reader_and_account(world: World) -> None:
    world.create_account("acct_2")
    cursor = first_page(world)
    assert world.get("/activity", limit=1, cursor=cursor).status == 200
    for path, account in (("/activity", "acct_2"), ("/denied-calls", "acct_1"), ("/lines/line_1/changes", "acct_1")):
        assert world.get(path, account=account, cursor=cursor).code == "invalid_cursor"
    staff = read(world, "/acct_1/activity", limit=1)["next_cursor"]
    assert world.get("/activity", cursor=staff).code == "invalid_cursor"
    for account in ("acct_1", "acct_2"):
        answer = ask(world, "GET", f"/operator/accounts/{account}/activity?cursor={quote(cursor)}")
        assert (answer.status, answer.code) == (422, "invalid_cursor")


@pytest.mark.parametrize("change", [lambda c: c[:-1], lambda c: c + "A", lambda c: c.swapcase(), lambda c: c + "=" * 2])
def test_a_changed_cursor_is_refused(world: World, change: Any) -> None:
    assert world.get("/activity", cursor=change(first_page(world))).code == "invalid_cursor"


def test_a_cursor_signed_by_no_secret_reaches_nothing(world: World) -> None:
    forged = base64.urlsafe_b64encode(b"\0" * 16 + b'"ACCOUNT#acct_2"').decode().rstrip("=")
    for path in ("/activity", "/denied-calls"):
        assert world.get(path, cursor=forged).code == "invalid_cursor"


def test_a_cursor_whose_calls_have_expired_ends_the_list(world: World) -> None:
    for number in range(3):
        world.authorize(f"c_{number}", UNCOVERED)
        world.clock.now += timedelta(seconds=1)
    page = world.get("/denied-calls", limit=1).body
    staff = read(world, "/acct_1/denied-calls", limit=1)["next_cursor"]
    world.clock.now += timedelta(days=30)

    def refuse_as_dynamodb(params: dict[str, Any], **_: Any) -> None:
        values = params.get("ExpressionAttributeValues", {})
        if ":low" in values and values[":low"]["S"] > values[":high"]["S"]:
            raise ClientError({"Error": {"Code": "ValidationException", "Message": "BETWEEN"}}, "Query")

    for app in ("list_usage", "read_accounts"):
        world.stack.apps[app].dynamodb.meta.events.register("provide-client-params.dynamodb.Query", refuse_as_dynamodb)
    try:
        shown = world.get("/denied-calls", limit=1, cursor=page["next_cursor"])
        assert (shown.status, shown.body["items"], shown.body["next_cursor"]) == (200, [], None)
        assert read(world, "/acct_1/denied-calls", limit=1, cursor=staff)["items"] == []
    finally:
        for app in ("list_usage", "read_accounts"):
            events = world.stack.apps[app].dynamodb.meta.events
            events.unregister("provide-client-params.dynamodb.Query", refuse_as_dynamodb)
