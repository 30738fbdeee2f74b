"""The events on the event bus: the form of each one, version 1. Depends on neither the table nor the bus.

An event reports what happened, not what to do about it. Within a version, fields may be added but never removed. Money
is a decimal string. A card is its brand and last four digits. No event contains a whole phone number, a token, or an
address.
"""

from typing import Final, Literal

from calling_credit.notifications.announcement import Announcement
from calling_credit.notifications.budget_events import BudgetIncreaseRequested, BudgetReached
from calling_credit.notifications.event_data import (
    AddressAsked,
    Adjusted,
    CallingEnabled,
    Changed,
    Denied,
    Expiring,
    Frozen,
    Limited,
    Loosened,
    Low,
    Moved,
    NotPaid,
    NotRated,
    Paid,
    RatesRise,
    Repriced,
    Suspected,
    Suspended,
)
from calling_credit.notifications.event_types import EventType
from calling_credit.notifications.lot_events import CreditExpired, CreditExpiring
from calling_credit.notifications.mail_events import MailBounced, MailComplained
from calling_credit.notifications.receipt_events import CreditNoteIssued, ReceiptIssued
from calling_credit.notifications.tax_data import TaxBegins


class TopUpSucceeded(Announcement):
    """A payment made by hand is credited. It may follow a TopUpFailed of the same payment: money can arrive late."""

    type: Literal[EventType.TOP_UP_SUCCEEDED] = EventType.TOP_UP_SUCCEEDED
    data: Paid


class TopUpFailed(Announcement):
    """A payment made by hand has ended without money."""

    type: Literal[EventType.TOP_UP_FAILED] = EventType.TOP_UP_FAILED
    data: NotPaid


class AutoRechargeSucceeded(Announcement):
    """An automatic recharge is credited. It may follow an AutoRechargeFailed of the same payment."""

    type: Literal[EventType.AUTO_RECHARGE_SUCCEEDED] = EventType.AUTO_RECHARGE_SUCCEEDED
    data: Paid


class AutoRechargeFailed(Announcement):
    """An automatic recharge has ended without money; another may be tried later unless it is suspended."""

    type: Literal[EventType.AUTO_RECHARGE_FAILED] = EventType.AUTO_RECHARGE_FAILED
    data: NotPaid


class AutoRechargeSuspended(Announcement):
    """Automatic recharge waits for the customer."""

    type: Literal[EventType.AUTO_RECHARGE_SUSPENDED] = EventType.AUTO_RECHARGE_SUSPENDED
    data: Suspended


class BalanceLow(Announcement):
    """The balance fell from the account's own level, or above it, to below it."""

    type: Literal[EventType.BALANCE_LOW] = EventType.BALANCE_LOW
    data: Low


class CreditReversed(Announcement):
    """Credit was taken back, because a payment was refunded or is disputed."""

    type: Literal[EventType.CREDIT_REVERSED] = EventType.CREDIT_REVERSED
    data: Moved


class CreditReturned(Announcement):
    """Credit that was taken back is given again: a refund failed or a dispute was won."""

    type: Literal[EventType.CREDIT_RETURNED] = EventType.CREDIT_RETURNED
    data: Moved


class CardBlocked(Announcement):
    """The card of a disputed or suspected payment is blocked for every account until an operator unblocks it."""

    type: Literal[EventType.CARD_BLOCKED] = EventType.CARD_BLOCKED
    data: Suspected


class CallUnrated(Announcement):
    """A finished call went where no rate reaches; it is kept and not charged yet."""

    type: Literal[EventType.CALL_UNRATED] = EventType.CALL_UNRATED
    data: NotRated


class CallDenied(Announcement):
    """A limit against fraud, or a frozen account, refused a call: at most one an hour for each account and reason."""

    type: Literal[EventType.CALL_DENIED] = EventType.CALL_DENIED
    data: Denied


class CardAttemptsLimited(Announcement):
    """A limit refused a payment or a page for saving a card: at most one an hour for each account and reason."""

    type: Literal[EventType.CARD_ATTEMPTS_LIMITED] = EventType.CARD_ATTEMPTS_LIMITED
    data: Limited


