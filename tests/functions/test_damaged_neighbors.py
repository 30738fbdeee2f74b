"""An item that cannot be read is missing from a list, and stops neither its neighbors nor the page that shows them."""

import copy

import pytest

from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.keys import kind_of
from tests.functions.desk_bench import ask as at_desk
from tests.functions.test_damaged_items import Item, damages
from tests.harness.table import sample_event
from tests.harness.till import Till
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
DESK = "/operator/accounts/acct_1"


def people(world: World) -> None:
    """Two accounts with the same name and address, and two users and lines of the first."""
    for account in ("acct_1", "acct_2"):
        world.operate("PUT", f"/accounts/{account}", {"name": "Ada", "billing_emails": ["ada@halcyon.example"]})
    world.operate("PUT", "/accounts/acct_1/users/user_2", {"name": "Bob"})
    world.operate("PUT", "/accounts/acct_1/lines/line_2", {"number": "+14155550188", "user_id": "user_2"})


@pytest.fixture
def busy(till: Till) -> Till:
    """Two of each: payments, refused calls, mails, lines, users, and accounts with a name."""
    world = till.world
    world.create_account("acct_2")
    people(world)
    for line_id in ("line_8", "line_9"):
        world.authorize(f"refused_{line_id}", line_id=line_id)
        till.later(seconds=1)
    for key in ("k_1", "k_2"):
        till.paid("25.00", till.card(), key=key)
        till.later(minutes=1)
    for enabled in (False, True):
        world.change("/lines/line_1", {"international_calling": enabled})
        till.later(seconds=1)
    for number in range(2):
        event = copy.deepcopy(sample_event("record_bounces"))
        event["detail"]["mail"]["destination"] = [f"ada{number}@halcyon.example"]
        event["detail"]["bounce"]["feedbackId"] = f"report-{number}"
        for part in ("bounce", "mail"):
            event["detail"][part]["timestamp"] = world.clock.now.isoformat()
        world.stack.invoke("record_bounces", event)
    return till


LISTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "line": (("desk", f"{DESK}/lines", "items"), ("list_usage", "/lines", "items"), ("desk", DESK, "lines")),
    "user": (("desk", f"{DESK}/users", "items"), ("desk", DESK, "users")),
    "topup": (("desk", f"{DESK}/top-ups", "items"), ("add_funds", "/top-ups", "items"), ("desk", DESK, "top_ups")),
    "activity": (("desk", f"{DESK}/activity", "items"), ("list_usage", "/activity", "items")),
    "denied": (("desk", f"{DESK}/denied-calls", "items"), ("list_usage", "/denied-calls", "items")),
    "change": (("list_usage", "/lines/line_1/changes", "items"),),
    "bounced": (("desk", DESK, "bounced_addresses"),),
    "name": (("desk", "/operator/accounts?find=ada", "items"),),
    "mail": (("desk", "/operator/accounts?find=ada@halcyon.example", "items"),),
}
"""The lists that show items of a kind."""


def count(till: Till, function: str, path: str, name: str) -> int | None:
    """How many items a list shows to staff or to a billing admin. None if it shows a text of a form that the contract
    does not know; the handler has answered 200 then too.
    """
    try:
        if function == "desk":
            answer = at_desk(till.world, "GET", path)
        else:
            answer = till.world.ask(function, "GET", path, **{"custom:account_id": "acct_1"})
    except AssertionError as undocumented:
        if " -> 200: " in str(undocumented):
            return None
        raise
    assert answer.status == 200, (path, answer.text)
    return len(answer.body[name])


def of_kind(stored: list[Item], kind: str) -> Item:
    """An item of acct_1 of a kind; of a name or an address, one that leads to it."""
    pk = {"name": "NAME#a", "mail": "MAIL#ada@halcyon.example"}.get(kind, "ACCOUNT#acct_1")
    return next(
        item
        for item in stored
        if item["PK"]["S"] == pk and (kind in ("name", "mail") or kind_of(item["SK"]["S"]) == kind)
    )


@pytest.mark.parametrize("kind", sorted(LISTS))
def test_no_damaged_item_hides_its_neighbors_in_a_list(busy: Till, kind: str) -> None:
    world = busy.world
    whole = {place: count(busy, *place) or 0 for place in LISTS[kind]}
    assert min(whole.values()) >= 2
    item = of_kind([to_attributes(one) for one in world.stack.stored_items()], kind)
    shown = set()
    for damaged in damages(item)[:: 1 if len(item) < 25 else 3]:
        if any(name.startswith("sweep_") and damaged.get(name) != item[name] for name in item):
            continue
        world.stack.dynamodb.put_item(TableName=world.stack.table_name, Item=damaged)
        world.stack.forget()
        shown |= {(place, count(busy, *place)) for place in whole}
    assert shown <= {(place, number) for place, most in whole.items() for number in (most, most - 1, None)}
    assert kind == "name" or any(number not in (whole[place], None) for place, number in shown)
