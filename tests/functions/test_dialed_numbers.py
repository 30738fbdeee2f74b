"""Numbers as dialed mean the same before a call and after it: they are read in the country of the line."""

from datetime import timedelta
from typing import Any

import pytest

from calling_credit.config import config
from tests.functions.numbers_bench import NUMBER, call_at, deliver
from tests.functions.report_bench import Reporter, whole
from tests.harness.http import Answer, http_event
from tests.harness.world import UNITED_KINGDOM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

TO_LONDON = [
    "+44 20 7183 8750",
    "011442071838750",
    "00442071838750",
    "442071838750",
    "+4402071838750",
    "011 44 (0)20 7183 8750",
]
FROM_SAN_FRANCISCO = ["4155550100", "(415) 555-0100", "14155550100", "+1 415 555 0100", "1-415-555-0100"]
LONDON = "+442071830100"
BRITISH = {"account_id": "acct_1", "line_id": "line_gb", "user_id": "user_1"}


def ask(world: World, **body: Any) -> Answer:
    """The answer to the switch's question."""
    return world.invoke("authorize_call", http_event("authorize_call", "POST", "/calls/authorize", body=body))


@pytest.fixture
def british(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world with a line in London."""
    monkeypatch.setenv("HOME_COUNTRIES", "US,CA,GB")
    config.cache_clear()
    line = {"number": LONDON, "user_id": "user_1", "international_calling": True}
    assert world.operate("PUT", "/accounts/acct_1/lines/line_gb", line).status == 201
    return world


@pytest.mark.parametrize("dialed", TO_LONDON)
def test_call_is_held_and_charged_alike_however_it_was_dialed(world: World, dialed: str) -> None:
    world.adjust("5.00", "k_1")
    asked = ask(world, call_id="c_1", to=dialed, **{"from": FROM_SAN_FRANCISCO[0]})
    assert (asked.body["decision"], asked.body["rate_per_minute"]) == ("allow", "0.10")
    [hold] = world.of_kind("HOLD")
    assert hold["to"] == UNITED_KINGDOM
    reporter = Reporter(world)
    assert reporter.report(whole(call_at(world, "c_1") | {"to": dialed})) == []
    assert reporter.queue.events[0]["to"] in (UNITED_KINGDOM, "+4402071838750")
    assert reporter.drain() == []
    [entry] = world.entries()[1:]
    assert (entry["to"], entry["amount_micros"]) == (UNITED_KINGDOM, -100_000)


@pytest.mark.parametrize("caller", FROM_SAN_FRANCISCO)
def test_caller_names_its_line_however_it_is_spelled(world: World, caller: str) -> None:
    world.adjust("5.00", "k_1")
    assert ask(world, call_id="c_1", to=UNITED_KINGDOM, **{"from": caller}).body["decision"] == "allow"
    assert deliver(world, call_at(world, "c_1", **{"from": caller})) == []
    [entry] = world.entries()[1:]
    assert (entry["line_id"], entry["user_id"]) == ("line_1", "user_1")


def test_national_number_is_read_in_the_country_of_the_named_line(british: World) -> None:
    british.adjust("5.00", "k_1")
    asked = ask(british, call_id="c_1", account_id="acct_1", line_id="line_gb", to="020 7183 8750")
    assert asked.body["decision"] == "allow"
    assert [hold["to"] for hold in british.of_kind("HOLD")] == [UNITED_KINGDOM]
    reporter = Reporter(british)
    assert reporter.report(whole(call_at(british, "c_1") | {"to": "020 7183 8750"} | BRITISH)) == []
    assert reporter.queue.events[0]["to"] == UNITED_KINGDOM
    british.clock.now += timedelta(minutes=2)
    assert deliver(british, call_at(british, "c_2") | {"to": "02071838750"} | BRITISH) == []
    assert [entry["to"] for entry in british.entries()[1:]] == [UNITED_KINGDOM]


def test_national_number_is_read_in_the_country_of_from(british: World) -> None:
    reporter = Reporter(british)
    call = whole(call_at(british, "c_1") | {"to": "020 7183 8750", "from": LONDON})
    assert reporter.report(call) == []
    assert reporter.queue.events[0]["to"] == UNITED_KINGDOM
    assert reporter.queue.events[0]["line_id"] == "line_gb"


@pytest.mark.parametrize("dialed", ["911", "+911", "+1911", "9-1-1", "+44999"])
def test_emergency_call_reads_nothing_in_any_spelling(world: World, dialed: str) -> None:
    with world.recorded("authorize_call") as requests:
        asked = ask(world, call_id="c_1", to=dialed, account_id="acct_x", line_id="line_x", **{"from": "020 7183 8750"})
    assert (asked.body["decision"], asked.body["held"], requests) == ("allow", "0.00", [])


@pytest.mark.parametrize("dialed", ["sip:a@b", "12345678901234567890", "", "*67"])
def test_text_that_is_no_number_is_refused_before_and_after_a_call(world: World, dialed: str) -> None:
    assert ask(world, call_id="c_1", to=dialed, **{"from": NUMBER}).code == "invalid_number"
    assert Reporter(world).report(whole(call_at(world, "c_1") | {"to": dialed})) == [(0, "invalid_number")]


@pytest.mark.parametrize("caller", ["anonymous", "1001", "", "sip:a@b", "911"])
def test_withheld_caller_names_no_line_and_refuses_no_named_call(world: World, caller: str) -> None:
    asked = ask(world, call_id="c_1", to=UNITED_KINGDOM, **{"from": caller})
    assert (asked.status, asked.code) == (422, "invalid_number")
    event = whole(call_at(world, "c_1", **{"from": caller}))
    assert Reporter(world).report(event) == [(0, "invalid_number")]
    named = event | {"account_id": "acct_1", "line_id": "line_1"}
    assert Reporter(world).report(named) == []


def test_account_and_number_name_the_line_together(world: World) -> None:
    world.create_account("acct_2")
    world.adjust("5.00", "k_1")
    by_both = {"call_id": "c_1", "to": UNITED_KINGDOM, "from": NUMBER}
    assert ask(world, **by_both, account_id="acct_1").body["decision"] == "allow"
    assert ask(world, **by_both | {"call_id": "c_2"}, account_id="acct_2").code == "missing_field"
