"""Support finds an account by its id, a name, an address, or a number in any common spelling, in three requests."""

from datetime import timedelta

import pytest

from calling_credit.accounts.find import MAX_FOUND, FoundAccounts, find_accounts
from tests.harness.world import World, number_of

pytestmark = pytest.mark.dynamodb

NUMBER = "+14155550100"


def find(world: World, text: str) -> FoundAccounts:
    """Find accounts, in at most three requests."""
    client, requests = world.stack.dynamodb, []

    def count(**_: object) -> None:
        requests.append(1)

    client.meta.events.register("before-call.dynamodb", count)
    try:
        found = find_accounts(client, world.stack.table_name, text)
    finally:
        client.meta.events.unregister("before-call.dynamodb", count)
    assert len(requests) <= 3
    return found


def matches(world: World, text: str) -> list[tuple[str, str, str]]:
    """The account, kind, and value of each match."""
    return [(found.account_id, found.kind, found.value) for found in find(world, text).items]


def test_an_account_is_found_by_its_id(world: World) -> None:
    assert find(world, " acct_1 ").view() == {
        "items": [{"account_id": "acct_1", "name": None, "matched": {"kind": "account_id", "value": "acct_1"}}],
        "more": False,
    }


@pytest.mark.parametrize(
    "text",
    [
        NUMBER,
        "14155550100",
        "4155550100",
        "(415) 555-0100",
        "415.555.0100",
        "+1 415 555 0100",
        "1-415-555-0100",
        "011 1 415 555 0100",
        "tel:+1-415-555-0100",
        "sip:+14155550100@pbx.example",
        "\u200e+1\u00a0415\u00a0555\u20110100",
    ],
)
def test_an_account_is_found_by_a_number_in_any_common_spelling(world: World, text: str) -> None:
    assert matches(world, text) == [("acct_1", "number", NUMBER)]


def test_a_moved_number_finds_its_line_before_its_former_one(world: World) -> None:
    world.create_account("acct_2")
    world.operate("PUT", "/accounts/acct_2/lines/line_1", {"number": "+14155550177"})
    world.clock.now += timedelta(hours=1)
    move = {"number": "+14155550177", "user_id": "user_1"}
    move |= {"move_from": {"account_id": "acct_2", "line_id": "line_1"}}  # type: ignore[dict-item]
    assert world.operate("PUT", "/accounts/acct_1/lines/line_3", move).status == 201
    assert matches(world, "415 555 0177") == [
        ("acct_1", "number", "+14155550177"),
        ("acct_2", "former_number", "+14155550177"),
    ]
    assert matches(world, number_of("acct_2")) == [("acct_2", "former_number", number_of("acct_2"))]


@pytest.mark.parametrize("text", ["ada", "ADA", "  Adá ", "lovelace", "love ad", "lovelace, ada"])
def test_an_account_is_found_by_the_name_of_a_user(world: World, text: str) -> None:
    world.operate("PUT", "/accounts/acct_1/users/user_1", {"name": "Ada Lovelace"})
    assert matches(world, text) == [("acct_1", "user_name", "Ada Lovelace")]


def test_a_renamed_user_is_no_longer_found_by_the_old_name(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1/users/user_1", {"name": "Lin"})
    assert matches(world, "ada") == []
    assert matches(world, "lin") == [("acct_1", "user_name", "Lin")]


def test_an_account_has_a_name_of_its_own(world: World) -> None:
    answer = world.operate("PUT", "/accounts/acct_1", {"name": "Café Meridián"})
    assert (answer.status, answer.body["name"]) == (200, "Café Meridián")
    found = find(world, "cafe merid").view()["items"]
    assert found == [
        {"account_id": "acct_1", "name": "Café Meridián", "matched": {"kind": "name", "value": "Café Meridián"}}
    ]
    assert world.operate("PUT", "/accounts/acct_1", {}).body["name"] == "Café Meridián"
    assert "name" not in world.operate("PUT", "/accounts/acct_1", {"name": None}).body
    assert matches(world, "cafe") == []


@pytest.mark.parametrize("name", ["", " ", "x" * 121, 7, "a\nb"])
def test_an_impossible_name_of_an_account_is_422(world: World, name: object) -> None:
    answer = world.operate("PUT", "/accounts/acct_1", {"name": name})
    assert (answer.status, answer.code) == (422, "invalid_field")


def test_accounts_are_found_by_a_billing_address_in_any_case(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"billing_emails": ["Billing@Example.com", "b@example.com"]})
    world.create_account("acct_2", billing_emails=["billing@example.com"])
    assert matches(world, "BILLING@example.com ") == [
        ("acct_1", "email", "Billing@Example.com"),
        ("acct_2", "email", "billing@example.com"),
    ]
    world.operate("PUT", "/accounts/acct_1", {"billing_emails": ["b@example.com"]})
    assert [account for account, *_ in matches(world, "billing@example.com")] == ["acct_2"]


@pytest.mark.parametrize("text", ["", "   ", "!!!", "#", "nobody", "x" * 5000, "+442071838750", "a@b", "acct_9"])
def test_a_text_that_matches_nothing_finds_nothing(world: World, text: str) -> None:
    assert find(world, text) == FoundAccounts((), more=False)


def test_many_matches_are_cut_and_said_so(world: World) -> None:
    for number in range(MAX_FOUND + 1):
        world.operate("PUT", f"/accounts/shop_{number:02d}", {"name": f"Shop {number}", "time_zone": "UTC"})
    found = find(world, "shop")
    assert (len(found.items), found.more) == (MAX_FOUND, True)
    assert not find(world, "shop 20").more


def test_addresses_changed_twice_at_once_leave_no_stale_match(world: World) -> None:
    from tests.functions.accounts_bench import at_once  # noqa: PLC0415

    addresses = [f"a{number}@example.com" for number in range(4)]
    answers = at_once(
        *[
            lambda one=one: world.operate("PUT", "/accounts/acct_1", {"billing_emails": [one], "name": one[:2]})
            for one in addresses
        ]
    )
    assert {answer.status for answer in answers} == {200}
    [account] = world.of_kind("ACCOUNT")
    index = [item for item in world.stack.items() if item["PK"].startswith("MAIL#")]
    assert [item["address"] for item in index] == account["billing_emails"]
    names = [item["name"] for item in world.stack.items() if item["SK"].endswith("#acct_1#ACCOUNT")]
    assert names == [account["name"]]
