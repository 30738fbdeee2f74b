"""Writes calling_credit.dialing_data from libphonenumber's metadata: `python -m local.make_dialing`.

It holds what dialed digits mean: emergency codes, trunk zeros, and how each country dials. Does not depend on prices or
decks.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import phonenumbers
from phonenumbers import PhoneMetadata

from local.countries import WORLD
from local.digit_patterns import DIGITS, Pattern
from local.make_numbering import wrapped

DATA_FILE = Path(__file__).parents[1] / "layers" / "domain" / "calling_credit" / "dialing_data.py"
LONGEST_CODE = 6
MAX_TEXT = 100

# 988, the Suicide & Crisis Lifeline: FCC 20-100 (US) and CRTC 2022-234 (Canada). libphonenumber does not list it.
ADDED_CODES = {"US": ("988",), "CA": ("988",)}

_HEADER = '''"""The tables of calling_credit.numbering for dialed digits: emergency codes, trunk zeros, dialing plans.

Generated from libphonenumber's metadata by `python -m local.make_dialing`; do not edit by hand.
"""

from typing import Final

'''


def emergency_codes(region: str) -> tuple[str, ...]:
    """Return every emergency code of a region, exactly as it is dialed."""
    metadata = PhoneMetadata.short_metadata_for_region(region)
    description = metadata.emergency if metadata is not None else None
    codes = set(ADDED_CODES.get(region, ()))
    if description is not None and description.national_number_pattern:
        codes.update(_matches(Pattern(description.national_number_pattern)))
    return tuple(sorted(codes))


def _matches(pattern: Pattern) -> Iterator[str]:
    """Yield every text of at most LONGEST_CODE digits that a pattern accepts."""
    waiting = [("", pattern.start)]
    while waiting:
        digits, state = waiting.pop()
        if pattern.accepts(state):
            yield digits
        if len(digits) < LONGEST_CODE:
            waiting += [(digits + digit, after) for digit in DIGITS if (after := pattern.step(state, digit))]


def emergency_by_calling_code() -> dict[str, str]:
    """Return the emergency codes of the countries behind each calling code, without those that are valid numbers."""
    codes: dict[str, set[str]] = defaultdict(set)
    for calling_code, region in _regions():
        codes[calling_code].update(emergency_codes(region))
    return {
        calling_code: " ".join(code for code in sorted(dialed) if not _is_valid(f"+{calling_code}{code}"))
        for calling_code, dialed in codes.items()
        if dialed
    }


def _is_valid(number: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


def trunk_zero_codes() -> list[str]:
    """Return the calling codes whose countries dial 0 before a national number, and whose numbers never begin with 0
    and another digit than 0.
    """
    return [
        str(calling_code)
        for calling_code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
        if all(_metadata(region, calling_code).national_prefix == "0" for region in regions)
        and not any(_begins_with_zero(_metadata(region, calling_code)) for region in regions)
    ]


def _begins_with_zero(metadata: Any) -> bool:
    pattern = Pattern(metadata.general_desc.national_number_pattern)
    zero = pattern.step(pattern.start, "0")
    return any(pattern.step(zero, digit) for digit in DIGITS[1:])


def plans() -> dict[str, tuple[str, str, str, str, str]]:
    """Return, by country: calling code, international and national prefix, lengths, and form of national numbers.

    Prefixes and the form are regular expressions.
    """
    found: dict[str, tuple[str, str, str, str, str]] = {}
    for calling_code, region in _regions():
        metadata = _metadata(region, int(calling_code))
        simple = metadata.national_prefix and not metadata.national_prefix_transform_rule
        prefix = metadata.national_prefix_for_parsing if simple else metadata.national_prefix
        form, lengths = metadata.general_desc.national_number_pattern, metadata.general_desc.possible_length
        found[region] = (
            calling_code,
            metadata.international_prefix or "",
            prefix or "",
            " ".join(map(str, lengths)),
            form,
        )
    return dict(sorted(found.items()))


def global_plans() -> dict[str, tuple[str, str]]:
    """Return the lengths and the form of the numbers of global networks, by calling code."""
    found: dict[str, tuple[str, str]] = {}
    for calling_code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        if regions == (WORLD,):
            description = _metadata(WORLD, calling_code).general_desc
            found[str(calling_code)] = (
                " ".join(map(str, description.possible_length)),
                description.national_number_pattern,
            )
    return found


def _regions() -> Iterator[tuple[str, str]]:
    for calling_code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        for region in regions:
            if region != WORLD:
                yield str(calling_code), region


def _metadata(region: str, calling_code: int) -> Any:
    if region == WORLD:
        return PhoneMetadata.metadata_for_nongeo_region(calling_code)
    return PhoneMetadata.metadata_for_region(region)


def data_text() -> str:
    """Return the Python source of the generated module."""
    lines = ["EMERGENCY_CODES: Final[dict[str, str]] = {"]
    lines += _rows(emergency_by_calling_code())
    lines += ["}", '"""The emergency codes of the countries behind each calling code."""', ""]
    lines += ["TRUNK_ZERO_CODES: Final = ("]
    lines += [f'    "{row} "' for row in wrapped(trunk_zero_codes(), 108)]
    lines += [")", '"""Calling codes whose national numbers are dialed with a 0 that is no part of the number."""', ""]
    lines += ["PLANS: Final[dict[str, tuple[str, str, str, str, str]]] = {"]
    lines += _plan_rows(plans())
    lines += [
        "}",
        '"""By country: calling code, international and national prefix, lengths, and form of numbers."""',
        "",
    ]
    lines += ["GLOBAL_PLANS: Final[dict[str, tuple[str, str]]] = {"]
    lines += [
        f"    {_text(code)}: ({_text(lengths)}, {_text(form)})," for code, (lengths, form) in global_plans().items()
    ]
    lines += ["}", '"""By calling code of a global network: lengths and form of numbers."""', ""]
    return _HEADER + "\n".join(lines)


def _rows(values: Mapping[str, str]) -> list[str]:
    rows = []
    for name, value in values.items():
        parts = wrapped(value.split(), 100)
        if len(parts) == 1:
            rows.append(f'    "{name}": "{parts[0]}",')
        else:
            ends = [" "] * (len(parts) - 1) + [""]
            rows += [
                f'    "{name}": (',
                *(f'        "{part}{end}"' for part, end in zip(parts, ends, strict=True)),
                "    ),",
            ]
    return rows


def _plan_rows(values: Mapping[str, tuple[str, ...]]) -> list[str]:
    rows = []
    for country, cells in values.items():
        line = f"    {_text(country)}: ({', '.join(map(_text, cells))}),"
        if len(line) <= 120:
            rows.append(line)
        else:
            rows += [f"    {_text(country)}: (", *_cells(cells), "    ),"]
    return rows


def _cells(cells: tuple[str, ...]) -> list[str]:
    lines = []
    for cell in cells:
        parts = _alternatives(cell)
        if len(parts) == 1:
            lines.append(f"        {_text(cell)},")
        else:
            lines += ["        (", *(f"            {_text(part)}" for part in parts), "        ),"]
    return lines


def _alternatives(expression: str) -> list[str]:
    """Split a regular expression into lines that end after a bar."""
    lines = [""]
    for part in re.split(r"(?<=\|)", expression):
        if len(lines[-1]) + len(part) > MAX_TEXT:
            lines.append("")
        lines[-1] += part
    return lines


def _text(value: str) -> str:
    return f'r"{value}"' if "\\" in value else f'"{value}"'


def main() -> None:
    """Write the module."""
    DATA_FILE.write_text(data_text(), encoding="utf-8", newline="")
    print(
        f"{DATA_FILE}: emergency codes behind {len(emergency_by_calling_code())} calling codes, {len(plans())} plans."
    )


if __name__ == "__main__":
    main()
