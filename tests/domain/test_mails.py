"""Mails to customers: one for each event that concerns them, a link only where it is needed, and no secrets."""

import re
from pathlib import Path
from typing import Any

import pytest

from calling_credit.brand import Brand
from calling_credit.languages import LANGUAGES
from calling_credit.notifications import events
from calling_credit.notifications.mail_link import Confirmation
from calling_credit.notifications.mails import MAILED, mail_about, needs_confirmation, offers_freeze
from calling_credit.recharge.suspension_reasons import SuspensionReason
from ops.mail_samples import CONFIRMATION, DECLINED, PAGE_URL, PAYMENT, SAMPLES, as_markdown, samples

PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "emails.md"
NO_NEWS = {
    "CallUnrated",
    "CardBlocked",
    "CardAttemptsLimited",
    "RuleChanged",
    "PriceTermsChanged",
    "AdjustmentPosted",
} | {
    "MailBounced",
    "MailComplained",
}
"""Events without a mail: for the operator only, shown on the page and the statement, or about mails."""


def event(kind: str, **data: Any) -> dict[str, Any]:
    return {"type": kind, "account_id": "acct_1", "data": data}


def test_every_event_has_a_mail_except_those_for_the_operator() -> None:
    assert {form.__name__ for form in events.ALL} - set(MAILED) == NO_NEWS
    assert {kind for kind, _ in SAMPLES} == set(MAILED)


def test_the_samples_are_events_as_they_are_published() -> None:
    forms = {form.__name__: form for form in events.ALL}
    for kind, data in SAMPLES:
        envelope = {"id": f"evt_{'0' * 32}", "account_id": "acct_1", "occurred_at": "2026-11-23T12:00:00.000Z"}
        forms[kind].model_validate({**envelope, "data": data})


def test_the_document_shows_a_sample_of_each_mail_as_it_is_sent() -> None:
    assert as_markdown() == PUBLISHED.read_text(encoding="utf-8"), "run `make mails` and commit docs/emails.md"


def test_no_mail_is_sent_for_an_event_that_needs_none() -> None:
    assert mail_about(event("CallUnrated", call_id="c_1"), PAGE_URL) is None
    assert mail_about(event("SomethingNew"), PAGE_URL) is None


def test_an_unneeded_automatic_payment_sends_no_mail() -> None:
    data = PAYMENT | {"amount": "50.00", "status": "canceled", "failure": None}
    assert mail_about(event("AutoRechargeFailed", **data), PAGE_URL) is None
    assert mail_about(event("AutoRechargeFailed", **{**data, "failure": DECLINED}), PAGE_URL) is not None


def test_every_failed_manual_payment_sends_a_mail() -> None:
    for failure in (None, DECLINED):
        data = PAYMENT | {"amount": "25.00", "status": "canceled", "failure": failure}
        mail = mail_about(event("TopUpFailed", **data), PAGE_URL)
        assert mail is not None
        assert "nothing was charged" in mail.text


def test_only_waiting_payments_denied_calls_and_loosening_have_a_link() -> None:
    waits = event("AutoRechargeSuspended", **SAMPLES[4][1])
    assert [needs_confirmation(event(kind, **data)) for kind, data in SAMPLES].count(True) == 1
    with_link, without = (mail_about(waits, PAGE_URL, link) for link in (CONFIRMATION, None))
    assert with_link is not None
    assert without is not None
    assert (CONFIRMATION.address in with_link.text, "links/" in without.text) == (True, False)
    assert "by November 24, 2026, 12:00 UTC" in with_link.text
    for kind, data in SAMPLES:
        mail = mail_about(event(kind, **data), PAGE_URL, CONFIRMATION)
        assert mail is not None
        subject = event(kind, **data)
        asks = kind in {"AddressConfirmationRequested", "BudgetIncreaseRequested"}
        assert ("links/" in mail.text) == (needs_confirmation(subject) or offers_freeze(subject) or asks)


