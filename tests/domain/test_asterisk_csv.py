"""Records of Asterisk: columns, quotes, its own seconds, dispositions, and local clocks."""

import pytest

from calling_credit.charging.formats.readers import Format
from calling_credit.rejection_codes import Rejection, UnreadableRecord
from tests.domain.record_examples import asterisk, read, read_event, rejection, sample, seconds_charged

FORM = Format.ASTERISK_CSV
CALL = "1795428000.41"


def test_the_billed_seconds_win_over_end_less_answer() -> None:
    event = next(iter(read(FORM, sample(FORM, "Master.csv"))))
    assert event == {
        "version": "1",
        "call_id": CALL,
        "direction": "outbound",
        "from": "+12125550102",
        "to": "011442071838750",
        "started_at": "2026-11-23 10:00:00",
        "answered_at": "2026-11-23 10:00:06",
        "ended_at": "2026-11-23 10:01:30",
        "duration_seconds": 84,
        "disposition": "answered",
    }
    assert seconds_charged(event) == 84


def test_each_disposition_is_read() -> None:
    events = read(FORM, sample(FORM, "Master.csv"))
    assert [event["disposition"] for event in events] == [  # type: ignore[index]
        "answered",
        "no_answer",
        "busy",
        "failed",
        "failed",
        "answered",
    ]
    assert [event["duration_seconds"] for event in events] == [84, 0, 0, 0, 0, 60]  # type: ignore[index]
    assert "answered_at" not in events[1]  # type: ignore[operator]


def test_an_unknown_disposition_is_refused_by_name() -> None:
    code, detail, call_id = rejection(FORM, asterisk(disposition="UP"))
    assert (code, call_id) == ("invalid_disposition", CALL)
    assert detail.startswith("disposition must be ANSWERED")


# --- Columns ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "call_id"),
    [
        ((CALL,), CALL),
        ((CALL, "note"), CALL),
        (("pbx1-1795428000.41",), "pbx1-1795428000.41"),
        (("by-ari-7", "note"), "by-ari-7"),
        ((CALL, "peer", CALL, "3"), CALL),
        ((CALL, "note", "peer", CALL, "3"), CALL),
        ((CALL, "note", "peer", CALL, "3", "later"), CALL),
    ],
)
def test_the_id_of_the_call_is_found_with_every_setting(more: tuple[str, ...], call_id: str) -> None:
    assert read_event(FORM, asterisk(*more))["call_id"] == call_id


@pytest.mark.parametrize("more", [("note",), ("peer", CALL, "3"), ("note", "peer", CALL, "3"), ("", "")])
def test_a_record_without_unique_id_names_the_setting(more: tuple[str, ...]) -> None:
    code, detail, call_id = rejection(FORM, asterisk(*more))
    assert (code, call_id) == ("missing_field", None)
    assert "loguniqueid=yes" in detail
    assert rejection(FORM, sample(FORM, "without_uniqueid.csv"))[1] == detail


def test_the_names_of_columns_may_come_first() -> None:
    names = "uniqueid,billsec,disposition,src,dst,start,answer,end,odd"
    times = "2026-11-23 10:00:00,2026-11-23 10:00:05,2026-11-23 10:01:05"
    body = f'{names}\r\n{CALL},60,ANSWERED,+12125550102,+442071838750,{times},"a,b"'
    assert read(FORM, body) == read(FORM, asterisk())
    twice = body.replace("odd", "billsec")
    assert rejection(FORM, twice)[0] == "duplicate_key"


@pytest.mark.parametrize("text", ["a", "a,b,c", ",,,,", '"' * 3])
def test_a_row_with_too_few_columns_is_refused(text: str) -> None:
    assert rejection(FORM, text)[0] == "malformed_record"


# --- Quotes -----------------------------------------------------------------------------------------------------------


def test_a_line_break_in_quotes_belongs_to_the_record() -> None:
    odd = asterisk(clid='"Ana\nof the ""front""\r\ndesk" <+12125550102>', lastdata='a,b;"c"')
    assert read(FORM, odd + asterisk()) == read(FORM, asterisk()) * 2


