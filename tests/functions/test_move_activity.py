"""Each move of credit in the activity, the statement, and the usage of its customer."""

from datetime import timedelta
from typing import Any

import pytest

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.view import change_view
from tests.functions.corrections_bench import STARTED
from tests.functions.moves_bench import FEMI, approve, goodwill, move_everything, refund, transfer
from tests.functions.rerate_bench import charged, check_usage
from tests.functions.reversals_bench import paid
from tests.harness.till import Till
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

SECRET = "Between us: the customer is a nuisance"


def activity(world: World, account: str = "acct_1") -> list[dict[str, Any]]:
    """The activity as the customer sees it, newest first."""
    return [item for page in world.pages("/activity", account=account, limit=50) for item in page["items"]]


def shown_to_staff(world: World, account: str = "acct_1") -> str:
    """The activity as staff see it."""
    return str([change_view(item, for_staff=True) for item in world.changes(account_id=account)])


@pytest.fixture
def moved(till: Till) -> World:
    """A world in which each kind of move was made with an internal reason."""
    world = till.world
    world.create_account("acct_2")
    charged(world)
    paid(till)
    world.adjust("50.00", "opening")
    [topup] = till.top_ups()
    reason = {"reason": SECRET}
    world.clock.now += timedelta(seconds=1)
    assert refund(world, topup["topup_id"], "10.00", body=reason).status == 201
    waive = {"started_at": STARTED, "waive": True} | reason
    assert world.desk("POST", "/accounts/acct_1/calls/c_3/corrections", waive, key="k", **FEMI).status == 201
    for decision in ("reject", "approve"):
        waiting = refund(world, topup["topup_id"], "90.00", key=decision, body=reason)
        assert waiting.status == 202, waiting.text
        assert approve(world, waiting.body["id"], decision).status == 200
    return world


def test_notes_of_refunds_and_requests_stay_with_the_staff(moved: World) -> None:
    assert SECRET not in str(activity(moved))
    assert shown_to_staff(moved).count(SECRET) == 7


def test_a_transfer_does_not_name_the_other_account_to_customers(world: World) -> None:
    world.create_account("acct_2")
    world.adjust("20.00", "opening")
    assert transfer(world).status == 201
    assert "acct_2" not in str(activity(world)), activity(world)
    assert "acct_1" not in str(activity(world, "acct_2"))
    assert "acct_2" not in world.get("/statement").text
    assert "acct_1" not in world.get("/statement", account="acct_2").text
    assert ("acct_2" in shown_to_staff(world), "acct_1" in shown_to_staff(world, "acct_2")) == (True, True)
    [sent] = [item for item in activity(world) if item["action"] == "credit_sent"]
    assert (sent["subject"], sent["by"]) == ("account", {"kind": "staff", "name": "Support"})


def test_every_move_has_a_known_action_and_an_actor(till: Till) -> None:
    till.world.create_account("acct_2")
    charged(till.world)
    move_everything(till)
    for account in ("acct_1", "acct_2"):
        for item in activity(till.world, account):
            assert item["action"] in set(ChangeAction)
            assert item["by"]["name"]
            assert "staff-1" not in str(item), "no subject id"
            assert "femi@" not in str(item), "no address of staff"
    check_usage(till.world)
    rows = [row for page in till.world.pages("/statement", limit=200) for row in page["items"]]
    assert {row["category"] for row in rows} >= {"transfer", "goodwill", "reversal", "adjustment"}
    assert all(row["description"] for row in rows)


def test_titles_of_moves_are_words(world: World) -> None:
    world.create_account("acct_2")
    charged(world)
    world.adjust("20.00", "opening")
    assert goodwill(world).status == 201
    assert transfer(world, key="k_2").status == 201
    rows = {row["kind"]: row["description"] for row in world.get("/statement").body["items"]}
    assert rows["goodwill_given"] == "Goodwill: A noisy line"
    assert rows["transfer_sent"] == "Transfer to another account: Merged accounts"
    categories = {item["category"] for item in world.get("/usage").body["categories"]}
    assert not categories & {"goodwill", "transfer", "adjustment", "reversal"}
