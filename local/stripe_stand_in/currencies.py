"""The currencies of Stripe, to refuse others as Stripe does."""

from typing import Any, Final

from local.stripe_stand_in.parameters import text
from local.stripe_stand_in.refusals import bad_parameter

_CODES: Final = (
    "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf "
    "chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl hrk htg "
    "huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt "
    "mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar "
    "sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd "
    "xcg xof xpf yer zar zmw"
)
CURRENCIES: Final = _CODES.split()


def currency(value: Any, name: str) -> str:
    """Parse a currency code, in upper or lower case.

    Raises:
        Refusal: Stripe has no such currency.
    """
    result = text(value, name).lower()
    if result not in CURRENCIES:
        known = ", ".join(CURRENCIES)
        raise bad_parameter(
            f"Invalid currency: {result}. Stripe currently supports these currencies: {known}", None, name
        )
    return result
