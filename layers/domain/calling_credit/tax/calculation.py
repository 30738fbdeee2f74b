"""The tax on one account's payments. Pure.

A payment's amount is credit; its card pays the amount and the tax. The tax is calculated once, when the payment is
created, and stored with it, so that repeating the payment never charges another sum.
"""

from dataclasses import dataclass, replace
from typing import Final

from calling_credit.errors import Conflict, ProblemCode
from calling_credit.tax.rates import MILLIONTHS_PER_PERCENT, format_rate

_MILLION: Final = 100 * MILLIONTHS_PER_PERCENT
_MICROS_PER_CENT: Final = 10_000
_UNAVAILABLE: Final = (
    "The tax on this payment cannot be calculated, so nothing was charged. Enter the legal name and the address in the "
    "billing details, or contact your provider if they are correct."
)


def tax_unavailable() -> Conflict:
    """The error for a payment whose tax cannot be calculated."""
    return Conflict(ProblemCode.TAX_UNAVAILABLE, _UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Taxation:
    """How the payments of one account are taxed now.

    `is_due`: the stack taxes payments. `rate` is in millionths of the credit; None with `is_due`: it cannot be
    calculated, so nothing may be charged. `billing` is the JSON of the billing details that a payment stores.
    """

    is_due: bool = False
    rate: int | None = None
    billing: str | None = None

    @property
    def is_available(self) -> bool:
        """Whether a payment may be made."""
        return not self.is_due or self.rate is not None

    @property
    def percent(self) -> str | None:
        """The rate as text, such as `8.875`; None without tax, or without a calculation."""
        return None if not self.is_due or self.rate is None else format_rate(self.rate)

    @property
    def untaxed(self) -> "Taxation":
        """The same account before its payments are taxed."""
        return replace(self, is_due=False, rate=None)

    def require(self) -> None:
        """Refuse a payment whose tax cannot be calculated, before anything else is done for it.

        Raises:
            Conflict: `tax_unavailable`.
        """
        if not self.is_available:
            raise tax_unavailable()

    def tax_micros(self, net_micros: int) -> int:
        """The tax on credit: rounded half up to the cent.

        Raises:
            Conflict: `tax_unavailable`.
        """
        if not self.is_due:
            return 0
        if self.rate is None:
            raise tax_unavailable()
        cent = _MILLION * _MICROS_PER_CENT
        return (net_micros * self.rate * 2 + cent) // (2 * cent) * _MICROS_PER_CENT

    def gross_micros(self, net_micros: int) -> int:
        """What a card pays for credit.

        Raises:
            Conflict: `tax_unavailable`.
        """
        return net_micros + self.tax_micros(net_micros)

    def largest_net(self, gross_micros: int, step_micros: int) -> int:
        """The largest multiple of a positive step whose gross is at most `gross_micros`; 0 if none is.

        Raises:
            Conflict: `tax_unavailable`.
        """
        if gross_micros < step_micros:
            return 0
        rate = self.rate if self.is_due and self.rate is not None else 0
        count = gross_micros * _MILLION // (step_micros * (_MILLION + rate))
        while self.gross_micros((count + 1) * step_micros) <= gross_micros:
            count += 1
        while count and self.gross_micros(count * step_micros) > gross_micros:
            count -= 1
        return count * step_micros


def tax_view(tax: Taxation) -> dict[str, str | None] | None:
    """`{percent, reason}` of the tax on the next payment; None without tax. One of both is None."""
    if not tax.is_due:
        return None
    return {"percent": tax.percent, "reason": None if tax.is_available else ProblemCode.TAX_UNAVAILABLE}


NO_TAX: Final = Taxation()
"""The taxation of an account without billing details, of a stack that taxes nothing."""
