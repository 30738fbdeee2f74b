"""Staff find accounts, see each on one page with Stripe's state, list its parts, and prove it."""

from typing import Any

import pytest

from calling_credit.dynamodb.attributes import to_attributes
from tests.functions.desk_bench import ask, read
from tests.functions.rerate_bench import charged
from tests.harness.till import Till
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

LISTS = (
    "statement",
    "usage/outbound_international_call",
    "lines",
    "users",
    "top-ups",
    "mails",
    "activity",
    "denied-calls",
)


def found(world: World, text: str) -> list[str]:
    """The accounts that a text finds."""
    return [item["account_id"] for item in read(world, "", find=text)["items"]]


def test_accounts_are_found_in_at_most_three_requests(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"name": "Halcyon Design", "billing_emails": ["ada@halcyon.example"]})
    for text in ("acct_1", "halcyon", "Ada", "ada@halcyon.example", "+14155550100", "(415) 555-0100"):
        with world.recorded("read_accounts") as requests:
            assert found(world, text) == ["acct_1"], text
        assert len(requests) <= 3
    assert found(world, "nobody") == []


@pytest.mark.parametrize("text", ["", "%20", "a" * 256, "%00", "a%0Ab", "%1B"])
def test_an_unreadable_search_is_refused(world: World, text: str) -> None:
    answer = ask(world, "GET", f"/operator/accounts?find={text}")
    assert (answer.status, answer.code, answer.body["detail"][:5]) == (422, "invalid_query", "find ")
    assert ask(world, "GET", "/operator/accounts").code == "invalid_query"


@pytest.mark.parametrize("text", ["#", "ACCOUNT#acct_1", "'; --", "\U0001f600", "*", "NUMBER#+1", "~"])
def test_odd_searches_find_nothing(world: World, text: str) -> None:
    assert found(world, text) == []


def test_a_page_shows_the_price_list_and_markup_of_the_account(world: World) -> None:
    page = read(world, "/acct_1")
    assert (page["price_list"], page["markup_percent"]) == (None, "0.00")
    assert world.operate("PUT", "/accounts/acct_1", {"markup_percent": "12.5"}).status == 200
    assert read(world, "/acct_1")["markup_percent"] == "12.50"


def test_a_page_shows_payments_with_stripes_state_in_eleven_requests(till: Till) -> None:
    world = till.world
    card = till.card()
    payment = till.paid("25.00", card)
    till.set_rule(card, threshold="0.00")
    charged(world)
    till.sdk.v1.refunds.create({"payment_intent": till.top_ups()[0]["intent_id"], "amount": 500})
    with world.recorded("read_accounts") as requests:
        page = read(world, "/acct_1")
    assert len(requests) + 1 <= 11, "one request to Stripe"
    [shown] = page["top_ups"]
    assert (shown["id"], shown["stored_status"], shown["reversed"]) == (payment["id"], "succeeded", "0.00")
    assert shown["stripe"] == {"status": "succeeded", "received": "25.00", "refunded": "5.00", "disputed": False}
    assert (page["stripe"]["asked"], page["stripe"]["code"]) == (True, None)
    assert page["balance"]["balance"] == world.get("/balance").body["balance"]
    [shown_card] = page["cards"]
    assert (shown_card["payment_method_id"], shown_card["is_of_rule"], shown_card["state"]) == (card, True, "ok")
    assert [line["line_id"] for line in page["lines"]] == ["line_1"]
    assert page["users"] == [{"user_id": "user_1", "name": "Ada"}]
    assert (page["auto_recharge"]["enabled"], page["auto_recharge"]["switched_off"]) == (True, None)


def test_stripes_silence_leaves_out_its_part_only(till: Till) -> None:
    till.paid("25.00", till.card())
    till.fault("dropped", "GET /v1/payment_intents", count=5)
    page = read(till.world, "/acct_1")
    till.all_well()
    assert (page["stripe"]["asked"], page["stripe"]["code"]) == (False, "payments_unavailable")
    assert [payment["stripe"] for payment in page["top_ups"]] == [None]


