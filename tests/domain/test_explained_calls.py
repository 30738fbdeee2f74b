"""An explanation of a call shows numbers that give the charged price exactly, and says the same in a sentence."""

import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.charging.corrections import correct_duration, waive
from calling_credit.charging.rerating import replacing_entries
from calling_credit.desk.call_records import CallRecords
from calling_credit.desk.call_sentence import duration_text
from calling_credit.desk.explanation import explain_call
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.instants import format_instant
from calling_credit.ledger.call_entries import charge_entry
from calling_credit.ledger.charged_calls import ChargedCall
from calling_credit.ledger.entries import Entry
from calling_credit.ledger.holds import Hold, HoldEnd, HoldStatus, price_of, rate_held
from calling_credit.ledger.posting import entry_item
from calling_credit.rates.deck import RateRow
from calling_credit.rates.pricing import RatedCall, price_by
from tests.domain.examples import NOW, call, seconds_call

ROW = RateRow(
    "44", "United Kingdom", "GB", "*", 15_000, 0, 0, 1, "2020-01-01T00:00:00.000Z", "outbound_international_call"
)
ZONE = "America/New_York"
rows = st.builds(
    replace,
    st.just(ROW),
    rate_micros_per_minute=st.integers(0, 5_000_000),
    connection_fee_micros=st.integers(0, 1_000_000),
    minimum_seconds=st.integers(0, 600),
    increment_seconds=st.integers(1, 600),
)
durations = st.integers(1, 40_000)


def item(entry: Entry) -> dict[str, Any]:
    """The plain item of an entry."""
    return from_attributes(entry_item(entry))


def records(*entries: Entry, **more: Any) -> CallRecords:
    """The records of a call with these entries."""
    items = [item(entry) for entry in entries]
    happened_at = items[0]["SK"].split("#")[1]
    return CallRecords("c_1", happened_at, items, user_names={"user_1": "Dana Reyes"}, **more)


def charged(seconds: int, row: RateRow = ROW) -> Entry:
    """The entry of a call of this duration."""
    rated = price_by(row, "deck-1", "US", seconds)
    assert isinstance(rated, RatedCall)
    return charge_entry(seconds_call(seconds), rated, ZONE, NOW)


def computed(view: dict[str, Any]) -> tuple[int, Decimal]:
    """The billed seconds and the price, from the shown numbers alone."""
    row, shown = view["row"], view["calculation"]
    minimum, increment, seconds = row["minimum_seconds"], row["increment_seconds"], shown["priced_seconds"]
    billed = 0
    if seconds:
        billed = minimum
        while billed < seconds:
            billed += increment
    if not billed:
        return 0, Decimal(0)
    price = Fraction(row["connection_fee"]) + Fraction(row["rate_per_minute"]) * billed / 60
    steps = int(price / Fraction(shown["rounded_to"]) + Fraction(1, 2))
    return billed, steps * Decimal(shown["rounded_to"])


def check_exact(view: dict[str, Any]) -> None:
    """Check that the shown numbers give the shown price and the amount of the last entry."""
    billed, price = computed(view)
    shown = view["calculation"]
    assert (billed, price) == (shown["billed_seconds"], Decimal(shown["price"]))
    assert shown["exact"] is True
    assert Decimal(view["entries"][-1]["amount"]) == -price
    assert view["price"] == shown["price"]


@given(rows, durations)
def test_shown_numbers_give_the_price_of_a_charged_call(row: RateRow, seconds: int) -> None:
    view = explain_call(records(charged(seconds, row)), ZONE, 2)
    check_exact(view)
    if Decimal(view["price"]):
        assert f"{view['price']} USD." in view["sentence"]
        assert f"billed {view['calculation']['billed_seconds']} s" in view["sentence"]


@given(rows, durations, st.integers(1, 40_000), st.integers(0, 60), st.integers(0, 60))
def test_shown_numbers_give_the_price_of_a_held_call(
    row: RateRow, seconds: int, granted: int, then: int, now: int
) -> None:
    """The tolerance in force when the call is explained may be another than when it was charged."""
    the_call = seconds_call(seconds)
    hold = _hold(row, granted)
    rated = rate_held(the_call, hold, then)
    assert isinstance(rated, RatedCall)
    view = explain_call(records(charge_entry(the_call, rated, ZONE, NOW), hold=hold), ZONE, now)
    check_exact(view)
    assert view["calculation"]["granted_seconds"] == granted


@given(rows, durations, st.one_of(st.none(), st.integers(0, 40_000)))
def test_shown_numbers_give_the_price_after_a_correction(row: RateRow, seconds: int, corrected: int | None) -> None:
    first = charged(seconds, row)
    standing = ChargedCall(item(first))
    again = (
        waive(standing, "cor_1", NOW)
        if corrected is None
        else correct_duration(standing, row, corrected, "cor_1", 2, NOW)
    )
    view = explain_call(records(first, *again.entries), ZONE, 2)
    if corrected is None:
        assert (view["outcome"], view["price"], view["calculation"]["exact"]) == ("waived", "0.00", True)
    else:
        check_exact(view)
    assert sum(Decimal(entry["amount"]) for entry in view["entries"]) == -Decimal(view["price"])


