"""Names are found by the beginnings of their words, in any case and with or without accents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.accounts.name_index import (
    MAX_WORDS,
    index_actions,
    mail_items,
    name_items,
)
from calling_credit.dynamodb import index_keys
from calling_credit.plain_words import has_words, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ada Lovelace", ("ada", "lovelace")),
        ("  ADA   lovelace, ada ", ("ada", "lovelace")),
        ("José Ñuñez", ("jose", "nunez")),
        ("Jose\u0301", ("jose",)),
        ("Straße & Söhne", ("strasse", "sohne")),
        ("O'Neil", ("oneil",)),
        ("O\u2019Neil-Smith", ("oneil", "smith")),
        ("\uff21\uff44\uff41", ("ada",)),
        ("李雷", ("李雷",)),
        ("İstanbul", ("istanbul",)),
        ("A#B", ("a", "b")),
        ("3M", ("3m",)),
        ("=SUM(A1)", ("sum", "a1")),
        ("!!!", ()),
        ("", ()),
    ],
)
def test_words_have_no_case_accents_or_punctuation(text: str, words: tuple[str, ...]) -> None:
    assert words_of(text) == words


@given(st.text(max_size=120))
def test_words_are_their_own_words_and_safe_in_keys(text: str) -> None:
    for word in words_of(text):
        assert words_of(word) == (word,)
        assert "#" not in word
        assert has_words(text, [word[:1]])


def test_every_given_word_must_begin_a_word_of_the_name() -> None:
    assert has_words("Meridian Travel Inc.", words_of("trav mer"))
    assert not has_words("Meridian Travel Inc.", words_of("trav eridian"))


def test_a_long_name_has_few_items() -> None:
    assert len(name_items("acct_1", index_keys.OF_ACCOUNT, " ".join(f"w{number}" for number in range(60)))) == MAX_WORDS


def test_a_rename_deletes_lost_words_and_stores_the_others() -> None:
    before, after = (name_items("acct_1", index_keys.of_user("u"), name) for name in ("Ada Byron", "Ada Lovelace"))
    actions = index_actions("table", before, after)
    assert [action["Delete"]["Key"]["SK"]["S"] for action in actions if "Delete" in action] == ["byron#acct_1#USER#u"]
    assert [action["Put"]["Item"]["SK"]["S"] for action in actions if "Put" in action] == [
        "ada#acct_1#USER#u",
        "lovelace#acct_1#USER#u",
    ]


def test_addresses_that_differ_by_case_are_one_item() -> None:
    assert list(mail_items("acct_1", ["Billing@Example.com", "billing@example.com"])) == [
        ("MAIL#billing@example.com", "MAIL#acct_1")
    ]


def test_the_index_of_addresses_is_apart_from_sent_mails() -> None:
    from calling_credit.dynamodb import keys  # noqa: PLC0415

    assert keys.mail_pk() != index_keys.mail_pk("")
