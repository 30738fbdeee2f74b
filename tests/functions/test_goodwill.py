"""Staff give goodwill for a call once, and corrections take it into account."""

from typing import Any

import pytest

from tests.functions.accounts_bench import at_once
from tests.functions.corrections_bench import correct
from tests.functions.moves_bench import CLIENT, STARTED, changes, goodwill, left_of
from tests.functions.rerate_bench import DEARER, RANGE, charged, check_usage
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def standing(world: World) -> list[int]:
    """The goodwill that stands for each call of the account."""
    return [item["standing_micros"] for item in world.of_kind("GOODWILL")]


def given(world: World) -> int:
    """The sum of the goodwill in the ledger."""
    return sum(entry["amount_micros"] for entry in world.entries() if entry["category"] == "goodwill")


def test_goodwill_gives_part_of_a_call_back(world: World) -> None:
    charged(world)
    before = world.balance()
    answer = goodwill(world)
    assert answer.status == 201, answer.text
    assert answer.body == {
        "id": answer.body["id"],
        "call_key": "c_1",
        "started_at": STARTED,
        "amount": "0.10",
        "balance": world.get("/balance").body["balance"],
    }
    assert world.balance() == before + 100_000
    assert changes(world) == [("goodwill_given", "staff:staff-1")]
    [row] = [item for item in world.get("/statement").body["items"] if item["category"] == "goodwill"]
    assert (row["kind"], row["amount"], row["description"]) == ("goodwill_given", "0.10", "Goodwill: A noisy line")
    check_usage(world)


def test_goodwill_is_no_call_and_no_spending(world: World) -> None:
    charged(world)
    before = world.get("/usage").body
    goodwill(world)
    assert world.get("/usage").body == before
    assert world.get("/usage/goodwill").code == "unknown_category"


def test_a_repeated_request_answers_the_same_and_gives_nothing(world: World) -> None:
    charged(world)
    first = goodwill(world)
    after = world.stack.items()
    again = goodwill(world)
    assert (again.status, again.body) == (201, first.body)
    assert goodwill(world, "0.05").code == "idempotency_key_reused"
    assert goodwill(world, body={"reason": "Other"}).code == "idempotency_key_reused"
    assert world.stack.items() == after


def test_a_second_goodwill_for_a_call_is_refused(world: World) -> None:
    charged(world)
    goodwill(world)
    after = world.stack.items()
    assert goodwill(world, key="k_2").code == "goodwill_given"
    assert world.stack.items() == after
    assert goodwill(world, "0.01", call="c_2", key="k_2").status == 201


def test_goodwill_names_a_call_by_its_time_too(world: World) -> None:
    charged(world)
    assert goodwill(world, body={"started_at": "2026-11-23T10:00:01.000Z"}).code == "unknown_call"
    assert goodwill(world, body={"started_at": "yesterday"}).code == "invalid_timestamp"
    assert goodwill(world, body={"started_at": STARTED}).status == 201


@pytest.mark.parametrize(
    ("amount", "code"),
    [("0.31", "amount_out_of_range"), ("0", "amount_out_of_range"), ("-0.10", "amount_out_of_range"),
     ("1e1", "invalid_amount"), (0.1, "invalid_amount"), (None, "invalid_amount")],
)  # fmt: skip
def test_an_invalid_amount_gives_nothing(world: World, amount: Any, code: str) -> None:
    charged(world)
    before = world.stack.items()
    assert goodwill(world, amount).code == code
    assert world.stack.items() == before
    assert goodwill(world, "0.30").status == 201


@pytest.mark.parametrize("call", ["c_9", "c_5", "a%20b", "adj_1"])
def test_a_call_that_was_not_charged_gets_no_goodwill(world: World, call: str) -> None:
    charged(world)
    assert goodwill(world, call=call).status == 404


def test_a_waived_call_gets_no_goodwill(world: World) -> None:
    charged(world)
    correct(world, None)
    assert goodwill(world).code == "amount_out_of_range"


def test_a_waiver_after_goodwill_gives_the_rest_only(world: World) -> None:
    charged(world)
    before = world.balance()
    goodwill(world)
    answer = correct(world, None)
    assert answer.status == 201, answer.text
    assert answer.body["goodwill_taken_back"] == "0.10"
    assert (answer.body["before"]["price"], answer.body["after"]["price"]) == ("0.30", "0.00")
    assert answer.body["difference"] == "0.20"
    assert world.balance() == before + 300_000
    assert (standing(world), given(world)) == ([0], 0)
    again = correct(world, None)
    assert again.body == answer.body
    check_usage(world)


def test_a_correction_above_the_goodwill_leaves_it(world: World) -> None:
    charged(world)
    goodwill(world)
    answer = correct(world, 60)
    assert "goodwill_taken_back" not in answer.body
    assert (standing(world), given(world)) == ([100_000], 100_000)
    before = world.balance()
    assert correct(world, 1, key="k_2").status == 201
    correct(world, 600, key="k_3")
    assert world.balance() < before
    assert standing(world) == [100_000]


def test_a_rerating_takes_goodwill_above_the_new_price_back(world: World) -> None:
    charged(world)
    assert goodwill(world, "0.75", call="c_3").status == 201
    world.stack.publish(DEARER, "deck-2")
    before = sum(entry["amount_micros"] for entry in world.entries())
    world.stack.invoke("rerate_calls", {"reprice": RANGE | {"deck": "active", "apply": True}}, seconds=300)
    assert (standing(world), given(world)) == ([0], 0)
    c_3 = [entry for entry in world.entries() if "#c_3" in entry["SK"] or entry.get("call_key") == "c_3"]
    assert sum(entry["amount_micros"] for entry in c_3) == 0
    assert before != world.balance()
    check_usage(world)


def test_goodwill_of_one_key_at_once_is_given_once(world: World) -> None:
    charged(world)
    answers = at_once(*[lambda: goodwill(world)] * 4)
    assert {answer.status for answer in answers} == {201}
    assert given(world) == 100_000


def test_goodwill_of_two_keys_at_once_is_given_once(world: World) -> None:
    charged(world)
    answers = at_once(lambda: goodwill(world), lambda: goodwill(world, key="k_2"))
    assert sorted(answer.status for answer in answers) == [201, 409]
    assert given(world) == 100_000


def test_goodwill_and_a_waiver_at_once_give_at_most_the_charge(world: World) -> None:
    charged(world)
    before = world.balance()
    at_once(lambda: goodwill(world, "0.30"), lambda: correct(world, None))
    assert world.balance() == before + 300_000
    assert sum(standing(world)) == 0


def test_goodwill_counts_in_the_day_of_the_person(world: World) -> None:
    charged(world)
    goodwill(world)
    assert left_of(world) == [100_000_000 - 100_000]
    goodwill(world, "0.01", call="c_2", key="k_2", **CLIENT)
    assert left_of(world, "CLIENT#3n4exampleoperator") == [900_000_000_000_000 - 10_000]


def test_support_gives_no_goodwill(world: World) -> None:
    charged(world)
    before = world.stack.items()
    support: dict[str, Any] = {"cognito:groups": ["support"]}
    assert goodwill(world, **support).code == "finance_required"
    customer: dict[str, Any] = {"cognito:groups": ["billing_admin"], "custom:account_id": "acct_1"}
    assert goodwill(world, **customer).code == "staff_required"
    assert goodwill(world, **CLIENT | {"scope": "accounts/operate"}).code == "scope_required"
    assert goodwill(world, account="acct_2").code == "unknown_account"
    assert world.stack.items() == before
