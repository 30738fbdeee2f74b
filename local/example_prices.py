"""The prices of the example deck. They are invented; no carrier sells at these prices. They depend on the country and
the kind of number, not on prefixes. All amounts are ten-thousandths of a US dollar.
"""

from typing import NamedTuple
from zlib import crc32

from local.deck_exceptions import DIRECTORY


class Price(NamedTuple):
    """The price of a minute and of a call, in ten-thousandths of a dollar, and the billed seconds: a minimum, then
    steps.
    """

    per_minute: int
    connection_fee: int
    minimum_seconds: int
    increment_seconds: int


FREE = Price(0, 0, 60, 60)

# Landline and mobile. The most frequent destinations are priced by hand, all others by their zone (see _BY_ZONE).
_BY_COUNTRY = {
    "AR": (240, 900), "AT": (200, 480), "AU": (190, 390), "BE": (220, 520), "BR": (220, 620), "CH": (240, 690),
    "CL": (210, 360), "CN": (170, 170), "CO": (230, 290), "CU": (8200, 8600), "CZ": (190, 370), "DE": (150, 360),
    "DK": (160, 310), "DO": (520, 840), "EG": (1150, 1240), "ES": (140, 330), "FI": (410, 490), "FR": (140, 350),
    "GB": (140, 320), "GH": (1650, 1890), "GR": (190, 380), "GT": (1150, 1340), "GU": (290, 290), "HK": (210, 260),
    "HN": (1450, 1620), "HT": (2350, 2780), "HU": (180, 340), "ID": (420, 580), "IE": (150, 310), "IL": (160, 370),
    "IN": (120, 140), "IT": (150, 370), "JM": (960, 2350), "JP": (260, 790), "KE": (1480, 1690), "KR": (190, 310),
    "MX": (100, 160), "MY": (230, 310), "NG": (980, 1350), "NL": (160, 390), "NO": (150, 330), "NZ": (190, 480),
    "PE": (190, 330), "PH": (1180, 1640), "PK": (640, 690), "PL": (160, 320), "PR": (180, 180), "PT": (160, 370),
    "RO": (170, 340), "RU": (380, 910), "SA": (1150, 1560), "SE": (140, 320), "SG": (180, 180), "SV": (1480, 1690),
    "TH": (220, 260), "TR": (420, 1280), "TW": (210, 780), "UA": (1350, 1790), "VE": (260, 780), "VI": (190, 190),
    "VN": (640, 720), "ZA": (420, 960),
}  # fmt: skip

# The cheapest landline and the width of the range, by the first digit of the calling code.
_BY_ZONE = {
    "1": (1200, 1600),
    "2": (1800, 3400),
    "3": (180, 1500),
    "4": (180, 1200),
    "5": (600, 2100),
    "6": (900, 4800),
    "7": (600, 900),
    "8": (500, 2400),
    "9": (700, 2900),
}

_STEPS = ((60, 60),) * 6 + ((30, 6),) * 2 + ((1, 1),) * 2
_STEPS_BY_COUNTRY = {
    "GB": (60, 60),
    "MX": (60, 60),
    "JM": (60, 60),
    "FR": (30, 6),
    "IN": (30, 6),
    "DE": (1, 1),
    "AU": (1, 1),
}

_GLOBAL_NETWORKS = {
    "800": Price(1200, 0, 60, 60),
    "808": Price(1800, 0, 60, 60),
    "870": Price(74900, 2500, 60, 60),
    "878": Price(9900, 0, 60, 60),
    "881": Price(69900, 2500, 60, 60),
    "882": Price(39900, 1500, 60, 60),
    "883": Price(29900, 1000, 60, 60),
    "888": Price(19900, 0, 60, 60),
    "979": Price(35000, 5000, 60, 60),
}


def price_of(country: str, kind: str, calling_code: str) -> Price:
    """Return the example price of a kind of number ("general" is a prefix that identifies only the country)."""
    if country == "001":
        return _GLOBAL_NETWORKS[calling_code]
    landline, mobile = _landline_and_mobile(country, calling_code)
    steps = _STEPS_BY_COUNTRY.get(country) or _STEPS[_spread(country, "steps") % len(_STEPS)]
    if kind == "premium_rate":
        return Price(12000 + 4 * mobile, 5000, 60, 60)
    if kind == DIRECTORY:
        return Price(0, 19900, 60, 60)
    if kind == "personal_number":
        return Price(3 * mobile + 500, 1000, 60, 60)
    per_minute = {
        "general": mobile,
        "landline": landline,
        "mobile": mobile,
        "toll_free": landline,
        "voip": landline + 100,
        "uan": landline + landline // 20 * 10,
        "pager": 2 * mobile,
        "shared_cost": 2 * landline + 300,
    }[kind]
    return Price(per_minute, 0, *steps)


def _landline_and_mobile(country: str, calling_code: str) -> tuple[int, int]:
    if country in _BY_COUNTRY:
        return _BY_COUNTRY[country]
    cheapest, width = _BY_ZONE[calling_code[0]]
    landline = cheapest + _spread(country, "landline") % (width // 10) * 10
    return landline, landline * (115 + _spread(country, "mobile") % 75) // 1000 * 10


def _spread(country: str, salt: str) -> int:
    """Return a number that looks random and never changes."""
    return crc32(f"{country} {salt}".encode())
