"""The usual headers of rate sheets: which role a column may have by its header and by its cells."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

from ops.rate_sheets.amounts import has_amount
from ops.rate_sheets.changes import Change, change_of
from ops.rate_sheets.codes import JOIN, RANGE, CodeReader
from ops.rate_sheets.dates import has_date, is_now
from ops.rate_sheets.increments import has_increments, in_seconds, parse_increments
from ops.rate_sheets.notes import CellError
from ops.rate_sheets.other_languages import roles_in_other_languages
from ops.rate_sheets.rate_map import Role
from ops.rate_sheets.table import plain

USUAL: Final = 3
"""The rank of the usual header of a role."""
_CODES: Final = r"(codes?|prefix(es)?|digits|numbers?)"
_USUAL_RATE: Final = (
    r"^(new |future )?(rate|price|tariff|cost|charge)s?( per| a)?( ?min(ute)?)?( in)?( usd| us\$| \$)?( min\w*)?$"
    r"|^ppm$|^rate\b"
)
_OTHER_RATE: Final = (
    r"rate|price|tariff|tarif|cost|charge|\busd\b|us\$|\$|per min|ppm|preis|precio|prix|prezzo|цена"
    r"|peak|weekend|flat|standard|€|£|¢|\bus ?c\b|\bcents?\b|\bcpm\b|\bpps\b"
    r"|^(inter|intra) ?(state)?$|^indeterm\w*$|jurisdiction"
    r"|^(gold|silver|bronze|platinum|diamond|premium|economy|wholesale|retail|(non )?cli)$"
    r"|^(white|gr[ae]y|tdm|direct|tier ?\w)( route)?$|^amount$|^offer(ed)?$"
)
_GONE: Final = "removed|deleted|closed|dropped|old|discontinued"
_UNTIL: Final = "(to|until|till|thru|through)"
HEADERS: Final[dict[Role, tuple[str, ...]]] = {
    Role.ADDED: (rf"\b(added|new|additional) (dial\w* |area )?{_CODES}|{_CODES} (to )?(be )?(add(ed)?|new)$",),
    Role.REMOVED: (rf"\b({_GONE}) (dial\w* |area )?{_CODES}|{_CODES} (to )?(be )?(remove|delete|drop|{_GONE})$",),
    Role.COUNTRY_CODE: (
        rf"^(country|ctry|intl?|international) (dial\w* )?{_CODES}$|^cc$|^isd( code)?$|^country dial\w*$",
        r"land\w*vorwahl|c[óo]digo (de |del )?pa[íi]s|indicatif pays|код страны|^country ?code|^(country|ctry|land)$",
    ),
    Role.AREA_CODE: (
        (
            r"^(area|city|national|region\w*|local|zone|operator|network|dest\w*|sub|mobile|ndc|npa) ?"
            rf"({_CODES})?( s)?$|^a ?c$"
        ),
        rf"(area|city|region|national).*{_CODES}|^{_CODES}( s)?$|ortsvorwahl|код (города|зоны)",
    ),
    Role.CODE: (
        (
            rf"^(dial\w*|dest|destination|full|number( range)?|called|b ?number|phone|e ?164|dst|route)? ?{_CODES}"
            r"( s| list)?$"
            r"|^dial ?codes?$|^breakouts?$|^e ?164$|^npa ?nxx( ?x)?$|^npa$|^lerg|^cc ndc$"
        ),
        rf"\b{_CODES}\b|dial|breakout|e ?164|vorwahl|indicatif|pr[ée]fixe|c[óo]digos?|prefijos?|prefisso|код|префикс",
    ),
    Role.COUNTRY: (r"^(country|countries|ctry|nation|land|pays|pa[íi]s|paese|страна)( name)?$", r"country|страна"),
    Role.DESTINATION: (
        (
            r"^(destinations?|dest|description|(destination|code|prefix|zone|area|network|operator|region) name|ziel"
            r"|destino|destinazione|направление)$"
        ),
        r"dest|descr|name|zone|location|region|route|network|operator|area|city|type|breakout|направл|trunk",
    ),
    Role.SURCHARGE: (r"(surcharge|supplement)(?!.*(per|a) call)",),
    Role.CONNECTION_FEE: (
        (
            r"(?<!dis)connect\w*( fee| charge)?|set ?up( fee| cost| charge)?|flag ?fall|per call|call fee|start fee"
            r"|(cost|fee|charge|price) (on|at|upon) (call|answer\w*)|answer (fee|charge)|\bscatto\b|alla risposta"
        ),
        r"\bfee\b",
    ),
    Role.INCREMENTS: (
        r"^(billing )?increments?( \w+)?$|^billing( (terms|interval|unit|period)s?)?$|^rounding$|^pulse$|taktung",
        r"increment|billing|rounding|pulse|interval|min.* inc|initial.*(next|subsequent)|cadenc|^min( rounding)?$|step",
    ),
    Role.MINIMUM: (
        (
            r"^min(imum)?(dur\w*|sec\w*|time)?( \w+)*$|^(initial|first|1st)( \w+)*$|^interval ?1$|^init\w*( \w+)*$"
            r"|^connect\w* (interval|increment|period|time|sec\w*)$"
        ),
        r"minimum|initial|first|interval 1|^(billing|increments?|charging) min$",
    ),
    Role.INCREMENT: (
        (
            r"^(next|subsequent|additional|recurring|second|2nd|following)( \w+)*$|^interval ?[n2]$"
            r"|^(billing ?)?(inc|incr|increment|block)s?( \w+)*$"
        ),
        r"increment|interval|step|subsequent|next|billing|rounding",
    ),
    Role.END: (
        (
            rf"\b(end|expir\w*|(valid|effective|active) {_UNTIL}|until|discontinu\w*|termination|stop)( ?date)?$"
            rf"|\bdate {_UNTIL}$"
        ),
        r"\bend\b|expir|until|valid to",
    ),
    Role.EFFECTIVE: (
        (
            rf"effective(?! {_UNTIL}\b)|valid (from|since|as of)|^(start|activation|begin\w*)( date)?$|g[üu]ltig ab"
            r"|vigen|fecha|дата"
        ),
        rf"\bdate\b|from\b|start|effect(?!ive {_UNTIL}\b)|^validity$",
    ),
    Role.CURRENCY: (r"^(currency|curr|ccy|devise|moneda|w[äa]hrung|valuta|валюта)( code)?$",),
    Role.ORIGIN: (r"^(origin\w*|calling|source|a ?number|from)( country| zone| group| code| region)?$", r"\borigin"),
    Role.OLD_RATE: (
        r"\b(old|previous|prev|existing|former|prior|last)\b.*(rate|price|tariff|cost)?|(rate|price) (old|before)",
        r"\b(current|present|actual)\b.*(rate|price|tariff|cost)|(rate|price|tariff) (current|now)",
    ),
    Role.RATE: (_USUAL_RATE, _OTHER_RATE),
    Role.CHANGE: (
        r"^(rate |price |code )?(change|status|action|indicator|trend|update|movement)( \w+)?$",
        r"change|status|action|comment|remark|note|indicator|update|type|flag",
    ),
}
"""Patterns of plain headers for each role: the usual ones, then those that also mean something else."""
NO_RATE: Final = (
    r"change|differ|diff\b|%|percent|status|type|\bid\b|plan|class|currency|variation|quality|asr|acd|volume|date"
    r"|block|increment|disconnect|grace|interval|\bsms\b|\bmms\b|\bprefix|\bcodes?\b|no ?charge"
    r"|^(old|new|previous|prev|former|prior) (min|inc|next|initial|fee|set ?up|connect)"
)
_PATTERNS: Final = {role: tuple(map(re.compile, patterns)) for role, patterns in HEADERS.items()}
_NO_RATE: Final = re.compile(NO_RATE)
_MINUTES: Final = re.compile(r"^(min|minimum|inc\w*|initial|next) (in )?(m|mins?|minutes?)$| in min(ute)?s?$")
_SECONDS: Final = re.compile(r"interval|increment|period|\bsec|\btime\b|duration|block|pulse")
_LETTERS: Final = frozenset({"i", "d", "n", "c", "u", "r", "nc", "x", "s", "b", "-", "="})
_MARKED: Final = frozenset({Change.NEW, Change.INCREASE, Change.DECREASE, Change.CLOSED})
_READERS: Final = (CodeReader(RANGE), CodeReader(JOIN))


def may_be_rate(name: str) -> bool:
    """Return whether nothing in an unknown header speaks against a rate."""
    return not _NO_RATE.search(plain(name))


@cache
def roles_of_header(name: str) -> dict[Role, int]:
    """Return the roles that a plain header may have: 3 for the usual one, 2 and 1 for less sure ones."""
    found: dict[Role, int] = {}
    if not name or len(name) > 80:
        return found
    foreign = roles_in_other_languages(name)
    for role, patterns in _PATTERNS.items():
        if role in (Role.RATE, Role.OLD_RATE) and _NO_RATE.search(name):
            continue
        if role == Role.CONNECTION_FEE and _SECONDS.search(name):
            continue
        if role in (Role.MINIMUM, Role.INCREMENT) and _MINUTES.search(name):
            continue
        ranks = (USUAL - rank for rank, pattern in enumerate(patterns) if pattern.search(name))
        if rank := USUAL if role in foreign else next(ranks, 0):
            found[role] = rank
    if Role.END in foreign:
        found.pop(Role.EFFECTIVE, None)
    return found


@cache
def is_code_cell(text: str) -> bool:
    """Return whether a cell can be read as codes, in either meaning of a dash."""
    for reader in _READERS:
        try:
            if reader.codes(text):
                return True
        except CellError:
            continue
    return "e+" in text.lower() and text[:1].isdigit()


@cache
def _is_increment_cell(text: str) -> bool:
    if has_increments(text):
        return True
    try:
        return bool(parse_increments(text)) and not text.isdigit()
    except CellError:
        return False


def _is_seconds(text: str) -> bool:
    return in_seconds(text).rstrip("second. ").isdigit() and len(text) <= 10


def _is_text(text: str) -> bool:
    return any(map(str.isalpha, text))


def _is_area(text: str) -> bool:
    return is_code_cell(text) or re.fullmatch(r"[0-9 ,;/-]+", text) is not None


def _is_marker(text: str) -> bool:
    return len(text) <= 40 and change_of(text) is not None and not text.replace(".", "").isdigit()


def _is_letter(text: str) -> bool:
    return len(text) <= 3 and text.isalpha()


def has_markers(cells: Sequence[str]) -> bool:
    """Return whether the cells of a column say by words or single letters how prices change, under any header."""
    found = {cell.casefold() for cell in cells if cell}
    if len(found) > 1 and found <= _LETTERS and len(found & {"i", "d", "n"}) > 1:
        return True
    meanings = {change_of(text) for text in found if len(text) <= 20 and text.replace(" ", "").isalpha()}
    return 0 < len(found) <= 12 and None not in meanings and bool(meanings & _MARKED)


def _is_price(text: str) -> bool:
    return has_amount(text) or text.startswith("#FORMULA")


CONTENTS: Final[dict[Role, tuple[Callable[[str], bool], float]]] = {
    Role.CODE: (is_code_cell, 0.7),
    Role.COUNTRY_CODE: (is_code_cell, 0.8),
    Role.AREA_CODE: (_is_area, 0.6),
    Role.ADDED: (is_code_cell, 0.6),
    Role.REMOVED: (is_code_cell, 0.6),
    Role.COUNTRY: (_is_text, 0.6),
    Role.DESTINATION: (_is_text, 0.6),
    Role.RATE: (_is_price, 0.5),
    Role.OLD_RATE: (_is_price, 0.5),
    Role.SURCHARGE: (_is_price, 0.5),
    Role.CONNECTION_FEE: (_is_price, 0.5),
    Role.INCREMENTS: (_is_increment_cell, 0.6),
    Role.MINIMUM: (_is_seconds, 0.6),
    Role.INCREMENT: (_is_seconds, 0.6),
    Role.EFFECTIVE: (lambda text: has_date(text) or is_now(text), 0.6),
    Role.END: (has_date, 0.6),
    Role.CHANGE: (lambda text: _is_marker(text) or _is_letter(text), 0.3),
    Role.CURRENCY: (lambda text: text.isalpha() or text in "$€£", 0.8),
    Role.ORIGIN: (_is_text, 0.6),
}
"""How a cell of each role looks, and the least share of the cells with text that must look so."""
TIMES: Final = re.compile(
    r"peak|week|day|night|even|standard|econom|holiday|\beea\b|\beu\b|origin|intra|inter|indeterm|local|domestic|\bnon\b|unknown|roam|long"
)
"""What distinguishes several columns of rates: the time of day, or the origin of the call."""


def fits(role: Role, cells: Sequence[str]) -> bool:
    """Return whether the cells of a column can have a role. A column without text fits no required role."""
    filled = [cell for cell in cells if cell]
    if role in (Role.RATE, Role.OLD_RATE, Role.SURCHARGE, Role.CONNECTION_FEE):
        filled = [cell for cell in filled if any(map(str.isdigit, cell))]
    if not filled:
        return False
    test, share = CONTENTS[role]
    return sum(map(test, filled)) >= share * len(filled)
