"""Every change of an account is recorded once, with the actor and the values, and listed to its customer."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from calling_credit.accounts.erasure import erase_number
from calling_credit.changes.view import change_view
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.links.link import freeze_link
from calling_credit.links.store import LinkStore, withdraw_links
from calling_credit.links.tokens import issue_link
from tests.functions.moves_bench import approve, changes
from tests.functions.test_payment_methods import ask, save_on_page
from tests.harness.actors import OPERATOR
from tests.harness.till import Till
from tests.harness.wire import Pass, Sent, wired
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb

CLIENT, ADA = "client:3n4exampleoperator", "ada@meridian.example"
CREATED = 3
"""The changes of the account of a world: the account, its user, and its line."""


def newest(world: World, number: int = 1) -> list[dict[str, Any]]:
    """The newest changes as the customer sees them, the newest first."""
    items: list[dict[str, Any]] = world.get("/activity", limit=number).body["items"]
    return items


# --- What the customer sees -------------------------------------------------------------------------------------------


def test_a_customers_change_shows_person_address_and_values(world: World) -> None:
    world.clock.now += timedelta(seconds=1)
    world.change("/limits", {"daily_spend": "5.00"}, sub="someone", email=ADA)
    assert newest(world) == [
        {
            "at": "2026-11-23T12:00:01.000Z",
            "action": "limits_changed",
            "by": {"kind": "user", "name": ADA},
            "from": "203.0.113.7",
            "subject": "limits",
            "old": None,
            "new": {"daily_spend": "5.00"},
        }
    ]


def test_staff_and_clients_are_shown_without_name_and_address(world: World) -> None:
    world.clock.now += timedelta(seconds=1)
    world.desk("PUT", "/accounts/acct_1", {"frozen": True}, group="support")
    [change] = newest(world)
    assert (change["action"], change["by"], change["from"]) == (
        "account_frozen",
        {"kind": "staff", "name": "Support"},
        None,
    )
    assert (change["old"], change["new"]) == ({"frozen": False}, {"frozen": True})
    [stored] = world.changes("account_frozen")
    shown = change_view(stored, for_staff=True)
    assert (stored["by"], shown["by"], shown["from"]) == (
        "staff:staff-1",
        {"kind": "staff", "name": "femi@phone.example", "id": "staff-1"},
        "203.0.113.7",
    )
    world.clock.now += timedelta(seconds=1)
    world.adjust("1.00", "key")
    [adjusted] = newest(world)
    assert adjusted["by"] == {"kind": "client", "name": "Your phone company's system"}
    assert (adjusted["from"], adjusted["new"]["amount"]) == (None, "1.00")
    assert [entry["by"] for entry in world.entries()] == [CLIENT]


def test_changes_are_listed_newest_first_in_pages(world: World) -> None:
    for number in range(5):
        world.clock.now += timedelta(minutes=1)
        world.operate("PUT", "/accounts/acct_1/users/user_1", {"name": f"Ada {number}"})
    listed = [item for page in world.pages("/activity", limit=2) for item in page["items"]]
    assert len(listed) == 5 + CREATED
    assert [item["at"] for item in listed] == sorted((item["at"] for item in listed), reverse=True)
    assert [item["new"]["name"] for item in listed[:2]] == ["Ada 4", "Ada 3"]
    assert listed[0]["old"] == {"name": "Ada 3"}


def test_the_operators_notes_are_not_shown_to_customers(world: World) -> None:
    for action, values in (
        ("card_unblocked", {"blocked": False, "reason": "internal"}),
        ("call_waived", {"price": "0.00", "reason": "internal"}),
        ("customer_replaced", {"customer": "cus_internal"}),
        ("refund_started", {"amount": "5.00", "reason": "internal", "override": "internal"}),
    ):
        item = {"kind": "CHANGE", "action": action, "subject": "x", "by": CLIENT, "at": "T", "new": values}
        assert "internal" not in str(change_view(item))
        assert "internal" in str(change_view(item, for_staff=True))


@pytest.mark.parametrize(
    ("action", "subject", "shown"),
    [("credit_received", "account:acct_other", "account"), ("signed_out", "sign_in:5f1c", "sign_in")],
)
def test_customers_see_neither_another_account_nor_a_subject(action: str, subject: str, shown: str) -> None:
    item = {"kind": "CHANGE", "action": action, "subject": subject, "by": "staff:5f1d", "at": "T"}
    assert (change_view(item)["subject"], change_view(item, for_staff=True)["subject"]) == (shown, subject)


def test_customers_see_no_approvals_but_what_they_lead_to(world: World) -> None:
    asked = world.desk("POST", "/accounts/acct_1/adjustments", {"amount": "150.00", "reason": "Outage"}, key="k_1")
    assert (asked.status, len(newest(world, 50))) == (202, CREATED)
    assert approve(world, asked.body["id"]).status == 200
    listed = [item["action"] for page in world.pages("/activity", limit=1) for item in page["items"]]
    assert sorted(listed) == ["account_created", "adjustment_posted", "line_created", "user_created"]
    assert {"approval_requested", "approval_approved"} <= {action for action, _ in changes(world)}


def test_a_link_is_never_shown_with_its_hash(world: World) -> None:
    item = {"kind": "CHANGE", "action": "account_frozen", "subject": "account", "by": "link:5f1c", "at": "T"}
    assert change_view(item)["by"] == {"kind": "link", "name": "Link in an e-mail"}
    assert change_view(item, for_staff=True)["by"] == {"kind": "link", "name": "Link in an e-mail", "id": None}


@pytest.mark.parametrize(("after", "by"), [("cus_2", "stripe"), (None, "command:ada")])
def test_a_replaced_customer_of_an_earlier_form_is_still_listed(world: World, after: str | None, by: str) -> None:
    item = {"PK": "ACCOUNT#acct_1", "SK": "ACTIVITY#2026-11-29T10:00:00.000Z#customer-000001", "subject": "customer"}
    item |= {"before": "cus_1", "changed_by": by} | ({"after": after} if after else {})
    world.stack.dynamodb.put_item(TableName=world.stack.table_name, Item=to_attributes(item))
    [change] = newest(world)
    assert (change["at"], change["action"]) == ("2026-11-29T10:00:00.000Z", "customer_replaced")
    assert change["by"]["kind"] == ("stripe" if by == "stripe" else "client")


# --- Exactly once -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "key"),
    [
        ("/accounts/acct_1", {"status": "closed"}, None),
        ("/accounts/acct_1", {"time_zone": "America/Denver", "billing_emails": ["a@example.com"]}, None),
        ("/accounts/acct_1", {"limits": {"daily_spend": "9.00"}}, None),
        ("/accounts/acct_1", {"frozen": True}, None),
        ("/accounts/acct_1/users/user_2", {"name": "Bo"}, None),
        ("/accounts/acct_1/lines/line_1", {"international_calling": False}, None),
        ("/accounts/acct_1/adjustments", {"amount": "1.00", "reason": "Goodwill"}, "key"),
    ],
)
def test_a_repeated_or_unanswered_request_is_recorded_once(
    world: World, path: str, body: dict[str, Any], key: str | None
) -> None:
    method = "POST" if key else "PUT"
    lost: list[Sent] = []

    def lose_the_answer(sent: Sent, passed: Pass) -> Any:
        answer = passed()
        if sent.operation == "TransactWriteItems" and not lost:
            lost.append(sent)
            raise ReadTimeoutError(endpoint_url="https://dynamodb.test")
        return answer

    with wired(world.stack) as wire:
        wire.interfere = lose_the_answer
        first = world.operate(method, path, body, key=key)
    assert lost
    assert first.status in (200, 201), first.text
    assert world.operate(method, path, body, key=key).status in (200, 201)
    assert len(world.changes()) == CREATED + 1


def test_a_switch_is_recorded_for_the_line_and_for_the_account(world: World) -> None:
    world.change("/lines/line_1", {"international_calling": False}, sub="someone", email=ADA)
    [change] = world.changes("line_changed")
    assert (change["subject"], change["old"], change["new"]) == (
        "line:line_1",
        {"international_calling": True},
        {"international_calling": False},
    )
    assert len(world.of_kind("CHANGE")) == 2
    assert world.get("/lines/line_1/changes").body["items"][0]["changed_by"] == change["by"] == "user:someone"


def test_loosened_limits_are_named_in_the_record(world: World) -> None:
    world.change("/limits", {"daily_spend": "5.00", "blocked": ["CU"]})
    world.clock.now += timedelta(seconds=1)
    world.change("/limits", {"daily_spend": "9.00", "blocked": ["CU", "GB"]})
    tightened, loosened = world.changes("limits_changed")
    assert "loosened" not in tightened
    assert loosened["loosened"] == ["daily_spend"]


# --- Cards, links, erasure --------------------------------------------------------------------------------------------


def test_a_saved_and_a_removed_card_are_recorded_once_each(till: Till) -> None:
    card = save_on_page(till)
    for _ in range(2):
        till.call_all_back()
    till.sweep(minutes=30)
    [saved] = till.world.changes("card_saved")
    assert (saved["subject"], saved["new"]["payment_method"]["last4"]) == (f"card:{card}", "4242")
    assert saved["by"].startswith("stripe:cs_")
    assert ask(till, "DELETE", f"/payment-methods/{card}", sub="someone").status == 204
    till.call_all_back()
    till.sweep(minutes=30)
    [removed] = till.world.changes("card_removed")
    assert (removed["by"], removed["old"]["payment_method"]["id"]) == ("user:someone", card)


def test_a_card_removed_at_stripe_is_recorded_by_stripe(till: Till) -> None:
    card = till.card()
    till.sdk.v1.payment_methods.detach(card)
    till.call_all_back()
    [removed] = till.world.changes("card_removed")
    assert removed["by"] == f"stripe:{card}"


def test_withdrawn_links_are_recorded_with_their_number(world: World) -> None:
    links = LinkStore(world.stack.dynamodb, world.stack.table_name)
    for number in range(3):
        link = freeze_link("acct_1", f"evt_{number}", "2026-11-23T12:00:00.000Z")
        issue_link(links, "test-secret", "https://page.test/", link, world.clock.now)
    place = (world.stack.dynamodb, world.stack.table_name, "acct_1", OPERATOR, world.clock.now)
    assert (withdraw_links(*place), withdraw_links(*place)) == (3, 0)
    [change] = world.changes("links_withdrawn")
    assert (change["by"], change["from"], change["new"]) == ("client:ops", "203.0.113.7", {"links": 3})


def test_an_erased_number_is_masked_in_recorded_changes(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1/lines/line_1", {"number": "+14155550199"})
    world.clock.now += timedelta(minutes=5)
    world.operate("PUT", "/accounts/acct_1/users/user_1", {"name": "Ada (415) 555-0100"})
    place = (world.stack.dynamodb, world.stack.table_name, "acct_1", "+14155550100", OPERATOR, world.clock.now)
    assert list(erase_number(*place))
    assert "555-0100" not in str(world.changes())
    assert "5550100" not in str(world.changes())
    changed = [change for change in world.changes("line_changed") if "number" in change["new"]]
    assert [(change["old"]["number"], change["new"]["number"]) for change in changed] == [("US…00", "+14155550199")]
    [erased] = world.changes("number_erased")
    assert (erased["by"], erased["new"]) == ("client:ops", {"number": "US…00"})
    assert list(erase_number(*place)) == []
    assert len(world.changes("number_erased")) == 1
