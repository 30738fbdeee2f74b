"""Cells with prices: exact decimals with either decimal sign, and the currency they state."""

import re
from decimal import Decimal, InvalidOperation
from typing import Final

from ops.rate_sheets.cells import FORMULA, NumberText
from ops.rate_sheets.notes import CellError

POINT: Final = "."
COMMA: Final = ","
_CURRENCIES: Final = (
    "AED|AFN|AMD|ARS|AUD|AZN|BDT|BGN|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EGP|EUR|EUROS?|GBP|GEL|GHS|HKD|HUF|IDR|ILS|INR|"
    "JPY|KES|KRW|KZT|MAD|MXN|MYR|NGN|NOK|NZD|PEN|PHP|PKR|PLN|QAR|RON|RUB|SAR|SEK|SGD|THB|TND|TRY|TWD|UAH|VND|XAF|XOF|"
    "ZAR"
)
_FOREIGN: Final = re.compile(
    rf"(?<![A-Za-z])(?:{_CURRENCIES})(?![A-Za-z])|(?<![A-Za-z])(?:A|AU|C|CA|CAN|HK|NZ|S|R|MX)\$|[€£¥₹₽₩₺₴₪]"
    r"|\b(?:euros?|pounds? sterling|sterling|canadian dollars?|australian dollars?|rubles?|rupees|pence)\b",
    re.IGNORECASE,
)
_DOLLARS: Final = re.compile(
    r"\bUS ?D\b|US ?\$|U\.S\. ?(?:\$|dollars?)|\bU\.?S\.? dollars?\b|\bdollars?\b|\$", re.IGNORECASE
)
_CENTS: Final = re.compile(
    r"¢|\bcents?\b|\bUSc\b|\bcts?\b|\bcpm\b|\bc ?/ ?min|\bc per min|\(c\)|(?<=[0-9]) ?c$", re.IGNORECASE
)
_JOINED: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PER: Final = re.compile(r"(?:/|\bper\b) ?(?:1 ?)?min(?:ute)?\.?$", re.IGNORECASE)
_NUMBER: Final = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?")
_GROUPS: Final = {
    POINT: re.compile(r"-?[1-9][0-9]{0,2}(?:[, '][0-9]{3})+(?:\.[0-9]*)?"),
    COMMA: re.compile(r"-?[1-9][0-9]{0,2}(?:[. '][0-9]{3})+(?:,[0-9]*)?"),
}
CORRECT: Final = 'Correct the cell, or leave such rows out with unreadable = "skip" in the map.'


def foreign_currency(text: str) -> str:
    """Return the first currency other than the US dollar that a text names; empty if none."""
    found = _FOREIGN.search(text)
    return found[0] if found else ""


def words(text: str) -> str:
    """Return a text with blanks between words that a header joins: `rate_per_sec`, `RatePerSec`."""
    return _JOINED.sub(" ", text.replace("_", " "))


def names_dollars(text: str) -> bool:
    """Return whether a text names US dollars."""
    return _DOLLARS.search(text) is not None or _DOLLARS.search(words(text)) is not None


def names_cents(text: str) -> bool:
    """Return whether a text names cents."""
    return _CENTS.search(text) is not None or _CENTS.search(words(text)) is not None


def has_amount(text: str) -> bool:
    """Return whether a text looks like a price, with either decimal sign."""
    bare = _bare(_FOREIGN.sub("", text))
    return re.fullmatch(r"-?[0-9]*[.,]?[0-9]+(?:[.,][0-9]+)*\.?", bare) is not None


def decimal_sign(text: str) -> str:
    """Return the decimal sign that a text can only have; empty if it has none or could have either."""
    bare = _bare(text)
    if isinstance(text, NumberText) or not ("," in bare or "." in bare):
        return ""
    if "," in bare and "." in bare:
        return COMMA if bare.rfind(",") > bare.rfind(".") else POINT
    sign = COMMA if "," in bare else POINT
    if bare.count(sign) > 1:
        return POINT if sign == COMMA else COMMA
    whole, _, fraction = bare.partition(sign)
    is_group = len(fraction) == 3 and whole.lstrip("-") not in ("", "0", "00") and len(whole.lstrip("-")) <= 3
    return "" if is_group else sign


def parse_amount(text: str, decimal: str = POINT, *, in_cents: bool = False) -> Decimal | None:
    """Return the price of a cell in dollars; None if it states none (empty, `N/A`, `TBD`, `-`).

    `in_cents` says that the column has cents.

    Raises:
        CellError: the cell has digits but is no price, states another currency, or a formula without a result.
    """
    if isinstance(text, NumberText):
        return _decimal(text, text) / (100 if in_cents else 1)
    if text.startswith(FORMULA):
        step = "Open the sheet in a spreadsheet program, save it, and import it again."
        raise CellError("The cell has a formula, and the file does not store its result.", step)
    if not any(map(str.isdigit, text)):
        return None
    _check_unit(text, in_cents=in_cents)
    bare = _bare(text)
    if _GROUPS[decimal].fullmatch(bare):
        bare = re.sub(r"[, ']" if decimal == POINT else r"[. ']", "", bare)
    if decimal == COMMA:
        if "." in bare:
            raise CellError(f'"{text}" has a decimal point, but the map says that the sheet uses commas.', _SIGNS)
        bare = bare.replace(",", ".")
    elif "," in bare:
        raise CellError(f'"{text}" has a comma, but the map says that the sheet uses decimal points.', _SIGNS)
    return _decimal(bare, text) / (100 if in_cents else 1)


def _check_unit(text: str, *, in_cents: bool) -> None:
    currency = foreign_currency(text)
    if currency:
        raise CellError(f'"{text}" states {currency}; prices must be US dollars.', "Ask the carrier for US dollars.")
    if names_cents(text) and not in_cents:
        raise CellError(f'"{text}" states cents.', _UNIT)
    if in_cents and names_dollars(text) and not names_cents(text):
        raise CellError(f'"{text}" states dollars, but the map says that the column has cents.', _UNIT)


_UNIT: Final = (
    'Set rate_unit (of a connection fee, fee_unit) to "dollars" or "cents" in the map; a column with both must be'
    " corrected."
)
_SIGNS: Final = 'Set decimal to "," or "." in the map; a column with both must be corrected.'


def _decimal(bare: str, text: str) -> Decimal:
    try:
        value = Decimal(bare) if _NUMBER.fullmatch(bare) else Decimal("NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if value.is_nan():
        raise CellError(f'"{text}" is no price.', CORRECT)
    if value < 0:
        raise CellError(f'The price "{text}" is negative.', CORRECT)
    return value


def _bare(text: str) -> str:
    """Return a text without dollar signs, the unit, and blanks."""
    bare = _CENTS.sub("", _DOLLARS.sub("", _PER.sub("", text)))
    return bare.replace(" ", "").removeprefix("+")
