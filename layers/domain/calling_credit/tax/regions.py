"""The regions of countries: their form, and which ones the countries have whose tax depends on them."""

import re
from collections.abc import Mapping
from typing import Final

REGION_FORM: Final = re.compile(r"[A-Z0-9]{1,3}", re.ASCII)
"""The part of an ISO 3166-2 code after its hyphen."""
_REGIONS_OF_US: Final = """
    AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA
    RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI UM AA AE AP
"""
_REGIONS_OF_CA: Final = "AB BC MB NB NL NS NT NU ON PE QC SK YT"
REGIONS: Final[Mapping[str, frozenset[str]]] = {
    country: frozenset(regions.split()) for country, regions in (("US", _REGIONS_OF_US), ("CA", _REGIONS_OF_CA))
}
"""The regions of countries whose tax depends on them: without a correct one, the tax would be another region's."""
