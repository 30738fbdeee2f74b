"""Each payment is listed once, also if a second item lists it at another time."""

import pytest

from tests.harness.http import http_event
from tests.harness.till import ACCOUNT, Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
BEFORE, AFTER = "2026-11-23T11:00:00.000Z", "2026-11-23T13:00:00.000Z"


def key_of(topup_id: str, at: str) -> dict[str, dict[str, str]]:
    """The key of an item that lists a payment at this time."""
    return {"PK": {"S": f"ACCOUNT#{ACCOUNT}"}, "SK": {"S": f"PAYMENT#{at}#{topup_id}"}}


def point(till: Till, topup_id: str, at: str) -> None:
    """Store a second item that lists a payment."""
    stack = till.world.stack
    item = key_of(topup_id, at) | {"topup_id": {"S": topup_id}}
    stack.dynamodb.put_item(TableName=stack.table_name, Item=item)


def listed(till: Till, limit: int = 50) -> list[str]:
    """The ids that GET /top-ups lists, on all pages."""
    ids: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        event = http_event("add_funds", "GET", "/top-ups", claims={"custom:account_id": ACCOUNT})
        query = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        event["queryStringParameters"] = query
        answer = till.world.invoke("add_funds", event)
        assert answer.status == 200, answer.text
        ids += [item["id"] for item in answer.body["items"]]
        cursor = answer.body["next_cursor"]
    return ids


@pytest.fixture
def ids(till: Till) -> list[str]:
    """The ids of three payments, newest first."""
    card, ids = till.card(), []
    for _ in range(3):
        ids.append(till.paid("25.00", card)["id"])
        till.later(seconds=1)
    return ids[::-1]


@pytest.mark.parametrize("limit", [50, 3, 2, 1])
@pytest.mark.parametrize("at", [BEFORE, AFTER])
def test_a_payment_with_two_items_is_listed_once(till: Till, ids: list[str], at: str, limit: int) -> None:
    point(till, ids[1], at)
    found = listed(till, limit)
    assert sorted(found) == sorted(ids)
    assert limit == 50 or found == ids, "each at its own time"


def test_a_payment_with_only_another_item_is_listed(till: Till, ids: list[str]) -> None:
    stack = till.world.stack
    [own] = [item["created_at"] for item in till.top_ups() if item["topup_id"] == ids[1]]
    stack.dynamodb.delete_item(TableName=stack.table_name, Key=key_of(ids[1], own))
    point(till, ids[1], AFTER)
    assert listed(till) == [ids[1], ids[0], ids[2]]


def test_a_payment_with_two_items_stops_no_other_payment(till: Till, ids: list[str]) -> None:
    point(till, ids[0], AFTER)
    assert till.paid("30.00", till.card())["status"] == "succeeded"
    assert till.charged() == [2500, 2500, 2500, 3000]
    till.set_rule(till.card(), threshold="200.00")
    till.stream()
    assert till.charged()[-1] > 3000
    till.check()
