"""A new address receives one e-mail, and no others until its holder follows the link: once, within seven days."""

from datetime import timedelta
from typing import Any

import pytest

from calling_credit.links.link import hash_of
from calling_credit.messages import formats
from tests.functions.events_bench import Listener, listener
from tests.functions.mail_bench import ADDRESSES, Postbox, low, postbox
from tests.functions.notifications_bench import CONFIRMED, WAITING, links_of, opened, press, recipients, shown
from tests.harness.till import ACCOUNT
from tests.harness.wire import Pass, Sent, Wire

__all__ = ["listener", "postbox"]
pytestmark = pytest.mark.dynamodb
NEW = "Lin@new.example"
QUESTION, DONE = (200, "Receive these e-mails?"), (200, "Address confirmed")
ENDED, INVALID, FULL = (200, "Nothing to confirm"), (404, "Link not valid"), (200, "Not possible now")


@pytest.fixture
def token(postbox: Postbox, listener: Listener) -> str:
    """The link of a new address, which an admin added beside the two of the account."""
    listener.hear()
    postbox.till.later(minutes=1)
    assert recipients(postbox.till.world, *ADDRESSES, (NEW, "fr")).status == 200
    links = links_of(postbox, listener)
    assert list(links) == [NEW]
    return links[NEW]


def mailed(postbox: Postbox) -> list[str]:
    """The addresses that receive the e-mail about a low balance."""
    postbox.asked.clear()
    postbox.till.later(hours=2)
    postbox.bring(low(postbox))
    return [address for address, _ in postbox.sent()]


def test_an_address_receives_mails_once_its_link_is_followed(postbox: Postbox, token: str) -> None:
    till = postbox.till
    assert mailed(postbox) == ADDRESSES
    before = till.world.stack.items()
    assert opened(till, token) == QUESTION
    assert till.world.stack.items() == before, "mail scanners open links"
    assert press(till, token) == DONE
    assert shown(till.world)[-1] == (NEW, "fr", CONFIRMED)
    assert till.world.of_kind("ACCOUNT")[0]["languages"] == {NEW: "fr"}
    assert mailed(postbox) == [*ADDRESSES, NEW]
    [change] = till.world.changes("account_changed")[-1:]
    assert change["by"] == f"link:{hash_of(token)}"
    assert change["new"] == {
        "billing_emails": [*ADDRESSES, NEW],
        "languages": [{"address": NEW, "language": "fr"}],
        "waiting_emails": [],
    }


def test_a_link_of_an_address_acts_once(postbox: Postbox, token: str) -> None:
    till = postbox.till
    assert [press(till, token) for _ in range(2)] == [DONE, DONE]
    assert opened(till, token) == DONE
    recipients(till.world, *ADDRESSES)
    before = till.world.stack.items()
    assert press(till, token) == DONE
    assert till.world.stack.items() == before, "a removed address is not added again"


def test_the_former_addresses_are_told_and_no_event_names_one(postbox: Postbox, listener: Listener, token: str) -> None:
    press(postbox.till, token)
    [event] = listener.hear()
    assert (event["type"], event["data"]["by"]) == ("AccountChanged", "link")
    assert event["data"]["fields"] == ["billing_emails", "languages", "waiting_emails"]
    assert "new.example" not in str(event)
    postbox.asked.clear()
    postbox.bring(event)
    assert [address for address, _ in postbox.sent()] == ADDRESSES
    postbox.till.later(minutes=1)
    recipients(postbox.till.world, *ADDRESSES)
    [event] = listener.hear()
    postbox.asked.clear()
    postbox.bring(event)
    assert NEW in [address for address, _ in postbox.sent()], "a removed address is told"


def test_a_request_is_mailed_once_and_a_repeated_event_again_not(postbox: Postbox, listener: Listener) -> None:
    listener.hear()
    postbox.till.later(minutes=1)
    recipients(postbox.till.world, *ADDRESSES, NEW)
    events = [event for event in listener.hear() if event["type"] == "AddressConfirmationRequested"]
    assert len(events) == 1
    assert "new.example" not in str(events)
    for _ in range(2):
        postbox.bring(events[0])
    assert [address for address, _ in postbox.sent()] == [NEW]
    [link] = [item for item in postbox.till.world.of_kind("LINK") if item["purpose"] == "confirm_address"]
    assert "new.example" not in str(link)


