"""The command behind make import-rates, beside an active deck in a simulated bucket."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

from calling_credit.rates.deck_report import DeckCheck
from calling_credit.rates.publish_outcomes import PublishOutcome
from calling_credit.rates.publishing import DeckBucket
from ops import import_rates
from ops.decks import deck_bucket, price_list_bucket
from ops.project import ROOT
from ops.terminal import CommandError
from tests.domain.rate_sheet_examples import MAP

SHEET = (
    "Code,Destination,Rate,Date,Change\n"
    "93,Afghanistan,0.2,2099-01-01,Increase\n355,Albania,0.1,2026-11-01,New\n1201,USA,0.01,,\n44,UK,,2026-11-01,Closed\n"
)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[DeckBucket]:
    """The bucket of a stack whose active deck is the example deck."""
    with mock_aws():
        s3, name = boto3.client("s3", region_name="us-east-1"), f"rate-sheets-{uuid4()}"  # Other mocks may be active.
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        settings: dict[str, Any] = {
            "outputs": {"DeckBucketName": name},
            "parameters": {},
            "name": "s",
            "is_local": True,
        }
        stack: Any = SimpleNamespace(client=lambda _name: s3, **settings)
        monkeypatch.setattr(import_rates, "find_stack", lambda: stack)
        decks, now = deck_bucket(stack), datetime.now(UTC)
        data = (ROOT / "local" / "rates.csv").read_bytes()
        assert decks.publish(data, decks.check(data, now, now), now, now, {}) == PublishOutcome.PUBLISHED
        yield decks


@pytest.mark.parametrize(("options", "rows"), [([], 1_324), (["--amend"], 4_689)])
def test_a_sheet_becomes_a_deck_on_the_base_of_the_active_one(
    bucket: DeckBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], rows: int
) -> None:
    sheet, rate_map, deck = tmp_path / "sheet.csv", tmp_path / "map.toml", tmp_path / "new.csv"
    sheet.write_text(SHEET, encoding="utf-8")
    rate_map.write_text(MAP + 'effective_from = "Date"\nchange = "Change"\n', encoding="utf-8")
    arguments = [str(sheet), "--map", str(rate_map), "--out", str(deck), "--markup", "11", *options]
    monkeypatch.setattr(sys, "argv", ["import_rates", *arguments])
    assert import_rates.main() == 0
    check = bucket.check(deck.read_bytes(), datetime.now(UTC), datetime.now(UTC))
    assert (check.errors, check.base, check.deck is not None and len(check.deck.rows)) == ([], check.named_base, rows)
    assert not {"home_not_included", "free_abroad", "future_without_present"} & set(check.counts)
    assert (tmp_path / "new.report.csv").read_text(encoding="utf-8").count("home_layer") == 1
    assert "355,Albania,AL,0.1000,0.1110" in (tmp_path / "new.margins.csv").read_text(encoding="utf-8")


def test_margins_count_the_buying_list_of_the_stack_unless_a_file_is_named(
    bucket: DeckBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = (ROOT / "local" / "rates.csv").read_bytes().split(b"\n", 1)[0]
    find_stack: Any = vars(import_rates)["find_stack"]
    costs = price_list_bucket(find_stack(), "cost")
    cost = header + b"\n355,Albania,AL,*,0.0700,0.0000,60,60,2020-01-01,outbound_international_call\n"
    now = datetime.now(UTC)
    assert costs.publish(cost, costs.check(cost, now, now), now, now, {}) == PublishOutcome.PUBLISHED
    sheet, rate_map, named = tmp_path / "sheet.csv", tmp_path / "map.toml", tmp_path / "cost.csv"
    sheet.write_text("Code,Destination,Rate\n355,Albania,0.1\n", encoding="utf-8")
    rate_map.write_text(MAP, encoding="utf-8")
    named.write_bytes(cost.replace(b"0.0700", b"0.0800"))
    for options, expected in (([], "0.0700,0.1000"), (["--cost", str(named)], "0.0800,0.1000")):
        monkeypatch.setattr(sys, "argv", ["import_rates", str(sheet), "--map", str(rate_map), *options])
        assert import_rates.main() == 0
        assert f"355,Albania,AL,{expected}" in (tmp_path / "sheet.deck.margins.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["gold", "cost"])
def test_a_sheet_becomes_a_price_list_without_home_and_base(
    bucket: DeckBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    sheet, rate_map, made = tmp_path / "sheet.csv", tmp_path / "map.toml", tmp_path / f"sheet.{name}.csv"
    sheet.write_text("Code,Destination,Rate\n355,Albania,0.1\n1201,USA,0.01\n", encoding="utf-8")
    rate_map.write_text(MAP, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["import_rates", str(sheet), "--map", str(rate_map), "--list", name])
    assert import_rates.main() == 0
    assert f"make publish-rates LIST={name} FILE={made} DRAFT=1" in capsys.readouterr().out
    assert [line.split(",")[:2] for line in made.read_text().splitlines()[1:]] == [["355", "Albania"]]
    assert _check(name, made).errors == []


def test_a_list_is_not_made_by_amending_the_deck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for options in (["--list", "gold", "--amend"], ["--list", "Gold"], ["--list", "1"]):
        monkeypatch.setattr(sys, "argv", ["import_rates", str(tmp_path / "sheet.csv"), *options])
        with pytest.raises(CommandError, match="LIST"):
            import_rates.main()


def test_an_imported_deck_may_be_the_buying_list_beside_its_own_base(
    bucket: DeckBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet, rate_map, deck = tmp_path / "sheet.csv", tmp_path / "map.toml", tmp_path / "sheet.deck.csv"
    sheet.write_text("Code,Destination,Rate\n355,Albania,0.1\n", encoding="utf-8")
    rate_map.write_text(MAP, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["import_rates", str(sheet), "--map", str(rate_map)])
    assert import_rates.main() == 0
    check = _check("cost", deck)
    find_stack: Any = vars(import_rates)["find_stack"]
    costs, now = price_list_bucket(find_stack(), "cost"), datetime.now(UTC)
    assert costs.publish(deck.read_bytes(), check, now, now, check.counts) == PublishOutcome.PUBLISHED


def _check(name: str, path: Path) -> DeckCheck:
    find_stack: Any = vars(import_rates)["find_stack"]
    now = datetime.now(UTC)
    return price_list_bucket(find_stack(), name).check(path.read_bytes(), now, now)


def test_a_missing_map_names_those_that_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(SHEET, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["import_rates", str(sheet), "--map", "nowhere"])
    with pytest.raises(CommandError, match=r"no map nowhere.*atlas, borealis"):
        import_rates.main()


@pytest.mark.usefixtures("bucket")
def test_a_map_without_a_rate_makes_no_empty_deck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet, rate_map, deck = tmp_path / "sheet.csv", tmp_path / "map.toml", tmp_path / "new.csv"
    sheet.write_text("Code,Destination,Change\n93,Afghanistan,New\n", encoding="utf-8")
    rate_map.write_text(MAP.replace('rate = "Rate"', 'change = "Change"'), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["import_rates", str(sheet), "--map", str(rate_map), "--out", str(deck)])
    with pytest.raises(CommandError, match="Check the rate column"):
        import_rates.main()
    assert not deck.exists()
