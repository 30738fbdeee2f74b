"""The impact of a deck is measured on a sample: its requests do not grow with the accounts or their calls."""

from collections import Counter
from typing import Any

import pytest

from calling_credit.ledger import charge_reader
from calling_credit.ledger.charge_reader import measure_impact
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_csv import parse_deck
from calling_credit.rates.deck_impact import Impact
from tests.functions.decks_bench import DEARER, clean, drop, report
from tests.harness.clock import Clock
from tests.harness.world import World

__all__ = ["clean"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


class Crowd:
    """A table with many accounts of many calls, which counts its requests."""

    def __init__(self, accounts: int, calls: int) -> None:
        self.requests: Counter[str] = Counter()
        self._accounts = accounts // 4
        self._calls = calls

    def query(self, **asked: Any) -> dict[str, Any]:
        """Answer a page of the accounts of a shard, or of the calls of an account."""
        kind = "accounts" if "IndexName" in asked else "calls"
        self.requests[kind] += 1
        size = self._accounts if kind == "accounts" else self._calls
        begin = int(asked.get("ExclusiveStartKey", {"at": 0})["at"])
        numbers = range(begin, min(begin + asked["Limit"], size))
        if kind == "accounts":
            shard = asked["ExpressionAttributeValues"][":kind"]["S"][-1]
            order = numbers if asked["ScanIndexForward"] else [size - 1 - number for number in numbers]
            items = [{"sweep_sk": {"S": f"acct_{shard}_{number:06d}"}} for number in order]
        else:
            items = [call_item(asked["ExpressionAttributeValues"][":pk"]["S"], number) for number in numbers]
        return {"Items": items, **({"LastEvaluatedKey": {"at": numbers.stop}} if numbers.stop < size else {})}


def call_item(pk: str, number: int) -> dict[str, Any]:
    """The entry of a charged call."""
    text = {"PK": pk, "SK": f"ENTRY#2026-11-20T10:00:00.000Z#c_{number:06d}", "kind": "call_charged"}
    text |= {"to": "+442071838750", "origin": "US", "category": "outbound_international_call"}
    numbers = {"amount_micros": -100_000, "duration_seconds": 60}
    return {name: {"S": value} for name, value in text.items()} | {
        name: {"N": str(value)} for name, value in numbers.items()
    }


def impact_on(crowd: Any) -> Impact:
    """The impact that a deck has on a crowd."""
    deck = parse_deck(DEARER, "")
    assert isinstance(deck, Deck)
    impact = Impact(deck)
    measure_impact(crowd, "t", impact, Clock().now, lambda: 60.0)
    return impact


@pytest.mark.parametrize("accounts", [1_000, 10_000, 100_000])
def test_requests_of_an_impact_do_not_grow_with_the_accounts(accounts: int) -> None:
    crowd = Crowd(accounts, 3)
    impact = impact_on(crowd)
    sampled = 4 * 2 * charge_reader.SAMPLED
    assert crowd.requests == {"accounts": 8, "calls": sampled}
    assert (impact.accounts, impact.calls, impact.is_whole) == (sampled, 3 * sampled, False)


def test_an_account_with_many_calls_leaves_time_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charge_reader, "MAX_CALLS_OF_ACCOUNT", 10)
    monkeypatch.setattr(charge_reader, "PAGE_SIZE", 5)
    crowd = Crowd(8, 1_000_000)
    impact = impact_on(crowd)
    assert (impact.accounts, impact.is_whole) == (8, False)
    assert impact.calls == 8 * 10
    assert crowd.requests["calls"] <= 8 * 3


def test_all_calls_of_few_accounts_are_the_whole_impact() -> None:
    impact = impact_on(Crowd(8, 5))
    assert (impact.accounts, impact.calls, impact.is_whole) == (8, 40, True)


def test_a_published_deck_reports_that_its_impact_is_a_sample(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charge_reader, "SAMPLED", 1)
    for number in range(12):
        world.create_account(f"acct_more_{number:02d}")
    assert drop(world, DEARER)["outcome"] == "published"
    told = report()["last_calls"]
    assert (told["accounts"], told["is_whole"]) == (8, False)
