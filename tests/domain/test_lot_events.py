"""The events of granted credit: once for each warning and each part, however often a change is seen."""

from typing import Any

from calling_credit.notifications.from_stream import derive_events

AT, ENDS = "2026-11-24T12:00:00.000Z", "2026-12-01T12:00:00.000Z"
LOT: dict[str, Any] = {
    "PK": "ACCOUNT#acct_1",
    "SK": "LOT#2026-11-01T00:00:00.000Z#adj_1",
    "lot_id": "adj_1",
    "kind": "granted",
    "amount_micros": 5_000_000,
    "charged_at_grant": 0,
    "ends_at": ENDS,
    "sweep_sk": f"{AT}#acct_1#adj_1",
}
WARNED = LOT | {"warned_days": 7, "warned_micros": 4_000_000, "warned_at": AT, "sweep_sk": "later"}
WARNED_AGAIN = WARNED | {"warned_days": 2, "warned_micros": 3_000_000, "warned_at": "2026-11-29T12:00:00.000Z"}


def events(old: dict[str, Any] | None, new: dict[str, Any] | None) -> list[tuple[str, str, Any]]:
    """The events of a change: type, id, and data."""
    dumped = [event.model_dump(mode="json") for event in derive_events(old, new, AT)]
    return [(event["type"], event["id"], event["data"]) for event in dumped]


def test_each_warning_is_one_event_with_an_id_of_its_own() -> None:
    [first] = events(LOT, WARNED)
    assert first[0] == "CreditExpiring"
    assert first[2] == {"lot_id": "adj_1", "amount": "4.00", "expires_at": ENDS, "days": 7}
    assert events(LOT, WARNED | {"warned_at": "2026-11-24T12:09:00.000Z"})[0][1] == first[1], "a repeated record"
    [second] = events(WARNED, WARNED_AGAIN)
    assert (second[2]["days"], second[1] == first[1]) == (2, False)


def test_what_follows_a_warning_warns_of_nothing() -> None:
    part = {"at": ENDS, "amount_micros": 1, "charged_micros": 0}
    expired = WARNED_AGAIN | {"expired_micros": 1, "expired_parts": 1, "parts": [part]}
    assert events(None, LOT) == []
    assert events(WARNED_AGAIN, expired) == []
    assert events(expired, expired | {"ended_at": ENDS, "charged_at_end": 0}) == []
    assert events(expired, None) == []


def test_each_part_that_expires_is_one_event() -> None:
    def entry(number: int) -> dict[str, Any]:
        said = {"kind": "credit_expired", "lot_id": "adj_1", "amount_micros": -1_500_000, "ends_at": ENDS}
        return {"PK": "ACCOUNT#acct_1", "SK": f"ENTRY#{ENDS}#adj_1#{number}", "recorded_at": ENDS} | said

    [one], [other] = events(None, entry(1)), events(None, entry(2))
    assert one[0] == "CreditExpired"
    assert one[2] == {"lot_id": "adj_1", "entry_id": "adj_1#1", "amount": "1.50", "expired_at": ENDS}
    assert (events(None, entry(1))[0][1] == one[1], other[1] == one[1]) == (True, False)
    assert events(entry(1), entry(1) | {"correlation_id": "erased"}) == []
