"""The routes of the stand-in API for billing details, receipts, and promotion codes."""

from typing import Final

from tests.browser import page_data
from tests.browser.page_api import Answer, PageApi, Request, Route, problem

CONFLICT: Final = "The billing details changed after you opened them."
CREDIT: Final = "10.00"
RECEIPT: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>h1 {{ color: rgb(1, 2, 3) }}</style></head><body><h1>{title}</h1><p>Analytical Engines</p></body></html>"""


def company_routes(api: PageApi) -> dict[str, Route]:
    """The usual answer of each route."""
    return {
        "GET /billing-details": lambda _request: (200, api.details),
        "PUT /billing-details": lambda request: save_details(api, request),
        "GET /top-ups/{id}/receipt": lambda request: receipt(api, request),
        "POST /promotions/{id}/redeem": lambda request: redeem(api, request),
    }


def save_details(api: PageApi, request: Request) -> Answer:
    """Save the details; an older version is refused."""
    body = dict(request.body)
    version = body.pop("version")
    if version != api.details["version"]:
        return problem(409, "changed_meanwhile", CONFLICT, current=api.details)
    api.details = {**body, "version": version + 1}
    return 200, api.details


def receipt(api: PageApi, request: Request) -> Answer:
    """The receipt or a credit note as HTML."""
    [topup] = [one for one in api.top_ups if one["id"] == request.id]
    if not topup.get("receipt"):
        return problem(404, "no_receipt", "The receipt is not issued yet.")
    note = request.query.get("credit_note")
    return 200, RECEIPT.format(title=f"Credit note {note}" if note else f"Receipt {topup['receipt']['number']}")


def redeem(api: PageApi, request: Request) -> Answer:
    """Redeem a code once."""
    assert request.key
    if request.id != "WELCOME":
        return problem(404, "unknown_promotion", "There is no such code.")
    if request.id in api.redeemed:
        return problem(409, "promotion_used", "The account used this code.")
    api.redeemed.append(request.id)
    until = page_data.ago(days=-90)
    api.credit(CREDIT)
    api.overview["expiring"].append({"amount": CREDIT, "at": until})
    return 201, {"amount": CREDIT, "expires_at": until, "balance": api.overview["balance"]}
