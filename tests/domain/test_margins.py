"""Margins compare what a call brought with what it cost by the buying list in force when it began."""

from typing import Any

from calling_credit.rates.deck import Deck
from calling_credit.rates.margins import Margins, cost_micros
from tests.domain.examples import deck

AT = "2026-11-23T10:00:00.000Z"
UK = "+442071838750"


def entry(**changed: Any) -> dict[str, Any]:
    call = {"to": UK, "origin": "US", "duration_seconds": 61, "country": "GB", "destination": "United Kingdom"}
    return {**call, **changed}


def cost(**row: str) -> Deck:
    return deck({"rate_per_minute": "0.0123", "minimum_seconds": "1", "increment_seconds": "1", **row})


def test_a_call_costs_its_seconds_by_the_buying_list_to_the_micro_dollar() -> None:
    assert cost_micros(cost(), UK, "US", AT, 61) == 12_505
    assert cost_micros(cost(minimum_seconds="60", increment_seconds="60"), UK, "US", AT, 61) == 24_600
    assert cost_micros(cost(connection_fee="0.001"), UK, "US", AT, 60) == 13_300
    assert cost_micros(cost(connection_fee="0.001"), UK, "US", AT, 0) == 0
    assert cost_micros(cost(prefix="33"), UK, "US", AT, 60) is None


def test_margins_are_summed_by_destination_and_customer() -> None:
    margins, list_ = Margins(), cost()
    margins.add("acct_1", entry(), 30_000, AT, list_)
    margins.add("acct_2", entry(duration_seconds=600), 100_000, AT, list_)
    margins.add("acct_2", entry(duration_seconds=60), 0, AT, list_)  # Waived, or covered by included minutes.
    view = margins.view()
    assert view["total"] == {
        "calls": 3,
        "duration_seconds": 721,
        "charged": "0.13",
        "cost": "0.147805",
        "margin": "-0.017805",
        "margin_percent": "-13.70",
    }
    assert [(one["account_id"], one["margin"]) for one in view["accounts"]] == [
        ("acct_2", "-0.0353"),
        ("acct_1", "0.017495"),
    ]
    assert [(one["country"], one["destination"], one["calls"]) for one in view["destinations"]] == [
        ("GB", "United Kingdom", 3)
    ]


def test_calls_without_a_cost_or_number_are_counted_and_not_summed() -> None:
    margins = Margins()
    margins.add("acct_1", entry(), 30_000, AT, None)
    margins.add("acct_1", entry(), 30_000, AT, cost(prefix="33"))
    margins.add("acct_1", entry(to="+44207183****"), 30_000, AT, cost())
    assert (margins.without_cost, margins.left_out, margins.total().calls) == (2, 1, 0)
    assert margins.view()["total"]["margin_percent"] is None


def test_a_cost_with_rate_steps_is_that_of_each_part() -> None:
    stepped = deck({"rate_per_minute": "0.2", "rate_steps": "60:0.1:1"})
    assert cost_micros(stepped, UK, "US", AT, 120) == 300_000