@pytest.mark.parametrize("bad", ['"never closed', '"a","b', 'x"', '"' + "y" * 200])
def test_a_quote_that_is_never_closed_spoils_one_record(bad: str) -> None:
    items = read(FORM, asterisk() + bad + "\n" + asterisk() + asterisk())
    assert [isinstance(item, dict) for item in items] == [True, False, True, True]
    two = read(FORM, bad + "\n" + asterisk() + bad + "\n" + asterisk())
    assert [isinstance(item, Rejection) for item in two] == [True, False, True, False]


# --- Numbers and the user field ---------------------------------------------------------------------------------------


def test_the_caller_id_has_the_number_if_the_source_is_empty() -> None:
    assert read_event(FORM, asterisk(src=""))["from"] == "+12125550102"
    assert "from" not in read_event(FORM, asterisk(src="", clid="Ana"))


def test_the_user_field_names_the_facts_of_the_authorization() -> None:
    facts = "calling_credit:from=+12125550109&to=+33144556677&line_id=line_1&user_id=&other=x"
    event = read_event(FORM, asterisk(CALL, facts, accountcode="1000"))
    assert (event["from"], event["to"], event["line_id"]) == ("+12125550109", "+33144556677", "line_1")
    assert not {"account_id", "user_id", "other"} & set(event)


@pytest.mark.parametrize("note", ["to=+33144556677", "x calling_credit:to=+33144556677", "calling_credit", "&&=="])
def test_another_user_field_is_ignored(note: str) -> None:
    assert read_event(FORM, asterisk(CALL, note)) == read_event(FORM, asterisk())


# --- Records of one call ----------------------------------------------------------------------------------------------


def test_a_device_that_was_also_rung_does_not_end_the_call() -> None:
    answered, other = read(FORM, sample(FORM, "new_columns.csv"))
    assert isinstance(answered, dict)
    assert answered["duration_seconds"] == 30
    assert isinstance(other, UnreadableRecord)
    assert (other.call_id, other.rejection.code) == (answered["call_id"], "other_leg")


def test_two_answered_records_of_a_transferred_call_are_both_charged() -> None:
    second = {"start": "2026-11-23 10:01:05", "answer": "2026-11-23 10:01:05", "end": "2026-11-23 10:02:05"}
    events = read(FORM, asterisk() + asterisk(CALL, "", **second))
    assert [seconds_charged(event) for event in events] == [60, 60]  # type: ignore[arg-type]
    assert len({event["started_at"] for event in events}) == 2  # type: ignore[index]


# --- Clocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "end", "seconds", "ended"),
    [
        ("2026-03-08 01:30:00", "2026-03-08 03:30:01", 3_600, "2026-03-08 03:30:00"),
        ("2026-11-01 01:50:00", "2026-11-01 01:09:58", 1_200, "2026-11-01 01:10:00"),
        ("2026-11-01 01:50:00", "2026-11-01 01:10:00", 1_200, "2026-11-01 01:10:00"),
        ("2026-11-23 10:00:00", "2026-11-23 11:30:00", 60, "2026-11-23 11:30:00"),
    ],
)
def test_a_change_of_the_clock_during_a_call_is_kept(answer: str, end: str, seconds: int, ended: str) -> None:
    assert read_event(FORM, asterisk(start=answer, answer=answer, end=end, billsec=str(seconds)))["ended_at"] == ended


@pytest.mark.parametrize("name", ["start", "answer", "end"])
@pytest.mark.parametrize("value", ["yesterday", "2026-13-01 10:00:00", "23.11.2026 10:00", "2026-11-23"])
def test_a_time_that_cannot_be_read_is_named(name: str, value: str) -> None:
    code, detail, call_id = rejection(FORM, asterisk(**{name: value}))
    assert (code, detail.split()[0], call_id) == ("invalid_timestamp", name, CALL)


def test_the_answer_is_the_end_less_the_seconds_if_it_is_missing() -> None:
    assert read_event(FORM, asterisk(answer=""))["answered_at"] == "2026-11-23 10:00:05"
