"""Prices on the running stack: a deck dropped into the bucket, a price announced, a waiting call that charges itself,
calls priced again, and the way back.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from calling_credit.rates.publishing import DeckBucket
from local.stack import Stack
from ops.project import ROOT
from tests.stack.conftest import eventually, log_lines
from tests.stack.test_calls import items_of, make_call, open_account, posted_micros, send
from tests.stack.test_commands import LANDLINE, LANDLINE_ROW, command, example_deck_again

RATES = (ROOT / "local" / "rates.csv").read_text(encoding="utf-8")
NOBODYS = "+9997123456"
"""A number that no other test calls and no deck covers."""
TOMORROW = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"


@pytest.fixture(scope="module", autouse=True)
def described(deployed: Stack) -> Iterator[None]:
    """Commands find the stack by its stack.json; the example deck is active before and again afterwards."""
    deployed.publish_description()
    assert command(deployed, "publish_rates", "local/rates.csv").returncode == 0
    yield
    example_deck_again(deployed)


def prices(deployed: Stack) -> list[str]:
    """What GET /rates says of a UK landline: now, then announced."""
    return [item["rate_per_minute"] for item in deployed.api.get("/rates", number=LANDLINE)["items"]]


def drop(deployed: Stack, name: str, deck: str) -> dict[str, Any]:
    """Put a deck under incoming/, and wait for what is told beside it."""
    client, bucket = boto3.client("s3"), deployed.outputs["DeckBucketName"]
    client.put_object(Bucket=bucket, Key=f"incoming/{name}", Body=deck.encode())
    told: Callable[[], Any] = lambda: DeckBucket(client, bucket).read_report(f"incoming/{name}")  # noqa: E731
    found: dict[str, Any] = eventually(told, seconds=60)
    return found


def row(begin: str, price: str, since: str) -> str:
    """The row of local/rates.csv that begins so, at another price from another day on."""
    [found] = [line for line in RATES.splitlines() if line.startswith(begin)]
    cells = found.split(",")
    return ",".join([*cells[:4], price, *cells[5:8], since, cells[9]]) + "\n"


def test_a_dropped_deck_prices_announces_and_charges_what_waited_and_is_taken_back(deployed: Stack) -> None:
    open_account(deployed, "acct_waited")
    send(deployed, [json.dumps(make_call("acct_waited", NOBODYS, 60, datetime.now(UTC) - timedelta(hours=1)))])
    eventually(lambda: items_of(deployed, "acct_waited", "UNRATED#"))
    nobodys = row(LANDLINE_ROW, "0.5000", "2026-01-01").replace("442", "9997", 1)

    told = drop(deployed, "next month.csv", RATES + row(LANDLINE_ROW, "0.0200", TOMORROW) + nobodys)

    assert told["outcome"] == "published"
    assert told["changes"] | {"added": 1, "removed": 0, "later": 1, "announced": 1} == told["changes"]
    assert [one["prefix"] for one in told["warnings"]] == ["9997"]
    assert told["last_calls"]["is_whole"]
    eventually(lambda: prices(deployed) == ["0.014", "0.02"], seconds=60)
    eventually(lambda: posted_micros(deployed, "acct_waited") == -500_000, seconds=60)
    [waited] = items_of(deployed, "acct_waited", "UNRATED#")
    assert "sweep_pk" not in waited
    assert "acct_waited" not in command(deployed, "list_unrated").stdout

    listed = command(deployed, "rollback_rates", "--list")
    assert re.search(rf"active\s+{told['version']}", listed.stdout), listed.stdout + listed.stderr
    back = command(deployed, "rollback_rates", "--yes")
    assert (back.returncode, "is active again" in back.stdout) == (0, True), back.stdout + back.stderr
    eventually(lambda: prices(deployed) == ["0.014"], seconds=60)
    forth = command(deployed, "rollback_rates", "--to", told["version"], "--yes")
    assert (forth.returncode, told["version"] in forth.stdout) == (0, True)
    assert command(deployed, "rollback_rates", "--to", told["version"], "--yes").returncode == 1
    assert command(deployed, "rollback_rates", "--yes").returncode == 0
    assert posted_micros(deployed, "acct_waited") == -500_000


def test_a_dropped_deck_with_errors_changes_nothing_and_says_so_beside_it_and_in_the_log(deployed: Stack) -> None:
    active = DeckBucket(boto3.client("s3"), deployed.outputs["DeckBucketName"]).pointer()
    told = drop(deployed, "broken.csv", RATES.replace(LANDLINE_ROW, LANDLINE_ROW.replace("0.0140", "cheap")))
    line = RATES[: RATES.index(LANDLINE_ROW)].count("\n") + 1
    assert (told["outcome"], told["error_count"]) == ("refused", 1)
    assert told["errors"][0] | {"line": line, "column": "rate_per_minute", "code": "invalid_price"} == told["errors"][0]
    assert DeckBucket(boto3.client("s3"), deployed.outputs["DeckBucketName"]).pointer() == active
    eventually(lambda: [said for said in log_lines("/PublishRatesLogs") if "deck_refused" in said])


def test_calls_are_priced_again_first_only_in_words(deployed: Stack, tmp_path: Path) -> None:
    open_account(deployed, "acct_again")
    started = datetime.now(UTC) - timedelta(hours=1)
    send(deployed, [json.dumps(make_call("acct_again", LANDLINE, 60, started)) for _ in range(3)])
    eventually(lambda: posted_micros(deployed, "acct_again") == -3 * 14_000)
    dearer = RATES.replace(LANDLINE_ROW, LANDLINE_ROW.replace("0.0140", "0.0200"))
    (tmp_path / "dearer.csv").write_text(dearer, encoding="utf-8")
    assert command(deployed, "publish_rates", str(tmp_path / "dearer.csv")).returncode == 0
    asked = ("--account", "acct_again", "--from", f"{started - timedelta(days=1):%Y-%m-%d}", "--to", TOMORROW)

    tried = command(deployed, "rerate_calls", *asked)
    assert (tried.returncode, "3 of 3 calls would change, and the balance by -0.018 USD" in tried.stdout) == (
        0,
        True,
    ), tried.stdout + tried.stderr
    assert posted_micros(deployed, "acct_again") == -3 * 14_000
    for changed in (3, 0):
        posted = command(deployed, "rerate_calls", *asked, "--yes")
        assert f"{changed} of 3 calls changed" in posted.stdout, posted.stdout + posted.stderr
        assert posted_micros(deployed, "acct_again") == -3 * 20_000
    assert len(items_of(deployed, "acct_again", "ENTRY#")) == 9
    assert command(deployed, "rerate_calls").returncode == 0
