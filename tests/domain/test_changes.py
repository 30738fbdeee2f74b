"""Recorded changes: their item, their values, what they loosen, and what is masked in them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from calling_credit.accounts.account import Account, Line
from calling_credit.accounts.customer_changes import cleared_customer
from calling_credit.accounts.limits import DEFAULT_LIMITS, parse_limits
from calling_credit.accounts.recorded_changes import account_changes, line_change, user_change
from calling_credit.accounts.user import User
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor, ActorKind, command_actor, shown_by, stripe_actor, sweep_actor
from calling_credit.changes.change import Change, change_item, difference
from calling_credit.changes.erasure import masked_fields
from calling_credit.changes.view import SHOWN_TO_CUSTOMERS
from calling_credit.dynamodb.attributes import from_attributes

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACCOUNT = Account("acct_1", "USD", "UTC", "open", ("a@example.com",))
LINE = Line("line_1", "+14155550100", "user_1", international_calling=False, version=3)


def test_a_change_is_an_item_with_actor_address_and_values() -> None:
    old, new = {"a": "1.00"}, {"a": "2.00", "b": None}
    change = Change(ChangeAction.LIMITS_CHANGED, "limits", "limits-000002", old, new, ("a",))
    actor = Actor(ActorKind.USER, "5f1c", "203.0.113.7", "ada@example.com")
    assert from_attributes(change_item("acct_1", change, actor, NOW)) == {
        "PK": "ACCOUNT#acct_1",
        "SK": "ACTIVITY#2026-11-23T12:00:00.000Z#limits-000002",
        "kind": "CHANGE",
        "action": "limits_changed",
        "subject": "limits",
        "old": {"a": "1.00"},
        "new": {"a": "2.00"},
        "loosened": ["a"],
        "by": "user:5f1c",
        "by_name": "ada@example.com",
        "from": "203.0.113.7",
        "at": "2026-11-23T12:00:00.000Z",
        "schema": 1,
    }


@pytest.mark.parametrize(
    ("actor", "by"),
    [
        (command_actor("ada", "host"), "client:command:ada"),
        (stripe_actor("re_1"), "stripe:re_1"),
        (sweep_actor("auto_recharge"), "sweep:auto_recharge"),
    ],
)
def test_an_actor_is_one_text(actor: Actor, by: str) -> None:
    assert (actor.by, shown_by(actor.by)) == (by, by)


def test_the_hash_of_a_link_is_not_shown() -> None:
    assert shown_by(Actor(ActorKind.LINK, "0123abcd").by) == "link"


def test_customers_have_a_name_for_every_kind_of_actor() -> None:
    assert set(SHOWN_TO_CUSTOMERS) == set(ActorKind)


def test_the_difference_has_only_the_fields_that_differ() -> None:
    assert difference({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 4, "d": 5}) == (
        {"b": 2, "c": 3, "d": None},
        {"b": 4, "c": None, "d": 5},
    )
    assert difference({"a": [1]}, {"a": [1]}) == ({}, {})


def test_settings_and_limits_of_one_request_are_two_changes() -> None:
    limits = parse_limits({"daily_spend": "500.00", "blocked": ["CU"]}, DEFAULT_LIMITS)
    changed = Account("acct_1", "USD", "Europe/Berlin", "open", (), limits=limits)
    settings, limited = account_changes(ACCOUNT, changed, 4)
    assert (settings.action, settings.change_id) == (ChangeAction.ACCOUNT_CHANGED, "account-000005")
    assert settings.old == {"time_zone": "UTC", "billing_emails": ["a@example.com"]}
    assert (limited.subject, limited.loosened) == ("operator_limits", ("daily_spend",))
    assert limited.new == {"daily_spend": "500.00", "blocked": ["CU"]}
    assert account_changes(ACCOUNT, ACCOUNT, 5) == []


def test_only_turning_on_loosens_a_line() -> None:
    on = Line("line_1", "+14155550100", "user_1", international_calling=True, version=4)
    turned_on, turned_off = line_change(LINE, on), line_change(on, LINE)
    assert turned_on is not None
    assert turned_off is not None
    assert (turned_on.loosened, turned_off.loosened) == (("international_calling",), ())
    assert line_change(LINE, LINE) is None
    new = line_change(None, on)
    assert new is not None
    assert (new.action, new.loosened) == (ChangeAction.LINE_CREATED, ("international_calling",))


def test_a_user_that_keeps_the_name_is_no_change() -> None:
    assert user_change(User("user_1", "Ada"), "Ada", 1) is None
    change = user_change(User("user_1", "Ada"), None, 0)
    assert change is not None
    assert change.action is ChangeAction.USER_CREATED


def test_a_text_is_masked_wherever_a_change_holds_it() -> None:
    item: dict[str, Any] = {
        "old": {"number": "+1", "list": ["x +1"]},
        "new": {"name": "Ada"},
        "by_name": "+1",
        "by": "+1",
    }
    masked = masked_fields(item, lambda text: text.replace("+1", "…"))
    assert masked == {"old": {"number": "…", "list": ["x …"]}, "by_name": "…"}
    assert masked_fields({"new": {"name": "Ada"}}, lambda text: text) == {}


@pytest.mark.parametrize(
    ("item", "customer"),
    [
        ({"subject": "customer", "before": "cus_1"}, "cus_1"),
        ({"subject": "customer", "before": "cus_1", "after": "cus_2"}, None),
        ({"subject": "customer", "old": {"customer": "cus_1"}, "new": {}}, "cus_1"),
        ({"subject": "customer", "old": {"customer": "cus_1"}, "new": {"customer": "cus_2"}}, None),
        ({"subject": "limits", "old": {}}, None),
    ],
)
def test_a_cleared_customer_is_read_from_both_forms(item: dict[str, Any], customer: str | None) -> None:
    assert cleared_customer(item) == customer
