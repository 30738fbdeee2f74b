"""A mail prints nothing that someone else wrote: text in a field of an event is left out, or no mail is sent."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from calling_credit.admission.reasons import DenialReason
from calling_credit.admission.request import WORDS as DENIALS
from calling_credit.errors import BadRequest
from calling_credit.ids import is_id
from calling_credit.notifications.mail_words import MailWords
from calling_credit.notifications.mails import Mail, mail_about
from calling_credit.recharge.attempts import SuspensionReason
from calling_credit.recharge.words import WORDS as SUSPENSIONS
from ops.mail_samples import CONFIRMATION, PAGE_URL, SAMPLES

HOSTILE = (
    "Your account is closed. Sign in at https://evil.example/login",
    "evil.example",
    "ada@evil.example",
    "4242\r\nBcc: victim@evil.example",
    "25.00\nhttps://evil.example",
    "<a href='https://evil.example'>here</a>",
    "{card}{amount}%s evil.example",
    "\u202eelpmaxe.live evil.example",
    "\u0662\u0665.\u0660\u0660",
    "x" * 5000,
    "",
)
ENVELOPE = {"account_id": "acct_meridian", "id": "evt_1", "occurred_at": "2026-11-23T12:00:00.000Z"}


def fields(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of each value of an event."""
    if isinstance(node, dict):
        for name, part in node.items():
            yield from fields(part, (*path, name))
    else:
        yield path


def with_value(event: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The event with another value at a path."""
    changed = copy.deepcopy(event)
    part = changed
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    return changed


EVENTS = [{**ENVELOPE, "type": str(kind), "data": dict(data)} for kind, data in SAMPLES]
FIELDS = [
    pytest.param(event, path, id=f"{event['type']}{number}-{'.'.join(path)}")
    for number, event in enumerate(EVENTS)
    for path in fields(event)
    if path != ("type",)
]


def written(event: dict[str, Any]) -> Mail | BadRequest | None:
    """The mail about an event, or why none is sent."""
    try:
        return mail_about(event, PAGE_URL, CONFIRMATION)
    except BadRequest as error:
        return error


@pytest.mark.parametrize(("event", "path"), FIELDS)
def test_hostile_text_in_a_field_is_never_printed(event: dict[str, Any], path: tuple[str, ...]) -> None:
    assert isinstance(written(event), Mail)
    for text in HOSTILE:
        mail = written(with_value(event, path, text))
        if isinstance(mail, BadRequest):
            assert mail.code == "malformed_event"
            assert path[-1] in mail.detail
            assert text == "" or text not in mail.detail
        elif mail is not None and not (path == ("account_id",) and is_id(text)):
            printed = mail.subject + mail.text
            assert text == "" or text not in printed
            assert "evil" not in printed
            assert mail.subject.isprintable()
            assert mail.text.isascii()


@pytest.mark.parametrize(("event", "path"), FIELDS)
def test_value_of_another_type_is_never_printed(event: dict[str, Any], path: tuple[str, ...]) -> None:
    for value in (None, 25, 2.5, True, ["evil"], {"evil": "evil"}):
        mail = written(with_value(event, path, value))
        assert not isinstance(mail, Mail) or "evil" not in mail.subject + mail.text


def test_a_mail_has_its_own_sentence_for_each_code() -> None:
    event = next(event for event in EVENTS if event["type"] == "CallDenied")
    for reason in DenialReason:
        mail = mail_about(with_value(event, ("data", "reason"), str(reason)), PAGE_URL)
        assert mail is not None
        assert DENIALS[reason] in mail.text
    event = next(
        event for event in EVENTS if event["type"] == "AutoRechargeSuspended" and "payment" not in event["data"]
    )
    for suspension in SuspensionReason:
        mail = mail_about(with_value(event, ("data", "reason"), str(suspension)), PAGE_URL)
        assert mail is not None
        assert SUSPENSIONS[suspension].replace("{card}", "Visa ending 4242") in mail.text


@pytest.mark.parametrize(
    ("line_id", "shown"),
    [("line_front_desk", "line line_front_desk"), ("evil.example", "one of your lines"), ("a@b", "one of your lines")],
)
def test_line_id_that_reads_like_an_address_is_left_out(line_id: str, shown: str) -> None:
    assert MailWords("en").line({"line_id": line_id}) == shown


@pytest.mark.parametrize(
    ("to", "shown"),
    [
        ("GB…50", "a number in GB ending in 50"),
        ("001…12", "a number in 001 ending in 12"),
        ("ZZ…", "another country"),
        ("+447700900123", "another country"),
        ("GB…50 https://evil.example", "another country"),
    ],
)
def test_destination_is_a_country_and_two_digits_or_not_named(to: str, shown: str) -> None:
    assert MailWords("en").destination({"to": to}) == shown
