"""A round that dies at any of its requests, before or after the table took it, announces each rise once."""

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from calling_credit.accounts.rate_changes import RateChangeStore
from calling_credit.dynamodb.unreadable import ignore_unreadable
from calling_credit.rates.announced_rises import AnnouncedRises
from tests.functions.decks_bench import clean, publish_allowed
from tests.functions.rises_bench import RISING, announced, called, prices_told
from tests.functions.test_rises_of_lists import ELSEWHERE, gold, harm, put
from tests.harness.table import BUCKET, _s3
from tests.harness.world import World

__all__ = ["called", "clean"]

pytestmark = [
    pytest.mark.dynamodb,
    pytest.mark.usefixtures("called"),
    pytest.mark.filterwarnings("ignore:No application metrics"),
]
OPERATIONS = ("get_item", "put_item", "batch_get_item", "query")


class DyingClient:
    """A client of the table that dies at one of its requests."""

    def __init__(self, client: Any, dies_at: int, *, is_taken: bool) -> None:
        self._client = client
        self._dies_at = dies_at
        self._is_taken = is_taken
        self.requests = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name not in OPERATIONS:
            return method

        def call(**request: Any) -> Any:
            self.requests += 1
            if self.requests != self._dies_at:
                return method(**request)
            if self._is_taken:
                method(**request)
            raise EndpointConnectionError(endpoint_url="dynamodb")

        return call


def run(world: World, dies_at: int = 0, *, is_taken: bool = False) -> int:
    """Run a round that may die; return its requests."""
    client = DyingClient(world.stack.dynamodb, dies_at, is_taken=is_taken)
    rises = AnnouncedRises(_s3(), BUCKET, ("US", "CA"))
    store = RateChangeStore(client, world.stack.table_name, rises, ignore_unreadable)  # type: ignore[arg-type]
    try:
        store.run(world.clock.now, lambda: 1.0)
    except EndpointConnectionError:
        assert dies_at
    return client.requests


def again(world: World) -> None:
    """Forget what was announced."""
    keys = [("LEASE", "POSITION#rate_changes")]
    keys += [(item["PK"], item["SK"]) for name in ("acct_1", "acct_2") for item in announced(world, name)]
    for pk, sk in keys:
        world.stack.dynamodb.delete_item(TableName=world.stack.table_name, Key={"PK": {"S": pk}, "SK": {"S": sk}})


@pytest.mark.parametrize("is_taken", [False, True])
def test_a_round_that_dies_at_any_request_tells_each_account_once(world: World, is_taken: bool) -> None:
    files = gold(world, ELSEWHERE)
    publish_allowed(world, RISING)
    requests = run(world)
    assert requests > 8
    for dies_at in range(1, requests + 1):
        again(world)
        harm(files, "pointer")
        run(world, dies_at, is_taken=is_taken)
        run(world)
        assert (prices_told(world), prices_told(world, "acct_2")) == ([], [["0.12"]]), dies_at
        put(files)
        run(world, dies_at, is_taken=is_taken)
        run(world)
        run(world)
        assert (prices_told(world), prices_told(world, "acct_2")) == ([["0.12"]], [["0.12"]]), dies_at
