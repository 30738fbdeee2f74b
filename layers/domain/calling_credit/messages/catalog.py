"""Looks up words by key in `<area>.<language>.json` beside this file. All languages have the same keys and
placeholders.

A value that fills a placeholder is never read as a message, so braces in it stand for themselves.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

AREAS: Final = ("links", "mails", "reasons", "receipts")
"""The areas that have files: the pages of links, mails, the reasons of declines and suspensions, which mails share
with the Billing page, and receipts.
"""


@dataclass(frozen=True, slots=True)
class Messages:
    """The messages of an area in a language."""

    language: str
    texts: Mapping[str, str]

    def text(self, key: str, **values: str) -> str:
        """Return a message with its placeholders filled.

        Raises:
            KeyError: there is no such message, or a value is missing.
        """
        return self.texts[key].format(**values)

    def coded(self, group: str, code: str, **values: str) -> str:
        """Return the message `<group>.<code>`; for a code without words, `<group>.other`."""
        key = f"{group}.{code}"
        return self.text(key if key in self.texts else f"{group}.other", **values)

    def paragraphs(self, name: str, **values: str) -> list[str]:
        """Return the messages `<name>.1`, `<name>.2`, and so on."""
        keys = (f"{name}.{number}" for number in range(1, len(self.texts)))
        found = []
        for key in keys:
            if key not in self.texts:
                break
            found.append(self.text(key, **values))
        return found


@cache
def messages(area: str, language: str) -> Messages:
    """Return the messages of an area in a supported language."""
    path = Path(__file__).with_name(f"{area}.{language}.json")
    return Messages(language, json.loads(path.read_text(encoding="utf-8")))
