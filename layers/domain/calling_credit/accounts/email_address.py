"""Checks that an e-mail address is plain: an address alone, without a name, quotes, or brackets.

RFC 5321 allows more, such as quoted local parts, routes, and IP addresses as domains. Businesses do not use them, and
mail programs disagree about their meaning, so they are refused.
"""

import re
from typing import Final

MAX_ADDRESS_CHARACTERS: Final = 254
"""RFC 5321, 4.5.3.1.3: a path of 256 characters, without its two brackets."""
MAX_LOCAL_CHARACTERS: Final = 64

#  The `atext` of RFC 5322 without `!` and `%`, which relays have read as routes, and `?`, which encoded words need.
_ATOM: Final = r"[A-Za-z0-9#$&'*+/=^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_TOP: Final = r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
PATTERN: Final = rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_TOP}"
"""The form of a plain address, without the limits on length."""
_PLAIN: Final = re.compile(PATTERN)


def is_plain_address(value: object) -> bool:
    """Whether a value is a plain ASCII address whose domain has a dot, such as `billing@example.com`."""
    return (
        isinstance(value, str)
        and len(value) <= MAX_ADDRESS_CHARACTERS
        and value.find("@") <= MAX_LOCAL_CHARACTERS
        and _PLAIN.fullmatch(value) is not None
    )
