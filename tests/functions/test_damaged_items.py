"""Each attribute of each kind of item is damaged under each reader that loops over items of several accounts.

`READERS` states which readers ran on which kinds. A damaged item of acct_1 must raise in none of them, and must keep no
call of acct_2 from its charge.
"""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.keys import kind_of
from tests.domain.purity import item_kinds
from tests.harness.queue import failures
from tests.harness.releases import RELEASES, cases_of
from tests.harness.till import Till
from tests.harness.world import UNCOVERED, number_of

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
Item = dict[str, Any]
NUMBERS = itertools.count()
KEYS = {"PK", "SK"}


def charges(till: Till, _: Item) -> None:
    """rate_calls: a call of the damaged account beside one of another."""
    number = next(NUMBERS)
    theirs = {"account_id": "acct_2", "call_id": f"n_{number}", "from": number_of("acct_2")}
    refused = till.world.deliver({"call_id": f"d_{number}"}, {}, theirs)
    assert "m_2" not in refused


def expires(till: Till, _: Item) -> None:
    """expire_holds."""
    till.world.stack.invoke("expire_holds", {})


def reconciles(till: Till, _: Item) -> None:
    """reconcile_payments."""
    till.sweep()


def rerates(till: Till, _: Item) -> None:
    """rerate_calls, on its schedule."""
    till.world.stack.invoke("rerate_calls", {"version": "0", "source": "aws.scheduler"}, seconds=300)


def recharges(till: Till, item: Item) -> None:
    """auto_recharge: no record is retried, because a retry would only delay the accounts behind it."""
    key = {"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": "BALANCE"}}
    at = till.world.clock.now.timestamp()
    change = {"SequenceNumber": "1", "Keys": key, "NewImage": item, "ApproximateCreationDateTime": at}
    record = {"eventName": "MODIFY", "dynamodb": change}
    assert failures(till.world.stack.invoke("auto_recharge", {"Records": [record]})) == []


def publishes(till: Till, item: Item) -> None:
    """publish_events: as a new item, and as a changed one."""
    change: Item = {"SequenceNumber": "1", "NewImage": item, "ApproximateCreationDateTime": 1.0}
    old = {"OldImage": {name: value for name, value in item.items() if name in KEYS}}
    records = [{"eventName": "INSERT", "dynamodb": change}, {"eventName": "MODIFY", "dynamodb": change | old}]
    assert failures(till.world.stack.invoke("publish_events", {"Records": records})) == []


Reader = Callable[[Till, Item], None]
READERS: dict[str, tuple[Reader, ...]] = {
    "account": (charges, recharges, publishes),
    "balance": (charges, recharges, publishes),
    "line": (charges, publishes),
    "day": (charges, publishes),
    "entry": (charges, publishes),
    "hold": (charges, expires, publishes),
    "unrated": (charges, rerates, publishes),
    "stray": (charges, publishes),
    "suspicious": (reconciles, publishes),
    "topup": (reconciles, recharges, publishes),
    "auto_recharge": (reconciles, recharges, publishes),
    "spent_day": (charges, publishes),
    "minutes": (charges, publishes),
    "denial": (publishes,),
    "activity": (publishes,),
    "payment_limits": (publishes,),
    "number": (charges,),
}
IN_NO_LOOP = {
    *(
        "user",
        "change",
        "adjustment",
        "correction",
        "payment",
        "link",
        "export",
        "move",
        "goodwill",
        "moved",
        "refused",
        "known",
        "countries_indexed",
        "card_money",
    ),
    *("denied", "denied_day", "mailed", "signed_out", "rerating", "payment_method", "staff", "client", "line_mismatch"),
}
"""Kinds that only a request of one account reads, or that only an operator lists."""
OF_THE_STACK = {
    *(
        "stripe",
        "stripe_account",
        "issue",
        "card",
        "sweep",
        "callbacks",
        "mail",
        "name",
        "asked",
        "index",
        "unreadable",
    ),
    *("connector_key", "connectors", "connector", "approval", "refund"),
}
"""Kinds outside the accounts' loops; refunds and approvals have tests of their own."""