@given(rows, rows, durations)
def test_shown_numbers_give_the_price_after_a_rerating(row: RateRow, other: RateRow, seconds: int) -> None:
    first = charged(seconds, row)
    rated = price_by(other, "deck-2", "US", seconds)
    assert isinstance(rated, RatedCall)
    again = replacing_entries(ChargedCall(item(first)), rated, "run_1", {"run": "run_1"}, NOW)
    view = explain_call(records(first, *again), ZONE, 2)
    check_exact(view)
    [rerating] = view["reratings"]
    assert (Decimal(rerating["before"]), rerating["after"]) == (-Decimal(view["entries"][0]["amount"]), view["price"])
    assert [entry["why"] for entry in view["entries"]] == ["charged", "repriced", "repriced"]


def test_a_wrong_number_in_an_entry_is_not_called_exact() -> None:
    entry = item(charged(192))
    broken = [entry | change for change in ({"amount_micros": -1}, {"billed_seconds": 193})]
    for one in broken:
        view = explain_call(CallRecords("c_1", NOW.isoformat(), [one]), ZONE, 2)
        assert view["calculation"]["exact"] is False


def test_the_sentence_says_who_called_whom_when_and_for_how_much() -> None:
    view = explain_call(records(charged(192)), ZONE, 2)
    assert view["sentence"] == (
        "Dana Reyes called +442071838750 (United Kingdom) on 2026-11-22 at 05:00:00 (America/New_York) for 3 min 12 s; "
        "billed 192 s (at least 0 s, then steps of 1 s) at 0.015 a minute: 0.048 USD."
    )


def test_the_sentence_names_the_seconds_that_were_authorized() -> None:
    hold = _hold(ROW, 191)
    rated = rate_held(seconds_call(192), hold, 2)
    assert isinstance(rated, RatedCall)
    view = explain_call(records(charge_entry(seconds_call(192), rated, ZONE, NOW)), ZONE, 2)
    assert "billed 191 s" in view["sentence"]
    assert "for the 3 min 11 s that were authorized" in view["sentence"]


@pytest.mark.parametrize(
    ("status", "ended_as", "outcome", "words", "price"),
    [
        (HoldStatus.LIVE, None, "in_progress", "are held for it until its end is reported", None),
        (HoldStatus.RELEASED, HoldEnd.UNANSWERED, "unanswered", "ended without an answer", "0.00"),
        (HoldStatus.RELEASED, HoldEnd.ANSWERED, "free", "no charge is recorded", "0.00"),
        (HoldStatus.EXPIRED, None, "expired", "its end was never reported", None),
    ],
)
def test_a_call_without_an_event_is_explained_by_its_hold(
    status: HoldStatus, ended_as: HoldEnd | None, outcome: str, words: str, price: str | None
) -> None:
    hold = replace(_hold(ROW, 600), status=status, ended_as=ended_as)
    view = explain_call(CallRecords("c_1", None, hold=hold), ZONE, 2)
    assert (view["outcome"], view["price"], view["started_at"]) == (outcome, price, None)
    assert words in view["sentence"]
    assert view["row"]["rate_per_minute"] == "0.015"


def test_a_refused_call_is_explained_by_its_reason() -> None:
    denials = [
        {"SK": f"DENIED#{at}#c_1", "at": at, "line_id": "line_1", "to": "+442071838750", "reason": "account_frozen"}
        for at in ("2026-11-23T10:00:00.000Z", "2026-11-23T10:00:05.000Z")
    ]
    view = explain_call(CallRecords("c_1", None, denials=denials), ZONE, 2)
    assert (view["outcome"], view["price"]) == ("refused", "0.00")
    assert view["sentence"] == (
        "A call from line line_1 to +442071838750 was refused 2 times, last on 2026-11-23 at 05:00:05 "
        "(America/New_York). The account is frozen."
    )
    unknown = explain_call(CallRecords("c_1", None, denials=[denials[0] | {"reason": "a_later_reason"}]), ZONE, 2)
    assert "not known to this release" in unknown["sentence"]


def test_goodwill_is_named_and_leaves_nothing_to_give() -> None:
    goodwill = {
        "given_at": format_instant(NOW),
        "given_micros": 20_000,
        "standing_micros": 20_000,
        "reason": "bad line",
        "by": "staff:s_1",
    }
    view = explain_call(records(charged(192), goodwill=goodwill), ZONE, 2)
    assert "Goodwill of 0.02 USD was given for it." in view["sentence"]
    assert (view["goodwill"][0]["given"], view["goodwill_left"]) == ("0.02", "0.00")
    assert explain_call(records(charged(192)), ZONE, 2)["goodwill_left"] == "0.048"


@given(st.integers(0, 604_800))
def test_durations_in_words_add_up(seconds: int) -> None:
    units = {"h": 3_600, "min": 60, "s": 1}
    parts = re.findall(r"(\d+) (h|min|s)", duration_text(seconds))
    assert sum(int(number) * units[unit] for number, unit in parts) == seconds


def _hold(row: RateRow, seconds: int) -> Hold:
    return Hold(
        account_id="acct_1",
        call_key="c_1",
        call_id="c_1",
        line_id="line_1",
        dialled_number=call().dialled_number,
        origin="US",
        status=HoldStatus.LIVE,
        amount_micros=price_of(row, seconds),
        max_seconds=seconds,
        deck_version="deck-1",
        row=row,
        authorized_at="2026-11-22T09:59:58.000Z",
        asked_at="2026-11-22T09:59:58.000Z",
        asked_seconds=seconds,
    )
