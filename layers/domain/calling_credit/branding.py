"""The operator's name, logo, color, and help, as this deployment's parameters set them."""

from dataclasses import dataclass

from calling_credit.brand_colors import brand_css
from calling_credit.config import Config, config


@dataclass(frozen=True, slots=True)
class Brand:
    """What the pages and mails show of the operator. An empty `logo` or `help` is left out.

    Args:
        logo: the address of an image.
        color: `#rrggbb`.
        help: the address of the operator's help.
    """

    name: str
    logo: str
    color: str
    help: str

    @property
    def css(self) -> str:
        """The accent colors (`brand_css`)."""
        return brand_css(self.color)


def configured_brand(settings: Config) -> Brand:
    """Return the brand of these settings."""
    return Brand(settings.brand_name, settings.brand_logo_url, settings.brand_color, settings.help_url)


def brand_settings() -> dict[str, str]:
    """Return what the Billing page shows of the operator: `{name, logo, help}`."""
    brand = configured_brand(config())
    return {"name": brand.name, "logo": brand.logo, "help": brand.help}


def logo_origin(url: str) -> str:
    """Return the origin of a logo for the `img-src` of a content security policy; empty without a logo."""
    return "/".join(url.split("/")[:3])
