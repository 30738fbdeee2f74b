"""Staff transfer credit between two accounts in one transaction."""

from typing import Any

import pytest

from tests.functions.accounts_bench import at_once
from tests.functions.moves_bench import changes, left_of, transfer
from tests.functions.reversals_bench import dispute, paid
from tests.harness.till import Till
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb


@pytest.fixture
def funded(world: World) -> World:
    """A world with 20.00 in acct_1, and nothing in acct_2."""
    world.create_account("acct_2")
    world.adjust("20.00", "opening")
    return world


def both(world: World) -> tuple[int, int]:
    """The balances of both accounts, in cents."""
    return world.balance() // 10_000, world.balance("acct_2") // 10_000


def test_a_transfer_moves_credit_and_is_recorded_in_both(funded: World) -> None:
    answer = transfer(funded)
    assert answer.status == 201, answer.text
    assert answer.body == {
        "id": answer.body["id"],
        "from_account_id": "acct_1",
        "to_account_id": "acct_2",
        "amount": "5.00",
        "from_balance": "15.00",
        "to_balance": "5.00",
    }
    assert both(funded) == (1_500, 500)
    assert changes(funded)[-1] == ("credit_sent", "staff:staff-1")
    assert changes(funded, "acct_2")[-1] == ("credit_received", "staff:staff-1")
    rows = [funded.get("/statement", account=name).body["items"][-1] for name in ("acct_1", "acct_2")]
    assert [(row["kind"], row["amount"]) for row in rows] == [("transfer_sent", "-5.00"), ("transfer_received", "5.00")]
    assert [row["description"] for row in rows] == [
        "Transfer to another account: Merged accounts",
        "Transfer from another account: Merged accounts",
    ]
    assert left_of(funded) == [95_000_000]


def test_the_sender_buys_nothing_back_after_a_transfer(funded: World) -> None:
    transfer(funded)
    [sender] = funded.of_kind("BALANCE")
    [receiver] = funded.of_kind("BALANCE", "acct_2")
    assert sender["bought_back_at"] == sender["calls_seen"] == 0
    assert "bought_back_at" not in receiver


def test_a_repeated_transfer_answers_the_same_and_moves_nothing(funded: World) -> None:
    first = transfer(funded)
    after = funded.stack.items()
    assert transfer(funded).body == first.body
    for change in ({"amount": "5.01"}, {"reason": "Other"}, {"to_account_id": "acct_3"}):
        assert transfer(funded, body=change).code == "idempotency_key_reused"
    assert funded.stack.items() == after


def test_one_key_at_once_is_one_transfer(funded: World) -> None:
    answers = at_once(*[lambda: transfer(funded)] * 4)
    assert {answer.status for answer in answers} == {201}
    assert both(funded) == (1_500, 500)


def test_transfers_at_once_never_exceed_what_is_available(funded: World) -> None:
    answers = at_once(*[lambda key=f"k_{at}": transfer(funded, "12.00", key=key) for at in range(3)])
    assert sorted(answer.status for answer in answers) == [201, 409, 409]
    assert both(funded) == (800, 1_200)


def test_held_credit_is_not_sent(funded: World) -> None:
    assert funded.authorize(seconds=6_000).status == 200
    [balance] = funded.of_kind("BALANCE")
    assert balance["available_micros"] < 20_000_000
    assert transfer(funded, "20.00").code == "insufficient_credit"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": "0.001"}, "invalid_amount"),
        ({"amount": "0"}, "amount_out_of_range"),
        ({"amount": "-1.00"}, "amount_out_of_range"),
        ({"amount": 5}, "invalid_amount"),
        ({"amount": "100000.01"}, "amount_out_of_range"),
        ({"amount": "20.01"}, "insufficient_credit"),
        ({"to_account_id": "acct_1"}, "invalid_field"),
        ({"to_account_id": "acct_9"}, "unknown_account"),
        ({"from_account_id": "acct_9"}, "unknown_account"),
        ({"to_account_id": "a b"}, "invalid_id"),
        ({"to_account_id": 7}, "invalid_id"),
        ({"reason": ""}, "invalid_field"),
        ({"reason": None}, "missing_field"),
    ],
)
def test_an_invalid_transfer_moves_nothing(funded: World, change: dict[str, Any], code: str) -> None:
    before = funded.stack.items()
    assert transfer(funded, body=change).code == code
    assert funded.stack.items() == before
    assert transfer(funded, "0.01").status == 201


@pytest.mark.parametrize("account", ["acct_1", "acct_2"])
@pytest.mark.parametrize(
    ("state", "code"), [({"status": "closed"}, "account_closed"), ({"frozen": True}, "account_frozen")]
)
def test_closed_and_frozen_accounts_take_no_part(funded: World, account: str, state: dict[str, Any], code: str) -> None:
    funded.operate("PUT", f"/accounts/{account}", state)
    before = funded.stack.items()
    assert transfer(funded).code == code
    assert funded.stack.items() == before


def test_money_of_a_blocked_card_is_not_sent(till: Till) -> None:
    till.world.create_account("acct_2")
    till.world.adjust("50.00", "opening")
    charge = paid(till, "25.00")
    assert transfer(till.world).status == 201
    dispute(till, charge, 500)
    till.call_all_back()
    before = till.world.stack.items()
    assert transfer(till.world, key="k_2").code == "blocked_money"
    assert till.world.stack.items() == before


def test_credit_is_sent_again_after_the_card_is_unblocked(till: Till) -> None:
    till.world.create_account("acct_2")
    charge = paid(till, "25.00")
    dispute(till, charge, 500)
    till.call_all_back()
    assert transfer(till.world).code == "blocked_money"
    [topup] = till.top_ups()
    unblock = {"top_up_id": topup["topup_id"], "reason": "The customer was right"}
    assert till.world.operate("POST", "/accounts/acct_1/cards/unblock", unblock).status == 200
    assert transfer(till.world).status == 201
