"""The nightly proof: it finds nothing after a day of payments, and everything that was planted, taken out or changed by
hand, made beside us or lost on the way; each is listed once, counted every night, and never mended.
"""

import copy
from typing import Any

import pytest

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import to_attribute, to_attributes
from calling_credit.errors import ProblemCode, Unavailable
from tests.functions.test_permissions import everything_that_happens
from tests.harness.callbacks import counted, issues
from tests.harness.cards import CHALLENGED, DECLINED, VISA
from tests.harness.stripe import Pass, StripeRequest, response
from tests.harness.till import ACCOUNT, ALWAYS, Till
from tests.harness.wire import Pass as WirePass
from tests.harness.wire import Sent, Wire, refusal

pytestmark = pytest.mark.dynamodb
NOTHING_WRONG = {"differences": 0, "unproven": 0}


def paid(till: Till, amount: str = "25.00") -> dict[str, Any]:
    """A payment that is credited and told of."""
    shown = till.paid(amount, till.card(VISA))
    till.call_all_back()
    return shown


def put(till: Till, item: dict[str, Any]) -> None:
    """Write an item by hand."""
    till.world.stack.dynamodb.put_item(TableName=till.world.stack.table_name, Item=to_attributes(item))


def change(till: Till, item: dict[str, Any], name: str, value: Any) -> None:
    """Change an attribute by hand."""
    till.world.stack.dynamodb.update_item(
        TableName=till.world.stack.table_name,
        Key={"PK": {"S": item["PK"]}, "SK": {"S": item["SK"]}},
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": to_attribute(value)},
    )


def delete(till: Till, item: dict[str, Any]) -> None:
    """Take an item out by hand."""
    key: Any = {"PK": {"S": item["PK"]}, "SK": {"S": item["SK"]}}
    till.world.stack.dynamodb.delete_item(TableName=till.world.stack.table_name, Key=key)


def codes(till: Till) -> list[str]:
    """The codes of what is listed, in order."""
    return sorted(code for _, code, _ in issues(till))


def beside(till: Till, *, customer: str | None = None, **metadata: str) -> str:
    """A payment that somebody made at Stripe with our metadata, and no callback tells of; its intent."""
    customer = customer or till.customer()
    card = till.sdk.v1.payment_methods.attach(VISA, {"customer": customer}).id
    made = till.sdk.v1.payment_intents.create(
        {
            "amount": 700,
            "currency": "usd",
            "customer": customer,
            "payment_method": card,
            "metadata": metadata,
            "confirm": True,
            "return_url": "https://page.test/",
        }
    )
    assert made.status == "succeeded"
    till.stand_in.take_events()
    return str(made.id)


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
    assert (codes(till), counted(capsys.readouterr().out)) == ([], {})


def test_everything_that_ever_happens_adds_up(till: Till) -> None:
    everything_that_happens(till)
    listed = issues(till)
    said = till.prove(hours=1)
    assert (said["differences"], said["unproven"]) == (1, 0)  # The payment that was made beside us at the end.
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
    before = till.world.stack.items(ACCOUNT)
    capsys.readouterr()
    assert till.prove(hours=1)["differences"] == 3
    output = capsys.readouterr().out
    assert counted(output) == {"LedgerDifferences": 3}
    assert "+1415555" not in output
    expected = ["day_is_not_the_sum_of_its_entries", "entry_without_payment", "posted_is_not_the_sum_of_entries"]
    assert codes(till) == expected
    assert till.world.stack.items(ACCOUNT) == before


