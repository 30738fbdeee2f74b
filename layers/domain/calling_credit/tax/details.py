"""The billing details of an account: who buys, and where. They decide the tax, and receipts show them."""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.numbering import COUNTRIES, GLOBAL_NETWORKS
from calling_credit.tax.regions import REGION_FORM, REGIONS
from calling_credit.tax.tax_ids import TaxId, parse_tax_id

_LENGTHS: Final = {"legal_name": 120, "line1": 120, "line2": 120, "city": 80, "postal_code": 16, "po_number": 40}
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
"""Control characters, ends of lines, signs that turn the direction of writing, and halves of characters."""
_UNSEEN: Final = frozenset("CZ")
"""The first letters of the Unicode categories of characters that print nothing: blanks, and signs between others."""
_FIELDS: Final = frozenset({"legal_name", "address", "tax_id", "po_number", "email_receipts", "version"})
_ADDRESS_FIELDS: Final = frozenset({"line1", "line2", "city", "region", "postal_code", "country"})


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address. `country` is an ISO 3166 code, `region` the part of an ISO 3166-2 code after its hyphen."""

    line1: str
    line2: str | None
    city: str
    region: str | None
    postal_code: str | None
    country: str


@dataclass(frozen=True, slots=True)
class BillingDetails:
    """Who buys. `version` counts the changes, and is 0 only of details that are not stored."""

    legal_name: str
    address: Address
    tax_id: TaxId | None = None
    po_number: str | None = None
    email_receipts: bool = False
    version: int = 0

    @property
    def facts(self) -> dict[str, Any]:
        """`{legal_name, address, tax_id, po_number, email_receipts}`."""
        facts = asdict(self)
        del facts["version"]
        return facts

    @property
    def at_creation(self) -> str:
        """The JSON text that a payment stores: `{legal_name, address, tax_id, po_number}`."""
        facts = self.facts
        del facts["email_receipts"]
        return json.dumps(facts, ensure_ascii=False, separators=(",", ":"))


NOTHING_ENTERED: Final[dict[str, Any]] = {
    "legal_name": None,
    "address": None,
    "tax_id": None,
    "po_number": None,
    "email_receipts": False,
}


def details_view(details: BillingDetails | None) -> dict[str, Any]:
    """`{legal_name, address, tax_id, po_number, email_receipts, version}`; version 0 before they are entered."""
    return {**NOTHING_ENTERED, "version": 0} if details is None else {**details.facts, "version": details.version}


def parse_details(body: Mapping[str, Any]) -> BillingDetails:
    """Parse the body of PUT. Absent optional fields are empty, so a PUT replaces all details.

    Raises:
        InvalidValue: missing_field, invalid_field, unknown_country, invalid_tax_id.
    """
    _check_names(body, _FIELDS, "")
    tax_id, email_receipts = body.get("tax_id"), body.get("email_receipts", False)
    if not isinstance(email_receipts, bool):
        raise InvalidValue(ProblemCode.INVALID_FIELD, "email_receipts must be true or false.")
    return BillingDetails(
        legal_name=_required(body, "legal_name"),
        address=_parse_address(body.get("address")),
        tax_id=None if tax_id is None else parse_tax_id(tax_id),
        po_number=_text(body, "po_number"),
        email_receipts=email_receipts,
    )


def details_from_item(item: Mapping[str, Any]) -> BillingDetails:
    """The stored details.

    Raises:
        KeyError, TypeError: the item is damaged.
    """
    tax_id = item.get("tax_identity")
    return BillingDetails(
        legal_name=item["legal_name"],
        address=Address(**{name: item["postal_address"].get(name) for name in Address.__dataclass_fields__}),
        tax_id=None if tax_id is None else TaxId(**tax_id),
        po_number=item.get("po_number"),
        email_receipts=bool(item.get("email_receipts")),
        version=item["details_version"],
    )


def _parse_address(value: object) -> Address:
    if value is None:
        raise InvalidValue(ProblemCode.MISSING_FIELD, "address is missing; send line1, city, and country.")
    if not isinstance(value, dict):
        raise InvalidValue(ProblemCode.INVALID_FIELD, "address must be an object with line1, city, and country.")
    _check_names(value, _ADDRESS_FIELDS, "address.")
    country = value.get("country")
    if not isinstance(country, str) or country not in COUNTRIES or country == GLOBAL_NETWORKS:
        raise InvalidValue(ProblemCode.UNKNOWN_COUNTRY, "address.country must be an ISO 3166 country such as US.")
    return Address(
        line1=_required(value, "line1"),
        line2=_text(value, "line2"),
        city=_required(value, "city"),
        region=_region(country, value.get("region")),
        postal_code=_text(value, "postal_code"),
        country=country,
    )


def _region(country: str, value: object) -> str | None:
    region = value.strip().upper() if isinstance(value, str) else ""
    known = REGIONS.get(country)
    if known is not None and region not in known:
        raise InvalidValue(ProblemCode.INVALID_FIELD, "address.region must be a state or province code such as NY.")
    if (value is not None and not isinstance(value, str)) or (region and REGION_FORM.fullmatch(region) is None):
        raise InvalidValue(
            ProblemCode.INVALID_FIELD, "address.region must be the code of the region, such as NY, or null."
        )
    return region or None


def _check_names(body: Mapping[str, Any], known: frozenset[str], prefix: str) -> None:
    unknown = sorted(set(body) - known)
    if unknown:
        raise InvalidValue(ProblemCode.INVALID_FIELD, f"{prefix}{unknown[0]} is no billing detail.")


def _required(body: Mapping[str, Any], name: str) -> str:
    text = _text(body, name)
    if text is None:
        raise InvalidValue(ProblemCode.MISSING_FIELD, f"{name} is missing.")
    return text


def _text(body: Mapping[str, Any], name: str) -> str | None:
    """A text of one line without the blanks around it; None if it is absent, or nothing of it can be seen."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > _LENGTHS[name] or _CONTROL.search(value):
        raise InvalidValue(
            ProblemCode.INVALID_FIELD, f"{name} must be a text of one line with at most {_LENGTHS[name]} characters."
        )
    is_seen = any(unicodedata.category(character)[0] not in _UNSEEN for character in value)
    return value.strip() if is_seen else None
