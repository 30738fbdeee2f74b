"""The nightly proof covers every account and fails if one could not be proven."""

from typing import Any

import pytest

from calling_credit.errors import ProblemCode, Unavailable
from tests.functions.proof_bench import NOTHING_WRONG, beside, change, codes, paid
from tests.harness.callbacks import counted, issues
from tests.harness.cards import CHALLENGED, VISA
from tests.harness.stripe import Pass, StripeRequest, response
from tests.harness.till import ACCOUNT, ALWAYS, Till
from tests.harness.wire import Pass as WirePass
from tests.harness.wire import Sent, Wire, refusal

pytestmark = pytest.mark.dynamodb


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
        no_right = b'{"error": {"type": "invalid_request_error", "message": "The key lacks a permission."}}'
        return response(403, no_right, {}) if "customer" in dict(sent.form) else passed()

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
