"""The billing details of an account, which decide the tax on payments (functions/change_settings)."""

from typing import Final

from calling_credit.tax.tax_ids import KINDS
from ops.contract.route import Access, Route, member_read, ok
from ops.contract.schemas import FLAG, MADE_FROM, TEXT, VERSION, Schema, body, described, one_of, or_null, record

GROUP: Final = "Payments"
COUNTRY: Final[Schema] = {"type": "string", "pattern": "^[A-Z]{2}$", "description": "An ISO 3166 country."}
REGION: Final = described(
    or_null(TEXT),
    "The part of an ISO 3166-2 code after its hyphen, such as NY. Addresses in the US and Canada need it.",
)


def _line(characters: int, description: str = "") -> Schema:
    return {"type": "string", "maxLength": characters, **({"description": description} if description else {})}


_ADDRESS: Final = {
    "line1": _line(120),
    "line2": or_null(_line(120)),
    "city": _line(80),
    "region": REGION,
    "postal_code": or_null(_line(16)),
    "country": COUNTRY,
}
_TAX_ID: Final = {
    "kind": one_of(KINDS),
    "value": _line(40, "Blanks, points, hyphens, and slashes are removed. Its check digits must be right."),
}
_PO_NUMBER: Final = described(or_null(_line(40)), "The number that receipts name as the customer's order.")
_EMAIL_RECEIPTS: Final = described(FLAG, "Whether receipts are sent by e-mail.")
DETAILS: Final = record(
    "BillingDetails",
    "Who buys, and where. Before they are entered, name and address are null, and the version is 0.",
    {
        "legal_name": or_null(TEXT),
        "address": or_null(record("BillingAddress", "The address that decides the tax.", _ADDRESS)),
        "tax_id": or_null(record("TaxId", "The tax id of the business.", _TAX_ID)),
        "po_number": _PO_NUMBER,
        "email_receipts": _EMAIL_RECEIPTS,
        "version": VERSION,
    },
)
NEW_DETAILS: Final = body(
    "NewBillingDetails",
    "Replaces all details; an absent field is empty. They apply to payments that are made from now on.",
    {
        "legal_name": _line(120),
        "address": body("NewBillingAddress", "The address.", _ADDRESS, ["line1", "city", "country"])
        | {"additionalProperties": False},
        "tax_id": or_null(
            body("NewTaxId", "The tax id.", _TAX_ID, ["kind", "value"]) | {"additionalProperties": False}
        ),
        "po_number": _PO_NUMBER,
        "email_receipts": _EMAIL_RECEIPTS,
        "version": MADE_FROM,
    },
    ["legal_name", "address"],
) | {"additionalProperties": False}

ROUTES: Final = (
    member_read(
        "/billing-details",
        "change_settings",
        GROUP,
        "Show the billing details",
        ok(DETAILS, "The billing details."),
        ("unknown_account",),
    ),
    Route(
        "PUT",
        "/billing-details",
        "change_settings",
        Access.ADMIN,
        GROUP,
        "Set the billing details",
        {200: ok(DETAILS, "The stored billing details.")},
        (
            "unknown_account",
            "missing_field",
            "invalid_field",
            "unknown_country",
            "invalid_tax_id",
            "changed_meanwhile",
            "busy",
        ),
        "A rule of automatic recharge that waits for them is decided again.",
        body=NEW_DETAILS,
        body_example={
            "legal_name": "Meridian Freight Inc.",
            "address": {
                "line1": "1 Main Street",
                "city": "New York",
                "region": "NY",
                "postal_code": "10001",
                "country": "US",
            },
            "tax_id": {"kind": "us_ein", "value": "12-3456789"},
            "po_number": "PO-7781",
            "email_receipts": True,
        },
    ),
)
