"""Promotion codes: created at the desk, redeemed once per account, and never above their total."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.functions.accounts_bench import at_once
from tests.functions.lots_bench import expiring, lots, spend, sweep
from tests.functions.moves_bench import CLIENT, GRACE, at_desk, desk_event, left_of
from tests.harness.http import Answer
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb

WELCOME = {"code": "WELCOME-10", "amount": "10.00", "expires_at": "2026-12-31", "total": "100.00"}
END = "2026-12-31T23:59:59.999Z"


def create(world: World, *, key: str | None = None, claims: dict[str, Any] | None = None, **changes: str) -> Answer:
    """Ask for a code."""
    return at_desk(world, "POST", "/promotions", WELCOME | changes, key=key, **(claims or {}))


def redeem(world: World, code: str = "WELCOME-10", *, key: str | None = None, account: str = "acct_1") -> Answer:
    """Redeem a code as a billing admin."""
    claims = {"custom:account_id": account, "cognito:groups": ["billing_admin"], "sub": "ada"}
    return world.ask("move_credit", "POST", f"/promotions/{code}/redeem", key=key, **claims)


def promotion(world: World, code: str = "WELCOME-10") -> dict[str, Any]:
    """The item of a code."""
    [item] = [item for item in world.stack.items() if item["PK"] == f"PROMOTION#{code}" and item["SK"] == "PROMOTION"]
    return item


def test_a_code_gives_its_credit_once_for_an_account(world: World) -> None:
    assert create(world).status == 201
    answer = redeem(world, "welcome-10")
    assert (answer.status, answer.body) == (201, {"amount": "10.00", "expires_at": END, "balance": "10.00"})
    again = redeem(world)
    assert (again.status, again.code) == (409, "promotion_used")
    [entry] = world.entries()
    assert (entry["kind"], entry["category"], entry["amount_micros"]) == ("promotion_redeemed", "promotion", 10_000_000)
    assert (entry["debit"], entry["credit"]) == ("promotions", "customer_credit")
    [lot] = lots(world).values()
    assert (lot["kind"], lot["ends_at"]) == ("promotional", END)
    assert (promotion(world)["left_micros"], promotion(world)["redeemed"]) == (90_000_000, 1)
    assert [change["by"] for change in world.changes("promotion_redeemed")] == ["user:ada"]
    assert world.balance() == 10_000_000


def test_a_repeated_request_with_its_key_answers_the_same(world: World) -> None:
    create(world)
    first = redeem(world, key="k_1")
    after = world.stack.items()
    again = redeem(world, key="k_1")
    assert (again.status, again.body) == (201, first.body)
    assert world.stack.items() == after
    assert redeem(world, key="k_2").code == "promotion_used"


def test_promotional_credit_is_used_and_expires(world: World) -> None:
    create(world)
    redeem(world)
    spend(world, 4)
    assert expiring(world) == ["6.00"]
    assert sweep(world, timedelta(days=60)) == {"expired": 1}
    assert world.balance() == 0
    shown = [row["description"] for row in world.get("/statement", from_="2026-11-01", to="2027-01-31").body["items"]]
    assert any(row.startswith("Promotion: WELCOME-10") for row in shown)
    assert any(row == "Expired Credit" for row in shown)


@pytest.mark.parametrize("code", ["NO-SUCH-CODE", "x", "a b c d", "WELCOME_10"])
def test_an_unknown_code_is_404(world: World, code: str) -> None:
    create(world)
    answer = redeem(world, code.replace(" ", "%20"))
    assert (answer.status, answer.code) == (404, "unknown_promotion")
    assert world.entries() == []


def test_a_code_is_refused_after_its_time(world: World) -> None:
    create(world)
    world.clock.now += timedelta(days=60)
    answer = redeem(world)
    assert (answer.status, answer.code) == (409, "promotion_expired")


def test_the_total_of_a_code_is_never_exceeded_by_many_at_once(world: World) -> None:
    create(world, total="25.00")
    accounts = ["acct_1", *(f"acct_{number}" for number in range(2, 7))]
    for account in accounts[1:]:
        world.create_account(account)
    answers = at_once(*(lambda account=account: redeem(world, account=account) for account in accounts))
    assert sorted(answer.status for answer in answers) == [201, 201, 409, 409, 409, 409]
    assert {answer.code for answer in answers if answer.status == 409} == {"promotion_spent"}
    assert promotion(world)["left_micros"] == 5_000_000
    assert sum(world.balance(account) for account in accounts) == 20_000_000


def test_two_redemptions_at_once_give_once(world: World) -> None:
    create(world)
    answers = at_once(*[lambda: redeem(world)] * 4)
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    assert (world.balance(), promotion(world)["redeemed"]) == (10_000_000, 1)


def test_guesses_of_a_day_are_limited(world: World) -> None:
    create(world)
    answers = [redeem(world, f"GUESS-{number:04d}") for number in range(11)]
    assert [answer.status for answer in answers] == [404] * 10 + [429]
    assert answers[-1].code == "too_many_codes"
    assert int(answers[-1].headers["retry-after"]) == 12 * 3600 + 1
    assert redeem(world).code == "too_many_codes", "a right guess is not told"
    world.clock.now += timedelta(days=1)
    assert redeem(world).status == 201


def test_frozen_and_closed_accounts_redeem_nothing(world: World) -> None:
    create(world)
    world.operate("PUT", "/accounts/acct_1", {"frozen": True})
    assert redeem(world).code == "account_frozen"
    world.operate("PUT", "/accounts/acct_1", {"frozen": False})
    world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    assert redeem(world).code == "account_closed"


def test_only_a_billing_admin_redeems(world: World) -> None:
    create(world)
    claims: dict[str, Any] = {"custom:account_id": "acct_1", "cognito:groups": ["member"]}
    answer = world.ask("move_credit", "POST", "/promotions/WELCOME-10/redeem", **claims)
    assert (answer.status, answer.code) == (403, "billing_admin_required")


def test_a_total_above_the_day_waits_for_a_second_person(world: World) -> None:
    waiting = create(world, total="100.01")
    assert waiting.status == 202
    assert redeem(world).code == "unknown_promotion"
    [listed] = at_desk(world, "GET", "/approvals", key=None).body["items"]
    assert (listed["kind"], listed["account_id"], listed["amount"]) == ("promotion", None, "100.01")
    own = at_desk(world, "POST", f"/approvals/{waiting.body['id']}/approve", key=None)
    assert own.code == "own_request"
    for _ in range(2):
        approved = at_desk(world, "POST", f"/approvals/{waiting.body['id']}/approve", key=None, **GRACE)
        assert (approved.status, approved.body["result"]["total"]) == (200, "100.01")
    assert redeem(world).status == 201
    assert create(world, total="100.01").status == 201


def test_a_total_counts_as_credit_of_the_day(world: World) -> None:
    assert create(world, total="60.00").status == 201
    assert left_of(world) == [40_000_000]
    assert create(world, total="60.00").status == 201, "the same code again"
    assert create(world, code="OTHER-10", total="40.01").status == 202


def test_a_client_gives_at_most_its_day_as_codes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    app = world.stack.apps["move_credit"]
    changed = replace(app.config(), adjustment_daily_maximum="1000.00")
    monkeypatch.setattr(app, "config", lambda: changed)
    assert create(world, claims=CLIENT, total="1000.01").code == "daily_adjustments"
    assert create(world, claims=CLIENT, total="1000.00").status == 201


def test_a_code_with_other_terms_is_a_conflict(world: World) -> None:
    create(world)
    answer = create(world, amount="11.00")
    assert (answer.status, answer.code) == (409, "promotion_exists")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"code": "abc"}, "invalid_field"),
        ({"code": 7}, "invalid_field"),
        ({"code": None}, "missing_field"),
        ({"amount": "0.00"}, "amount_out_of_range"),
        ({"amount": "1.001"}, "invalid_amount"),
        ({"total": "9.99"}, "amount_out_of_range"),
        ({"total": "1000000.01"}, "amount_out_of_range"),
        ({"expires_at": "soon"}, "invalid_timestamp"),
        ({"expires_at": "2026-11-01"}, "invalid_timestamp"),
        ({"expires_at": None}, "missing_field"),
    ],
)
def test_a_wrong_promotion_is_422_and_writes_nothing(world: World, changes: dict[str, Any], code: str) -> None:
    before = world.stack.items()
    answer = create(world, **changes)
    assert (answer.status, answer.code) == (422, code)
    assert world.stack.items() == before


def test_support_staff_list_codes_and_create_none(world: World) -> None:
    for number in range(3):
        create(world, code=f"CODE-{number}", total="10.00")
        world.clock.now += timedelta(seconds=1)
    support = {"cognito:groups": ["support"]}
    assert create(world, claims=support).code == "finance_required"
    assert at_desk(world, "GET", "/promotions", key=None, **support).status == 200
    assert codes(world) == ["CODE-2", "CODE-1", "CODE-0"]


def codes(world: World) -> list[str]:
    """All codes, read in pages of two."""
    found: list[str] = []
    cursor = None
    while True:
        event = desk_event("GET", "/promotions", key=None)
        event["queryStringParameters"] = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        event["rawQueryString"] = urlencode(event["queryStringParameters"])
        page = world.invoke("move_credit", event).body
        found += [item["code"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found
