"""Waiting and charged calls that are priced again."""

from typing import Any

from calling_credit.audit.proof import prove_sums
from calling_credit.audit.read_book import read_book
from tests.domain.examples import deck_csv
from tests.harness.world import DECK, JAPAN, MOBILE, PREMIUM, UNCOVERED, World

FRANCE = {"prefix": "33", "destination": "France", "country": "FR", "rate_per_minute": "0.40"}


COVERING = DECK + deck_csv(FRANCE).split(b"\n", 1)[1]


DEARER = COVERING.replace(b"0.10,", b"0.20,").replace(b"0.0123,", b"0.0001,").replace(b"0.25,", b"0,")


RANGE = {"account_id": "acct_1", "from": "2026-11-20", "to": "2026-11-30", "by": "ops"}


def prices(world: World, category: str = "outbound_international_call", **query: Any) -> dict[str, str]:
    """The price of each call in the details of GET /usage, after a check that each is listed once."""
    rows = [row for page in world.pages(f"/usage/{category}", **query) for row in page["items"]]
    found = {row["call_id"]: row["price"] for row in rows}
    assert len(found) == len(rows)
    return found


def check_usage(world: World) -> None:
    """Check that totals, counts, and seconds of the summary match the listed calls."""
    summary = world.get("/usage").body
    for category in summary["categories"]:
        rows = [row for page in world.pages(f"/usage/{category['category']}") for row in page["items"]]
        assert (category["calls"], category["billed_seconds"]) == (
            len(rows),
            sum(row["billed_seconds"] for row in rows),
        )
        assert micros(category["total"]) == sum(micros(row["price"]) for row in rows)
    assert micros(summary["total"]) == sum(micros(category["total"]) for category in summary["categories"])
    statement = world.get("/statement").body
    assert micros(statement["closing_balance"]) == world.balance()
    book = read_book(world.stack.dynamodb, world.stack.table_name, "acct_1")
    assert book is not None
    assert [str(difference) for difference in prove_sums(book)] == []


def micros(text: str) -> int:
    """The micro-dollars of an API amount."""
    whole, _, part = text.lstrip("-").partition(".")
    return (-1 if text.startswith("-") else 1) * (int(whole) * 1_000_000 + int(f"{part:0<6}"))


def charged(world: World) -> None:
    """Several kinds of calls charged by the first deck, and one waiting call."""
    calls = [
        {},
        {"call_id": "c_2", "to": JAPAN},
        {"call_id": "c_3", "to": MOBILE},
        {"call_id": "c_4", "to": PREMIUM},
        {"call_id": "c_5", "to": UNCOVERED},
    ]
    assert world.deliver(*calls) == []
