"""The nightly proof finds every planted, removed, or changed item, lists it once, and repairs nothing."""

import copy
from typing import Any

import pytest

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import to_attributes
from tests.functions.proof_bench import NOTHING_WRONG, beside, change, codes, paid
from tests.functions.test_permissions import everything_that_happens
from tests.harness.callbacks import counted, issues
from tests.harness.cards import CHALLENGED, DECLINED, VISA
from tests.harness.till import ACCOUNT, Till

pytestmark = pytest.mark.dynamodb


def put(till: Till, item: dict[str, Any]) -> None:
    """Write an item directly to the table."""
    till.world.stack.dynamodb.put_item(TableName=till.world.stack.table_name, Item=to_attributes(item))


def delete(till: Till, item: dict[str, Any]) -> None:
    """Delete an item directly from the table."""
    key: Any = {"PK": {"S": item["PK"]}, "SK": {"S": item["SK"]}}
    till.world.stack.dynamodb.delete_item(TableName=till.world.stack.table_name, Key=key)


def without_checkpoints(till: Till) -> list[dict[str, Any]]:
    """The account's items that a proof may not change."""
    return [item for item in till.world.stack.items(ACCOUNT) if not item["SK"].startswith("PROOF#")]


def test_a_day_of_payments_of_every_outcome_differs_in_nothing(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    card = till.card(VISA)
    till.paid("25.00", card)
    till.paid("10.00", till.card(DECLINED))
    till.paid("10.00", till.card(CHALLENGED))
    till.world.deliver({}, {"call_id": "c_2"})
    till.world.adjust("-30.00", "k_1")
    till.set_rule(card)
    till.stream()
    till.call_all_back()
    capsys.readouterr()
    assert till.prove(hours=15) == {"payments": 2, "accounts": 1, **NOTHING_WRONG}
    assert (codes(till), counted(capsys.readouterr().out)) == ([], {"LedgerProven": 1, "AccountsProven": 1})


def test_everything_that_ever_happens_adds_up(till: Till) -> None:
    everything_that_happens(till)
    listed = issues(till)
    said = till.prove(hours=1)
    assert (said["differences"], said["unproven"]) == (1, 0)  # The outside payment made at the end.
    assert till.prove(hours=1)["differences"] == 1
    assert issues(till) == listed


def test_refunds_that_were_taken_back_differ_in_nothing(till: Till) -> None:
    paid(till)
    [charge] = till.objects("charge")
    till.sdk.v1.refunds.create({"charge": charge["id"], "amount": 500})
    till.call_all_back()
    assert till.prove(hours=1) == {"payments": 1, "accounts": 1, **NOTHING_WRONG}


def test_an_entry_planted_by_hand_is_found_and_left_where_it_is(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    paid(till)
    planted = copy.deepcopy(till.world.entries()[0])
    planted["SK"] = keys.entry_sk("2026-11-23T11:00:00.000Z", "tu_planted")
    put(till, planted)
    before = without_checkpoints(till)
    capsys.readouterr()
    assert till.prove(hours=1)["differences"] == 4
    output = capsys.readouterr().out
    assert counted(output)["LedgerDifferences"] == 4
    assert "+1415555" not in output
    assert codes(till) == [
        "day_is_not_the_sum_of_its_entries",
        "document_is_not_what_its_payment_says",
        "entry_without_payment",
        "posted_is_not_the_sum_of_entries",
    ]
    assert without_checkpoints(till) == before


def test_a_difference_is_listed_once_and_counted_every_night(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    paid(till)
    [balance] = till.world.of_kind("BALANCE")
    change(till, balance, "available_micros", 1)
    for _ in range(2):
        capsys.readouterr()
        assert till.prove(hours=1)["differences"] == 1
        assert counted(capsys.readouterr().out)["LedgerDifferences"] == 1
    assert issues(till) == [(f"balance of {ACCOUNT}", "available_is_not_posted_less_held", ACCOUNT)]


def test_an_entry_taken_out_is_found(till: Till) -> None:
    paid(till)
    delete(till, till.world.entries()[0])
    till.prove(hours=1)
    assert codes(till) == [
        "day_is_not_the_sum_of_its_entries",
        "payment_without_entry",
        "posted_is_not_the_sum_of_entries",
        "top_up_succeeded_without_entry",
    ]


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("DAY", "total_micros", "day_is_not_the_sum_of_its_entries"),
        ("BALANCE", "headroom_micros", "headroom_is_neither_armed_nor_unarmed"),
        ("BALANCE", "posted_micros", "posted_is_not_the_sum_of_entries"),
        ("ENTRY", "amount_micros", "entry_of_another_amount"),
        ("TOPUP", "reversed_micros", "reversed_is_not_what_stands_at_stripe"),
    ],
)
def test_a_number_changed_by_hand_is_found(till: Till, kind: str, name: str, expected: str) -> None:
    paid(till)
    [item] = till.world.of_kind(kind)
    change(till, item, name, item[name] + 1)
    till.prove(hours=1)
    assert expected in codes(till)


def test_a_payment_made_outside_is_found_after_fifteen_minutes(till: Till) -> None:
    intent_id = beside(till, account_id=ACCOUNT, topup_id="tu_beside")
    assert till.prove(minutes=14) == {"payments": 0, "accounts": 1, **NOTHING_WRONG}
    assert till.prove(minutes=2)["differences"] == 1
    assert issues(till) == [(intent_id, "payment_without_entry", ACCOUNT)]


def test_a_payment_of_an_unknown_account_or_other_customer_is_found(till: Till) -> None:
    other = till.sdk.v1.customers.create({}).id
    first = beside(till, customer=other, account_id="acct_nobody", topup_id="tu_beside")
    second = beside(till, customer=other, account_id=ACCOUNT, topup_id="tu_beside")
    assert till.prove(hours=1)["differences"] == 2
    assert {(object_id, account) for object_id, _, account in issues(till)} == {
        (first, "acct_nobody"),
        (second, ACCOUNT),
    }


def test_payments_of_other_systems_are_passed_over(till: Till) -> None:
    beside(till, order="17")
    assert till.prove(hours=1) == {"payments": 0, "accounts": 1, **NOTHING_WRONG}


def test_a_refund_whose_callback_was_lost_is_found(till: Till) -> None:
    shown = paid(till)
    [charge] = till.objects("charge")
    till.later(hours=3)
    till.sdk.v1.refunds.create({"charge": charge["id"], "amount": 500})
    till.stand_in.take_events()
    assert till.prove(minutes=10)["differences"] == 0  # It may still be in flight.
    assert till.prove(minutes=10)["differences"] == 1
    assert issues(till) == [(shown["id"], "reversed_is_not_what_stands_at_stripe", ACCOUNT)]


def test_older_payments_of_an_account_are_proven_with_it(till: Till) -> None:
    shown = paid(till)
    till.later(days=9)
    paid(till)
    [old] = [item for item in till.world.entries() if item["SK"].endswith(shown["id"])]
    change(till, old, "amount_micros", 1)
    assert till.prove(hours=1)["payments"] == 1
    assert "entry_of_another_amount" in codes(till)
