"""The colors that the Billing page and the link pages derive from the operator's color: readable in light and dark.

Contrast is WCAG's (www.w3.org/TR/WCAG22/#dfn-contrast-ratio). Text needs 4.5:1 (success criterion 1.4.3).
"""

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Final

Color = tuple[int, int, int]
"""Red, green, and blue, each from 0 to 255."""

CONTRAST: Final = Decimal("4.5")
DARK_CONTRAST: Final = Decimal(7)
"""What the accent reaches on a dark card, because thin light letters look fainter than dark ones."""
LIGHT_SURFACES: Final = ("#ffffff", "#f6f7f9", "#f1f3f6")
DARK_SURFACES: Final = ("#191f26", "#101419", "#222a33")
"""The card, the paper, and the sunken parts of both pages; a test compares them with the page's styles."""
_DARKEST, _LIGHTEST = 0, 510
"""Twice the lightness of black and white in HSL: the sum of the smallest and the largest part."""
_CALM: Final = 55
"""The largest saturation in the dark theme, in percent: stronger colors glare on dark paper."""
_FLARE: Final = Decimal("0.05")


def brand_css(color: str) -> str:
    """Return the style that sets the page's accent colors from the operator's color, such as `#0f5c5c`.

    `--accent` is the color of links and main buttons, `--strong` the same under the pointer, `--tint` the surface of
    a choice, and `--on` the text on `--accent` and `--strong`. Each is a `light-dark()` pair.
    """
    light, dark = light_colors(color), dark_colors(color)
    pairs = (f"--{name}:light-dark({light[name]},{dark[name]})" for name in light)
    return f":root{{{';'.join(pairs)}}}"


def light_colors(color: str) -> dict[str, str]:
    """Return `accent`, `strong`, `tint`, and `on` of the light theme: the color itself, or the nearest darker one."""
    brand, surfaces = parse_color(color), [parse_color(surface) for surface in LIGHT_SURFACES]
    shades = (_shade(brand, lightness) for lightness in range(_lightness(brand), _DARKEST - 1, -1))
    accent = next(shade for shade in shades if _is_readable(shade, [*surfaces, _mix(surfaces[0], shade, 10)]))
    strong = _shade(accent, _lightness(accent) * 3 // 4)
    return _named(accent, strong, _mix(surfaces[0], accent, 10), (255, 255, 255))


def dark_colors(color: str) -> dict[str, str]:
    """Return `accent`, `strong`, `tint`, and `on` of the dark theme: a lighter, calmer color of the same hue."""
    brand, surfaces = parse_color(color), [parse_color(surface) for surface in DARK_SURFACES]
    shades = (_shade(brand, lightness, _CALM) for lightness in range(_lightness(brand), _LIGHTEST + 1))
    accent = next(
        shade
        for shade in shades
        if has_contrast(shade, surfaces[0], DARK_CONTRAST)
        and _is_readable(shade, [*surfaces, _mix(surfaces[0], shade, 12)])
    )
    strong = _shade(accent, (_lightness(accent) + _LIGHTEST) // 2)
    return _named(accent, strong, _mix(surfaces[0], accent, 12), _mix((0, 0, 0), accent, 10))


def parse_color(text: str) -> Color:
    """Return a color of the form `#rrggbb`."""
    red, green, blue = (int(text[start : start + 2], 16) for start in (1, 3, 5))
    return red, green, blue


def has_contrast(one: Color, other: Color, ratio: Decimal = CONTRAST) -> bool:
    """Return whether two colors have at least this contrast, which is between 1 and 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return lighter + _FLARE >= ratio * (darker + _FLARE)


def _is_readable(text: Color, surfaces: Iterable[Color]) -> bool:
    return all(has_contrast(text, surface) for surface in surfaces)


def _luminance(color: Color) -> Decimal:
    red, green, blue = (_linear(part) for part in color)
    return Decimal("0.2126") * red + Decimal("0.7152") * green + Decimal("0.0722") * blue


@lru_cache(maxsize=256)
def _linear(part: int) -> Decimal:
    """The part's share of light, from 0 to 1 (sRGB, IEC 61966-2-1). The factors are 1/255, 1/12.92, and 1/1.055."""
    share = part * Decimal("0.00392156862745")
    if share <= Decimal("0.04045"):
        return share * Decimal("0.0773993808")
    return ((share + Decimal("0.055")) * Decimal("0.947867298578")) ** Decimal("2.4")


def _lightness(color: Color) -> int:
    return min(color) + max(color)


def _shade(color: Color, lightness: int, calm: int = 100) -> Color:
    """The color of the same hue and saturation (HSL), at most `calm` percent, with another lightness."""
    own, spread = _lightness(color), max(color) - min(color)
    if spread == 0:
        return lightness // 2, lightness // 2, lightness // 2
    part_of = 100 * spread * _room(own)
    reach = min(100 * spread, calm * _room(own)) * _room(lightness)
    red, green, blue = (((lightness * part_of) + (2 * part - own) * reach + part_of) // (2 * part_of) for part in color)
    return red, green, blue


def _room(lightness: int) -> int:
    """How far the parts of a color of this lightness can be apart."""
    return 255 - abs(lightness - 255)


def _mix(ground: Color, color: Color, percent: int) -> Color:
    red, green, blue = ((a * (100 - percent) + b * percent) // 100 for a, b in zip(ground, color, strict=True))
    return red, green, blue


def _named(accent: Color, strong: Color, tint: Color, on: Color) -> dict[str, str]:
    colors = {"accent": accent, "strong": strong, "tint": tint, "on": on}
    return {name: "#{:02x}{:02x}{:02x}".format(*color) for name, color in colors.items()}