def everything(till: Till) -> None:
    """Let two accounts have an item of each kind that a loop reads."""
    world = till.world
    world.create_account("acct_2")
    bundle = {"name": "the UK", "countries": ["GB"], "minutes": 10}
    world.operate("PUT", "/accounts/acct_1", {"breakdown": True, "bundles": [bundle], "markup_percent": "12.50"})
    till.set_rule(till.card())
    till.paid("25.00", till.card())
    world.authorize("held")
    world.deliver({}, {"call_id": "uncovered", "to": UNCOVERED}, {"call_id": "stray", "line_id": "line_9"})
    long = {"call_id": "long", "started_at": "2026-11-23T01:00:00.000Z", "answered_at": "2026-11-23T01:00:00.000Z"}
    world.deliver(long | {"ended_at": "2026-11-23T07:00:00.000Z", "duration_seconds": 21_600})
    world.authorize("refused", line_id="line_9")
    world.change("/lines/line_1", {"international_calling": True})
    till.left_open()
    till.later(hours=30)


FORMS: dict[str, tuple[Item, ...]] = {
    "S": ({"N": "7"}, {"S": ""}, {"S": "x"}, {"L": [{"S": "x"}]}),
    "N": ({"S": "x"}, {"N": "-7"}, {"N": "1.5"}, {"NULL": True}),
    "BOOL": ({"S": "x"}, {"N": "1"}),
    "L": ({"M": {}}, {"L": [{"N": "1.5"}]}, {"S": "x"}),
    "M": ({"L": []}, {"M": {"x": {"N": "1.5"}}}, {"S": "x"}),
}
"""The values that replace one, by its type: other types, and forms that mean nothing."""
OF_INDEX: tuple[Item, ...] = ({"S": "x"}, {"S": "\x7f"}, {"S": " "})
"""Damaged keys of the index, whose type DynamoDB checks itself."""


def damages(item: Item, number: int = 0) -> list[Item]:
    """The item without each attribute, and with one other value of each; a number chooses which."""
    names = [name for name in item if name not in KEYS]
    damaged = [{name: value for name, value in item.items() if name != gone} for gone in names]
    for place, name in enumerate(names):
        forms = OF_INDEX if name.startswith("sweep_") else FORMS.get(next(iter(item[name])), ({"S": "x"},))
        damaged.append(item | {name: forms[(place + number) % len(forms)]})
    damaged += [item | {"schema": form} for form in ({"N": "2"}, {"S": "2"})]
    return damaged


@pytest.mark.parametrize("kind", sorted(READERS))
def test_no_damaged_attribute_stops_a_loop(till: Till, kind: str) -> None:
    everything(till)
    table, client = till.world.stack.table_name, till.world.stack.dynamodb
    stored = [to_attributes(item) for item in till.world.stack.stored_items()]
    mine = [item for item in stored if item["PK"]["S"] in ("ACCOUNT#acct_1", f"NUMBER#{number_of('acct_1')}")]
    found = [item for item in mine if kind_of(item["SK"]["S"]) == kind]
    if not found:
        pytest.skip("only releases have an item of this kind here")
    for damaged in damages(found[0], next(NUMBERS)):
        client.put_item(TableName=table, Item=damaged)
        till.world.stack.forget()
        for reader in READERS[kind]:
            reader(till, damaged)
        till.world.balance("acct_2")
    client.put_item(TableName=table, Item=found[0])


@pytest.mark.parametrize("folder", RELEASES, ids=lambda folder: folder.name)
def test_no_damaged_image_of_a_release_stops_the_publisher(till: Till, folder: Any) -> None:
    for path in sorted(folder.glob("*.json")):
        for item in cases_of(path).values():
            for damaged in damages(item):
                publishes(till, damaged)


def test_every_kind_of_item_is_covered() -> None:
    known = set(READERS) | IN_NO_LOOP | OF_THE_STACK
    assert {kind.lower() for kind in item_kinds()} - known == set()
