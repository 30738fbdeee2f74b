"""The types of events on the event bus. docs/events.md explains each."""

from enum import StrEnum


class EventType(StrEnum):
    """What happened: the `type` of an event and the `detail-type` of its envelope."""

    TOP_UP_SUCCEEDED = "TopUpSucceeded"
    TOP_UP_FAILED = "TopUpFailed"
    AUTO_RECHARGE_SUCCEEDED = "AutoRechargeSucceeded"
    AUTO_RECHARGE_FAILED = "AutoRechargeFailed"
    AUTO_RECHARGE_SUSPENDED = "AutoRechargeSuspended"
    BALANCE_LOW = "BalanceLow"
    CREDIT_REVERSED = "CreditReversed"
    CREDIT_RETURNED = "CreditReturned"
    CARD_BLOCKED = "CardBlocked"
    CALL_UNRATED = "CallUnrated"
    CALL_DENIED = "CallDenied"
    CARD_ATTEMPTS_LIMITED = "CardAttemptsLimited"
    ACCOUNT_FROZEN = "AccountFrozen"
    ACCOUNT_UNFROZEN = "AccountUnfrozen"
    CARD_EXPIRING = "CardExpiring"
    TAX_STARTING = "TaxStarting"
    ACCOUNT_CHANGED = "AccountChanged"
    ADDRESS_CONFIRMATION_REQUESTED = "AddressConfirmationRequested"
    RULE_CHANGED = "RuleChanged"
    PRICE_TERMS_CHANGED = "PriceTermsChanged"
    RATE_CHANGE_ANNOUNCED = "RateChangeAnnounced"
    LIMITS_LOOSENED = "LimitsLoosened"
    INTERNATIONAL_CALLING_ENABLED = "InternationalCallingEnabled"
    MAIL_BOUNCED = "MailBounced"
    MAIL_COMPLAINED = "MailComplained"
    ADJUSTMENT_POSTED = "AdjustmentPosted"
