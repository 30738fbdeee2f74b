"""The operator's brand, as the parameters of this deployment set it."""

from calling_credit.brand import Brand
from calling_credit.config import config


def configured_brand() -> Brand:
    """Return the brand of this deployment."""
    settings = config()
    return Brand(settings.brand_name, settings.brand_logo_url, settings.brand_color, settings.help_url)


def brand_settings() -> dict[str, str]:
    """Return what the Billing page shows of the operator: `{name, logo, help}`."""
    brand = configured_brand()
    return {"name": brand.name, "logo": brand.logo, "help": brand.help}
