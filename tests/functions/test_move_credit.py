"""The wiring of move_credit: the rights of its callers, and every kind of move within the limits of a day."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.functions.corrections_bench import STARTED
from tests.functions.moves_bench import CLIENT, FEMI, approve, at_desk, goodwill, left_of, refund, transfer
from tests.functions.rerate_bench import charged
from tests.functions.reversals_bench import paid
from tests.harness.http import Answer
from tests.harness.table import sample_event
from tests.harness.till import Till
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

GOODWILL = {"amount": "0.10", "reason": "test"}
TRANSFER = {"from_account_id": "acct_1", "to_account_id": "acct_2", "amount": "1.00", "reason": "test"}
CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("/accounts/acct_1/calls/c_1/goodwill", GOODWILL),
    (f"/accounts/acct_1/top-ups/tu_{'0' * 32}/refunds", GOODWILL),
    ("/transfers", TRANSFER),
    (f"/approvals/adj_{'0' * 32}/approve", {}),
    (f"/approvals/adj_{'0' * 32}/reject", {}),
]


def adjust(world: World, amount: str, key: str = "k_1") -> Answer:
    """Adjust the balance at the desk."""
    body = {"amount": amount, "reason": "Outage"}
    return world.desk("POST", "/accounts/acct_1/adjustments", body, key=key, **FEMI)


def test_the_sample_request_gives_goodwill(world: World) -> None:
    world.create_account("acct_meridian")
    world.deliver({"account_id": "acct_meridian"})
    answer = world.invoke("move_credit", sample_event("move_credit"))
    assert (answer.status, answer.body["amount"], answer.body["balance"]) == (201, "0.10", "-0.20")


@pytest.mark.parametrize(("path", "body"), CHANGES)
def test_only_finance_and_clients_that_adjust_move_credit(world: World, path: str, body: dict[str, Any]) -> None:
    before = world.stack.items()
    refusals: list[tuple[dict[str, Any], str]] = [
        ({"cognito:groups": ["support"]}, "finance_required"),
        ({"cognito:groups": ["x,finance"]}, "staff_required"),
        ({"cognito:groups": "[finance]"}, "staff_required"),
        ({"custom:account_id": "acct_1"}, "staff_required"),
        ({"token_use": "access"}, "id_token_required"),
        (CLIENT | {"scope": "accounts/operate accounts/read"}, "scope_required"),
        (CLIENT | {"scope": "calls/authorize"}, "scope_required"),
    ]
    for claims, code in refusals:
        assert at_desk(world, "POST", path, body, **claims).code == code, claims
    assert world.stack.items() == before


@pytest.mark.parametrize(("path", "body"), CHANGES[:3])
@pytest.mark.parametrize(("key", "code"), [(None, "missing_idempotency_key"), ("k\t", "invalid_idempotency_key")])
def test_a_move_needs_a_key(world: World, path: str, body: dict[str, Any], key: str | None, code: str) -> None:
    assert at_desk(world, "POST", path, body, key=key).code == code


def test_customers_do_not_list_requests(world: World) -> None:
    assert at_desk(world, "GET", "/approvals", key=None, **{"cognito:groups": ["billing_admin"]}).code == (
        "staff_required"
    )
    assert at_desk(world, "GET", "/approvals", key=None, **CLIENT | {"scope": "credit/adjust"}).code == "scope_required"


def test_every_kind_of_move_counts_in_one_day(till: Till) -> None:
    world = till.world
    world.create_account("acct_2")
    charged(world)
    paid(till)
    [topup] = till.top_ups()
    assert goodwill(world, "0.10").status == 201
    waive = {"started_at": STARTED, "waive": True, "reason": "Echo"}
    assert world.desk("POST", "/accounts/acct_1/calls/c_3/corrections", waive, key="k", **FEMI).status == 201
    assert transfer(world, "20.00").status == 201
    assert refund(world, topup["topup_id"], "30.00").status == 201
    assert adjust(world, "40.00").status == 201
    assert left_of(world) == [100_000_000 - 100_000 - 750_000 - 20_000_000 - 30_000_000 - 40_000_000]


@pytest.mark.parametrize("kind", ["goodwill", "correction", "transfer", "refund"])
def test_every_kind_of_move_can_wait_and_be_approved(till: Till, kind: str) -> None:
    world = till.world
    world.create_account("acct_2")
    charged(world)
    paid(till)
    [topup] = till.top_ups()
    assert adjust(world, "100.00", key="first").status == 201
    waive = {"started_at": STARTED, "waive": True, "reason": "Echo"}
    requests = {
        "goodwill": lambda: goodwill(world, "0.10"),
        "correction": lambda: world.desk("POST", "/accounts/acct_1/calls/c_3/corrections", waive, key="k", **FEMI),
        "transfer": lambda: transfer(world, "20.00"),
        "refund": lambda: refund(world, topup["topup_id"], "30.00"),
    }
    before = world.balance()
    waiting = requests[kind]()
    assert waiting.status == 202, waiting.text
    assert world.balance() == before
    answer = approve(world, waiting.body["id"])
    assert answer.status == 200, answer.text
    assert answer.body["kind"] == kind
    moved = {"goodwill": 100_000, "correction": 750_000, "transfer": -20_000_000, "refund": -30_000_000}
    assert world.balance() == before + moved[kind]
    posted = requests[kind]()
    assert (posted.status, posted.body) == (201, answer.body["result"])
    assert approve(world, waiting.body["id"]).body == answer.body
    till.call_all_back()
    assert world.balance() == before + moved[kind]


def test_a_call_that_costs_more_now_needs_a_new_request(world: World) -> None:
    charged(world)
    adjust(world, "100.00", key="first")
    waive = {"started_at": STARTED, "waive": True, "reason": "Echo"}
    path = "/accounts/acct_1/calls/c_1/corrections"
    waiting = world.desk("POST", path, waive, key="k", **FEMI)
    assert waiting.status == 202
    longer = {"started_at": STARTED, "duration_seconds": 3_600, "reason": "Longer"}
    assert world.operate("POST", path, longer, key="k_2").status == 201
    assert approve(world, waiting.body["id"]).code == "changed_meanwhile"


def test_a_client_stops_at_its_daily_maximum(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = world.stack.apps["manage_accounts"].config()
    changed = replace(settings, adjustment_daily_maximum="1000.00")
    monkeypatch.setattr(world.stack.apps["manage_accounts"], "config", lambda: changed)
    path = "/accounts/acct_1/adjustments"

    def post(amount: str, key: str) -> Answer:
        return world.operate("POST", path, {"amount": amount, "reason": "Bonus"}, key=key)

    assert post("999.00", "k_1").status == 201
    refused = post("1.01", "k_2")
    assert (refused.status, refused.code) == (429, "daily_adjustments")
    assert refused.headers["retry-after"] == str(12 * 3_600 + 1)
    assert post("999.00", "k_1").status == 201, "a replay is not limited"
    assert post("1.00", "k_2").status == 201
    assert post("-1.00", "k_3").status == 201
    assert post("0.01", "k_4").status == 429
    world.clock.now += timedelta(seconds=12 * 3_600 + 1)
    assert post("0.01", "k_4").status == 201
    assert post("1000.01", "k_5").code == "daily_adjustments"


def test_an_ended_sign_in_moves_nothing(world: World) -> None:
    world.create_account("acct_2")
    world.adjust("20.00", "opening")
    ended = world.desk("POST", "/staff/staff-1/sign-out", {}, sub="staff-9")
    assert ended.status == 200, ended.text
    before = world.stack.items()
    for path, body in CHANGES:
        assert at_desk(world, "POST", path, body).code == "signed_out"
    assert at_desk(world, "GET", "/approvals", key=None).code == "signed_out"
    assert world.stack.items() == before
