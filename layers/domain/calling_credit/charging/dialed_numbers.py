"""Reads the numbers of a call in the country of its line, before the call and after it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from calling_credit.accounts.cache import AccountFacts
from calling_credit.dialing import depends_on_country, read_dialed
from calling_credit.ids import is_id
from calling_credit.numbering import UNKNOWN_COUNTRY, country_of, is_e164

Event = dict[str, Any]
Line = tuple[str, str]

NAMES: Final = ("account_id", "line_id")


@dataclass(frozen=True, slots=True)
class DialedNumbers:
    """Reads `from` and `to` as dialed: in the country of the named line's number, else of `from`, else in `home`."""

    facts: AccountFacts
    home: str

    def of_question(self, call: Event, now: datetime) -> Event:
        """Return a call that is to begin with its numbers in canonical form, and without names that are empty. Only a
        number whose meaning depends on the country of a named line causes a read.

        Raises:
            Unavailable: the table did not answer.
        """
        named = {name: value for name, value in call.items() if name not in NAMES or value not in (None, "")}
        line = line_of(named)
        if line is None:
            return self.with_dialed(self.with_caller(named, {}), {})
        is_loose = depends_on_country(named.get("to"))
        return self.with_dialed(named, self.facts.load({line}, now).numbers if is_loose else {})

    def lines_of(self, events: Iterable[Event], now: datetime) -> Mapping[Line, str]:
        """Return the numbers of the lines that events name, as far as they decide how a number was dialed.

        Raises:
            Unavailable: the table did not answer.
        """
        named = {line_of(event) for event in events if depends_on_line(event)}
        lines = {line for line in named if line is not None}
        return self.facts.load(lines, now).numbers if lines else {}

    def with_caller(self, event: Event, lines: Mapping[Line, str]) -> Event:
        """Return an event whose `from` is E.164 if it is a number as dialed there. Anything else is kept."""
        line = line_of(event)
        return with_caller(event, home_of(lines.get(line) if line else None, self.home))

    def with_dialed(self, event: Event, lines: Mapping[Line, str]) -> Event:
        """Return an event whose `to` is E.164 or a short code if it is a number as dialed there."""
        line, caller = line_of(event), event.get("from")
        number = lines.get(line) if line else None
        return with_dialed(event, home_of(number or (caller if isinstance(caller, str) else None), self.home))


def home_of(number: str | None, home: str) -> str:
    """Return the country in which a line with this number dials; `home` if the number is unknown."""
    country = country_of(number) if number is not None and is_e164(number) else UNKNOWN_COUNTRY
    return home if country == UNKNOWN_COUNTRY else country


def with_caller(event: Event, country: str) -> Event:
    """Return an event whose `from` is E.164 if it is a number as dialed in the country. Anything else is kept."""
    caller = event.get("from")
    number = read_dialed(caller, country) if isinstance(caller, str) else None
    return event | {"from": number} if number is not None and is_e164(number) else event


def with_dialed(event: Event, country: str) -> Event:
    """Return an event whose `to` is E.164 or a short code if it is a number as dialed in the country."""
    dialed = event.get("to")
    number = read_dialed(dialed, country) if isinstance(dialed, str) else None
    return event if number is None else event | {"to": number}


def depends_on_line(event: Event) -> bool:
    """Return whether a number of an event means another one if the line is in another country."""
    return depends_on_country(event.get("from")) or depends_on_country(event.get("to"))


def line_of(event: Event) -> tuple[str, str] | None:
    """Return the account and the line that an event names; None if it does not name both by possible ids."""
    account_id, line_id = event.get("account_id"), event.get("line_id")
    if isinstance(account_id, str) and isinstance(line_id, str) and is_id(account_id) and is_id(line_id):
        return account_id, line_id
    return None
