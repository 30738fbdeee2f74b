"""An erased number is nowhere in the account, and names nothing of it."""

import json
from datetime import timedelta

import pytest

from calling_credit.accounts.erasure import erase_number, lines_with
from calling_credit.accounts.number_history import NumberProblem
from tests.functions.numbers_bench import NUMBER, OTHER, by_number_event, call_at
from tests.harness.actors import OPERATOR
from tests.harness.queue import failures
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def erase(world: World, number: str = NUMBER, account: str = "acct_1") -> list[str]:
    """Erase a number; the changed items, except recorded changes."""
    changed = erase_number(world.stack.dynamodb, world.stack.table_name, account, number, OPERATOR, world.clock.now)
    return [sort_key for sort_key in changed if not sort_key.startswith("ACTIVITY#")]


def test_a_number_that_was_given_up_is_erased_and_names_no_line(world: World) -> None:
    call = by_number_event(world, call_at(world, "c_1"))
    assert failures(world.stack.invoke("rate_calls", call)) == []
    world.clock.now += timedelta(minutes=5)
    world.operate("PUT", "/accounts/acct_1/lines/line_1", {"number": OTHER})
    world.clock.now += timedelta(minutes=5)
    assert "NUMBER" in erase(world)
    assert NUMBER not in json.dumps(world.stack.items())
    world.stack.forget()
    before = world.stack.items()
    assert failures(world.stack.invoke("rate_calls", call)) == ["m_0"]
    numbers = world.stack.apps["rate_calls"].numbers
    question = (NUMBER, "2026-11-23T12:00:00.000Z")
    assert numbers.resolve({question}, world.clock.now)[question] == NumberProblem.UNKNOWN_NUMBER
    assert world.stack.items() == before
    assert erase(world) == []


def test_a_line_that_has_the_number_keeps_it_and_is_named(world: World) -> None:
    before = [item for item in world.stack.items() if item["SK"] in ("NUMBER", "LINE#line_1")]
    assert erase(world) == []
    assert [item for item in world.stack.items() if item["SK"] in ("NUMBER", "LINE#line_1")] == before
    table = (world.stack.dynamodb, world.stack.table_name)
    assert lines_with(*table, "acct_1", NUMBER, world.clock.now) == ["line_1"]
    assert lines_with(*table, "acct_2", NUMBER, world.clock.now) == []


def test_the_next_line_keeps_the_number_that_is_erased_from_the_former(world: World) -> None:
    world.create_account("acct_2")
    move = {"number": NUMBER, "user_id": "user_1", "move_from": {"account_id": "acct_1", "line_id": "line_1"}}
    world.operate("PUT", "/accounts/acct_2/lines/line_2", move)
    assert erase(world) == [], "the move has not taken effect yet"
    world.clock.now += timedelta(minutes=2)
    assert erase(world) == ["LINE#line_1", "NUMBER"]
    assert NUMBER not in json.dumps(world.stack.items("acct_1"))
    [number] = [item for item in world.stack.items() if item["PK"] == f"NUMBER#{NUMBER}"]
    assert [one["account_id"] for one in number["assignments"]] == ["acct_2"]


@pytest.mark.parametrize("spelling", [NUMBER, "+1 (415) 555-0100", "415.555.0100", "(415) 555-0100", "14155550100"])
def test_names_with_the_number_are_masked_and_found_by_their_other_words(world: World, spelling: str) -> None:
    world.operate("PUT", "/accounts/acct_1/users/user_1", {"name": f"Ada {spelling}, desk"})
    world.operate("PUT", "/accounts/acct_1", {"name": f"Shop {spelling}"})
    assert erase(world) == ["ACCOUNT", "USER#user_1"]
    [account], [user] = world.of_kind("ACCOUNT"), world.of_kind("USER")
    assert (account["name"], user["name"]) == ("Shop US…00", "Ada US…00, desk")
    names = [item for item in world.stack.items() if item["PK"].startswith("NAME#")]
    assert {item["name"] for item in names} == {"Shop US…00", "Ada US…00, desk"}
    assert not [item for item in names if "0100" in item["SK"] or "4155550100" in item["SK"]]


def test_an_address_with_the_number_is_removed(world: World) -> None:
    emails = ["14155550100@sms.example.com", "a@example.com", "914155550100@example.com"]
    world.operate("PUT", "/accounts/acct_1", {"billing_emails": emails})
    assert erase(world) == ["ACCOUNT"]
    assert world.of_kind("ACCOUNT")[0]["billing_emails"] == emails[1:]
    assert sorted(item["address"] for item in world.stack.items() if item["PK"].startswith("MAIL#")) == sorted(
        emails[1:]
    )


def test_another_account_keeps_its_names(world: World) -> None:
    world.create_account("acct_2")
    world.operate("PUT", "/accounts/acct_2/users/user_1", {"name": f"Ada {NUMBER}"})
    before = world.stack.items("acct_2")
    erase(world)
    assert world.stack.items("acct_2") == before
