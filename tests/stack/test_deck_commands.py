"""The operator's commands that publish rate decks, against the deployed application."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest

from calling_credit.rates.publishing import DeckBucket
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


def test_a_deck_with_findings_needs_their_codes_and_counts(deployed: Stack, tmp_path: Path) -> None:
    path = tmp_path / "jump.csv"
    text = (ROOT / "local" / "rates.csv").read_text(encoding="utf-8")
    path.write_text(text.replace(LANDLINE_ROW, LANDLINE_ROW.replace("0.0140", "0.1400")), encoding="utf-8")
    refused = command(deployed, "publish_rates", str(path))
    assert (refused.returncode, "ALLOW=price_jump:1" in refused.stdout) == (1, True), refused.stdout + refused.stderr
    assert command(deployed, "publish_rates", str(path), "--allow", "price_jump").returncode == 1
    assert price_now(deployed) == "0.014"
    allowed = command(deployed, "publish_rates", str(path), "--allow", "price_jump:1", "--skip-impact")
    assert allowed.returncode == 0, allowed.stdout + allowed.stderr
    eventually(lambda: price_now(deployed) == "0.14", seconds=60)
    back = command(deployed, "rollback_rates", "--yes")
    assert (back.returncode, "price_jump: 1 prefix" in back.stdout) == (0, True), back.stdout + back.stderr
    example_deck_again(deployed)


def test_a_dropped_amendment_needs_approval(deployed: Stack, tokens: dict[str, str]) -> None:
    client, bucket = boto3.client("s3"), deployed.outputs["DeckBucketName"]
    text = (ROOT / "local" / "rates.csv").read_text(encoding="utf-8").splitlines()
    amendment = "\n".join([text[0], *(line for line in text if line.startswith(LANDLINE_ROW))])
    before = DeckBucket(client, bucket).pointer()
    client.put_object(Bucket=bucket, Key="incoming/amendment.csv", Body=amendment.encode())
    report = eventually(lambda: DeckBucket(client, bucket).read_report("incoming/amendment.csv"), seconds=60)
    assert (report["outcome"], report["command"].split()[:2]) == ("needs_approval", ["make", "publish-rates"])
    assert DeckBucket(client, bucket).pointer() == before


def test_an_added_area_code_is_included_within_a_minute(deployed: Stack, tokens: dict[str, str]) -> None:
    """The example deck knows 1436 already, so its numbers are included before; its lines need the command."""
    open_account(deployed, "acct_area_code")
    line = {"number": "+14362345678", "user_id": "user_1"}

    def put_line() -> int:
        path = "/accounts/acct_area_code/lines/line_9"
        return int(deployed.api.request("PUT", path, tokens["operator"], json=line).status_code)

    assert put_line() == 422
    assert command(deployed, "add_area_code", "212", "US").returncode == 1
    added = command(deployed, "add_area_code", "436", "US")
    assert (added.returncode, "now an area code of US" in added.stdout) == (0, True), added.stdout + added.stderr
    eventually(lambda: put_line() == 201, seconds=60)
    again = command(deployed, "add_area_code", "436", "US")
    assert (again.returncode, "already" in again.stdout) == (0, True), again.stdout + again.stderr
    assert command(deployed, "add_area_code", "997", "CA").returncode == 0

    def is_included() -> bool:
        items = deployed.api.get("/rates", number="+19975550100")["items"]
        return [item["included"] for item in items] == [True]

    eventually(is_included, seconds=60)
