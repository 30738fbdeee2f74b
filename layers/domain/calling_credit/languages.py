"""The languages of the page, the link pages, and the mails."""

import re
from collections.abc import Iterable
from typing import Any, Final

LANGUAGES: Final = ("en", "fr")
"""The supported languages (ISO 639-1); the first is the default."""
DEFAULT_LANGUAGE: Final = LANGUAGES[0]
_WEIGHT: Final = re.compile(r"q=(?:(1)(?:\.0{0,3})?|0(?:\.([0-9]{0,3}))?)")


def accepted_language(header: str) -> str:
    """The supported language that an `Accept-Language` header prefers (RFC 9110, 12.5.4); English if it names none."""
    best, best_weight = DEFAULT_LANGUAGE, 0
    for part in header.lower().replace(" ", "").split(","):
        tag, _, weight = part.partition(";")
        language = tag.split("-")[0]
        if language in LANGUAGES and thousandths(weight) > best_weight:
            best, best_weight = language, thousandths(weight)
    return best


def thousandths(weight: str) -> int:
    """A quality value such as `q=0.8`, in thousandths: 1,000 without one, 0 for an invalid one."""
    if not weight:
        return 1000
    match = _WEIGHT.fullmatch(weight)
    if match is None:
        return 0
    return 1000 if match[1] else int((match[2] or "").ljust(3, "0"))


def chosen_language(query: str | None, cookies: Iterable[str], header: str) -> str:
    """The language of a reader.

    Args:
        query: the request's `language`, a choice made just now.
        cookies: `name=value`; `language` is an earlier choice.
        header: `Accept-Language`, what the browser is set to.
    """
    earlier = dict(cookie.partition("=")[::2] for cookie in cookies).get("language")
    return next((choice for choice in (query, earlier) if choice in LANGUAGES), None) or accepted_language(header)


def language_of_request(event: dict[str, Any]) -> str:
    """The language of a request in API Gateway's form (payload 2.0)."""
    query = (event.get("queryStringParameters") or {}).get("language")
    return chosen_language(query, event.get("cookies") or (), event["headers"].get("accept-language", ""))
