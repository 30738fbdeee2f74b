"""Prices on the running stack: an uploaded deck, an announced price, a waiting call that is charged, rerated calls, and
a rollback.
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
from tests.stack.commands import LANDLINE, LANDLINE_ROW, command, example_deck_again
from tests.stack.conftest import eventually, log_lines
from tests.stack.test_calls import items_of, make_call, open_account, posted_micros, send

RATES = (ROOT / "local" / "rates.csv").read_text(encoding="utf-8")
UNPRICED = "+9997123456"
"""A number that no other test calls and no deck covers."""
TOMORROW = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"


@pytest.fixture(scope="module", autouse=True)
def described(deployed: Stack) -> Iterator[None]:
    """Publish stack.json for the commands; the example deck is active before and afterwards."""
    deployed.publish_description()
    assert command(deployed, "publish_rates", "local/rates.csv").returncode == 0
    yield
    example_deck_again(deployed)


def prices(deployed: Stack) -> list[str]:
    """Return the current and the announced prices of a UK landline from GET /rates."""
    items = deployed.api.get("/rates", number=LANDLINE)["items"]
    return [item["rate_per_minute"] for item in items if item["origin"] == "*"]


def upload(deployed: Stack, name: str, deck: str) -> dict[str, Any]:
    """Upload a deck under incoming/; return its report."""
    client, bucket = boto3.client("s3"), deployed.outputs["DeckBucketName"]
    client.put_object(Bucket=bucket, Key=f"incoming/{name}", Body=deck.encode())
    read_report: Callable[[], Any] = lambda: DeckBucket(client, bucket).read_report(f"incoming/{name}")  # noqa: E731
    report: dict[str, Any] = eventually(read_report, seconds=60)
    return report


def row(begin: str, price: str, since: str) -> str:
    """Return a row of local/rates.csv with another price and start date."""
    [original] = [line for line in RATES.splitlines() if line.startswith(begin)]
    cells = original.split(",")
    return ",".join([*cells[:4], price, *cells[5:8], since, cells[9]]) + "\n"


def test_uploaded_deck_charges_waiting_calls_and_can_be_rolled_back(deployed: Stack) -> None:
    open_account(deployed, "acct_waited")
    send(deployed, [json.dumps(make_call("acct_waited", UNPRICED, 60, datetime.now(UTC) - timedelta(hours=1)))])
    eventually(lambda: items_of(deployed, "acct_waited", "UNRATED#"))
    new_row = row(LANDLINE_ROW, "0.5000", "2026-01-01").replace("442", "9997", 1)

    report = upload(deployed, "next month.csv", RATES + row(LANDLINE_ROW, "0.0200", TOMORROW) + new_row)

    assert report["outcome"] == "published"
    assert report["changes"] | {"added": 1, "removed": 0, "later": 1, "announced": 1} == report["changes"]
    assert [one["prefix"] for one in report["warnings"]] == ["9997"]
    assert report["last_calls"]["accounts"], "calls of a sample of the accounts are compared"
    eventually(lambda: prices(deployed) == ["0.014", "0.02"], seconds=60)
    eventually(lambda: posted_micros(deployed, "acct_waited") == -500_000, seconds=60)
    [waited] = items_of(deployed, "acct_waited", "UNRATED#")
    assert "sweep_pk" not in waited
    assert "acct_waited" not in command(deployed, "list_unrated").stdout

    listed = command(deployed, "rollback_rates", "--list")
    assert re.search(rf"active\s+{report['version']}", listed.stdout), listed.stdout + listed.stderr
    back = command(deployed, "rollback_rates", "--yes")
    assert (back.returncode, "is active again" in back.stdout) == (0, True), back.stdout + back.stderr
    eventually(lambda: prices(deployed) == ["0.014"], seconds=60)
    forth = command(deployed, "rollback_rates", "--to", report["version"], "--yes")
    assert (forth.returncode, report["version"] in forth.stdout) == (0, True)
    assert command(deployed, "rollback_rates", "--to", report["version"], "--yes").returncode == 1
    assert command(deployed, "rollback_rates", "--yes").returncode == 0
    assert posted_micros(deployed, "acct_waited") == -500_000


def test_uploaded_deck_with_errors_is_reported_and_not_activated(deployed: Stack) -> None:
    active = DeckBucket(boto3.client("s3"), deployed.outputs["DeckBucketName"]).pointer()
    report = upload(deployed, "broken.csv", RATES.replace(LANDLINE_ROW, LANDLINE_ROW.replace("0.0140", "cheap")))
    line = RATES[: RATES.index(LANDLINE_ROW)].count("\n") + 1
    assert (report["outcome"], report["error_count"]) == ("refused", 1)
    assert (
        report["errors"][0] | {"line": line, "column": "rate_per_minute", "code": "invalid_price"}
        == report["errors"][0]
    )
    assert DeckBucket(boto3.client("s3"), deployed.outputs["DeckBucketName"]).pointer() == active
    eventually(lambda: [line for line in log_lines("/PublishRatesLogs") if "deck_refused" in line])


def test_rerating_reports_first_and_posts_with_yes(deployed: Stack, tmp_path: Path) -> None:
    open_account(deployed, "acct_again")
    started = datetime.now(UTC) - timedelta(hours=1)
    send(deployed, [json.dumps(make_call("acct_again", LANDLINE, 60, started)) for _ in range(3)])
    eventually(lambda: posted_micros(deployed, "acct_again") == -3 * 14_000)
    expensive = RATES.replace(LANDLINE_ROW, LANDLINE_ROW.replace("0.0140", "0.0200"))
    (tmp_path / "expensive.csv").write_text(expensive, encoding="utf-8")
    assert command(deployed, "publish_rates", str(tmp_path / "expensive.csv")).returncode == 0
    pointer = DeckBucket(boto3.client("s3"), deployed.outputs["DeckBucketName"]).pointer()
    assert pointer is not None
    period = (
        "--deck",
        pointer.version,
        "--account",
        "acct_again",
        "--from",
        f"{started - timedelta(days=1):%Y-%m-%d}",
        "--to",
        TOMORROW,
    )

    preview = command(deployed, "rerate_calls", *period)
    assert (preview.returncode, "3 of 3 calls would change, and the balance by -0.018 USD" in preview.stdout) == (
        0,
        True,
    ), preview.stdout + preview.stderr
    assert posted_micros(deployed, "acct_again") == -3 * 14_000
    for changed in (3, 0):
        posted = command(deployed, "rerate_calls", *period, "--yes")
        assert f"{changed} of 3 calls changed" in posted.stdout, posted.stdout + posted.stderr
        assert posted_micros(deployed, "acct_again") == -3 * 20_000
    assert len(items_of(deployed, "acct_again", "ENTRY#")) == 9
    assert command(deployed, "rerate_calls").returncode == 0
