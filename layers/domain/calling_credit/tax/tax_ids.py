"""Tax ids of businesses: their form by kind, and the check digits of the kinds that have some.

A correct form does not prove that an id was issued. Sources: the structure of VAT numbers in VIES, the Canada Revenue
Agency, the IRS, the Australian Business Register, Inland Revenue, Brønnøysund, and the Swiss UID register.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from calling_credit.errors import InvalidValue, ProblemCode

MAX_CHARACTERS: Final = 40
_PUNCTUATION: Final = re.compile(r"[\s.\-\u2010-\u2015\u2212/]")
"""Blanks of every kind, points, hyphens, dashes, and slashes, as ids are printed and copied."""

_FOREIGN: Final = re.compile(r"[^\x21-\x7eÑñ]")
"""Characters of no id. Mexican ids have the Ñ."""


@dataclass(frozen=True, slots=True)
class TaxId:
    """A tax id. `value` is in capitals, without blanks, points, hyphens, and slashes."""

    kind: str
    value: str


def parse_tax_id(value: object) -> TaxId:
    """Parse `{kind, value}`.

    Raises:
        InvalidValue: invalid_field, invalid_tax_id.
    """
    if not isinstance(value, dict) or set(value) != {"kind", "value"}:
        raise InvalidValue(ProblemCode.INVALID_FIELD, "tax_id must be null or an object with kind and value.")
    kind, text = value["kind"], value["value"]
    check = _KINDS.get(kind) if isinstance(kind, str) else None
    if check is None:
        raise InvalidValue(ProblemCode.INVALID_FIELD, f"tax_id.kind must be one of: {', '.join(KINDS)}.")
    if isinstance(text, str) and len(text) <= MAX_CHARACTERS:
        plain = _PUNCTUATION.sub("", text)
        if _FOREIGN.search(plain) is None and check(plain := plain.upper()):
            return TaxId(kind, plain)
    raise InvalidValue(ProblemCode.INVALID_TAX_ID, f"tax_id.value is no valid id of the kind {kind}. Check its digits.")


def _weighed(digits: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def _luhn(digits: str) -> int:
    """The checksum of Luhn: 0 for a valid number."""
    doubled = (sum(divmod(int(digit) * 2, 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[::-2])) + sum(doubled)) % 10


def _mod_11_10(digits: str) -> int:
    """The checksum of ISO 7064 MOD 11,10: 1 for a valid number."""
    check = 5
    for digit in digits:
        check = ((check or 10) * 2 % 11 + int(digit)) % 10
    return check


def _austrian(digits: str) -> bool:
    return int(digits[7]) == (6 - _luhn(digits[:7])) % 10


def _british(text: str) -> bool:
    """Nine digits with one of the two checks, perhaps with three of a branch. Ids of government departments (GD) and
    health authorities (HA) have no check.
    """
    number = text.removeprefix("GB")
    return not number.isdigit() or _weighed(number[:9], (8, 7, 6, 5, 4, 3, 2, 10, 1)) % 97 in (0, 42)


def _norwegian(text: str) -> bool:
    """Nine digits, as invoices show them, perhaps with NO before and MVA behind."""
    return _weighed(text.removeprefix("NO")[:9], (3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0


def _dutch(text: str) -> bool:
    """A company's digits, or a self-employed person's letters and digits, before the letter B and two digits."""
    if _weighed(text[:9], (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0:
        return True
    return int("".join(str(int(character, 36)) for character in f"NL{text}")) % 97 == 1


def _french(text: str) -> bool:
    siren = text[2:]
    if siren.startswith("000"):  # Monaco.
        return True
    has_digits = text[:2].isdigit()
    return _luhn(siren) == 0 and (not has_digits or int(text[:2]) == (12 + 3 * (int(siren) % 97)) % 97)


def _portuguese(digits: str) -> bool:
    return int(digits[8]) == (11 - _weighed(digits[:8], range(9, 1, -1))) % 11 % 10


def _swiss(text: str) -> bool:
    return (11 - _weighed(text[3:11], (5, 4, 3, 2, 7, 6, 5, 4))) % 11 == int(text[11])


def _new_zealand(digits: str) -> bool:
    number = digits.zfill(9)
    check = -_weighed(number[:8], (3, 2, 7, 6, 5, 4, 3, 2)) % 11
    if check == 10:
        check = -_weighed(number[:8], (7, 4, 3, 2, 5, 2, 7, 6)) % 11
    return check == int(number[8])


def _australian(digits: str) -> bool:
    return _weighed(f"{int(digits[0]) - 1}", (10,)) % 89 == -_weighed(digits[1:], range(1, 20, 2)) % 89


Check = Callable[[str], bool]


def _form(pattern: str, check: Check = lambda _: True) -> Check:
    compiled = re.compile(pattern, re.ASCII)
    return lambda text: compiled.fullmatch(text) is not None and check(text)


_EU: Final[Mapping[str, Check]] = {
    "AT": lambda text: _form(r"U[0-9]{8}")(text) and _austrian(text[1:]),
    "BE": _form(r"[01][0-9]{9}", lambda text: 97 - int(text[:8]) % 97 == int(text[8:])),
    "BG": _form(r"[0-9]{9,10}"),
    "CY": _form(r"[0-9]{8}[A-Z]"),
    "CZ": _form(r"[0-9]{8,10}"),
    "DE": _form(r"[1-9][0-9]{8}", lambda text: _mod_11_10(text) == 1),
    "DK": _form(r"[1-9][0-9]{7}", lambda text: _weighed(text, (2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0),
    "EE": _form(r"[0-9]{9}", lambda text: _weighed(text, (3, 7, 1, 3, 7, 1, 3, 7, 1)) % 10 == 0),
    "EL": _form(
        r"[0-9]{9}", lambda text: _weighed(text[:8], (256, 128, 64, 32, 16, 8, 4, 2)) % 11 % 10 == int(text[8])
    ),
    "ES": _form(r"[A-Z0-9][0-9]{7}[A-Z0-9]"),
    "FI": _form(r"[0-9]{8}", lambda text: _weighed(text, (7, 9, 10, 5, 8, 4, 2, 1)) % 11 == 0),
    "FR": _form(r"[A-HJ-NP-Z0-9]{2}[0-9]{9}", _french),
    "HR": _form(r"[0-9]{11}", lambda text: _mod_11_10(text) == 1),
    "HU": _form(r"[0-9]{8}", lambda text: _weighed(text, (9, 7, 3, 1, 9, 7, 3, 1)) % 10 == 0),
    "IE": _form(r"[0-9][A-Z0-9+*][0-9]{5}[A-Z]{1,2}"),
    "IT": _form(r"[0-9]{11}", lambda text: _luhn(text) == 0),
    "LT": _form(r"[0-9]{9}|[0-9]{12}"),
    "LU": _form(r"[0-9]{8}", lambda text: int(text[:6]) % 89 == int(text[6:])),
    "LV": _form(r"[0-9]{11}"),
    "MT": _form(r"[0-9]{8}", lambda text: _weighed(text, (3, 4, 6, 7, 8, 9, 10, 1)) % 37 == 0),
    "NL": _form(r"[0-9]{9}B[0-9]{2}", _dutch),
    "PL": _form(r"[0-9]{10}", lambda text: _weighed(text, (6, 5, 7, 2, 3, 4, 5, 6, 7, -1)) % 11 == 0),
    "PT": _form(r"[1-9][0-9]{8}", _portuguese),
    "RO": _form(r"[1-9][0-9]{1,9}"),
    "SE": _form(r"[0-9]{12}", lambda text: _luhn(text[:10]) == 0),
    "SI": _form(r"[1-9][0-9]{7}"),
    "SK": _form(r"[1-9][0-9]{9}", lambda text: int(text) % 11 == 0),
    "XI": _form(r"[0-9]{9}|[0-9]{12}|GD[0-4][0-9]{2}|HA[5-9][0-9]{2}", _british),
}
"""The VAT number of each member state after its prefix. Greece has the prefix EL, Northern Ireland XI."""


def _european(text: str) -> bool:
    check = _EU.get(text[:2])
    return check is not None and check(text[2:])


def _canadian(text: str) -> bool:
    return int(text[:9]) > 0 and _luhn(text[:9]) == 0


_KINDS: Final[Mapping[str, Check]] = {
    "au_abn": _form(r"[1-9][0-9]{10}", _australian),
    "ca_bn": _form(r"[0-9]{9}", _canadian),
    "ca_gst_hst": _form(r"[0-9]{9}RT[0-9]{4}", _canadian),
    "ch_vat": _form(r"CHE[0-9]{9}(MWST|TVA|IVA)?", _swiss),
    "eu_vat": _european,
    "gb_vat": _form(r"GB([0-9]{9}|[0-9]{12}|GD[0-4][0-9]{2}|HA[5-9][0-9]{2})", _british),
    "mx_rfc": _form(r"[A-ZÑ&]{3,4}[0-9]{6}[A-Z0-9]{3}"),
    "no_vat": _form(r"(NO)?[0-9]{9}(MVA)?", _norwegian),
    "nz_gst": _form(r"[0-9]{8,9}", _new_zealand),
    "us_ein": _form(r"(?!00|07|08|09|17|18|19|28|29|49|69|70|78|79|89)[0-9]{9}"),
}
KINDS: Final = tuple(_KINDS)
"""The kinds of tax ids."""
