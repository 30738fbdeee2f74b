"""A batch tracks every message: priced, free, unrated, or refused, with its outcome."""

from typing import Any

from calling_credit.charging.batch import UNKNOWN_ACCOUNT, Batch, rate_batch
from calling_credit.charging.intake import Message, accept_messages
from tests.domain.examples import NOW, OneDeck, call, deck, event_body

BOOK = deck({"rate_per_minute": "0.10"}, {"prefix": "1415", "rate_per_minute": "0", "category": "included"})
PRICED, FREE, UNRATED = "+442071838750", "+14155550199", "+33142685300"


def batch_of(*changes: dict[str, Any]) -> Batch:
    """A rated batch with one message (m_0, m_1, …) per set of changes to the example call."""
    bodies = [change.get("body") or event_body(**change) for change in changes]
    return rate_batch(
        accept_messages((Message(f"m_{n}", n, body) for n, body in enumerate(bodies)), NOW), OneDeck(BOOK), NOW
    )


def key(**changes: Any) -> tuple[str, str, str]:
    """The key of the example call with these changes."""
    return call(**changes).key


def test_calls_are_sorted_into_priced_free_and_unrated() -> None:
    batch = batch_of({"to": PRICED}, {"call_id": "c_2", "to": FREE}, {"call_id": "c_3", "to": UNRATED}, {"body": "{"})
    assert [(charged.call_id, charge.price_micros) for charged, charge in batch.charges] == [("c_1", 300_000)]
    assert [call.call_id for call in batch.unrated] == ["c_3"]
    assert batch.tally["free"] == 1
    assert list(batch.refused) == ["m_3"]


def test_calls_of_unknown_accounts_are_refused_and_others_entered() -> None:
    batch = batch_of({}, {"account_id": "acct_2"}, {"account_id": "acct_2", "call_id": "c_3", "to": UNRATED})
    batch.create_entries({"acct_1": "Pacific/Kiritimati"}, NOW)
    assert [(entry.account_id, entry.local_date) for entry in batch.entries] == [("acct_1", "2026-11-24")]
    assert batch.unrated == []
    assert batch.refused == {"m_1": UNKNOWN_ACCOUNT, "m_2": UNKNOWN_ACCOUNT}


def test_a_refusal_applies_to_every_message_of_the_call() -> None:
    batch = batch_of({}, {})
    batch.record_outcomes({key(): "conflict"})
    assert {name: refusal.code for name, refusal in batch.refused.items()} == {
        "m_0": "conflicting_call",
        "m_1": "conflicting_call",
    }


def test_a_failed_write_returns_the_message_without_a_conflict() -> None:
    batch = batch_of({}, {"call_id": "c_2", "to": UNRATED})
    batch.record_outcomes({key(): "not_posted", key(call_id="c_2"): "not_listed"})
    assert {refusal.code for refusal in batch.refused.values()} == {"not_posted"}
    assert batch.recorded == set()


def test_strays_are_recorded_calls_on_lines_that_are_not_enabled() -> None:
    batch = batch_of(
        {"line_id": "line_on"},
        {"line_id": "line_off", "call_id": "c_2"},
        {"line_id": "line_off", "call_id": "c_3"},
        {"line_id": "line_off", "call_id": "c_4", "to": UNRATED},
        {"line_id": "line_off", "call_id": "c_5", "to": FREE},
    )
    batch.record_outcomes(
        {key(): "posted", key(call_id="c_2"): "posted", key(call_id="c_3"): "conflict", key(call_id="c_4"): "listed"}
    )
    assert [stray.call_id for stray in batch.strays({("acct_1", "line_on")})] == ["c_2", "c_4"]


def test_the_counts_cover_every_received_message() -> None:
    batch = batch_of(
        {},
        {"call_id": "c_2"},
        {"call_id": "c_3"},
        {"call_id": "c_4", "to": FREE},
        {"call_id": "c_5", "to": UNRATED},
        {"body": "{"},
    )
    batch.record_outcomes(
        {key(): "posted", key(call_id="c_2"): "replayed", key(call_id="c_3"): "conflict", key(call_id="c_5"): "listed"}
    )
    batch.strays(set())
    batch.suspicious()
    assert batch.counts() == {
        "calls_received": 6,
        "calls_posted": 1,
        "calls_replayed": 1,
        "calls_free": 1,
        "calls_unrated": 1,
        "calls_refused": 2,
        "calls_conflicting": 1,
        "line_mismatches": 0,
        "stray_calls": 3,
        "suspicious_calls": 0,
        "calls_from_other_number": 0,
    }
