"""publish_rates takes an uploaded deck and publishes it or reports its errors."""

from datetime import timedelta

import pytest

from calling_credit.rates import deck_store
from calling_credit.rates.publishing import DeckBucket
from tests.domain.examples import deck_csv
from tests.functions.decks_bench import (
    BROKEN,
    DEARER,
    active,
    clean,
    drop,
    dropped,
    price,
    publish_allowed,
    report,
    with_rows,
)
from tests.harness.table import BUCKET, _s3
from tests.harness.world import DECK, JAPAN, World

__all__ = ["clean"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def decks() -> set[str]:
    """Every stored deck."""
    return {stored.version for stored in DeckBucket(_s3(), BUCKET).stored_decks()}


def test_a_dropped_deck_is_published_with_a_report_beside_it(world: World) -> None:
    answer = drop(world, DEARER)
    assert (answer["outcome"], price(world)) == ("published", ["0.20"])
    told = report()
    assert (told["outcome"], told["version"], told["errors"]) == ("published", active().version, [])
    assert told["changes"] | {"raised": 1, "added": 0, "removed": 0, "lowered": 0} == told["changes"]
    assert told["lists"]["repriced"][0] | {"way": "raised", "before": "0.10/min 60/60"} == told["lists"]["repriced"][0]


def test_a_deck_with_errors_changes_nothing_and_reports_row_and_column(
    world: World, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    before = active()
    answer = drop(world, BROKEN)
    assert (answer["outcome"], answer["error_count"]) == ("refused", 2)
    assert (active(), price(world), len(decks())) == (before, ["0.10"], 1)
    assert [(error["line"], error["column"], error["code"]) for error in report()["errors"]] == [
        (2, "rate_per_minute", "invalid_price"),
        (4, "country", "unknown_country"),
    ]
    assert "deck_refused" in caplog.messages
    assert '"DecksRefused"' in capsys.readouterr().out


def test_each_of_500_errors_among_50000_rows_is_reported(world: World) -> None:
    rows = [{"prefix": str(2_000_000 + number), "country": "GB"} for number in range(50_000)]
    for number in range(500):
        rows[number * 100 + 7] |= {"rate_per_minute": "1000.01"}
    answer = drop(world, deck_csv(*rows))
    assert (answer["outcome"], answer["error_count"]) == ("refused", 500)
    found = [(error["line"], error["column"], error["code"]) for error in report()["errors"]]
    assert found == [(number * 100 + 9, "rate_per_minute", "price_out_of_range") for number in range(500)]


def test_an_object_announced_twice_makes_one_version(world: World) -> None:
    drop(world, DEARER)
    first, stored = active(), decks()
    again = world.stack.invoke("publish_rates", dropped("incoming/december.csv"), seconds=300)
    assert (again, active(), decks()) == (
        {"outcome": "published", "version": first.version, "again": True},
        first,
        stored,
    )
    assert drop(world, DEARER, "the same under another name.csv")["outcome"] in ("unchanged", "published")
    assert (active(), decks()) == (first, stored), (
        "at another second it would be unchanged, at the same one it is the same"
    )


def test_calls_of_a_renamed_category_count_toward_the_daily_limit(world: World) -> None:
    world.adjust("50.00", "credit")
    world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_spend": "0.50"}})
    assert world.deliver({}) == []
    publish_allowed(world, DECK.replace(b"outbound_international_call", b"calls_abroad"))
    assert world.authorize("c_2").body["max_seconds"] == 120
    assert world.deliver({"call_id": "c_2", "ended_at": "2026-11-23T10:01:04.000Z", "duration_seconds": 60}) == []
    DeckBucket(_s3(), BUCKET).roll_back(None, world.clock.now)
    world.stack.forget()
    assert list(active().categories) == ["outbound_international_call", "outbound_premium_call", "calls_abroad"]
    assert world.authorize("c_3").body["max_seconds"] == 60


def test_folders_and_missing_files_are_ignored_and_a_large_one_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = active()
    assert world.stack.invoke("publish_rates", dropped("incoming/new/"), seconds=300) == {"outcome": "ignored"}
    assert world.stack.invoke("publish_rates", dropped("incoming/gone.csv"), seconds=300) == {"outcome": "ignored"}
    assert "file_gone" in caplog.messages
    monkeypatch.setattr("calling_credit.rates.uploads.MAX_BYTES", 100)
    assert (drop(world, DEARER, "large.csv")["outcome"], report("large.csv")["code"]) == ("refused", "file_too_large")
    assert active() == before


def test_a_deck_announced_late_does_not_replace_a_newer_one(world: World) -> None:
    _s3().put_object(Bucket=BUCKET, Key="incoming/late.csv", Body=DEARER)
    put_at = _s3().head_object(Bucket=BUCKET, Key="incoming/late.csv")["LastModified"]
    newer = DECK.replace(b"0.10", b"0.30")
    deck_store.put_deck(_s3(), BUCKET, "newer", newer)
    deck_store.activate(_s3(), BUCKET, deck_store.pointer_to("newer", newer, put_at + timedelta(seconds=5)))
    answer = world.stack.invoke("publish_rates", dropped("incoming/late.csv"), seconds=300)
    assert (answer["outcome"], active().version) == ("superseded", "newer")
    assert "Upload it again" in report("late.csv")["detail"]


def test_later_rows_of_a_deck_are_shown_as_announced_prices(world: World) -> None:
    announced = with_rows(
        {"rate_per_minute": "0.12", "effective_from": "2026-12-01"},
        {"prefix": "33", "destination": "France", "country": "FR", "effective_from": "2026-12-24"},
    )
    drop(world, announced)
    assert price(world) == ["0.10", "0.12"]
    told = report()["changes"]
    assert (told["later"], told["added"], told["announced"], told["not_yet_covered"]) == (1, 1, 2, 1)
    assert report()["lists"]["not_yet_covered"][0]["prefix"] == "33"
    world.clock.now += timedelta(days=9)
    world.stack.forget()
    assert price(world) == ["0.12"]


def test_a_report_states_the_impact_on_the_calls_of_the_last_30_days(world: World) -> None:
    world.create_account("acct_2")
    assert world.deliver({}, {"call_id": "c_2", "to": JAPAN}, {"call_id": "c_3", "account_id": "acct_2"}) == []
    old = {"started_at": "2026-10-01T10:00:00.000Z", "answered_at": "2026-10-01T10:00:00.000Z"}
    assert world.deliver({"call_id": "c_old", **old, "ended_at": "2026-10-01T10:02:05.000Z"}) == []
    dearer_without_japan = deck_csv(
        {"rate_per_minute": "0.20"}, {"rate_per_minute": "0.05", "effective_from": "2026-12-01"}
    )
    drop(world, dearer_without_japan)
    told = report()["last_calls"]
    assert (told["accounts"], told["calls"], told["charged"], told["is_whole"]) == (2, 3, "0.6256", True)
    assert told["by_this_deck"] == {"dearer": 2, "cheaper": 0, "same": 0, "unrated": 1, "change": "0.60"}
    assert told["once_all_is_in_effect"] == {"dearer": 0, "cheaper": 2, "same": 0, "unrated": 1, "change": "-0.30"}


def test_a_report_states_when_some_past_calls_were_not_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.deliver(*({"call_id": f"c_{number}"} for number in range(5)))
    monkeypatch.setattr("calling_credit.ledger.charge_reader.MAX_CALLS", 3)
    drop(world, DEARER)
    assert (report()["last_calls"]["calls"], report()["last_calls"]["is_whole"]) == (3, False)
    assert price(world) == ["0.20"], "published anyway"
