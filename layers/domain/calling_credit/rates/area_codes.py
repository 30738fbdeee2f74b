"""Area codes of +1 that are newer than the tables: an operator adds them, and `active.json` lists them.

They are included below every deck, and their numbers are numbers of their country, within a minute.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from calling_credit.errors import InvalidValue, ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.numbering import UNKNOWN_COUNTRY, country_of, is_added
from calling_credit.rates.active_pointer import ActivePointer, AddedAreaCode
from calling_credit.rates.deck_store import S3_ERRORS, activate, read_active

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_ATTEMPTS: Final = 5
"""Attempts to add a code while decks are activated."""
_AREA_CODE = re.compile(r"[2-9](?!11)[0-9]{2}")


CHECK_EVERY: Final = timedelta(seconds=20)
"""How long a warm function uses the codes that it has read."""


class AreaCodeReader:
    """Reads the added area codes. The client is made at the first use, because few requests need it."""

    def __init__(self, make_client: "Callable[[], S3Client]", bucket: str) -> None:
        self._make_client = make_client
        self._bucket = bucket
        self.forget()

    def forget(self) -> None:
        """Forget the codes, as a cold start does."""
        self._codes: Mapping[str, str] = {}
        self._read_at: datetime | None = None

    def current(self, now: datetime) -> Mapping[str, str]:
        """Return the countries of the added codes by prefix, such as `1436`.

        Raises:
            Unavailable: `unavailable`, S3 does not answer.
        """
        if self._read_at is None or now - self._read_at >= CHECK_EVERY:
            try:
                pointer = read_active(self._make_client(), self._bucket)
            except S3_ERRORS as error:
                detail = "The added area codes could not be read; retry the request."
                raise Unavailable(ProblemCode.UNAVAILABLE, detail) from error
            self._codes, self._read_at = pointer.area_codes_by_prefix if pointer else {}, now
        return self._codes


def add_area_code(
    client: "S3Client", bucket: str, code: str, country: str, home_countries: frozenset[str], by: str, now: datetime
) -> bool:
    """Add an area code to `active.json`; return whether it is new there.

    Raises:
        InvalidValue: `invalid_field`, the code or the country is wrong, or the tables know the code already.
        Unavailable: `no_active_deck`; `busy`, decks were activated at the same time.
    """
    check_area_code(code, country, home_countries)
    for _ in range(MAX_ATTEMPTS):
        pointer = read_active(client, bucket)
        if pointer is None:
            detail = "No rate deck is published yet; run make publish-rates FILE=deck.csv first."
            raise Unavailable(ProblemCode.NO_ACTIVE_DECK, detail)
        former = next((added for added in pointer.area_codes if added.code == code), None)
        if former is not None and former.country == country:
            return False
        if former is not None:
            detail = f"{code} was added for {former.country} at {former.added_at}; it cannot belong to {country} too."
            raise InvalidValue(ProblemCode.INVALID_FIELD, detail)
        if activate(client, bucket, _with_code(pointer, code, country, by, now), pointer.etag):
            return True
    raise Unavailable(ProblemCode.BUSY, "Decks are being activated; repeat the command.")


def check_area_code(code: str, country: str, home_countries: frozenset[str]) -> None:
    """Check that a code may be added.

    Raises:
        InvalidValue: `invalid_field`.
    """
    if not _AREA_CODE.fullmatch(code):
        detail = "CODE must be an area code of three digits, such as 436: the first 2 to 9, and not like 911."
        raise InvalidValue(ProblemCode.INVALID_FIELD, detail)
    if country not in home_countries:
        detail = f"COUNTRY must be a home country of this stack ({', '.join(sorted(home_countries))}); add the codes of"
        raise InvalidValue(ProblemCode.INVALID_FIELD, f"{detail} other countries to the rate deck.")
    if (known := country_of(f"1{code}")) != UNKNOWN_COUNTRY and not is_added(f"1{code}"):
        detail = f"The tables know {code} already, as an area code of {known}; nothing needs to be added."
        raise InvalidValue(ProblemCode.INVALID_FIELD, detail)


def _with_code(pointer: ActivePointer, code: str, country: str, by: str, now: datetime) -> ActivePointer:
    added = AddedAreaCode(code, country, format_instant(now), by)
    return replace(pointer, area_codes=(*pointer.area_codes, added))
