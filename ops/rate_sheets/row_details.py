"""Names, increments, and origins of a row of a sheet."""

from fnmatch import fnmatchcase
from functools import cache
from typing import Final

from calling_credit.country_names import countries_named, names_by_country
from calling_credit.numbering import COUNTRIES
from calling_credit.rates.deck import ANY_ORIGIN
from ops.rate_sheets.increments import Increments, parse_increments, parse_seconds
from ops.rate_sheets.notes import CellError
from ops.rate_sheets.rate_map import RateMap, Role

SAFEST: Final = Increments(60, 60)
"""The increments of a row that states none: full minutes."""
_ANY: Final = frozenset(
    {"", "*", "all", "any", "all origins", "any origin", "default", "other", "others", "world", "rest of world", "row"}
)


class RowDetails:
    """Reads names, increments, and origins by a map, and remembers which of its rules were used."""

    def __init__(self, rate_map: RateMap) -> None:
        self._map = rate_map
        self._used: set[str] = set()
        self._rules = {name.casefold(): (name, value) for name, value in rate_map.increment_rules.items()}
        self._by_name: dict[str, tuple[str, Increments] | None] = {}

    def unused_rule(self) -> str:
        """Return the first rule that no row used; empty if all were used."""
        return next((name for name in self._map.increment_rules if name not in self._used), "")

    def increments(self, texts: dict[Role, str], name: str, code: str) -> tuple[int, int]:
        """Return the minimum and the increment of a row: of its cells, else of a rule, else of the map.

        Raises:
            CellError: a cell is no increment.
        """
        if texts[Role.INCREMENTS]:
            return parse_increments(texts[Role.INCREMENTS])
        stated = self._rule(name, code) or self._map.default_increments or SAFEST
        minimum, increment = texts[Role.MINIMUM], texts[Role.INCREMENT]
        if not minimum and not increment:
            return stated
        if "/" in increment + minimum:
            return parse_increments(increment or minimum)
        step = parse_seconds(increment, least=1) if increment else None
        least = parse_seconds(minimum, least=0) if minimum else None
        return (step or 1 if least is None else least), (least or 1 if step is None else step)

    def _rule(self, name: str, code: str) -> Increments | None:
        """Return the increments of the longest rule that matches: the beginning of the name or of the code."""
        if not self._rules:
            return None
        if name not in self._by_name:
            self._by_name[name] = self._rule_by_name(" ".join(name.casefold().replace("-", " ").split()))
        digits = [rule for rule in self._rules if rule.isdigit() and code.startswith(rule)]
        found = self._rules[max(digits, key=len)] if digits else self._by_name[name]
        if found is None:
            return None
        self._used.add(found[0])
        return found[1]

    def _rule_by_name(self, name: str) -> tuple[str, Increments] | None:
        matching = [rule for rule in self._rules if not rule.isdigit() and _matches(name, rule)]
        return self._rules[max(matching, key=len)] if matching else None

    def origins(self, text: str) -> tuple[str, ...]:
        """Return the origins of a row: country codes, or `*` for all others.

        Raises:
            CellError: the text is neither a country nor a name of the map.
        """
        wanted = text.casefold()
        if wanted in self._map.origins:
            return self._map.origins[wanted]
        if wanted in _ANY:
            return (ANY_ORIGIN,)
        parts = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
        return tuple(dict.fromkeys(country for part in parts for country in self._origin(part)))

    def _origin(self, text: str) -> tuple[str, ...]:
        if text.casefold() in self._map.origins:
            return self._map.origins[text.casefold()]
        if text.upper() in COUNTRIES:
            return (text.upper(),)
        found = [country for country in countries_named(text) if text.casefold() in _names(country)]
        if len(found) != 1:
            step = f'Add it to the map: [origins] "{text}" = ["DE", "FR"], or "*" for all others.'
            raise CellError(f'The origin "{text}" is no country.', step)
        return (found[0],)

    def name(self, country: str, destinations: list[str]) -> str:
        """Return the destination of a row: its name, after that of the country if it does not begin with it."""
        parts = [" ".join(part.split()) for part in (country, *destinations) if part]
        kept: list[str] = []
        for part in parts:
            if kept and part.casefold().startswith(kept[-1].casefold()):
                kept[-1] = part
            elif part.casefold() not in (text.casefold() for text in kept):
                kept.append(part)
        return " - ".join(kept)


def _matches(name: str, rule: str) -> bool:
    plain = " ".join(rule.replace("-", " ").split())
    if "*" in plain:
        return fnmatchcase(name, plain)
    return name == plain or (name.startswith(plain) and not name[len(plain)].isalnum())


@cache
def _names(country: str) -> frozenset[str]:
    return frozenset(name.casefold() for name in names_by_country().get(country, ()))
