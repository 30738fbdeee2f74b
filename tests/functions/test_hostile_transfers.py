"""Transfers, attacked: against each other, around blocked and held money, and as a cause of purchases."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from local.stripe_stand_in.controls import Controls
from tests.functions.accounts_bench import at_once
from tests.functions.moves_bench import CLIENT, FEMI, GRACE, at_desk, changes, refund, transfer
from tests.functions.reversals_bench import balance, dispute, paid
from tests.harness.cards import VISA
from tests.harness.http import Answer
from tests.harness.till import Till
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

REFUNDS = "POST /v1/refunds"


@pytest.fixture
def funded(world: World) -> World:
    """A world with 20.00 in each of three accounts."""
    for number in (1, 2, 3):
        if number > 1:
            world.create_account(f"acct_{number}")
        world.adjust("20.00", "opening", f"acct_{number}")
    return world


def balances(world: World) -> list[int]:
    """The balances of the three accounts, in cents."""
    return [world.balance(f"acct_{number}") // 10_000 for number in (1, 2, 3)]


def test_opposite_transfers_at_once_end_and_sum_to_zero(funded: World) -> None:
    def request(key: str) -> Answer:
        if key.startswith("there"):
            return transfer(funded, "3.00", key=key)
        return transfer(funded, "3.00", sender="acct_2", receiver="acct_1", key=key, **GRACE)

    keys = [f"{way} {number}" for way in ("there", "back") for number in range(3)]
    answers = at_once(*[partial(request, key) for key in keys])
    assert {answer.status for answer in answers} <= {201, 503}
    assert {request(key).status for key in keys} == {201}
    assert balances(funded) == [2_000, 2_000, 2_000]


def test_a_circle_of_transfers_creates_no_credit(funded: World) -> None:
    circle = [("acct_1", "acct_2"), ("acct_2", "acct_3"), ("acct_3", "acct_1")]
    for sender, receiver in circle:
        assert transfer(funded, "20.00", sender=sender, receiver=receiver, key=sender).status == 201
    assert balances(funded) == [2_000, 2_000, 2_000]
    for sender, receiver in circle:
        answer = transfer(funded, "20.01", sender=sender, receiver=receiver, key=f"more {sender}")
        assert answer.code == "insufficient_credit"


def test_a_transfer_to_a_spelling_of_the_same_account_is_refused(funded: World) -> None:
    before = funded.stack.items()
    for name in ("acct_1", "acct_1 ", " acct_1", "ACCT_1", "acct_1#", "acct_1/../acct_2", ""):
        assert transfer(funded, receiver=name).status in (404, 422), name
        assert transfer(funded, sender=name, receiver="acct_1").status in (404, 422), name
    assert funded.stack.items() == before


def test_credit_held_for_a_call_stays_with_its_account(funded: World) -> None:
    held = funded.authorize(seconds=600)
    assert held.body["decision"] == "allow"
    [item] = funded.of_kind("BALANCE")
    available = item["available_micros"] // 10_000
    assert transfer(funded, f"{(available + 1) / 100:.2f}").code == "insufficient_credit"
    assert transfer(funded, f"{available / 100:.2f}", key="k_2").status == 201
    assert funded.deliver({}) == []
    assert funded.balance() < 20_000_000 - available * 10_000


def test_an_authorization_and_a_transfer_at_once_never_use_credit_twice(funded: World) -> None:
    answers = at_once(
        lambda: transfer(funded, "19.50"), lambda: funded.authorize(seconds=3_600), lambda: transfer(funded, key="k_2")
    )
    [item] = funded.of_kind("BALANCE")
    assert item["available_micros"] >= 0, [answer.text for answer in answers]
    funded.balance()


def test_an_overdrawn_account_sends_nothing(funded: World) -> None:
    funded.adjust("-30.00", "spent")
    assert transfer(funded, "0.01").code == "insufficient_credit"
    assert transfer(funded, "20.00", sender="acct_2", receiver="acct_1", key="k_2").status == 201
    assert balances(funded) == [1_000, 0, 2_000]


def test_a_transfer_buys_nothing_for_its_sender(till: Till) -> None:
    world = till.world
    world.create_account("acct_2")
    world.adjust("40.00", "opening")
    till.set_rule(till.card(VISA))
    till.stream()
    assert till.charged() == []
    assert transfer(world, "35.00").status == 201
    till.stream()
    till.sweep(minutes=10)
    till.stream()
    assert (till.charged(), balance(till)) == ([], 500)
    assert till.shown_rule()["status"] != "suspended"
    assert world.deliver({}) == []
    till.stream()
    assert till.charged() == [5_000], "a call spends toward a recharge again"


def test_received_credit_ends_the_need_of_a_recharge(till: Till) -> None:
    world = till.world
    world.create_account("acct_2")
    world.adjust("100.00", "opening", "acct_2")
    world.adjust("10.05", "opening")
    till.set_rule(till.card(VISA))
    till.stream()
    assert world.deliver({}) == []
    assert transfer(world, "50.00", sender="acct_2", receiver="acct_1").status == 201
    till.stream()
    assert till.charged() == []
    assert world.balance() > 50_000_000


def test_money_of_a_warned_card_is_not_sent_although_nothing_was_reversed(till: Till) -> None:
    world = till.world
    world.create_account("acct_2")
    charge = paid(till, "25.00")
    Controls(till.stand_in).warn(charge)
    till.call_all_back()
    assert balance(till) == 2_500
    before = world.stack.items()
    assert transfer(world).code == "blocked_money"
    assert transfer(world, "0.01", key="k_2", **CLIENT).code == "blocked_money"
    assert world.stack.items() == before


def test_a_card_that_another_account_blocked_is_blocked_here(till: Till) -> None:
    world = till.world
    world.create_account("acct_2")
    charge = paid(till, "25.00")
    till.paid("25.00", till.card(VISA, "acct_2"), account="acct_2")
    dispute(till, charge, 2_500)
    till.call_all_back()
    assert transfer(world, sender="acct_2", receiver="acct_1").code == "blocked_money"


def test_credit_of_a_refund_under_way_is_not_sent(till: Till) -> None:
    world = till.world
    world.create_account("acct_2")
    paid(till, "25.00")
    [topup] = till.top_ups()
    till.fault("answer_lost", REFUNDS)
    assert refund(world, topup["topup_id"], "20.00").body["status"] == "processing"
    assert transfer(world, "5.01").code == "insufficient_credit"
    assert transfer(world, "5.00", key="k_2").status == 201
    till.sweep(minutes=3)
    assert (balance(till), world.balance("acct_2")) == (0, 5_000_000)


def test_a_refund_and_a_transfer_at_once_never_use_credit_twice(till: Till) -> None:
    world = till.world
    world.create_account("acct_2")
    paid(till, "25.00")
    [topup] = till.top_ups()
    answers = at_once(
        lambda: refund(world, topup["topup_id"], "20.00"), lambda: transfer(world, "20.00", key="k_2", **GRACE)
    )
    assert sorted(answer.status for answer in answers) == [201, 409]
    till.call_all_back()
    assert balance(till) == 500


def test_sent_credit_is_not_refunded_without_override(till: Till) -> None:
    world = till.world
    world.create_account("acct_2")
    paid(till, "25.00")
    [topup] = till.top_ups()
    assert transfer(world, "20.00").status == 201
    assert refund(world, topup["topup_id"], "25.00", key="k_2").code == "insufficient_credit"


def test_a_transfer_is_one_change_for_each_account(funded: World) -> None:
    funded.clock.now += timedelta(seconds=1)
    transfer(funded)
    transfer(funded)
    assert changes(funded) == [("credit_sent", "staff:staff-1")]
    assert changes(funded, "acct_2") == [("credit_received", "staff:staff-1")]


@pytest.mark.parametrize("change", [{"status": "closed"}, {"frozen": True}])
@pytest.mark.parametrize("account", ["acct_1", "acct_2"])
def test_a_transfer_is_repeated_after_either_account_has_closed(
    funded: World, account: str, change: dict[str, Any]
) -> None:
    first = transfer(funded)
    funded.operate("PUT", f"/accounts/{account}", change)
    after = funded.stack.items()
    again = transfer(funded)
    assert (again.status, again.body) == (201, first.body)
    assert funded.stack.items() == after


@pytest.mark.parametrize("body", [[], "text", {"amount": {}}, {"amount": "NaN"}, {"amount": "1e3"}, {"amount": "1,00"}])
def test_a_malformed_transfer_is_refused(funded: World, body: Any) -> None:
    whole = {"from_account_id": "acct_1", "to_account_id": "acct_2", "amount": "1.00", "reason": "x"}
    sent = whole | body if isinstance(body, dict) else body
    before = funded.stack.items()
    assert at_desk(funded, "POST", "/transfers", sent, **FEMI).status in (400, 422)
    assert funded.stack.items() == before
