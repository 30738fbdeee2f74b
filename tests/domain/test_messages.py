"""The words of mails and link pages: each language says the same, and writes money and dates as its readers do."""

import re
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest

from calling_credit.admission.reasons import DenialReason
from calling_credit.admission.request import WORDS as DENIALS
from calling_credit.languages import DEFAULT_LANGUAGE, LANGUAGES
from calling_credit.links.payment_page import Halt
from calling_credit.messages import catalog, formats
from calling_credit.messages.catalog import AREAS, messages
from calling_credit.notifications.mail_words import LIMITS
from calling_credit.notifications.mails import mail_about
from calling_credit.recharge.suspension_reasons import SuspensionReason
from calling_credit.recharge.words import WORDS as RULE_WORDS
from calling_credit.topups.declines import OF_BANK_ACCOUNT
from calling_credit.topups.declines import WORDS as DECLINES
from ops.mail_samples import CONFIRMATION, PAGE_URL, SAMPLES

FOLDER = Path(catalog.__file__).parent
OTHERS = [language for language in LANGUAGES if language != DEFAULT_LANGUAGE]


def placeholders(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_each_area_has_a_file_in_each_language_and_no_other_file() -> None:
    assert {path.name for path in FOLDER.glob("*.json")} == {
        f"{area}.{own}.json" for area in AREAS for own in LANGUAGES
    }


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("language", OTHERS)
def test_languages_have_the_same_messages_and_placeholders(area: str, language: str) -> None:
    own, default = messages(area, language).texts, messages(area, DEFAULT_LANGUAGE).texts
    assert list(own) == list(default)
    assert {key: placeholders(text) for key, text in own.items()} == {
        key: placeholders(text) for key, text in default.items()
    }
    same = {key for key in own if own[key] == default[key]}
    assert all(not re.sub(r"\{\w+\}", "", own[key]) for key in same), "untranslated"


@pytest.mark.parametrize("area", AREAS)
def test_french_is_set_with_its_own_apostrophes_and_spaces(area: str) -> None:
    for key, text in messages(area, "fr").texts.items():
        assert "'" not in text, key
        assert re.search(r"(?<!\u00a0)[:?!;»](?=\s|$)|«(?!\u00a0)|\s\u00a0|[“”]|\.\.\.", text) is None, (key, text)
        assert re.search(r"\b(de|que|le|la|se|ne) [aeiouhéè]\w*", text, re.IGNORECASE) is None or key in HIATUS, (
            key,
            text,
        )


HIATUS = {"call_denied.1", "destination.other"}
"""Messages in which an article is followed by a vowel on purpose."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_code_has_words_in_each_language(language: str) -> None:
    texts, reasons = messages("mails", language).texts, messages("reasons", language).texts
    assert {f"denial.{reason}" for reason in DenialReason} <= set(texts)
    assert {f"suspension.{reason}" for reason in SuspensionReason} <= set(reasons)
    assert {f"decline.{code}" for code in DECLINES} <= set(reasons)
    assert {f"limit.{name}" for name in LIMITS} <= set(texts)
    assert {f"halted.{halt}" for halt in Halt} <= set(messages("links", language).texts)


def test_the_english_words_of_codes_are_those_of_the_api() -> None:
    texts = {**messages("mails", "en").texts, **messages("reasons", "en").texts}
    words = {f"denial.{reason}": DENIALS[reason] for reason in DenialReason}
    words |= {f"suspension.{reason}": RULE_WORDS[reason] for reason in SuspensionReason}
    words |= {f"decline.{code}": text for code, text in DECLINES.items()}
    words |= {f"decline_bank.{code}": text for code, text in OF_BANK_ACCOUNT.items()}
    assert {key: texts[key] for key in words} == words


def test_every_message_of_mails_is_used_by_a_mail() -> None:
    """Messages of one code each are left out: other tests use them."""
    code = "".join(path.read_text("utf-8") for path in (FOLDER.parent / "notifications").glob("*mail*.py"))
    for key in messages("mails", "en").texts:
        name = re.sub(r"\.(subject|[0-9])$", "", key)
        group = name.partition(".")[0]
        assert f'"{name}"' in code or group in {"denial", "limit"}, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_placeholder_is_left_open_in_a_mail(language: str) -> None:
    for kind, data in SAMPLES:
        event = {"type": kind, "account_id": "acct_meridian", "data": data}
        mail = mail_about(event, PAGE_URL, CONFIRMATION, language=language)
        assert mail is not None
        assert not re.search(r"[{}]", mail.subject + mail.text)


def test_braces_in_a_value_stand_for_themselves() -> None:
    assert messages("mails", "en").text("help", address="{address}{x}") == "Help: {address}{x}"


@pytest.mark.parametrize(
    ("amount", "english", "french"),
    [
        ("25.00", "$25.00", "25,00 $ US"),
        ("0.0213", "$0.0213", "0,0213 $ US"),
        ("-14876.38", "-$14,876.38", "-14 876,38 $ US"),
        ("1000000.00", "$1,000,000.00", "1 000 000,00 $ US"),
    ],
)
def test_money_is_written_as_in_the_language(amount: str, english: str, french: str) -> None:
    assert formats.money(amount, "en") == english
    assert formats.money(amount, "fr") == french.replace(" ", "\u00a0")


def test_dates_are_written_as_in_the_language() -> None:
    first = datetime(2026, 8, 1, 9, 5, tzinfo=UTC)
    assert formats.instant(first, "en") == "August 1, 2026, 09:05 UTC"
    assert formats.instant(first, "fr").replace("\u00a0", " ") == "1er août 2026 à 9 h 05 UTC"
    assert formats.day(first.replace(day=21), "fr").replace("\u00a0", " ") == "21 août 2026"
    assert (formats.month(first, "en"), formats.month(first, "fr")) == ("August 2026", "août 2026")
    assert all(len(names) == 12 for names in formats.MONTHS.values())
    assert set(formats.MONTHS) == set(LANGUAGES)