def test_a_difference_is_listed_once_and_counted_every_night(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    paid(till)
    [balance] = till.world.of_kind("BALANCE")
    change(till, balance, "available_micros", 1)
    for _ in range(2):
        capsys.readouterr()
        assert till.prove(hours=1)["differences"] == 1
        assert counted(capsys.readouterr().out) == {"LedgerDifferences": 1}
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
    assert till.prove(minutes=14) == {"payments": 0, "accounts": 0, **NOTHING_WRONG}
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
    assert till.prove(hours=1) == {"payments": 0, "accounts": 0, **NOTHING_WRONG}


def test_a_refund_whose_callback_was_lost_is_found(till: Till) -> None:
    shown = paid(till)
    [charge] = till.objects("charge")
    till.later(hours=3)
    till.sdk.v1.refunds.create({"charge": charge["id"], "amount": 500})
    till.stand_in.take_events()
    assert till.prove(minutes=10)["differences"] == 0  # It may still be on its way.
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


def test_a_payment_that_waited_a_day_for_its_bank_is_still_proven(till: Till) -> None:
    shown = till.paid("25.00", till.card(CHALLENGED))
    till.later(hours=23)
    till.challenge(shown["id"])
    till.stand_in.take_events()
    assert till.prove(hours=12)["differences"] == 1
    assert codes(till) == ["payment_without_entry"]


@pytest.mark.parametrize("silent", ["GET /v1/payment_intents", "GET /v1/refunds", "GET /v1/disputes"])
def test_a_stripe_outage_fails_the_run_without_reporting_differences(till: Till, silent: str) -> None:
    paid(till)
    [charge] = till.objects("charge")
    till.sdk.v1.refunds.create({"charge": charge["id"], "amount": 500})
    till.stand_in.take_events()
    till.fault("dropped", silent, count=ALWAYS)
    with pytest.raises(Unavailable):
        till.prove(hours=1)
    assert codes(till) == []
    till.all_well()
    assert till.prove(hours=1)["differences"] == 1


def test_an_unanswered_account_fails_the_run_after_the_others_are_proven(till: Till) -> None:
    paid(till)
    beside(till, customer=till.sdk.v1.customers.create({}).id, account_id="acct_nobody", topup_id="tu_beside")
    till.fault("dropped", "GET /v1/payment_intents", skip=1, count=1)
    with pytest.raises(Unavailable) as told:
        till.prove(hours=1)
    assert told.value.code == "not_proven"
    assert codes(till) == ["payment_without_entry"]


def test_an_unreadable_account_does_not_stop_the_proof_of_the_others(till: Till) -> None:
    shown = paid(till)
    other = till.sdk.v1.customers.create({}).id
    beside(till, customer=other, account_id="acct_nobody", topup_id="tu_beside")

    def refused(sent: StripeRequest, passed: Pass) -> Any:
        no_such = b'{"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "No such."}}'
        return response(404, no_such, {}) if "customer" in dict(sent.form) else passed()

    till.wire.through = refused
    with pytest.raises(Unavailable):
        till.prove(hours=1)
    till.wire.through = None
    [entry] = [item for item in till.world.entries() if item["SK"].endswith(shown["id"])]
    change(till, entry, "amount_micros", "not a number")
    with pytest.raises(Unavailable):
        till.prove(hours=1)
    assert [(code, account) for _, code, account in issues(till)] == [("payment_without_entry", "acct_nobody")]


def test_an_account_with_a_rule_is_proven_weekly_without_payments(till: Till) -> None:
    till.world.adjust("100.00", "k_1")
    till.set_rule(till.card(VISA))
    [balance] = till.world.of_kind("BALANCE")
    change(till, balance, "available_micros", 1)
    assert [till.prove(days=1)["accounts"] for _ in range(7)].count(1) == 1
    assert codes(till) == ["available_is_not_posted_less_held"]


def test_accounts_left_at_the_time_limit_fail_the_run(till: Till) -> None:
    paid(till)
    till.later(hours=1)
    with pytest.raises(Unavailable):
        till.world.stack.invoke("prove_ledger", {}, seconds=59)
    assert codes(till) == []


@pytest.mark.parametrize("times", [1, ALWAYS])
def test_an_account_that_is_posted_to_while_it_is_read_is_read_again(till: Till, times: int) -> None:
    paid(till)
    till.later(hours=1)
    calls = 0

    def post_meanwhile(**_: Any) -> None:
        nonlocal calls
        calls += 1
        if calls <= times:
            till.world.deliver({"call_id": f"c_{calls}"})

    events = till.world.stack.apps["prove_ledger"].dynamodb.meta.events
    events.register("before-call.dynamodb.GetItem", post_meanwhile)
    try:
        if times == 1:
            assert till.prove()["differences"] == 0
            assert calls == 2
        else:
            with pytest.raises(Unavailable):
                till.prove()
    finally:
        events.unregister("before-call.dynamodb.GetItem", post_meanwhile)
    assert codes(till) == []


def test_a_stack_that_has_no_key_of_stripes_yet_has_nothing_to_prove(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_key() -> None:
        raise Unavailable(ProblemCode.STRIPE_NOT_CONFIGURED, "Not yet.")

    monkeypatch.setattr(till.world.stack.apps["prove_ledger"], "stripe_client", no_key)
    assert till.prove() == {"payments": 0, "accounts": 0, **NOTHING_WRONG}


def test_an_unlisted_difference_fails_the_run_after_the_others_are_proven(
    till: Till, wire: Wire, capsys: pytest.CaptureFixture[str]
) -> None:
    till.world.create_account("acct_2")
    for account in (ACCOUNT, "acct_2"):
        beside(till, customer=till.customer(account), account_id=account, topup_id="tu_beside")

    def interfere(sent: Sent, passed: WirePass) -> Any:
        return refusal(400, "ThrottlingException") if ACCOUNT in str(sent.body.get("Item")) else passed()

    capsys.readouterr()
    with wire.interfering(interfere), pytest.raises(Unavailable) as told:
        till.prove(hours=1)
    assert told.value.code == "not_proven"
    assert [account for _, _, account in issues(till)] == ["acct_2"]
    assert counted(capsys.readouterr().out)["LedgerDifferences"] == 2
    till.prove(hours=1)
    assert sorted(account for _, _, account in issues(till)) == [ACCOUNT, "acct_2"]
