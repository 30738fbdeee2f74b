"""`make relink-stripe` previews, asks, clears what another Stripe account lacks, continues, and touches no money."""

import sys
from typing import Any

import boto3
import pytest

from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.payments.relinking import Relinker
from local.stripe_stand_in.controls import Controls
from ops import relink_stripe
from ops.stack import FoundStack
from ops.terminal import CommandError
from tests.functions.test_unreadable_holds import damage
from tests.harness.cards import MASTERCARD
from tests.harness.recharging import declined_three_times, leave, shown
from tests.harness.table import sample_event
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb
OTHER = "acct_1Other"


@pytest.fixture
def moved(till: Till, monkeypatch: pytest.MonkeyPatch) -> Till:
    """Two accounts with cards and a rule, whose stack then gets the key of an empty Stripe account."""
    till.world.create_account("acct_2")
    leave(till, "50.00")
    till.set_rule(till.card(MASTERCARD))
    till.card(account="acct_2")
    Controls(till.stand_in).move_to_account(OTHER)
    stack = FoundStack(
        "staging",
        False,
        {"TableName": till.world.stack.table_name, "StripeSecretArn": "calling-credit-test-stripe"},
        boto3.Session(),
        None,
    )
    monkeypatch.setattr(relink_stripe, "find_stack", lambda: stack)
    monkeypatch.setattr(relink_stripe, "STRIPE", "http://stripe.test")
    return till