@pytest.mark.parametrize("how", ["removed", "replaced by the operator", "expired", "withdrawn", "asked again"])
def test_a_link_ends_with_its_request(postbox: Postbox, listener: Listener, token: str, how: str) -> None:
    till = postbox.till
    till.later(minutes=1)
    expected = ENDED
    if how == "removed":
        recipients(till.world, *ADDRESSES)
    elif how == "replaced by the operator":
        till.world.operate("PUT", f"/accounts/{ACCOUNT}", {"billing_emails": ADDRESSES})
    elif how == "expired":
        till.later(days=7)
        expected = INVALID
    elif how == "withdrawn":
        till.world.ask("keep_accounts", "POST", f"/operator/accounts/{ACCOUNT}/links/withdraw", {}, **STAFF)
        expected = INVALID
    else:
        recipients(till.world, *ADDRESSES)
        till.later(minutes=1)
        recipients(till.world, *ADDRESSES, NEW)
        assert links_of(postbox, listener)[NEW] != token
    before = till.world.stack.items()
    assert opened(till, token) == press(till, token) == expected
    assert till.world.stack.items() == before
    assert NEW not in till.world.of_kind("ACCOUNT")[0]["billing_emails"]


STAFF: dict[str, Any] = {
    "custom:account_id": None,
    "client_id": None,
    "scope": None,
    "token_use": "id",
    "cognito:groups": ["support"],
    "sub": "staff-1",
}


def test_a_mail_about_a_request_that_has_ended_is_not_sent(postbox: Postbox, listener: Listener) -> None:
    listener.hear()
    postbox.till.later(minutes=1)
    recipients(postbox.till.world, *ADDRESSES, NEW)
    recipients(postbox.till.world, *ADDRESSES)
    assert links_of(postbox, listener) == {}


def test_a_full_list_takes_no_further_address(postbox: Postbox, token: str) -> None:
    till = postbox.till
    names = [f"a{number}@x.example" for number in range(10)]
    till.world.stack.dynamodb.update_item(
        TableName=till.world.stack.table_name,
        Key={"PK": {"S": f"ACCOUNT#{ACCOUNT}"}, "SK": {"S": "ACCOUNT"}},
        UpdateExpression="SET billing_emails = :names",
        ExpressionAttributeValues={":names": {"L": [{"S": name} for name in names]}},
    )
    assert opened(till, token) == press(till, token) == FULL
    recipients(till.world, *names[1:], NEW)
    assert press(till, token) == DONE


@pytest.mark.parametrize("state", [{"frozen": True}, {"status": "closed"}], ids=str)
def test_a_frozen_or_closed_account_takes_a_confirmation(postbox: Postbox, token: str, state: dict[str, Any]) -> None:
    postbox.till.world.operate("PUT", f"/accounts/{ACCOUNT}", state)
    assert press(postbox.till, token) == DONE


def test_a_confirmation_while_an_admin_removes_the_address_adds_nothing(
    postbox: Postbox, token: str, wire: Wire
) -> None:
    till, seen = postbox.till, False

    def meanwhile(sent: Sent, passed: Pass) -> Any:
        nonlocal seen
        if sent.operation == "TransactWriteItems" and not seen:
            seen = True
            till.later(seconds=1)
            assert recipients(till.world, *ADDRESSES).status == 200
        return passed()

    wire.interfere = meanwhile
    assert press(till, token) == ENDED
    wire.interfere = None
    assert [address for address, _, _ in shown(till.world)] == ADDRESSES


def test_two_presses_at_once_confirm_once(postbox: Postbox, token: str, wire: Wire) -> None:
    till, seen = postbox.till, False

    def meanwhile(sent: Sent, passed: Pass) -> Any:
        nonlocal seen
        if sent.operation == "TransactWriteItems" and not seen:
            seen = True
            assert press(till, token) == DONE
        return passed()

    wire.interfere = meanwhile
    assert press(till, token) == DONE
    wire.interfere = None
    assert [one for one, _, status in shown(till.world) if status == CONFIRMED].count(NEW) == 1
    assert len([change for change in till.world.changes() if change["by"].startswith("link:")]) == 1


def test_an_address_can_wait_again_after_its_time(postbox: Postbox, listener: Listener, token: str) -> None:
    till = postbox.till
    till.later(days=7)
    recipients(till.world, *ADDRESSES, NEW)
    assert shown(till.world)[-1] == (NEW, "en", WAITING)
    again = links_of(postbox, listener)[NEW]
    assert press(till, token) == INVALID
    assert press(till, again) == DONE


def test_each_request_for_an_address_that_never_answers_is_mailed(postbox: Postbox, listener: Listener) -> None:
    till, tokens = postbox.till, set[str]()
    listener.hear()
    for _ in range(4):
        till.later(days=7)
        recipients(till.world, *ADDRESSES, NEW)
        tokens.add(links_of(postbox, listener)[NEW])
    assert len(tokens) == 4


def test_the_mail_says_who_asked_and_how_to_ignore_it(postbox: Postbox, token: str) -> None:
    text = postbox.asked[0]["Content"]["Simple"]["Body"]["Text"]["Data"]
    assert "Si vous ne connaissez pas ce compte, ignorez ce courriel." in text
    assert "un de ses utilisateurs a saisi votre adresse" in text
    ends = formats.instant(postbox.till.world.clock.now + timedelta(days=7), "fr")
    assert f"avant le {ends}" in text
    assert f"/links/{token}?language=fr\n" in text
