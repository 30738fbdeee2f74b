"""Addresses of several recipients and accounts, addresses that are entered again, and damaged items of addresses."""

from typing import Any

import pytest

from calling_credit.accounts.bounces import address_hash
from tests.functions.desk_bench import act, read
from tests.functions.mail_bench import ADDRESSES, Postbox, batch, low, postbox
from tests.functions.test_record_bounces import bounced, mailed, recorded, report
from tests.harness.till import ACCOUNT
from tests.harness.world import UNITED_KINGDOM

__all__ = ["postbox"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
ATTRIBUTES = [
    *(
        "address",
        "returned",
        "is_over",
        "times",
        "first_at",
        "at",
        "kind",
        "reports",
        "version",
        "expires_at",
        "report",
    ),
]


def damage(postbox: Postbox, name: str, value: Any = None) -> None:
    """Remove an attribute of the address that bounced, or set it to another value."""
    [item] = bounced(postbox)
    stack = postbox.till.world.stack
    change: dict[str, Any] = {"UpdateExpression": "REMOVE #name"}
    if value is not None:
        change = {"UpdateExpression": "SET #name = :value", "ExpressionAttributeValues": {":value": value}}
    key = {"PK": {"S": item["PK"]}, "SK": {"S": item["SK"]}}
    names = {"#name": name}
    stack.dynamodb.update_item(TableName=stack.table_name, Key=key, ExpressionAttributeNames=names, **change)


def test_a_report_stops_only_the_recipient_that_it_names(postbox: Postbox) -> None:
    world = postbox.till.world
    world.create_account("acct_2", billing_emails=[ADDRESSES[1], "eve@halcyon.example"])
    event = report(postbox, tags=False, bouncedRecipients=[{"emailAddress": ADDRESSES[1].upper()}])
    event["detail"]["mail"]["destination"] = [*ADDRESSES, "eve@halcyon.example"]
    assert recorded(postbox, event) == 2
    assert [item["address"] for item in bounced(postbox) + bounced(postbox, "acct_2")] == [ADDRESSES[1]] * 2
    assert mailed(postbox, low(postbox)) == ADDRESSES[:1]


def test_two_recipients_of_one_report_are_two_bounces_recorded_once(postbox: Postbox) -> None:
    event = report(postbox, bouncedRecipients=[{"emailAddress": address} for address in ADDRESSES])
    event["detail"]["mail"]["destination"] = ADDRESSES
    assert [recorded(postbox, event) for _ in range(2)] == [2, 0]
    assert {item["address"] for item in bounced(postbox)} == set(ADDRESSES)


def test_a_tag_names_the_account_even_if_it_has_the_address_no_longer(postbox: Postbox) -> None:
    world = postbox.till.world
    world.create_account("acct_2", billing_emails=[ADDRESSES[0]])
    event = report(postbox)
    event["detail"]["mail"]["tags"]["account_id"] = ["acct_2"]
    world.operate("PUT", "/accounts/acct_2", {"billing_emails": []})
    assert recorded(postbox, event) == 1
    assert bounced(postbox) == []
    assert [item["times"] for item in bounced(postbox, "acct_2")] == [1]


def test_a_subaddress_is_an_address_of_its_own(postbox: Postbox) -> None:
    recorded(postbox, report(postbox, address="ada+bills@halcyon.example"))
    assert mailed(postbox, low(postbox)) == ADDRESSES


def test_a_closed_account_keeps_the_report(postbox: Postbox) -> None:
    world = postbox.till.world
    world.operate("PUT", f"/accounts/{ACCOUNT}", {"closed": True})
    assert recorded(postbox, report(postbox)) == 1
    assert read(world, f"/{ACCOUNT}")["bounced_addresses"][0]["times"] == 1


def test_an_address_entered_again_outlives_a_bounce_under_way(postbox: Postbox) -> None:
    world, path = postbox.till.world, f"/accounts/{ACCOUNT}"
    late = [report(postbox, number=number, address=ADDRESSES[0].title()) for number in range(2)]
    postbox.till.later(minutes=1)
    world.operate("PUT", path, {"billing_emails": ADDRESSES[1:]})
    assert read(world, f"/{ACCOUNT}")["bounced_addresses"] == [], "nothing has bounced"
    postbox.till.later(minutes=1)
    world.operate("PUT", path, {"billing_emails": ADDRESSES})
    assert [recorded(postbox, one) for one in (*late, late[0])] == [1, 1, 0]
    assert mailed(postbox, low(postbox)) == ADDRESSES
    [shown] = read(world, f"/{ACCOUNT}")["bounced_addresses"]
    assert (shown["times"], shown["receives_mails"]) == (2, True)
    postbox.till.later(hours=2)
    assert recorded(postbox, report(postbox, number=2)) == 1
    assert mailed(postbox, low(postbox)) == ADDRESSES[1:]


@pytest.mark.parametrize("name", ATTRIBUTES)
@pytest.mark.parametrize("value", [None, {"L": [{"N": "7"}]}])
def test_a_damaged_address_stops_nothing_and_the_next_report_heals_it(
    postbox: Postbox, name: str, value: dict[str, Any] | None
) -> None:
    recorded(postbox, report(postbox))
    damage(postbox, name, value)
    world, path = postbox.till.world, f"/accounts/{ACCOUNT}"
    is_read = name == "report"  # Only the reader of the stream needs it.
    shown = read(world, f"/{ACCOUNT}")["bounced_addresses"]
    assert len(shown) == is_read
    assert act(world, "/exports", {"reason": "Asked for"}, key="k_1").status == 201
    assert world.ask("change_settings", "GET", "/notifications").status == 200
    assert len(mailed(postbox, low(postbox))) == (1 if is_read else 2)
    assert world.operate("PUT", path, {"billing_emails": ADDRESSES[1:]}).status == 200
    assert world.operate("PUT", path, {"billing_emails": ADDRESSES}).status == 200
    postbox.till.later(minutes=1)
    assert recorded(postbox, report(postbox, number=1)) == 1
    [shown] = read(world, f"/{ACCOUNT}")["bounced_addresses"]
    assert (shown["address"], shown["returned"], shown["receives_mails"]) == (ADDRESSES[0], "permanent", False)


def test_a_damaged_address_is_counted_and_listed(postbox: Postbox, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(postbox, report(postbox))
    damage(postbox, "returned")
    capsys.readouterr()
    postbox.till.world.stack.invoke("send_mail", batch(low(postbox), postbox.paid()))
    assert '"UnreadableItems":[1.0]' in capsys.readouterr().out, "once an invocation"
    read(postbox.till.world, f"/{ACCOUNT}")
    assert '"UnreadableItems":[1.0]' in capsys.readouterr().out
    [listed] = [item for item in postbox.till.world.stack.items() if item["PK"] == "UNREADABLE"]
    assert listed["SK"] == f"ACCOUNT#{ACCOUNT}|BOUNCED#{address_hash(ADDRESSES[0])}"
    assert (listed["reason"], listed["reader"]) == ("returned", "send_mail")


def test_a_number_is_erased_beside_a_damaged_address(postbox: Postbox) -> None:
    recorded(postbox, report(postbox))
    damage(postbox, "address")
    recorded(postbox, report(postbox, address="442071838750@halcyon.example", number=1))
    assert act(postbox.till.world, "/numbers/erase", {"number": UNITED_KINGDOM}).status == 200
    assert "2071838750" not in str(bounced(postbox))
