"""Approvals and limits of a day, attacked: at midnight, by two people, twice, late, and with another request's key."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.functions.accounts_bench import at_once
from tests.functions.corrections_bench import STARTED, correct
from tests.functions.moves_bench import CLIENT, FEMI, GRACE, approve, at_desk, changes, goodwill, left_of, transfer
from tests.functions.rerate_bench import charged
from tests.harness.http import Answer
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

BEFORE_MIDNIGHT = timedelta(hours=11, minutes=59)
SUPPORT: dict[str, Any] = {"cognito:groups": ["support"]}


def adjust(
    world: World,
    amount: str = "150.00",
    key: str = "k_1",
    account: str = "acct_1",
    reason: str = "Outage",
    **claims: Any,
) -> Answer:
    """Adjust a balance at the desk."""
    body = {"amount": amount, "reason": reason}
    return world.desk("POST", f"/accounts/{account}/adjustments", body, key=key, **FEMI | claims)


def test_an_approval_after_midnight_counts_in_the_new_day(world: World) -> None:
    world.clock.now += BEFORE_MIDNIGHT
    assert adjust(world, "100.00", "first").status == 201
    waiting = adjust(world, "60.00").body["id"]
    world.clock.now += timedelta(minutes=2)
    assert approve(world, waiting).status == 200
    assert left_of(world) == [0, 40_000_000]
    assert adjust(world, "40.00", "k_2").status == 201
    assert adjust(world, "0.01", "k_3").status == 202


def test_a_request_waits_on_after_midnight(world: World) -> None:
    world.clock.now += BEFORE_MIDNIGHT
    adjust(world, "100.00", "first")
    first = adjust(world, "60.00")
    world.clock.now += timedelta(minutes=2)
    again = adjust(world, "60.00")
    assert (again.status, again.body) == (202, first.body)
    assert world.balance() == 100_000_000
    assert left_of(world) == [0]


def test_a_posted_move_is_not_posted_again_after_midnight(world: World) -> None:
    world.clock.now += BEFORE_MIDNIGHT
    first = adjust(world, "100.00")
    world.clock.now += timedelta(minutes=2)
    after = world.stack.items()
    assert adjust(world, "100.00").body == first.body
    assert world.stack.items() == after


def test_a_new_day_begins_at_midnight_of_utc(world: World) -> None:
    world.clock.now += timedelta(hours=11, minutes=59, seconds=59)
    assert adjust(world, "100.00", "k_1").status == 201
    assert adjust(world, "1.00", "k_2").status == 202
    world.clock.now += timedelta(seconds=1)
    assert adjust(world, "100.00", "k_3").status == 201
    assert left_of(world) == [0, 0]


def test_requests_of_one_person_at_once_stay_within_the_day(world: World) -> None:
    answers = at_once(*[lambda key=f"k_{at}": adjust(world, "40.00", key) for at in range(4)])
    assert sorted(answer.status for answer in answers) == [201, 201, 202, 202]
    assert left_of(world) == [20_000_000]


def test_a_client_at_once_stays_within_its_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    app = world.stack.apps["manage_accounts"]
    changed = replace(app.config(), adjustment_daily_maximum="100.00")
    monkeypatch.setattr(app, "config", lambda: changed)
    path, body = "/accounts/acct_1/adjustments", {"amount": "40.00", "reason": "Bonus"}
    answers = at_once(*[lambda key=f"k_{at}": world.operate("POST", path, body, key=key) for at in range(4)])
    assert sorted(answer.status for answer in answers) == [201, 201, 429, 429]
    assert world.balance() == 80_000_000
    taking = {"amount": "-80.00", "reason": "Back"}
    assert world.operate("POST", path, taking, key="back").status == 201
    refused = world.operate("POST", path, {"amount": "20.01", "reason": "Again"}, key="again")
    assert refused.code == "daily_adjustments", "taking credit does not make room for giving more"


def test_taking_and_giving_in_turn_does_not_make_room(world: World) -> None:
    for round_number in range(2):
        assert adjust(world, "50.00", f"give {round_number}").status == 201
        assert adjust(world, "-50.00", f"take {round_number}").status == 201
    assert adjust(world, "0.01", "more").status == 202


def test_lengthening_and_waiving_a_call_counts_the_whole_credit(world: World) -> None:
    charged(world)
    longer = {"started_at": STARTED, "duration_seconds": 80_000, "reason": "Longer"}
    path = "/accounts/acct_1/calls/c_1/corrections"
    assert world.desk("POST", path, longer, key="k_1", **FEMI).status == 201
    assert left_of(world) == []
    waive = {"started_at": STARTED, "waive": True, "reason": "Echo"}
    assert world.desk("POST", path, waive, key="k_2", **FEMI).status == 202


def test_three_people_approve_at_once_and_it_is_posted_once(world: World) -> None:
    waiting = adjust(world).body["id"]
    answers = at_once(*[lambda sub=f"staff-{at}": approve(world, waiting, sub=sub) for at in range(2, 5)])
    assert {answer.status for answer in answers} == {200}
    assert world.balance() == 150_000_000
    assert [action for action, _ in changes(world)].count("approval_approved") == 1
    assert left_of(world) == [-50_000_000]


def test_a_new_sign_in_of_the_same_person_approves_nothing(world: World) -> None:
    waiting = adjust(world).body["id"]
    other = {**FEMI, "email": "other@phone.example", "auth_time": 1_900_000_000, "jti": "another"}
    assert approve(world, waiting, **other).code == "own_request"
    assert approve(world, waiting, "reject", **other).code == "own_request"
    assert world.balance() == 0


def test_a_second_account_of_the_same_address_approves_nothing(world: World) -> None:
    waiting = adjust(world).body["id"]
    for address in ("femi@phone.example", "Femi@Phone.Example"):
        assert approve(world, waiting, sub="staff-7", email=address).code == "own_request"
    assert world.balance() == 0


@pytest.mark.parametrize("sub", ["", None])
def test_a_token_that_names_no_one_moves_nothing(world: World, sub: str | None) -> None:
    before = world.stack.items()
    assert adjust(world, "1.00", sub=sub).code == "staff_required"
    nameless = CLIENT | {"client_id": sub, "sub": sub}
    assert goodwill(world, **nameless).status == 403
    assert world.desk("POST", "/accounts/acct_1/adjustments", {}, key="k", **nameless).status == 403
    assert world.stack.items() == before


def test_clients_and_support_decide_on_nothing(world: World) -> None:
    waiting = adjust(world).body["id"]
    for decision in ("approve", "reject"):
        assert approve(world, waiting, decision, **CLIENT).code == "staff_required"
        assert approve(world, waiting, decision, **SUPPORT).code == "finance_required"
    assert world.balance() == 0


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_an_ended_sign_in_decides_on_nothing(world: World, decision: str) -> None:
    waiting = adjust(world).body["id"]
    assert world.desk("POST", "/staff/staff-2/sign-out", {}, sub="staff-9").status == 200
    before = world.stack.items()
    assert approve(world, waiting, decision).code == "signed_out"
    assert world.stack.items() == before


def test_a_second_before_its_end_a_request_is_still_approved(world: World) -> None:
    waiting = adjust(world).body["id"]
    world.clock.now += timedelta(hours=23, minutes=59, seconds=59)
    assert approve(world, waiting).status == 200


def test_a_transfer_to_an_account_that_was_closed_is_not_approved(world: World) -> None:
    world.create_account("acct_2")
    world.adjust("500.00", "opening")
    waiting = transfer(world, "200.00")
    world.operate("PUT", "/accounts/acct_2", {"status": "closed"})
    before = world.stack.items()
    assert approve(world, waiting.body["id"]).code == "account_closed"
    assert world.stack.items() == before
    assert approve(world, waiting.body["id"], "reject").status == 200


@pytest.mark.parametrize("account", ["acct_1", "acct_2"])
def test_a_transfer_of_a_frozen_account_is_not_approved(world: World, account: str) -> None:
    world.create_account("acct_2")
    world.adjust("500.00", "opening")
    waiting = transfer(world, "200.00").body["id"]
    world.operate("PUT", f"/accounts/{account}", {"frozen": True})
    assert approve(world, waiting).code == "account_frozen"
    world.operate("PUT", f"/accounts/{account}", {"frozen": False})
    assert approve(world, waiting).status == 200
    assert (world.balance(), world.balance("acct_2")) == (300_000_000, 200_000_000)


def test_a_transfer_of_spent_credit_is_not_approved(world: World) -> None:
    world.create_account("acct_2")
    world.adjust("200.00", "opening")
    waiting = transfer(world, "150.00").body["id"]
    world.adjust("-100.00", "spent")
    before = world.stack.items()
    assert approve(world, waiting).code == "insufficient_credit"
    assert world.stack.items() == before


def test_goodwill_for_a_call_that_costs_less_now_is_not_approved(world: World) -> None:
    charged(world)
    adjust(world, "100.00", "first")
    waiting = goodwill(world, "0.30").body["id"]
    correct(world, 1, key="shorter")
    before = world.stack.items()
    assert approve(world, waiting).code == "amount_out_of_range"
    assert world.stack.items() == before


def test_goodwill_for_a_call_that_has_some_now_is_not_approved(world: World) -> None:
    charged(world)
    adjust(world, "100.00", "first")
    waiting = goodwill(world, "0.30").body["id"]
    assert goodwill(world, "0.10", key="k_2", **GRACE).status == 201
    before = world.stack.items()
    assert approve(world, waiting, sub="staff-3").code == "goodwill_given"
    assert world.stack.items() == before


def test_a_waiver_of_a_call_that_is_waived_now_gives_nothing_more(world: World) -> None:
    charged(world)
    adjust(world, "100.00", "first")
    waive = {"started_at": STARTED, "waive": True, "reason": "Echo"}
    waiting = world.desk("POST", "/accounts/acct_1/calls/c_1/corrections", waive, key="k", **FEMI)
    assert waiting.status == 202
    correct(world, None, key="other")
    before = world.balance()
    assert approve(world, waiting.body["id"]).status == 200
    assert world.balance() == before
    assert left_of(world) == [0], "nothing was given, so nothing counts"


def test_a_key_that_waits_takes_no_other_request(world: World) -> None:
    first = adjust(world)
    before = world.stack.items()
    for other in ({"amount": "150.01"}, {"reason": "Else"}, {"amount": "1.00"}, {"amount": "-1.00"}):
        assert adjust(world, **other).code == "idempotency_key_reused"
    assert adjust(world, **GRACE).body == first.body, "the same request of another person is the same request"
    assert world.stack.items() == before


def test_one_key_for_other_kinds_and_accounts_is_another_request(world: World) -> None:
    world.create_account("acct_2")
    charged(world)
    ids = {adjust(world).body["id"], adjust(world, account="acct_2").body["id"]}
    ids |= {goodwill(world, "0.10").body["id"]}
    assert len(ids) == 3
    assert at_desk(world, "GET", "/approvals", key=None).body["items"][0]["status"] == "waiting"
