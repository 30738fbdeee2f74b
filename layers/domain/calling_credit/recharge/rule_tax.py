"""From when the charges of a rule are taxed.

The owner of a rule agreed to the charges that the page showed. So after the stack begins to tax payments, a rule is
charged without tax until an admin arms it again, having seen the tax, or until 14 days after its owner was told.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from calling_credit.instants import format_instant
from calling_credit.recharge.attempts import State
from calling_credit.tax.calculation import Taxation

NOTICE: Final = timedelta(days=14)
NOT_CALCULATED: Final = ""
"""The rate of an announcement to an owner whose tax cannot be calculated yet."""


def tax_of_rule(tax: Taxation, state: State, now: datetime) -> Taxation:
    """The tax on a charge that the rule makes now, of an account that is taxed like this."""
    is_begun = state.tax_from is not None and state.tax_from <= format_instant(now)
    return tax if is_begun else tax.untaxed


def start_tax(state: State, tax: Taxation, now: datetime) -> State:
    """Apply the arming of the rule: its charges are taxed from now on, as shown to the admin."""
    if not tax.is_due or (state.tax_from is not None and state.tax_from <= format_instant(now)):
        return state
    return replace(state, tax_from=format_instant(now), tax_percent=None)


def announce_tax(state: State, tax: Taxation, now: datetime) -> State:
    """Apply the check of an armed rule: set the end of the notice, which becomes an event with the rate that applies
    now. After the stack has ceased to tax payments, forget it, so that a new beginning is announced again.
    """
    if not tax.is_due:
        return replace(state, tax_from=None, tax_percent=None)
    if state.tax_from is not None:
        return state
    return replace(state, tax_from=format_instant(now + NOTICE), tax_percent=tax.percent or NOT_CALCULATED)
