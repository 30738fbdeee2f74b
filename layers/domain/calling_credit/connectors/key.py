"""A connector key: its settings, the header that carries it, and whether it opens the door."""

import hashlib
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hmac import compare_digest
from typing import Any, Final

from calling_credit.dynamodb.unreadable import decoder
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.instants import zone

PREFIX: Final = "ck_"
"""The beginning of every key, by which scanners for leaked secrets recognize one."""
RANDOM_BYTES: Final = 32
DEFAULT_PER_MINUTE: Final = 600
MAX_PER_MINUTE: Final = 60_000
MAX_HEADER: Final = 512
"""Characters of the longest header that is read. The longest valid one has 160."""
KEY_FORM: Final = re.compile(r"ck_[A-Za-z0-9_-]{43}")
NAME_FORM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
BLANKS: Final = " \t"


class KeyState(StrEnum):
    """What a header is worth."""

    ACCEPTED = "accepted"
    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    OTHER_NAME = "other_name"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class KeySettings:
    """What an operator chooses for a new key. `zone` is an IANA name, empty for none: times without a zone are then
    refused. `per_minute`: how many requests the key may send in a minute.
    """

    name: str
    zone: str = ""
    per_minute: int = DEFAULT_PER_MINUTE


@dataclass(frozen=True, slots=True)
class ConnectorKey:
    """A stored key. Times are instants as text; `revoked_at` and `last_used_at` are None until then. `last_address` is
    the IP address of the last use that is stored.
    """

    key_hash: str
    settings: KeySettings
    created_at: str
    revoked_at: str | None = None
    last_used_at: str | None = None
    last_address: str | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a header claims: the hash of its key, and the name beside it (None without one, after `Bearer`)."""

    key_hash: str
    name: str | None


def parse_settings(name: str, time_zone: str = "", per_minute: str = "") -> KeySettings:
    """Return the settings of a new key. Empty text stands for the default.

    Raises:
        InvalidValue: invalid_id, invalid_time_zone, invalid_field.
    """
    if NAME_FORM.fullmatch(name) is None:
        detail = "NAME must be 1 to 64 letters, digits, or . _ -, and begin with a letter or digit, such as sbc-1."
        raise InvalidValue(ProblemCode.INVALID_ID, detail)
    try:
        zone(time_zone or "UTC")
    except InvalidValue:
        detail = 'ZONE must be an IANA name such as "America/New_York".'
        raise InvalidValue(ProblemCode.INVALID_TIME_ZONE, detail) from None
    number = per_minute or str(DEFAULT_PER_MINUTE)
    if not (number.isascii() and number.isdigit() and len(number) <= 6 and 1 <= int(number) <= MAX_PER_MINUTE):
        detail = f"PER_MINUTE must be a whole number from 1 to {MAX_PER_MINUTE}."
        raise InvalidValue(ProblemCode.INVALID_FIELD, detail)
    return KeySettings(name, time_zone, int(number))


def hash_of(key: str) -> str:
    """Return the SHA-256 of a key in hexadecimal digits. Its 256 random bits need no slow hash and no salt."""
    return hashlib.sha256(key.encode()).hexdigest()


def read_credentials(header: str) -> Credentials | None:
    """Return what an Authorization header claims: `Basic base64(name:key)` or `Bearer key`; None for anything else."""
    if len(header) > MAX_HEADER:
        return None
    scheme, _, text = header.strip(BLANKS).partition(" ")
    name, key = None, text.strip(BLANKS)
    if scheme.lower() == "basic":
        name, key = _name_and_key(key)
    elif scheme.lower() != "bearer":
        return None
    return Credentials(hash_of(key), name) if KEY_FORM.fullmatch(key) else None


def _name_and_key(encoded: str) -> tuple[str, str]:
    try:
        name, _, key = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:  # Neither base64 nor UTF-8.
        return "", ""
    return name, key


def judge(credentials: Credentials | None, key: ConnectorKey | None) -> KeyState:
    """Return what credentials are worth, given the stored key with their hash (None: there is none)."""
    if credentials is None:
        return KeyState.MALFORMED
    if key is None or not compare_digest(credentials.key_hash, key.key_hash):
        return KeyState.UNKNOWN
    if credentials.name is not None and not compare_digest(credentials.name.encode(), key.settings.name.encode()):
        return KeyState.OTHER_NAME
    return KeyState.ACCEPTED if key.revoked_at is None else KeyState.REVOKED


@decoder
def from_item(item: Mapping[str, Any]) -> ConnectorKey:
    """Return a stored key from its item."""
    return ConnectorKey(
        item["key_hash"],
        KeySettings(item["name"], item["zone"], int(item["per_minute"])),
        item["created_at"],
        item.get("revoked_at"),
        item.get("last_used_at"),
        item.get("last_address"),
    )
