"""One run of a sweeper works at a time, begins nothing without time, and may die at any request."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.lease_keys import lease_key
from calling_credit.dynamodb.sweep_keys import sweep_pk
from calling_credit.instants import format_instant
from tests.harness.table import TABLE
from tests.harness.till import Till
from tests.harness.wire import Killed, Pass, Sent, Wire, refusal
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb
NOTHING = {"holds_expired": 0, "holds_changed": 0, "failed": 0}
FUNCTIONS = ("reconcile_payments", "expire_holds")


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("seconds", [0.001, 14.9])
def test_without_time_a_round_begins_nothing(world: World, wire: Wire, function: str, seconds: float) -> None:
    world.adjust("5.00", "k_1")
    world.authorize()
    world.clock.now += timedelta(hours=8)
    with wire.recording() as sent:
        world.stack.invoke(function, {}, seconds=seconds)
    assert [request.operation for request in sent] == ["PutItem", "GetItem", "DeleteItem"], "lease and position"


@pytest.mark.parametrize("function", [*FUNCTIONS, "rerate_calls"])
def test_a_second_run_at_once_is_skipped_and_counted(
    world: World, wire: Wire, function: str, capsys: pytest.CaptureFixture[str]
) -> None:
    second: list[dict[str, Any]] = []

    def run_again(sent: Sent, passed: Pass) -> AWSResponse:
        if sent.operation == "Query" and not second:
            second.append({})
            second.append(world.stack.invoke(function, {}))
        return passed()

    with wire.interfering(run_again):
        first = world.stack.invoke(function, {})
    assert (second[1], "skipped" in first) == ({"skipped": 1}, False)
    assert '"SweepsSkipped":[1.0]' in capsys.readouterr().out
    assert world.stack.invoke(function, {}) == first


@pytest.mark.parametrize("function", [*FUNCTIONS, "rerate_calls"])
def test_a_dead_run_keeps_its_lease_until_just_after_the_timeout(world: World, wire: Wire, function: str) -> None:
    def die(sent: Sent, passed: Pass) -> AWSResponse:
        if sent.operation == "Query":
            raise Killed
        return passed()

    world.stack.invoke(function, {})
    with wire.interfering(die), pytest.raises(Killed):
        world.stack.invoke(function, {}, seconds=60)
    wire.dead = False
    stored = world.stack.dynamodb.get_item(TableName=TABLE, Key=lease_key(function))["Item"]
    assert int(stored["expires_at"]["N"]) - world.clock.now.timestamp() <= 62
    assert world.stack.invoke(function, {}) == {"skipped": 1}
    world.clock.now += timedelta(seconds=63)
    assert "skipped" not in world.stack.invoke(function, {})


def survives_a_crash_at(world: World, wire: Wire, number: int) -> bool:
    """Run a sweep that is killed after its request of this number. Return whether it has fewer requests."""
    seen: list[Sent] = []

    def crash(sent: Sent, passed: Pass) -> AWSResponse:
        seen.append(sent)
        answer = passed()
        if len(seen) == number:
            raise Killed
        return answer

    with wire.interfering(crash):
        try:
            world.stack.invoke("expire_holds", {})
        except Killed:
            wire.dead = False
            return False
    return True


def test_a_crash_at_every_request_of_a_round_leads_to_the_same_ledger(world: World, wire: Wire) -> None:
    world.adjust("5.00", "k_1")
    number, survived = 0, False
    while not survived:
        number += 1
        for call in (f"c_{number}_1", f"c_{number}_2"):
            assert world.authorize(call, seconds=60).body["decision"] == "allow"
        world.clock.now += timedelta(hours=1)
        survived = survives_a_crash_at(world, wire, number)
        world.clock.now += timedelta(seconds=63)
        world.stack.invoke("expire_holds", {})
        assert world.stack.invoke("expire_holds", {}) == NOTHING
        assert world.get("/balance").body["held"] == "0.00"
        world.balance()
    assert number > 8, "lease, position, four partitions, two holds, release"


def test_a_failing_read_of_one_account_does_not_end_a_round(world: World, wire: Wire) -> None:
    world.create_account("acct_2")
    for account in ("acct_1", "acct_2"):
        at = format_instant(world.clock.now - timedelta(minutes=5))
        item = {
            "PK": f"ACCOUNT#{account}",
            "SK": "TOPUP#tu_1",
            "sweep_pk": sweep_pk("topup", account),
            "sweep_sk": f"{at}#{account}#tu_1",
        }
        world.stack.dynamodb.put_item(TableName=TABLE, Item=to_attributes(item))
    read = []

    def refuse(sent: Sent, passed: Pass) -> AWSResponse:
        if sent.operation == "GetItem" and "TOPUP#" in str(sent.body):
            read.append(sent.partitions())
            return refusal(400, "AccessDeniedException")
        return passed()

    with wire.interfering(refuse):
        assert world.stack.invoke("reconcile_payments", {})["failed"] == 2
    assert len(read) == 2


def test_a_crash_at_every_request_of_a_payment_round_credits_once(
    till: Till, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calling_credit.dynamodb.sweep_keys.SWEEP_SHARDS", 1)  # Every shard is read in the same way.
    till.set_rule(till.card())
    number, survived, made = 0, False, 0
    while not survived:
        number += 1
        till.left_open()
        made += 1
        till.later(minutes=2)
        seen: list[Sent] = []

        def crash(sent: Sent, passed: Pass, seen: list[Sent] = seen, number: int = number) -> AWSResponse:
            seen.append(sent)
            answer = passed()
            if len(seen) == number:
                raise Killed
            return answer

        with wire.interfering(crash):
            try:
                till.world.stack.invoke("reconcile_payments", {})
                survived = True
            except Killed:
                wire.dead = False
        for _ in range(3):  # The lease ends; the next run leaves out the item of the dead one, and then takes it.
            till.sweep(minutes=4)
        assert till.world.balance() == made * 25_000_000, number
        assert till.sweep(minutes=4)["failed"] == 0
        assert [item for item in till.world.stack.items() if item["SK"].startswith("LEASE#")] == []
    assert number > 10, "lease, position, kinds, a payment, release"
