"""Customers, for whom cards are saved."""

from typing import Final

from local.stripe_stand_in.account import Account, deleted_customer
from local.stripe_stand_in.answers import page
from local.stripe_stand_in.parameters import (
    PAGING,
    Parameters,
    clearable_text,
    email,
    fields,
    instants,
    merge_metadata,
    metadata,
    text,
)
from local.stripe_stand_in.refusals import Fields, no_such

INVOICE_SETTINGS: Final = fields({"default_payment_method": clearable_text})
PARAMETERS: Final = Parameters(
    {
        "description": clearable_text,
        "email": email,
        "invoice_settings": INVOICE_SETTINGS,
        "metadata": metadata,
        "name": clearable_text,
        "phone": clearable_text,
    }
)
LIST: Final = Parameters({**PAGING, "created": instants, "email": text})


def create(account: Account, given: Fields) -> Fields:
    """POST /v1/customers."""
    customer = account.add(
        "customer",
        {
            "address": None,
            "balance": 0,
            "currency": None,
            "customer_account": None,
            "default_source": None,
            "delinquent": False,
            "description": given.get("description"),
            "discount": None,
            "email": given.get("email"),
            "invoice_prefix": account.new_id("", 8).upper(),
            "invoice_settings": {
                "custom_fields": None,
                "default_payment_method": None,
                "footer": None,
                "rendering_options": None,
            },
            "livemode": False,
            "metadata": merge_metadata({}, given.get("metadata", {})),
            "name": given.get("name"),
            "next_invoice_sequence": 1,
            "phone": given.get("phone"),
            "preferred_locales": [],
            "shipping": None,
            "tax_exempt": "none",
            "test_clock": None,
        },
    )
    account.emit("customer.created", customer)
    return customer


def update(account: Account, given: Fields, customer_id: str) -> Fields:
    """POST /v1/customers/{id}."""
    customer = account.get("customer", customer_id, status=404)
    changes: Fields = {name: given[name] for name in ("description", "email", "name", "phone") if name in given}
    if "metadata" in given:
        changes["metadata"] = merge_metadata(customer["metadata"], given["metadata"])
    if "invoice_settings" in given:
        settings = given["invoice_settings"]
        if settings.get("default_payment_method"):
            require_saved(account, customer_id, settings["default_payment_method"])
        changes["invoice_settings"] = {**customer["invoice_settings"], **settings}
    account.change(customer, "customer.updated", changes)
    return customer


def retrieve(account: Account, _given: Fields, customer_id: str) -> Fields:
    """GET /v1/customers/{id}; a deleted customer is only shown as deleted."""
    if customer_id in account.deleted:
        return deleted_customer(customer_id)
    return account.get("customer", customer_id, status=404)


def delete(account: Account, _given: Fields, customer_id: str) -> Fields:
    """DELETE /v1/customers/{id}: detach the cards and remove the customer.

    The only event is `customer.deleted`, with the customer as it was. Stripe documents no event for its cards, so the
    stand-in sends none.
    """
    customer = account.get("customer", customer_id, status=404)
    for payment_method in account.newest_first("payment_method", customer=customer_id):
        payment_method["customer"] = None
        account.spent.add(payment_method["id"])
    del account.objects["customer"][customer_id]
    account.deleted.add(customer_id)
    account.emit("customer.deleted", customer)
    return deleted_customer(customer_id)


def list_customers(account: Account, given: Fields) -> Fields:
    """GET /v1/customers."""
    having = {"email": given["email"]} if "email" in given else {}
    return page(account.newest_first("customer", **having), given, "/v1/customers")


def require_saved(account: Account, customer_id: str, payment_method_id: str) -> None:
    """Check that a card belongs to the customer, so that it can be the default.

    Raises:
        Refusal: it belongs to another customer or to none.
    """
    payment_method = account.objects["payment_method"].get(payment_method_id)
    if payment_method is None or payment_method["customer"] != customer_id:
        raise no_such("payment_method", payment_method_id, "invoice_settings[default_payment_method]")
