"""The words of names, as people search for them: without case, accents, and punctuation."""

import unicodedata
from collections.abc import Iterable
from typing import Final

MAX_WORD_CHARACTERS: Final = 64
"""The beginning of a word that is indexed. Decomposing makes several letters of one, and a sort key has 1,024 bytes."""
_IN_WORDS: Final = "'\u2019\u02bc`\u00b4"
"""Apostrophes, which belong to a word: O'Neil is oneil."""


def words_of(text: str) -> tuple[str, ...]:
    """Return the beginnings of the distinct words of a text, without case, accents, and punctuation, in their order."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = (character for character in decomposed if unicodedata.category(character) != "Mn")
    spaced = "".join(_plain(character) for character in kept)
    return tuple(dict.fromkeys(word[:MAX_WORD_CHARACTERS] for word in spaced.split()))


def has_words(name: str, beginnings: Iterable[str]) -> bool:
    """Whether each of the words begins a word of a name."""
    words = words_of(name)
    return all(any(word.startswith(beginning) for word in words) for beginning in beginnings)


def _plain(character: str) -> str:
    """A character of a word, nothing for an apostrophe, and a space for what separates words."""
    if character in _IN_WORDS:
        return ""
    return character if character.isalnum() or unicodedata.category(character)[0] == "M" else " "
