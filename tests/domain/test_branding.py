"""The operator's brand: settings that are checked at start, and colors that everyone can read."""

import re
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.brand import Brand, logo_origin
from calling_credit.brand_colors import (
    DARK_SURFACES,
    LIGHT_SURFACES,
    brand_css,
    dark_colors,
    light_colors,
    parse_color,
)
from calling_credit.branding import brand_settings, configured_brand
from calling_credit.config import Config
from tests.harness.template import template

PARAMETERS = template()["Parameters"]
STYLE = Path(__file__).resolve().parents[2] / "functions" / "billing_page" / "page" / "style.css"
CORNERS = [f"#{red}{green}{blue}" for red, green, blue in product(("00", "40", "80", "bf", "ff"), repeat=3)]


def luminance(color: str) -> float:
    """WCAG's relative luminance, computed in another way than the application's."""
    shares = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    parts = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return sum(part * weight for part, weight in zip(parts, (0.2126, 0.7152, 0.0722), strict=True))


def contrast(*colors: str) -> float:
    """The contrast of two colors."""
    darker, lighter = sorted(map(luminance, colors))
    return (lighter + 0.05) / (darker + 0.05)


def are_readable(colors: dict[str, str], surfaces: tuple[str, ...]) -> bool:
    """Whether text in the accent colors, and text on them, has enough contrast everywhere."""
    grounds = [*surfaces, colors["tint"], colors["on"]]
    return all(contrast(colors[name], ground) >= 4.4999 for name in ("accent", "strong") for ground in grounds)


@pytest.mark.parametrize("color", CORNERS)
def test_every_color_becomes_readable_in_light_and_dark(color: str) -> None:
    assert are_readable(light_colors(color), LIGHT_SURFACES)
    assert are_readable(dark_colors(color), DARK_SURFACES)


@given(st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True))
def test_any_color_becomes_readable_in_light_and_dark(color: str) -> None:
    assert are_readable(light_colors(color), LIGHT_SURFACES)
    assert are_readable(dark_colors(color), DARK_SURFACES)


def test_a_readable_color_is_the_accent_of_the_light_theme_itself() -> None:
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    for color in ("#0f5c5c", "#5b2a86", "#000000", "#a8201a"):
        assert light_colors(color)["accent"] == color


def test_a_color_keeps_its_hue() -> None:
    red, green, blue = parse_color(dark_colors("#a01010")["accent"])
    assert red > green == blue


def test_the_style_holds_four_pairs_of_colors_and_nothing_else() -> None:
    pair = r"light-dark\(#[0-9a-f]{6},#[0-9a-f]{6}\)"
    assert re.fullmatch(rf":root{{--accent:{pair};--strong:{pair};--tint:{pair};--on:{pair}}}", brand_css("#0f5c5c"))


def test_the_colors_are_checked_on_the_surfaces_of_the_page() -> None:
    style = STYLE.read_text("utf-8")
    for name, light, dark in zip(("card", "paper", "sunk"), LIGHT_SURFACES, DARK_SURFACES, strict=True):
        found = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\)", style)
        assert found is not None, name
        assert (found[1].replace("#fff", "#ffffff")[:7], found[2]) == (light, dark)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BRAND_NAME", ""),
        ("BRAND_NAME", "x" * 61),
        ("BRAND_NAME", "Two\nlines"),
        ("BRAND_NAME", "hidden\u202e"),
        ("BRAND_COLOR", "teal"),
        ("BRAND_COLOR", "#fff"),
        ("BRAND_COLOR", "#0f5c5c;}"),
        ("BRAND_LOGO_URL", "http://phone.example/logo.svg"),
        ("BRAND_LOGO_URL", "https://phone.example;script-src *"),
        ("BRAND_LOGO_URL", "https://phone.example/a b"),
        ("BRAND_LOGO_URL", 'https://phone.example/"><script>'),
        ("BRAND_LOGO_URL", "https://phone.example/" + "x" * 300),
        ("HELP_URL", "javascript:alert(1)"),
        ("HELP_URL", "https://user:secret@phone.example/"),
    ],
)
def test_a_wrong_brand_stops_the_start_and_names_the_setting(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        Config.from_environment({"TABLE_NAME": "table", name: value})


@pytest.mark.parametrize("name", ["BrandLogoUrl", "BrandColor", "HelpUrl"])
def test_the_template_refuses_what_the_functions_refuse(name: str) -> None:
    parameter = PARAMETERS[name]
    assert parameter["ConstraintDescription"].startswith("must be ")
    for wrong in ("teal", "#fff", "http://phone.example", "https://a.example;b", "https://a.example/<b>"):
        assert re.search(parameter["AllowedPattern"], wrong) is None
    right = "#0F5c5c" if name == "BrandColor" else "https://phone.example:8443/help?a=b&c=d#e"
    assert re.search(parameter["AllowedPattern"], right)
    assert re.search(parameter["AllowedPattern"], parameter["Default"])


def test_the_defaults_of_the_template_are_those_of_the_functions() -> None:
    brand = configured_brand()
    names = ("BrandName", "BrandLogoUrl", "BrandColor", "HelpUrl")
    assert [PARAMETERS[name]["Default"] for name in names] == [brand.name, brand.logo, brand.color, brand.help]
    assert brand == Brand()
    assert brand_settings() == {"name": "Calling Credit", "logo": "", "help": ""}


def test_the_logos_origin_is_its_address_without_the_path() -> None:
    assert logo_origin("https://cdn.phone.example:8443/a/logo.svg?v=2") == "https://cdn.phone.example:8443"
    assert logo_origin("https://phone.example") == "https://phone.example"
    assert logo_origin("") == ""
