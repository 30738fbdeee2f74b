"""Reads libphonenumber's metadata: the region and the type of every number behind a calling code. Does not depend on
prices, categories, or files.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import phonenumbers
from phonenumbers import PhoneMetadata

from local.digit_patterns import DIGITS, Pattern

# The order in which libphonenumber tries the types of a number; the first match is its type.
NUMBER_TYPES = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
    "fixed_line",
    "mobile",
)
_NEITHER_FIXED_NOR_MOBILE = set(NUMBER_TYPES) - {"fixed_line", "mobile"}
_LEADING_DIGITS = "leading_digits"
_MAX_DIGITS = 17


class Label(NamedTuple):
    """The region and the type of a complete number, as libphonenumber defines them."""

    region: str
    kind: str


@dataclass(frozen=True)
class _Description:
    region: int
    kind: str
    pattern: Pattern
    lengths: frozenset[int]


State = tuple[tuple[int, int], ...]
"""The state after some digits: for every pattern that can still match, its index in the plan and its own state."""


class NumberingPlan:
    """All numbers behind one country calling code, with their regions and types.

    `length` excludes numbers of other lengths (in the US and Canada, 7 digits can only be dialled locally).
    """

    def __init__(self, calling_code: int, length: int | None = None) -> None:
        self.regions: tuple[str, ...] = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[calling_code]
        self._regions_by_digits: set[int] = set()
        self._descriptions: list[_Description] = []
        for position, region in enumerate(self.regions):
            self._describe(position, _metadata(region, calling_code), length)
        possible = (entry.lengths for entry in self._descriptions if entry.kind != _LEADING_DIGITS)
        self._longest = max(max(lengths, default=0) for lengths in possible)
        self.start: State = tuple((i, entry.pattern.start) for i, entry in enumerate(self._descriptions))
        self.count = cache(self._count)
        self.children = cache(self._children)

    def _children(self, state: State) -> tuple[State, ...]:
        """Return the state after each of the ten digits."""
        patterns = [(i, self._descriptions[i].pattern, at) for i, at in state]
        return tuple(
            tuple((i, after) for i, pattern, at in patterns if (after := pattern.step(at, digit))) for digit in DIGITS
        )

    def label(self, state: State, length: int) -> Label | None:
        """Return the label of the number that ends here, as region_code_for_number and number_type give it; None if
        invalid.
        """
        matching: dict[int, set[str]] = {}
        for i, at in state:
            entry = self._descriptions[i]
            if length in entry.lengths and entry.pattern.accepts(at):
                matching.setdefault(entry.region, set()).add(entry.kind)
        for position, region in enumerate(self.regions):
            kinds = matching.get(position, set())
            kind = _kind(kinds)
            if position in self._regions_by_digits:
                if _LEADING_DIGITS in kinds:
                    return Label(region, kind) if kind else None
            elif kind:
                return Label(region, kind)
        return None

    def _count(self, state: State, length: int) -> dict[Label, int]:
        """Return the count of valid numbers of each label that begin with the `length` digits before this state."""
        totals: dict[Label, int] = {}
        here = self.label(state, length)
        if here:
            totals[here] = 1
        if length < self._longest and state:
            for child in self.children(state):
                for label, number in self.count(child, length + 1).items():
                    totals[label] = totals.get(label, 0) + number
        return totals

    def _describe(self, position: int, metadata: Any, length: int | None) -> None:
        every_length = frozenset(metadata.general_desc.possible_length)
        for kind in ("general_desc", *NUMBER_TYPES):
            description = getattr(metadata, kind)
            if description is None or not description.national_number_pattern:
                continue
            lengths = frozenset(description.possible_length) or every_length
            if length is not None:
                lengths &= {length}
            self._descriptions.append(
                _Description(position, kind, _pattern(description.national_number_pattern), lengths)
            )
        if metadata.leading_digits:
            self._regions_by_digits.add(position)
            pattern = _pattern(f"(?:{metadata.leading_digits})\\d{{0,{_MAX_DIGITS}}}")
            lengths = frozenset(range(1, _MAX_DIGITS + 1))
            self._descriptions.append(_Description(position, _LEADING_DIGITS, pattern, lengths))


_pattern = cache(Pattern)


def _metadata(region: str, calling_code: int) -> Any:
    if region == "001":
        return PhoneMetadata.metadata_for_nongeo_region(calling_code)
    return PhoneMetadata.metadata_for_region(region)


def _kind(kinds: set[str]) -> str | None:
    if "general_desc" not in kinds:
        return None
    if "fixed_line" in kinds and "mobile" in kinds and not kinds & _NEITHER_FIXED_NOR_MOBILE:
        return "fixed_line_or_mobile"
    return next((kind for kind in NUMBER_TYPES if kind in kinds), None)
