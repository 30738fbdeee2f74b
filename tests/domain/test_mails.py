"""What customers are mailed: one mail for each event that is news to them, the link only where a payment waits, and
nothing that must not leave.
"""

import re
from pathlib import Path
from typing import Any

import pytest

from calling_credit.notifications import events
from calling_credit.notifications.mails import MAILED, Confirmation, mail_about, needs_confirmation, offers_freeze
from ops.mail_samples import CONFIRMATION, DECLINED, PAGE_URL, PAYMENT, SAMPLES, as_markdown, samples

PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "emails.md"
NO_NEWS = {"CallUnrated"}
"""The operator's business; nobody is charged yet."""


def event(kind: str, **data: Any) -> dict[str, Any]:
    return {"type": kind, "account_id": "acct_1", "data": data}


def test_customers_hear_of_every_event_but_those_that_are_the_operators_business() -> None:
    assert {form.__name__ for form in events.ALL} - set(MAILED) == NO_NEWS
    assert {kind for kind, _ in SAMPLES} == set(MAILED)


def test_the_samples_are_events_as_they_are_published() -> None:
    forms = {form.__name__: form for form in events.ALL}
    for kind, data in SAMPLES:
        envelope = {"id": f"evt_{'0' * 32}", "account_id": "acct_1", "occurred_at": "2026-11-23T12:00:00.000Z"}
        forms[kind].model_validate({**envelope, "data": data})


def test_the_document_shows_a_sample_of_each_mail_as_it_is_sent() -> None:
    assert as_markdown() == PUBLISHED.read_text(encoding="utf-8"), "run `make mails` and commit docs/emails.md"


def test_no_mail_is_about_an_event_that_is_no_news() -> None:
    assert mail_about(event("CallUnrated", call_id="c_1"), PAGE_URL) is None
    assert mail_about(event("SomethingNew"), PAGE_URL) is None


def test_an_automatic_payment_canceled_because_it_was_not_needed_is_no_news() -> None:
    data = PAYMENT | {"amount": "50.00", "status": "canceled", "failure": None}
    assert mail_about(event("AutoRechargeFailed", **data), PAGE_URL) is None
    assert mail_about(event("AutoRechargeFailed", **{**data, "failure": DECLINED}), PAGE_URL) is not None


def test_a_manual_payment_that_ended_without_money_is_news_with_or_without_a_reason() -> None:
    for failure in (None, DECLINED):
        data = PAYMENT | {"amount": "25.00", "status": "canceled", "failure": failure}
        mail = mail_about(event("TopUpFailed", **data), PAGE_URL)
        assert mail is not None
        assert "nothing was charged" in mail.text


def test_only_a_payment_that_waits_and_a_refused_call_bring_a_link() -> None:
    waits = event("AutoRechargeSuspended", **SAMPLES[4][1])
    assert [needs_confirmation(event(kind, **data)) for kind, data in SAMPLES].count(True) == 1
    with_link, without = (mail_about(waits, PAGE_URL, link) for link in (CONFIRMATION, None))
    assert with_link is not None
    assert without is not None
    assert (CONFIRMATION.address in with_link.text, "links/" in without.text) == (True, False)
    assert "by 2026-11-24 12:00 UTC" in with_link.text
    for kind, data in SAMPLES:
        mail = mail_about(event(kind, **data), PAGE_URL, CONFIRMATION)
        assert mail is not None
        said = event(kind, **data)
        assert ("links/" in mail.text) == (needs_confirmation(said) or offers_freeze(said))


def test_a_call_refused_because_the_account_is_frozen_brings_no_link_to_freeze_it() -> None:
    data = dict(SAMPLES[9][1])
    assert offers_freeze(event("CallDenied", **data))
    assert not offers_freeze(event("CallDenied", **data | {"reason": "account_frozen"}))
    mail = mail_about(event("CallDenied", **data), PAGE_URL)
    assert mail is not None
    assert "links/" not in mail.text


@pytest.mark.parametrize(("kind", "mail"), list(samples()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_mail_names_amount_account_and_page_and_no_more_of_a_card_than_its_end(kind: str, mail: Any) -> None:
    assert 5 < len(mail.subject) < 60
    assert mail.subject.isprintable()
    assert f"Billing page: {PAGE_URL}\n" in mail.text
    assert "Account acct_meridian." in mail.text
    assert not re.search(r"\d{7,}|\+\d", mail.text.replace(CONFIRMATION.address, ""))
    assert max(map(len, mail.text.split("\n"))) < 998, "RFC 5322's longest line"


def test_a_link_of_any_length_stays_on_one_line() -> None:
    long = Confirmation(f"{PAGE_URL}links/{'A' * 300}", CONFIRMATION.expires_at)
    mail = mail_about(event("AutoRechargeSuspended", **SAMPLES[4][1]), PAGE_URL, long)
    assert mail is not None
    assert f"\n{long.address}\n" in mail.text
