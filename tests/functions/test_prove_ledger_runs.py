"""A night of proofs covers every account, continues where a run stopped, and counts what could not be proven."""

import json
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.errors import ProblemCode, Unavailable
from tests.functions.proof_bench import NOTHING_WRONG, beside, change, codes, paid
from tests.harness.callbacks import counted, issues
from tests.harness.cards import CHALLENGED
from tests.harness.proofs import Nights, ProofQueue
from tests.harness.stripe import Pass, StripeRequest, response
from tests.harness.till import ACCOUNT, ALWAYS, Till
from tests.harness.wire import Pass as WirePass
from tests.harness.wire import Sent, Wire, refusal

pytestmark = pytest.mark.dynamodb
LATE = 20.0
"""Less time than a run of the list reserves."""


def accounts_in(queue: ProofQueue) -> list[str]:
    """The accounts in the queue's messages, in order."""
    return [one["id"] for body in queue.bodies for one in json.loads(body)["accounts"]]


def test_a_payment_that_waited_a_day_for_its_bank_is_still_proven(till: Till) -> None:
    shown = till.paid("25.00", till.card(CHALLENGED))
    till.later(hours=23)
    till.challenge(shown["id"])
    till.stand_in.take_events()
    assert till.prove(hours=12)["differences"] == 1
    assert codes(till) == ["payment_without_entry"]


@pytest.mark.parametrize("silent", ["GET /v1/payment_intents", "GET /v1/refunds", "GET /v1/disputes"])
def test_a_stripe_outage_fails_the_run_and_a_later_run_sends_the_payments(till: Till, silent: str) -> None:
    paid(till)
    [charge] = till.objects("charge")
    till.sdk.v1.refunds.create({"charge": charge["id"], "amount": 500})
    till.stand_in.take_events()
    till.fault("dropped", silent, count=ALWAYS)
    till.later(hours=1)
    nights = Nights(till.world.stack)
    with pytest.raises(Unavailable):
        nights.send()
    assert accounts_in(nights.queue) == [ACCOUNT], "its own sums are proven meanwhile"
    assert nights.deliver()["ledger_differences"] == 0
    till.all_well()
    assert nights.send() == {"payments": 1, "accounts": 1, "done": 1}
    assert nights.deliver()["ledger_differences"] == 1


def test_an_unanswered_account_is_unproven_and_the_others_are_proven(till: Till) -> None:
    paid(till)
    beside(till, customer=till.sdk.v1.customers.create({}).id, account_id="acct_nobody", topup_id="tu_beside")
    [balance] = till.world.of_kind("BALANCE")
    change(till, balance, "nudge", "not a number")
    assert till.prove(hours=1) == {"payments": 2, "accounts": 1, "differences": 1, "unproven": 1}
    assert codes(till) == ["payment_without_entry"]


