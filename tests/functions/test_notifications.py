"""A billing admin sets who receives the account's e-mails and when a low balance is announced."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functions.notifications_bench import CONFIRMED, WAITING, put, recipients, shown
from tests.harness.http import MEMBER, NOT_ADMIN
from tests.harness.wire import Pass, Sent, Wire
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb
ANA, BEN = "ana@halcyon.example", "Ben@halcyon.example"


@pytest.fixture
def halcyon(world: World) -> World:
    """An account whose operator listed two addresses."""
    world.operate("PUT", "/accounts/acct_1", {"billing_emails": [ANA, BEN], "low_balance": "10.00"})
    world.clock.now += timedelta(minutes=1)
    return world


def version(world: World) -> int:
    """The version of the recipients and the level."""
    return int(world.ask("change_settings", "GET", "/notifications").body["version"])


def test_members_see_recipients_and_level(halcyon: World) -> None:
    answer = halcyon.ask("change_settings", "GET", "/notifications", **MEMBER)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.body == {
        "recipients": [
            {"address": ANA, "language": "en", "status": CONFIRMED, "returned": None},
            {"address": BEN, "language": "en", "status": CONFIRMED, "returned": None},
        ],
        "low_balance": "10.00",
        "version": 1,
    }


def test_a_new_address_waits_and_receives_nothing(halcyon: World) -> None:
    answer = recipients(halcyon, ANA, ("Lin@new.example", "fr"))
    assert answer.status == 200, answer.text
    assert shown(halcyon) == [(ANA, "en", CONFIRMED), ("Lin@new.example", "fr", WAITING)]
    [item] = halcyon.of_kind("ACCOUNT")
    assert (item["billing_emails"], "languages" in item) == ([ANA], False)
    [change] = halcyon.changes("account_changed")[-1:]
    assert change["old"] == {"billing_emails": [ANA, BEN], "waiting_emails": []}
    waiting = {"address": "Lin@new.example", "language": "fr"}
    assert change["new"] == {"billing_emails": [ANA], "waiting_emails": [waiting]}
    assert change["by"].startswith("user:")
    halcyon.clock.now += timedelta(days=7)
    assert shown(halcyon) == [(ANA, "en", CONFIRMED)], "it waits no longer"


def test_known_addresses_keep_their_spelling_and_state(halcyon: World) -> None:
    recipients(halcyon, ANA, BEN, "lin@new.example")
    [before] = halcyon.of_kind("ACCOUNT")
    answer = recipients(halcyon, "BEN@halcyon.example", ("LIN@new.example", "fr"), ANA)
    assert answer.status == 200
    assert shown(halcyon) == [(BEN, "en", CONFIRMED), (ANA, "en", CONFIRMED), ("lin@new.example", "fr", WAITING)]
    [after] = halcyon.of_kind("ACCOUNT")
    assert after["waiting_emails"][0]["request_id"] == before["waiting_emails"][0]["request_id"]


def test_what_was_shown_can_be_sent_back_and_changes_nothing(halcyon: World) -> None:
    recipients(halcyon, ANA, ("lin@new.example", "fr"), low_balance="3.50")
    before = halcyon.stack.items()
    view = halcyon.ask("change_settings", "GET", "/notifications").body
    assert put(halcyon, view).body == view
    assert put(halcyon, {}).body == view
    assert halcyon.stack.items() == before


def test_the_level_is_the_operators_and_the_customers(halcyon: World) -> None:
    assert put(halcyon, {"low_balance": "3.50"}).body["low_balance"] == "3.50"
    assert halcyon.of_kind("BALANCE")[0]["low_micros"] == 3_500_000
    assert len(shown(halcyon)) == 2
    halcyon.operate("PUT", "/accounts/acct_1", {"low_balance": "7.00"})
    assert put(halcyon, {"low_balance": None, "version": 2}).code == "changed_meanwhile"
    assert put(halcyon, {"low_balance": None}).body["low_balance"] is None
    assert "low_micros" not in halcyon.of_kind("BALANCE")[0]
    assert [change["new"] for change in halcyon.changes("account_changed")][-3:] == [
        {"low_balance": "3.50"},
        {"low_balance": "7.00"},
        {},
    ]


def test_an_older_version_overwrites_nothing(halcyon: World) -> None:
    assert version(halcyon) == 1
    assert recipients(halcyon, ANA, version=1).body["version"] == 2
    stale = recipients(halcyon, ANA, BEN, version=1)
    assert (stale.status, stale.code) == (409, "changed_meanwhile")
    assert stale.body["current"] == halcyon.ask("change_settings", "GET", "/notifications").body
    assert recipients(halcyon, ANA, version=1).status == 200, "its result stands already"
    assert put(halcyon, {"low_balance": "10.00", "version": 0}).status == 200
    halcyon.operate("PUT", "/accounts/acct_1", {"time_zone": "Europe/Paris"})
    assert recipients(halcyon, BEN, version=2).status == 200, "other settings do not count"


def test_the_operators_list_replaces_every_recipient(halcyon: World) -> None:
    recipients(halcyon, (ANA, "fr"), "lin@new.example")
    halcyon.operate("PUT", "/accounts/acct_1", {"name": "Halcyon"})
    assert len(shown(halcyon)) == 2, "a change without the list keeps it"
    halcyon.operate("PUT", "/accounts/acct_1", {"billing_emails": [BEN, "lin@new.example"]})
    assert shown(halcyon) == [(BEN, "en", CONFIRMED), ("lin@new.example", "en", CONFIRMED)]
    [item] = halcyon.of_kind("ACCOUNT")
    assert {"languages", "waiting_emails"} & set(item) == set()


@pytest.mark.parametrize("claims", [MEMBER, {}], ids=["member", "admin"])
def test_a_person_sets_the_language_of_the_own_address(halcyon: World, claims: dict[str, Any]) -> None:
    recipients(halcyon, ANA, BEN, "lin@new.example")
    for address in ("ANA@halcyon.example", "lin@new.example"):
        answer = halcyon.change("/notifications/language", {"language": "fr"}, email=address, **claims)
        assert (answer.status, answer.body) == (200, {"language": "fr"})
    assert [language for _, language, _ in shown(halcyon)] == ["fr", "en", "fr"]
    assert halcyon.of_kind("ACCOUNT")[0]["languages"] == {ANA: "fr"}
    [change] = halcyon.changes("account_changed")[-2:-1]
    assert change["new"] == {"languages": [{"address": ANA, "language": "fr"}]}
    before = halcyon.stack.items()
    assert halcyon.change("/notifications/language", {"language": "fr"}, email=ANA, **claims).status == 200
    assert halcyon.stack.items() == before
    halcyon.change("/notifications/language", {"language": "en"}, email=ANA, **claims)
    assert "languages" not in halcyon.of_kind("ACCOUNT")[0]


@pytest.mark.parametrize("address", ["eve@halcyon.example", "", None])
def test_a_stranger_to_the_list_has_no_language(halcyon: World, address: str | None) -> None:
    before = halcyon.stack.items()
    answer = halcyon.change("/notifications/language", {"language": "fr"}, email=address)
    assert (answer.status, answer.body) == (200, {"language": None})
    assert halcyon.stack.items() == before


@pytest.mark.parametrize("groups", NOT_ADMIN, ids=str)
def test_only_an_admin_sets_recipients(halcyon: World, groups: object) -> None:
    before = halcyon.stack.items()
    assert put(halcyon, {"recipients": []}, **{"cognito:groups": groups}).code == "billing_admin_required"
    assert halcyon.stack.items() == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"recipients": {}}, "invalid_field"),
        ({"recipients": [{"address": f"a{number}@x.example"} for number in range(11)]}, "invalid_field"),
        ({"recipients": ["ana@x.example"]}, "invalid_field"),
        ({"recipients": [{"address": None}]}, "invalid_field"),
        ({"recipients": [{"address": "a@x.example", "language": "de"}]}, "invalid_field"),
        ({"recipients": [{"address": "a@x.example", "other": 1}]}, "invalid_field"),
        ({"recipients": [{"address": "a@x.example"}, {"address": "A@X.example"}]}, "invalid_email"),
        ({"recipients": [{"address": "A <a@x.example>"}]}, "invalid_email"),
        ({"recipients": [{"address": "a@x.example\n"}]}, "invalid_email"),
        ({"recipients": [{"address": "\u00e4@x.example"}]}, "invalid_email"),
        ({"low_balance": "-1.00"}, "amount_out_of_range"),
        ({"low_balance": 5}, "invalid_amount"),
        ({"version": "1"}, "invalid_field"),
        ({"emails": []}, "invalid_field"),
    ],
    ids=str,
)
def test_a_wrong_change_is_refused_whole(halcyon: World, body: dict[str, Any], code: str) -> None:
    before = halcyon.stack.items()
    assert put(halcyon, body).code == code
    assert halcyon.stack.items() == before


@pytest.mark.parametrize(("body", "code"), [({}, "missing_field"), ({"language": "de"}, "invalid_field")])
def test_a_wrong_language_is_refused(halcyon: World, body: dict[str, Any], code: str) -> None:
    assert halcyon.change("/notifications/language", body, email=ANA).code == code


def test_an_account_asks_ten_addresses_an_hour(halcyon: World) -> None:
    for number in range(10):
        assert recipients(halcyon, ANA, f"new{number}@x.example").status == 200
    before = halcyon.stack.items()
    refused = recipients(halcyon, ANA, "one.more@x.example")
    assert (refused.status, refused.code) == (429, "too_many_confirmations")
    assert int(refused.headers["retry-after"]) == 3600
    assert halcyon.stack.items() == before
    assert recipients(halcyon, ANA).status == 200, "removing is never limited"
    halcyon.clock.now += timedelta(hours=1, seconds=1)
    assert recipients(halcyon, ANA, "one.more@x.example").status == 200


def test_one_address_is_asked_three_times_a_day_by_all_accounts(halcyon: World) -> None:
    for number in range(3):
        halcyon.create_account(f"acct_{number + 2}")
        claims = {"custom:account_id": f"acct_{number + 2}"}
        assert put(halcyon, {"recipients": [{"address": "Victim@x.example"}]}, **claims).status == 200
    before = halcyon.stack.items()
    refused = recipients(halcyon, ANA, "vic\u0074im@x.example", "other@x.example")
    assert (refused.status, refused.code) == (429, "too_many_confirmations")
    assert int(refused.headers["retry-after"]) == 86_400
    assert halcyon.stack.items() == before
    assert "victim" not in str([item for item in before if item["PK"].startswith("ASKED#")]).lower()
    halcyon.clock.now += timedelta(days=1, seconds=1)
    assert recipients(halcyon, ANA, "victim@x.example").status == 200


def test_two_changes_at_once_are_both_seen(halcyon: World, wire: Wire) -> None:
    """The second is decided again: without a version the last write wins, with one it is refused."""
    seen = False

    def meanwhile(sent: Sent, passed: Pass) -> Any:
        nonlocal seen
        if sent.operation == "TransactWriteItems" and not seen:
            seen = True
            assert recipients(halcyon, ANA, BEN, "lin@new.example").status == 200
        return passed()

    wire.interfere = meanwhile
    stale = recipients(halcyon, ANA, version=1)
    wire.interfere = None
    assert (seen, stale.code) == (True, "changed_meanwhile")
    assert len(shown(halcyon)) == 3


def test_removed_addresses_no_longer_find_the_account(halcyon: World) -> None:
    recipients(halcyon, ANA)
    found = [item["PK"] for item in halcyon.stack.items() if item["PK"].startswith("MAIL#")]
    assert found == [f"MAIL#{ANA}"]


def test_an_erased_number_leaves_no_waiting_address(halcyon: World) -> None:
    from calling_credit.accounts.erasure import erase_number  # noqa: PLC0415
    from tests.harness.actors import ERASED_AT, OPERATOR  # noqa: PLC0415

    recipients(halcyon, ANA, "14155550177@x.example")
    stack = halcyon.stack
    list(erase_number(stack.dynamodb, stack.table_name, "acct_1", "+14155550177", OPERATOR, ERASED_AT))
    assert shown(halcyon) == [(ANA, "en", CONFIRMED)]
    assert "14155550177" not in str(stack.items("acct_1"))