def test_a_mail_about_a_frozen_account_has_no_freeze_link() -> None:
    data = next(dict(data) for kind, data in SAMPLES if kind == "CallDenied")
    assert offers_freeze(event("CallDenied", **data))
    assert not offers_freeze(event("CallDenied", **data | {"reason": "account_frozen"}))
    mail = mail_about(event("CallDenied", **data), PAGE_URL)
    assert mail is not None
    assert "links/" not in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_names_amount_account_page_and_last_card_digits(language: str) -> None:
    page, account = {
        "en": ("Billing page: ", "\n-- \nCalling Credit\nAccount acct_meridian. "),
        "fr": ("Page de facturation\u00a0: ", "\n-- \nCalling Credit\nCompte acct_meridian. "),
    }[language]
    for _, mail in samples(language):
        assert 5 < len(mail.subject) < 70
        assert mail.subject.isprintable() or "\u00a0" in mail.subject
        assert f"{page}{PAGE_URL}\n" in mail.text
        assert account in mail.text
        assert not re.search(r"\d{7,}|\+\d", mail.text.replace(CONFIRMATION.address, ""))
        assert max(len(line.encode()) for line in mail.text.split("\n")) < 998, "RFC 5322's longest line"


def test_a_link_of_any_length_stays_on_one_line() -> None:
    long = Confirmation(f"{PAGE_URL}links/{'A' * 300}", CONFIRMATION.expires_at)
    mail = mail_about(event("AutoRechargeSuspended", **SAMPLES[4][1]), PAGE_URL, long)
    assert mail is not None
    assert f"\n{long.address}\n" in mail.text


def test_only_changed_addresses_of_an_account_are_mailed() -> None:
    data = {"change_id": "account-000002", "by": "client:ops", "fields": ["status", "time_zone"]}
    assert mail_about(event("AccountChanged", **data), PAGE_URL) is None
    mail = mail_about(event("AccountChanged", **data | {"fields": ["billing_emails", "status"]}), PAGE_URL)
    assert mail is not None
    assert "because it listed you as a billing address" in mail.text


def test_a_mail_about_a_change_names_the_changer_without_an_id_or_address() -> None:
    for by, shown in (("user:ada@example.com", "A user of your account"), ("staff:5f1c", "Your phone company")):
        data = {"change_id": "x", "by": by, "set_by": "customer", "limits": ["daily_spend", "<b>other</b>"]}
        mail = mail_about(event("LimitsLoosened", **data), PAGE_URL)
        assert mail is not None
        assert f"{shown} loosened limits against misuse: spending of a day.\n" in mail.text
        assert by.split(":")[1] not in mail.text


def test_a_french_mail_links_to_the_page_in_french() -> None:
    waits = event("AutoRechargeSuspended", **SAMPLES[4][1])
    mail = mail_about(waits, PAGE_URL, CONFIRMATION, language="fr")
    assert mail is not None
    assert f"\n{CONFIRMATION.address}?language=fr\n" in mail.text
    assert "24 novembre 2026 à 12 h 00 UTC" in mail.text.replace("\u00a0", " ")


def test_a_mail_names_the_operators_brand_and_help() -> None:
    brand = Brand("Halcyon Telecom", help="https://help.halcyon.example/")
    mail = mail_about(event("BalanceLow", **dict(SAMPLES[8][1])), PAGE_URL, brand=brand)
    assert mail is not None
    assert f"Billing page: {PAGE_URL}\nHelp: {brand.help}\n" in mail.text
    assert "-- \nHalcyon Telecom\nAccount acct_1. " in mail.text
    assert "Calling Credit" not in mail.text


def test_a_bank_account_is_named_as_one() -> None:
    bank = {"payment_method": {"brand": "us_bank_account", "last4": "6789"}, "amount": "25.00"}
    for language, name in (("en", "the bank account ending 6789"), ("fr", "le compte bancaire se terminant par 6789")):
        mail = mail_about(event("TopUpSucceeded", **bank), PAGE_URL, language=language)
        assert mail is not None
        assert name in mail.text
        failed = mail_about(event("TopUpFailed", **bank, failure=DECLINED), PAGE_URL, language=language)
        assert failed is not None
        assert not re.search("card|carte", failed.text)


def test_a_backup_card_is_named_as_one() -> None:
    data = PAYMENT | {"amount": "25.00", "backup": True}
    for language, name in (("en", "your backup card Visa"), ("fr", "votre carte de secours Visa")):
        mail = mail_about(event("AutoRechargeSucceeded", **data), PAGE_URL, language=language)
        assert mail is not None
        assert f"{name} " in mail.text


@pytest.mark.parametrize("reason", [*SuspensionReason])
def test_a_paused_bank_account_is_not_called_a_card(reason: SuspensionReason) -> None:
    data = {"reason": reason, "payment_method": {"brand": "us_bank_account", "last4": "6789"}}
    for language in LANGUAGES:
        mail = mail_about(event("AutoRechargeSuspended", **data), PAGE_URL, language=language)
        assert mail is not None
        assert not re.search(r"\b(the|this|la|cette|its|sa) (card|carte)\b", mail.text), mail.text