def relink(monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    """Run the command; its exit code."""
    monkeypatch.setattr(sys, "argv", ["make", *options])
    return relink_stripe.main()


def customers(till: Till) -> list[Any]:
    """The stored customers."""
    return [item.get("stripe_customer_id") for item in till.world.stack.items_named("ACCOUNT")]


def test_without_an_answer_the_command_only_shows_what_would_happen(
    moved: Till, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = moved.world.stack.items()
    assert relink(monkeypatch) == 1
    printed = capsys.readouterr().out
    for words in (OTHER, "2  accounts", "2  customers to clear", "1  rules to suspend", "0  open top-ups"):
        assert words in printed
    assert "acct_1: suspend the rule of Mastercard ending 4444, clear cus_" in printed
    assert moved.world.stack.items() == before


def test_relinked_accounts_save_cards_and_pay_again(
    moved: Till, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert relink(monkeypatch, "--yes") == 0
    assert customers(moved) == [None, None]
    assert shown(moved) == ("suspended", "card_removed", None)
    assert {item["by"][:15] for item in moved.world.changes("customer_replaced", "rule_suspended")} == {
        "client:command:"
    }
    before = moved.everything()
    assert relink(monkeypatch, "--yes") == 0
    assert "Nothing to do." in capsys.readouterr().out
    assert moved.everything() == before
    card = moved.card()
    assert [sent.key for sent in moved.wire.posts("/v1/customers")][-1] == "acct_1:customer:1"
    moved.set_rule(card)
    assert moved.paid("25.00", card)["status"] == "succeeded"
    assert shown(moved) == ("active", None, None)
    moved.check()


def test_a_run_that_failed_continues_and_moves_the_stack_last(moved: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    apply, failing = Relinker.apply, ["acct_1"]

    def fail_once(self: Relinker, plan: Any, *arguments: Any) -> None:
        if plan.account_id in failing:
            raise Unavailable(ProblemCode.UNAVAILABLE, "The ledger did not answer in time.")
        apply(self, plan, *arguments)

    monkeypatch.setattr(Relinker, "apply", fail_once)
    with pytest.raises(CommandError, match="Run the same command again"):
        relink(monkeypatch, "--yes")
    [known] = moved.world.stack.items_named("STRIPE_ACCOUNT")
    assert known["stripe_account_id"] != OTHER
    assert moved.world.ask("add_funds", "POST", "/payment-methods").code == "stripe_account_changed"
    failing.clear()
    assert relink(monkeypatch, "--yes") == 0
    assert customers(moved) == [None, None]
    [known] = moved.world.stack.items_named("STRIPE_ACCOUNT")
    assert known["stripe_account_id"] == OTHER


def test_another_accounts_key_hides_no_cards_and_lets_rules_tighten(moved: Till) -> None:
    rule, world = moved.state(), moved.world
    assert world.ask("add_funds", "GET", "/payment-methods").code == "stripe_account_changed"
    answer = world.ask("change_settings", "PATCH", "/auto-recharge", {"payment_method_id": "pm_other"})
    assert (answer.status, answer.code) == (503, "stripe_account_changed")
    tighter = {"threshold": "5.00", "amount": "10.00"}
    answer = world.ask("change_settings", "PATCH", "/auto-recharge", tighter)
    assert (answer.status, answer.body["threshold"], answer.body["amount"]) == (200, "5.00", "10.00"), answer.text
    assert answer.body["payment_method_id"] == rule["payment_method_id"]
    assert world.ask("change_settings", "PATCH", "/auto-recharge", {"enabled": False}).status == 200


def test_copied_customers_and_cards_stay(till: Till, moved: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    [item] = moved.world.of_kind("ACCOUNT")
    rule = moved.state()
    new = moved.sdk.v1.customers.create({"metadata": {"account_id": "acct_1"}}).id
    objects = moved.stand_in.account.objects
    objects["customer"][item["stripe_customer_id"]] = objects["customer"].pop(new) | {"id": item["stripe_customer_id"]}
    card = moved.sdk.v1.payment_methods.attach(MASTERCARD, {"customer": item["stripe_customer_id"]}).id
    copied = objects["payment_method"].pop(card) | {"id": rule["payment_method_id"]}
    objects["payment_method"][rule["payment_method_id"]] = copied
    assert relink(monkeypatch, "--yes") == 0
    assert customers(moved).count(None) == 1
    assert shown(till) == ("active", None, None)


def test_payments_of_the_former_account_are_no_differences(
    till: Till, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    till.paid("25.00", till.card())
    request.getfixturevalue("moved")
    assert relink(monkeypatch, "--yes") == 0
    till.set_rule(till.card())
    done = [till.prove(days=1) for _ in range(8)]
    assert sum(one["accounts"] for one in done) > 0
    assert [(one["differences"], one["unproven"]) for one in done] == [(0, 0)] * 8


def test_open_top_ups_are_reported_and_end_as_issues(
    till: Till, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    topup_id = till.left_open()
    request.getfixturevalue("moved")
    before = till.top_up(topup_id)
    till.sweep(minutes=5)
    assert till.top_up(topup_id) == before, "another Stripe account ends no payment"
    capsys.readouterr()
    assert relink(monkeypatch, "--yes") == 0
    printed = capsys.readouterr().out
    assert "1  open top-ups" in printed
    assert f"acct_1: open {topup_id}" in printed
    assert till.top_up(topup_id) == before
    till.later(minutes=10)
    till.world.stack.invoke("reconcile_payments", sample_event("reconcile_payments"))
    after = till.top_up(topup_id)
    assert (after["status"], after["failure"]["code"]) == ("failed", "payment_lost")


def test_a_suspended_rule_stays_and_a_second_run_has_nothing_to_do(
    till: Till, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    declined_three_times(till)
    request.getfixturevalue("moved")
    till.world.stack.dynamodb.update_item(
        TableName=till.world.stack.table_name,
        Key={"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": "AUTO_RECHARGE"}},
        UpdateExpression="SET suspended_reason = :reason",
        ExpressionAttributeValues={":reason": {"S": "declined_repeatedly"}},
    )
    assert relink(monkeypatch, "--yes") == 0
    assert shown(till) == ("suspended", "declined_repeatedly", None)
    capsys.readouterr()
    assert relink(monkeypatch, "--yes") == 0
    assert "Nothing to do." in capsys.readouterr().out


def test_an_account_that_saves_its_first_card_during_the_preview_keeps_it(
    moved: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert relink(monkeypatch, "--yes") == 0
    list_customers = Relinker.known_customers

    def save_meanwhile(self: Relinker) -> dict[str, str]:
        found = list_customers(self)
        if not moved.objects("customer"):
            moved.set_rule(moved.card())
        return found

    monkeypatch.setattr(Relinker, "known_customers", save_meanwhile)
    assert relink(monkeypatch, "--yes") == 0
    [account] = moved.world.of_kind("ACCOUNT")
    assert "stripe_customer_id" in account
    assert shown(moved) == ("active", None, None)


@pytest.mark.parametrize(("sort_key", "name"), [("ACCOUNT", "stripe_customer_id"), ("AUTO_RECHARGE", "state_version")])
def test_an_unreadable_account_keeps_no_other_linked_as_before(
    moved: Till, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sort_key: str, name: str
) -> None:
    damage(moved.world, "ACCOUNT#acct_1", sort_key, **{name: {"L": []}})
    before = moved.world.stack.items("acct_1")
    assert relink(monkeypatch, "--yes") == 1
    assert f"ACCOUNT#acct_1 {sort_key}: {name} cannot be read" in capsys.readouterr().out
    assert customers(moved)[1] is None
    assert moved.world.stack.items("acct_1") == before
