"""The operator's brand, as the parameters of this deployment set it."""

import json

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


def seller_text() -> str:
    """Return the JSON of the seller that receipts name: `{name, address, tax_id}`; lines of the address end with
    semicolons.
    """
    settings = config()
    seller = {"name": settings.seller_name or settings.brand_name, "address": settings.seller_address}
    return json.dumps(seller | {"tax_id": settings.seller_tax_id}, ensure_ascii=False, separators=(",", ":"))
