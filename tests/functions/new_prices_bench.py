"""New decks: calls that are priced again, and a rise that is announced."""

from datetime import timedelta

from tests.domain.examples import EVENT, deck_csv
from tests.functions.decks_bench import drop
from tests.harness.table import BUCKET, _s3, sample_event
from tests.harness.till import Till
from tests.harness.world import DECK, World

COVERING = DECK.replace(b"0.10", b"0.20") + deck_csv({"prefix": "33", "country": "FR"}).split(b"\n", 1)[1]
"""The small deck with other prices, and with one for a call that waits."""


def new_prices(till: Till) -> None:
    """Upload a deck that covers a waiting call, price calls again by it after its grace time, and waive one."""
    event = sample_event("publish_rates")
    _s3().put_object(Bucket=BUCKET, Key=event["detail"]["object"]["key"], Body=COVERING)
    assert till.world.stack.invoke("publish_rates", event, seconds=300)["outcome"] == "published"
    till.world.clock.now += timedelta(minutes=16, seconds=1)
    assert till.world.stack.invoke("rerate_calls", {}, seconds=300)["calls_rated"] == 1
    asked = {"account_id": "acct_1", "from": "2026-11-01", "to": "2026-11-30", "deck": "active", "by": "ops"}
    assert till.world.stack.invoke("rerate_calls", {"reprice": asked | {"apply": True}}, seconds=300)["changed"] == 2
    body = {"started_at": EVENT["started_at"], "waive": True, "reason": "Test"}
    command = {"account_id": "acct_1", "call_key": "c_1", "body": body, "key": "k_4", "by": "ada", "apply": True}
    assert till.world.stack.invoke("rerate_calls", {"correct": command})["after"]["price"] == "0.00"


def announce_a_rise(world: World) -> None:
    """Let an account keep daily sums, charge a call, and announce that calls to its country will cost more."""
    assert world.operate("PUT", "/accounts/acct_1", {"breakdown": True}).status == 200
    world.clock.now += timedelta(minutes=5)
    world.stack.forget()
    started = world.clock.now - timedelta(minutes=3)
    times = {"started_at": started.isoformat(), "answered_at": None, "ended_at": None}
    refused = world.deliver({"call_id": "c_rising", **times})
    assert refused == [], refused
    rises = deck_csv({"effective_from": "2027-02-01", "rate_per_minute": "0.24"})
    assert drop(world, COVERING + rises.split(b"\n", 1)[1])["outcome"] == "published"
    schedule = {"version": "0", "source": "aws.scheduler"}
    assert world.stack.invoke("publish_rates", schedule, seconds=300)["announced"] == 1