def test_a_frozen_account_names_who_froze_it(world: World) -> None:
    assert ask(world, "PUT", "/operator/accounts/acct_1", {"frozen": True}, group="support").status == 200
    page = read(world, "/acct_1")
    assert (page["frozen"], page["frozen_by"]) == (True, "staff:staff-1")
    assert page["frozen_since"] == "2026-11-23T12:00:00.000Z"


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_paged_with_cursors_of_their_own(world: World, name: str) -> None:
    fill(world)
    whole = read(world, f"/acct_1/{name}", limit=200)["items"]
    assert len(whole) >= 3, name
    items: list[Any] = []
    cursor = None
    while True:
        page = read(world, f"/acct_1/{name}", limit=2, **({"cursor": cursor} if cursor else {}))
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        assert len(page["items"]) <= 2
        for other in ("acct_2", "acct_1"):
            for address in LISTS:
                if (other, address) != ("acct_1", name):
                    answer = ask(world, "GET", f"/operator/accounts/{other}/{address}?limit=2&cursor={cursor}")
                    assert answer.code == "invalid_cursor", f"{other} {address}"
        if name in ("statement", "lines"):
            assert world.get(f"/{name}", limit=2, cursor=cursor).code == "invalid_cursor"
    assert items == whole
    for bad in ("x", "AAAA", "%00", "a" * 3000):
        assert ask(world, "GET", f"/operator/accounts/acct_1/{name}?cursor={bad}").code == "invalid_cursor"
    assert ask(world, "GET", f"/operator/accounts/acct_1/{name}?limit=0").code == "invalid_limit"


def test_staff_see_the_same_as_customers(world: World) -> None:
    charged(world)
    for path in ("/usage", "/usage/outbound_international_call", "/lines"):
        assert read(world, f"/acct_1{path}") == world.get(path).body
    shown, customers = read(world, "/acct_1/statement"), world.get("/statement").body
    assert shown == customers


def test_an_account_is_proven_or_its_differences_are_named(till: Till) -> None:
    world = till.world
    till.paid("25.00", till.card())
    charged(world)
    proof = read(world, "/acct_1/proof")
    assert (proof["proven"], proof["differences"], proof["payments"]) == (True, [], 1)
    assert (proof["entries"], proof["balance"]) == (5, world.get("/balance").body["balance"])
    [balance] = world.of_kind("BALANCE")
    world.stack.dynamodb.update_item(
        TableName=world.stack.table_name,
        Key={name: {"S": balance[name]} for name in ("PK", "SK")},
        UpdateExpression="ADD posted_micros :one, available_micros :one, headroom_micros :one",
        ExpressionAttributeValues={":one": {"N": "1000000"}},
    )
    before = world.stack.items()
    proof = read(world, "/acct_1/proof")
    [difference] = proof["differences"]
    assert (proof["proven"], difference["code"]) == (False, "posted_is_not_the_sum_of_entries")
    assert difference["text"].startswith("The balance is not the sum of the entries.")
    assert world.stack.items() == before, "a proof corrects nothing"


def fill(world: World) -> None:
    """Give acct_1 at least three items of each list, and create acct_2."""
    world.operate("PUT", "/accounts/acct_2", {"time_zone": "UTC"})
    charged(world)
    world.deliver({"call_id": "c_6"}, {"call_id": "c_7"})
    for number in range(2, 5):
        world.operate("PUT", f"/accounts/acct_1/users/user_{number}", {"name": f"Lin {number}"})
        line = {"number": f"+1415555010{number}", "user_id": "user_1"}
        assert world.operate("PUT", f"/accounts/acct_1/lines/line_{number}", line).status == 201
        at = f"2026-11-23T11:0{number}:00.000Z"
        put(world, f"DENIED#{at}#c_9{number}", line_id="line_1", to="+442071838750", reason="account_frozen")
        put(world, f"MAILED#{at}#{number:032x}", type="BalanceLow", subject="Low", address="a…@x.example")
        topup_id = f"tu_{number:032x}"
        put(world, f"PAYMENT#{at}#{topup_id}", topup_id=topup_id)
        put(world, f"TOPUP#{topup_id}", **TOPUP | {"topup_id": topup_id, "created_at": at})


TOPUP: dict[str, Any] = {
    "kind": "manual",
    "status": "failed",
    "amount_micros": 25_000_000,
    "created_by": "user:1",
    "customer_id": "cus_1",
    "create_request": "{}",
    "confirm_request": "{}",
    "payment_method_id": "pm_1",
    "brand": "visa",
    "last4": "4242",
    "fingerprint": "fp_1",
    "failure_code": "card_declined",
}


def put(world: World, sort_key: str, **attributes: Any) -> None:
    """Store an item of acct_1."""
    item = to_attributes({"PK": "ACCOUNT#acct_1", "SK": sort_key, **attributes})
    world.stack.dynamodb.put_item(TableName=world.stack.table_name, Item=item)
