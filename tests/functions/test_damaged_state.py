"""A damaged bounced address, checkpoint, lease, or listing is at most one unreadable item, and stops nothing else."""

from contextlib import suppress

import pytest

from calling_credit.dynamodb.lease_keys import LEASE_PK
from calling_credit.dynamodb.leases import take_lease
from calling_credit.dynamodb.unreadable import UnreadableItem, decode_item, unreadable
from calling_credit.dynamodb.unreadable_store import list_unreadable, read_unreadable
from tests.functions.test_damaged_items import damages
from tests.harness.releases import RELEASES, cases_of, decoder_of
from tests.harness.table import TABLE
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb


@pytest.mark.parametrize("kind", ["bounced", "proof", "refund", "approval", "connector_key"])
def test_a_damaged_item_of_a_release_is_at_most_unreadable(kind: str) -> None:
    for item in cases_of(RELEASES[-1] / f"{kind}.json").values():
        for number in range(4):
            for damaged in damages(item, number):
                with suppress(UnreadableItem):
                    decode_item(damaged, decoder_of(kind))


def test_a_damaged_lease_or_listing_stops_no_run(world: World) -> None:
    client, now = world.stack.dynamodb, world.clock.now
    [lease] = cases_of(RELEASES[-1] / "lease.json").values()
    [listing] = cases_of(RELEASES[-1] / "unreadable.json").values()
    assert lease["PK"]["S"] == LEASE_PK
    found = [unreadable({"PK": "ACCOUNT#acct_2", "SK": "HOLD#c_1"}, "deck")]
    pk, _, sk = listing["SK"]["S"].partition("|")
    for number in range(4):
        for damaged in damages(lease, number):
            client.put_item(TableName=TABLE, Item=damaged | {"expires_at": {"S": "x"}})
            assert take_lease(client, TABLE, lease["SK"]["S"].partition("#")[2], now, 60) is not None
        for damaged in damages(listing, number):
            client.put_item(TableName=TABLE, Item=damaged)
            both = [unreadable({"PK": pk, "SK": sk}, "address"), *found]
            assert list_unreadable(client, TABLE, both, "send_mail", now) >= 1
            assert "ACCOUNT#acct_2|HOLD#c_1" in [item["SK"] for item in read_unreadable(client, TABLE)]
