"""The operator's commands that publish rate decks, against the deployed application."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.stack import Stack
from ops.project import ROOT
from tests.stack.commands import LANDLINE, LANDLINE_ROW, command, example_deck_again, price_now
from tests.stack.conftest import eventually
from tests.stack.test_calls import items_of, make_call, open_account, posted_micros, send


@pytest.fixture(scope="module", autouse=True)
def described(deployed: Stack) -> None:
    """Publish stack.json, by which commands find the stack."""
    deployed.publish_description()


@pytest.fixture
def expensive_deck(deployed: Stack, tmp_path: Path) -> Iterator[Path]:
    """The example deck with UK landlines at two cents; the example deck is active again afterwards."""
    text = (ROOT / "local" / "rates.csv").read_text(encoding="utf-8")
    assert text.count(LANDLINE_ROW) == 1
    path = tmp_path / "expensive.csv"
    path.write_text(text.replace(LANDLINE_ROW, LANDLINE_ROW.replace("0.0140", "0.0200")), encoding="utf-8")
    yield path
    example_deck_again(deployed)


def test_published_price_applies_to_calls_that_begin_later(deployed: Stack, expensive_deck: Path) -> None:
    open_account(deployed, "acct_prices")
    started = datetime.now(UTC) - timedelta(hours=1)
    first = json.dumps(make_call("acct_prices", LANDLINE, 60, started))
    send(deployed, [first])
    eventually(lambda: posted_micros(deployed, "acct_prices") == -14_000)

    draft = command(deployed, "publish_rates", str(expensive_deck), "--draft")
    assert (draft.returncode, "1 repriced" in draft.stdout) == (0, True), draft.stdout + draft.stderr
    assert price_now(deployed) == "0.014"
    assert command(deployed, "publish_rates", str(expensive_deck)).returncode == 0
    eventually(lambda: price_now(deployed) == "0.02", seconds=60)

    def second_costs_two_cents() -> bool:
        call = make_call("acct_prices", LANDLINE, 1, datetime.now(UTC))
        send(deployed, [first, json.dumps(call)])
        deployed.wait_until_rated()
        newest = max(items_of(deployed, "acct_prices", "ENTRY#"), key=lambda item: str(item["recorded_at"]["S"]))
        return bool(newest["amount_micros"]["N"] == "-20000")

    eventually(second_costs_two_cents, seconds=60)
    prices = sorted(item["amount_micros"]["N"] for item in items_of(deployed, "acct_prices", "ENTRY#"))
    assert set(prices) == {"-14000", "-20000"}
    assert posted_micros(deployed, "acct_prices") == sum(map(int, prices))
    [one] = [
        item for item in items_of(deployed, "acct_prices", "ENTRY#") if json.loads(first)["call_id"] in item["SK"]["S"]
    ]
    assert one["amount_micros"]["N"] == "-14000"


def test_deck_with_an_error_is_refused_with_line_and_column(deployed: Stack, tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    text = (ROOT / "local" / "rates.csv").read_text(encoding="utf-8")
    path.write_text(text.replace(LANDLINE_ROW, LANDLINE_ROW.replace("0.0140", "cheap")), encoding="utf-8")
    answer = command(deployed, "publish_rates", str(path))
    assert answer.returncode == 1
    line = text[: text.index(LANDLINE_ROW)].count("\n") + 1
    assert f"line {line} rate_per_minute: invalid_price" in answer.stdout + answer.stderr
    assert price_now(deployed) == "0.014"
