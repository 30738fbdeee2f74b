"""The operator's brand as pages and mails show it."""

from dataclasses import dataclass
from typing import Final

DEFAULT_NAME: Final = "Calling Credit"
DEFAULT_COLOR: Final = "#0f5c5c"


@dataclass(frozen=True, slots=True)
class Brand:
    """What pages and mails show of the operator. `color` is `#rrggbb`; `logo` (an image) and `help` are addresses, or
    empty.
    """

    name: str = DEFAULT_NAME
    logo: str = ""
    color: str = DEFAULT_COLOR
    help: str = ""


OWN_BRAND: Final = Brand()
"""The brand of a deployment that sets none."""


def logo_origin(url: str) -> str:
    """Return the origin of a logo for the `img-src` of a content security policy; empty without a logo."""
    return "/".join(url.split("/")[:3])
