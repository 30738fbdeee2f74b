"""Staff of the finance group and the operator's command see margins by destination and customer; customers never do."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.desk.margin_reader import MarginReader, Position
from calling_credit.instants import Period
from calling_credit.rates.cost_versions import CostVersions
from calling_credit.rates.list_publishing import PriceListBucket
from calling_credit.rates.margins import Margins
from ops import margins as command
from tests.domain.examples import deck_csv
from tests.functions.deck_commands import Commands, commands
from tests.functions.decks_bench import clean
from tests.functions.desk_bench import ask
from tests.harness.table import BUCKET, _s3
from tests.harness.world import JAPAN, World

__all__ = ["clean", "commands"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
ADDRESS = "/operator/margins?from=2026-11-01&to=2026-11-30"
CHEAP = deck_csv({"rate_per_minute": "0.04"}, {"prefix": "81", "country": "JP", "rate_per_minute": "0.30"})
DEAR = CHEAP.replace(b"0.04", b"0.09")


@pytest.fixture(autouse=True)
def without_lists(clean: None) -> Iterator[None]:
    def empty() -> None:
        for found in _s3().list_objects_v2(Bucket=BUCKET, Prefix="lists/").get("Contents", []):
            _s3().delete_object(Bucket=BUCKET, Key=found["Key"])

    empty()
    yield
    empty()


def publish_cost(data: bytes, world: World) -> None:
    costs = PriceListBucket(_s3(), BUCKET, "cost", 60)
    check = costs.check(data, world.clock.now, world.clock.now)
    assert costs.publish(data, check, world.clock.now, world.clock.now, check.counts) == "published"


def one(world: World, call_id: str, **facts: Any) -> None:
    assert world.deliver({"call_id": call_id, **facts}) == []


def shown(world: World, address: str = ADDRESS) -> Any:
    answer = ask(world, "GET", address)
    assert answer.status == 200, answer.text
    return answer.body


def test_finance_sees_margins_by_the_list_in_force_at_each_call(world: World) -> None:
    publish_cost(CHEAP, world)
    world.adjust("50.00", "credit")
    one(world, "c_1")
    world.clock.now += timedelta(minutes=1)
    publish_cost(DEAR, world)
    one(world, "c_2", to=JAPAN)
    body = shown(world)
    assert [(item["country"], item["calls"]) for item in body["destinations"]] == [("JP", 1), ("GB", 1)]
    [account] = body["accounts"]
    assert (account["account_id"], account["calls"], body["without_cost"]) == ("acct_1", 2, 0)
    uk = next(item for item in body["destinations"] if item["country"] == "GB")
    minutes = -(-uk["duration_seconds"] // 60)
    assert uk["cost"] == f"{minutes * 0.04:.2f}", "by the list in force when the call began, not by the newer one"
    assert (body["total"]["calls"], body["next_cursor"]) == (2, None)


def test_a_report_in_parts_counts_each_call_once(world: World) -> None:
    publish_cost(CHEAP, world)
    world.adjust("50.00", "credit")
    for number in range(5):
        one(world, f"c_{number}")
    begun = world.clock.now.date()
    costs = CostVersions(_s3(), BUCKET)
    period = Period(begun - timedelta(days=2), begun + timedelta(days=1))
    whole, parts = Margins(), Margins()
    client, table = world.stack.dynamodb, world.stack.table_name
    assert MarginReader(client, table, costs, period).read(whole, Position(), lambda: 1.0) is None
    position: Position | None = Position()
    rounds = 0
    while position is not None:
        position = MarginReader(client, table, costs, period).read(parts, position, lambda: 0.0)
        rounds += 1
    assert (parts.view(), whole.total().calls, rounds > 5) == (whole.view(), 5, True)


@pytest.mark.parametrize(("group", "code"), [("support", "finance_required"), (None, "staff_required")])
def test_others_may_not_see_margins(world: World, group: str | None, code: str) -> None:
    answer = ask(world, "GET", ADDRESS, group=group)
    assert (answer.status, answer.body["code"]) == (403, code)


def test_customers_may_not_see_margins(world: World) -> None:
    claims = {"custom:account_id": "acct_1", "cognito:groups": ["billing_admin"]}
    assert ask(world, "GET", ADDRESS, group="billing_admin", **claims).status == 403


def test_without_a_buying_list_the_next_step_is_named(world: World, commands: Commands) -> None:
    answer = ask(world, "GET", ADDRESS)
    assert (answer.status, answer.body["code"], "LIST=cost" in answer.body["detail"]) == (
        404,
        "unknown_price_list",
        True,
    )
    code, printed = commands.run(command, "--from", "2026-11-01", "--to", "2026-11-30")
    assert (code, "LIST=cost" in printed) == (1, True)


def test_the_command_prints_margins_by_destination_and_customer(world: World, commands: Commands) -> None:
    publish_cost(CHEAP, world)
    world.adjust("50.00", "credit")
    one(world, "c_1")
    code, printed = commands.run(command, "--from", "2026-11-01", "--to", "2026-11-30")
    assert (code, "1 calls brought" in printed, "acct_1" in printed, "United Kingdom" in printed) == (
        0,
        True,
        True,
        True,
    )
    code, printed = commands.run(command, "--from", "2026-11-30", "--to", "2026-11-01")
    assert (code, "invalid_date_range" in printed) == (1, True)


@pytest.mark.parametrize("cursor", ["x", "W10"])
def test_a_strange_cursor_is_refused(world: World, cursor: str) -> None:
    publish_cost(CHEAP, world)
    answer = ask(world, "GET", f"{ADDRESS}&cursor={cursor}")
    assert (answer.status, answer.body["code"]) == (422, "invalid_cursor")
