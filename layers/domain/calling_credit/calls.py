"""A finished call that an event reports, without the rules that an event must obey (`call_events`).

Most functions know calls but read no events; this module spares them the model of an event at start.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

MAX_DURATION_SECONDS: Final = 7 * 24 * 3600
FACTS_VERSION: Final = 2
"""The version of `Call.facts_hash`. Entries store it, so that entries of earlier releases recognize their calls."""

_LAST_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Call:
    """A valid, finished call that may cost money: outbound, answered, and longer than 0 seconds.

    `call_key` names the call in keys (`ids.call_key`). `happened_at` is `started_at` in the form of keys (UTC,
    milliseconds), like `answered_at` ("" if it is unknown) and `ended_at`. `sent_number` is `to` as the switch sent it.
    `calling_number` is None if it is withheld or no E.164 number. `origin` is the caller's country, once it is known.
    `correlation_id` names the message that reported the call.
    """

    call_id: str
    call_key: str
    account_id: str
    line_id: str
    user_id: str | None
    calling_number: str | None
    dialled_number: str
    sent_number: str
    started_at: datetime
    happened_at: str
    answered_at: str
    ended_at: str
    duration_seconds: int
    facts_hash: str
    facts_version: int = FACTS_VERSION
    origin: str | None = None
    correlation_id: str | None = field(default=None, compare=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """The identity of the call and of its entry: account, time, and call key."""
        return self.account_id, self.happened_at, self.call_key

    @property
    def facts_hash_v1(self) -> str:
        """The hash by which entries of version 1.0.0 recognize this call: it covers all facts."""
        return hash_of(
            self.account_id,
            self.call_id,
            self.line_id,
            self.user_id or "",
            "outbound",
            self.calling_number or "",
            self.sent_number,
            self.happened_at,
            self.answered_at,
            self.ended_at,
            str(self.duration_seconds),
            "answered",
        )

    @property
    def facts_hash_shortened(self) -> str:
        """The hash by which an entry whose number was shortened recognizes this call."""
        seconds = str(self.duration_seconds)
        return shortened_facts(self.account_id, self.call_key, self.dialled_number, self.happened_at, seconds)


@dataclass(frozen=True, slots=True)
class FreeEvent:
    """An event that costs nothing: an inbound call, or a call that nothing in the event says was answered.

    `ended_at` is None if the event does not say when the call ended. An inbound call may be answered.
    """

    account_id: str
    call_id: str
    call_key: str
    ended_at: str | None
    is_answered: bool

    @property
    def key(self) -> tuple[str, str, str]:
        """The identity of the call: account, no time, and call key. Nothing is stored under it."""
        return self.account_id, "", self.call_key


def shortened_number(number: str) -> str:
    """A number in international form without its last four digits, such as `+44207183…`. Other text stays, such as a
    short code or a number that is shortened already.
    """
    is_whole = number.startswith("+") and len(number) > _LAST_DIGITS + 3 and number[1:].isdecimal()
    return f"{number[:-_LAST_DIGITS]}…" if is_whole else number


def shortened_facts(account_id: str, call_key: str, number: str, happened_at: str, seconds: str) -> str:
    """The hash of a call's facts with a shortened number: from the hash of the whole one, its last digits could be
    guessed.
    """
    return hash_of(account_id, call_key, "outbound", shortened_number(number), happened_at, seconds)


def hash_of(*facts: str) -> str:
    """Return a 128-bit hash of facts. The same facts in another spelling have the same hash."""
    return hashlib.blake2b("\n".join(facts).encode(), digest_size=16).hexdigest()