def test_an_account_that_stripe_refuses_to_show_is_unproven(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    shown = paid(till)

    def refused(sent: StripeRequest, passed: Pass) -> Any:
        no_right = b'{"error": {"type": "invalid_request_error", "message": "The key lacks a permission."}}'
        return response(403, no_right, {}) if "customer" in dict(sent.form) else passed()

    [entry] = [item for item in till.world.entries() if item["SK"].endswith(shown["id"])]
    change(till, entry, "amount_micros", 1)
    till.wire.through = refused
    capsys.readouterr()
    assert till.prove(hours=1)["unproven"] == 1
    assert counted(capsys.readouterr().out) == {"LedgerProven": 1, "AccountsUnproven": 1}
    till.wire.through = None
    assert till.prove(hours=1)["differences"] > 0


def test_an_unreadable_item_is_listed_and_its_account_is_a_dead_letter(
    till: Till, capsys: pytest.CaptureFixture[str]
) -> None:
    paid(till)
    till.world.create_account("acct_2")
    [entry] = till.world.entries()
    change(till, entry, "amount_micros", "not a number")
    till.later(hours=1)
    nights = Nights(till.world.stack)
    nights.send()
    counts = nights.deliver()
    assert (counts["accounts_unproven"], capsys.readouterr().out.count('"UnreadableItems":[1.0]')) == (3, 3)
    assert [one["id"] for body in nights.dead for one in json.loads(body)["accounts"]][:1] == [ACCOUNT]
    [listed] = [item for item in till.world.stack.items() if item["PK"] == "UNREADABLE"]
    assert (listed["SK"], listed["reason"]) == (f"{entry['PK']}|{entry['SK']}", "amount_micros")
    assert (listed["reader"], listed["times"]) == ("prove_accounts", 3)
    assert codes(till) == []


def test_a_list_that_runs_out_of_time_continues_and_misses_no_account(till: Till) -> None:
    accounts = {f"acct_{number}" for number in range(2, 9)}
    for account in accounts:
        till.world.create_account(account)
    nights = Nights(till.world.stack)
    assert nights.send(LATE) == {"payments": 0, "accounts": 0, "done": 0}
    assert nights.send()["done"] == 1
    assert sorted(accounts_in(nights.queue)) == sorted({ACCOUNT, *accounts})
    assert nights.send() == {"payments": 0, "accounts": 0, "done": 1}, "the night is done"
    assert len(accounts_in(nights.queue)) == 8
    till.later(days=1)
    assert nights.send()["accounts"] == 8


@pytest.mark.parametrize("stored", [True, False])
def test_a_list_whose_queue_fails_continues_and_misses_no_account(till: Till, *, stored: bool) -> None:
    accounts = {f"acct_{number}" for number in range(2, 9)}
    for account in accounts:
        till.world.create_account(account)
    for at in range(4):
        nights = Nights(till.world.stack)
        nights.begin()
        lost = OSError("lost")
        nights.queue.faults = [*[None] * at, [lost] if stored else lost]
        with pytest.raises(OSError, match="lost"):
            nights.send()
        assert nights.send()["done"] == 1
        assert set(accounts_in(nights.queue)) == {ACCOUNT, *accounts}


def test_the_night_is_counted_once_when_every_account_is_sent(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    nights = Nights(till.world.stack)
    for seconds, expected in ((LATE, {}), (900.0, {"LedgerProven": 1}), (900.0, {})):
        capsys.readouterr()
        nights.send(seconds)
        assert counted(capsys.readouterr().out) == expected


def test_an_account_that_was_not_reached_is_delivered_again(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    paid(till)
    till.later(hours=1)
    nights = Nights(till.world.stack)
    nights.send()
    capsys.readouterr()
    nights.deliver(seconds=59)
    assert counted(capsys.readouterr().out) == {}, "it is neither proven nor unproven"
    assert len(nights.dead) == 1


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

    events = till.world.stack.apps["prove_accounts"].dynamodb.meta.events
    events.register("before-call.dynamodb.GetItem", post_meanwhile)
    try:
        proof = till.prove()
    finally:
        events.unregister("before-call.dynamodb.GetItem", post_meanwhile)
    assert proof["differences"] == 0
    assert (proof["accounts"], proof["unproven"]) == ((1, 0) if times == 1 else (0, 1))
    checkpoints = till.world.of_kind("PROOF")
    assert bool(checkpoints) == (times == 1), "none is written of an account that never stood still"
    assert codes(till) == []


def test_a_stack_that_has_no_key_of_stripes_yet_proves_its_own_sums(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_key() -> None:
        raise Unavailable(ProblemCode.STRIPE_NOT_CONFIGURED, "Not yet.")

    for function in ("prove_ledger", "prove_accounts"):
        monkeypatch.setattr(till.world.stack.apps[function], "stripe_client", no_key)
    assert till.prove() == {"payments": 0, "accounts": 1, **NOTHING_WRONG}
    [balance] = till.world.of_kind("BALANCE")
    change(till, balance, "available_micros", 1)
    assert till.prove()["differences"] == 1


def test_an_unlisted_difference_is_unproven_and_listed_in_the_retry(
    till: Till, wire: Wire, capsys: pytest.CaptureFixture[str]
) -> None:
    till.world.create_account("acct_2")
    for account in (ACCOUNT, "acct_2"):
        beside(till, customer=till.customer(account), account_id=account, topup_id="tu_beside")

    def interfere(sent: Sent, passed: WirePass) -> Any:
        is_refused = "LEASE" not in str(sent.body) and ACCOUNT in str(sent.body.get("Item"))
        return refusal(400, "ThrottlingException") if is_refused else passed()

    capsys.readouterr()
    with wire.interfering(interfere):
        proof = till.prove(hours=1)
    assert (proof["unproven"], proof["differences"]) == (1, 2)
    assert [account for _, _, account in issues(till)] == ["acct_2"]
    assert counted(capsys.readouterr().out)["LedgerDifferences"] == 2
    till.prove(hours=1)
    assert sorted(account for _, _, account in issues(till)) == [ACCOUNT, "acct_2"]


def test_a_malformed_message_fails_alone(till: Till) -> None:
    nights = Nights(till.world.stack)
    nights.send()
    nights.queue.bodies += ["not json", "{}", '{"night": "today", "accounts": []}', '{"night": "2026-11-23"}']
    assert nights.deliver()["accounts_proven"] == 1
    assert len(nights.dead) == 4


def test_a_message_delivered_twice_changes_nothing(till: Till) -> None:
    paid(till)
    till.later(hours=1)
    nights = Nights(till.world.stack)
    nights.send()
    nights.queue.bodies *= 2
    assert nights.deliver()["accounts_proven"] == 2
    before = till.world.stack.items(ACCOUNT)
    till.world.clock.now += timedelta(days=1)
    nights.send()
    nights.queue.bodies *= 2
    nights.deliver()
    assert till.world.stack.items(ACCOUNT) == before, "nothing new was proven"
