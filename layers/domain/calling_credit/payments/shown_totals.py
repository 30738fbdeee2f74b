"""The total that a person was shown before a payment, and the one that the card would pay now."""

from datetime import datetime

from calling_credit.tax.calculation import Taxation
from calling_credit.tax.details import BillingDetails
from calling_credit.tax.taxing import Taxing
from calling_credit.topups.parsing import TopUpRequest
from calling_credit.topups.refusals import total_changed


def tax_of_request(taxing: Taxing, details: BillingDetails | None, request: TopUpRequest, now: datetime) -> Taxation:
    """The tax on a payment. If its total is not the one that was shown, the known table may be older than the one that
    the page used, so the table is read again.
    """
    tax = taxing.of(details, now)
    if not taxing.is_on or not tax.is_available or _is_shown(request, tax):
        return tax
    taxing.renew()
    return taxing.of(details, now)


def check_total(request: TopUpRequest, tax: Taxation) -> None:
    """Refuse a payment whose card would pay another total than its person was shown.

    Raises:
        Conflict: `total_changed`; `tax_unavailable`.
    """
    if not _is_shown(request, tax):
        raise total_changed(request.amount_micros, tax.tax_micros(request.amount_micros))


def _is_shown(request: TopUpRequest, tax: Taxation) -> bool:
    return request.total_micros in (None, tax.gross_micros(request.amount_micros))