class AccountFrozen(Announcement):
    """No new call is admitted, and nothing is recharged by itself."""

    type: Literal[EventType.ACCOUNT_FROZEN] = EventType.ACCOUNT_FROZEN
    data: Frozen


class AccountUnfrozen(Announcement):
    """International calls and automatic recharge have resumed."""

    type: Literal[EventType.ACCOUNT_UNFROZEN] = EventType.ACCOUNT_UNFROZEN
    data: Frozen


class CardExpiring(Announcement):
    """The card of automatic recharge expires within 30 days: once for each card and expiry date."""

    type: Literal[EventType.CARD_EXPIRING] = EventType.CARD_EXPIRING
    data: Expiring


class TaxStarting(Announcement):
    """Automatic recharge will be taxed, because the stack began to tax payments. Sent once for each rule."""

    type: Literal[EventType.TAX_STARTING] = EventType.TAX_STARTING
    data: TaxBegins


class AccountChanged(Announcement):
    """An operator created the account or changed its settings, such as its billing addresses."""

    type: Literal[EventType.ACCOUNT_CHANGED] = EventType.ACCOUNT_CHANGED
    data: Changed


class AddressConfirmationRequested(Announcement):
    """A billing admin added an e-mail address. It receives nothing else until its holder confirms it."""

    type: Literal[EventType.ADDRESS_CONFIRMATION_REQUESTED] = EventType.ADDRESS_CONFIRMATION_REQUESTED
    data: AddressAsked


class RuleChanged(Announcement):
    """The settings of automatic recharge were changed, by the customer or by an operator."""

    type: Literal[EventType.RULE_CHANGED] = EventType.RULE_CHANGED
    data: Changed


class PriceTermsChanged(Announcement):
    """The price list or the markup of an account was changed."""

    type: Literal[EventType.PRICE_TERMS_CHANGED] = EventType.PRICE_TERMS_CHANGED
    data: Repriced


class RateChangeAnnounced(Announcement):
    """Prices of countries that the account called in the last three months rise later: once for each deck or list."""

    type: Literal[EventType.RATE_CHANGE_ANNOUNCED] = EventType.RATE_CHANGE_ANNOUNCED
    data: RatesRise


class LimitsLoosened(Announcement):
    """Limits were changed, and some of them now allow what they refused."""

    type: Literal[EventType.LIMITS_LOOSENED] = EventType.LIMITS_LOOSENED
    data: Loosened


class InternationalCallingEnabled(Announcement):
    """International calling of a line was turned on."""

    type: Literal[EventType.INTERNATIONAL_CALLING_ENABLED] = EventType.INTERNATIONAL_CALLING_ENABLED
    data: CallingEnabled


class AdjustmentPosted(Announcement):
    """An operator gave or took credit."""

    type: Literal[EventType.ADJUSTMENT_POSTED] = EventType.ADJUSTMENT_POSTED
    data: Adjusted


ALL: Final[tuple[type[Announcement], ...]] = (
    TopUpSucceeded,
    TopUpFailed,
    AutoRechargeSucceeded,
    AutoRechargeFailed,
    AutoRechargeSuspended,
    BalanceLow,
    CreditReversed,
    CreditReturned,
    ReceiptIssued,
    CreditNoteIssued,
    CreditExpiring,
    CreditExpired,
    CardBlocked,
    CallUnrated,
    CallDenied,
    CardAttemptsLimited,
    AccountFrozen,
    AccountUnfrozen,
    CardExpiring,
    TaxStarting,
    AccountChanged,
    AddressConfirmationRequested,
    RuleChanged,
    PriceTermsChanged,
    RateChangeAnnounced,
    LimitsLoosened,
    InternationalCallingEnabled,
    MailBounced,
    MailComplained,
    AdjustmentPosted,
    BudgetReached,
    BudgetIncreaseRequested,
)
"""Every type of event."""
