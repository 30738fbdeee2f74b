"""Automatic recharge: the rule, its state, and its simulation (functions/change_settings, functions/list_usage)."""

from typing import Final

from calling_credit.recharge import decision, settings, switching_off, words
from ops.contract.amounts import AMOUNTS
from ops.contract.card_schemas import CARD, PAYMENT_METHOD_ID
from ops.contract.route import Access, Route, member_read, ok, path
from ops.contract.schemas import (
    COUNT,
    DOLLARS,
    FLAG,
    ID,
    INSTANT,
    LAST_FOUR,
    MADE_FROM,
    MONEY,
    TEXT,
    VERSION,
    Schema,
    body,
    described,
    list_of,
    one_of,
    or_null,
    record,
)

REASON: Final = one_of(words.WORDS, "Why the rule does not charge now.")
HOURLY_COUNT: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": settings.MAX_HOURLY_COUNT}

_STATE: Final = {
    "enabled": FLAG,
    "threshold": or_null(described(MONEY, "A balance below this amount is recharged.")),
    "amount": or_null(described(MONEY, "The amount of one recharge. One charge may buy a multiple of it.")),
    "status": one_of(settings.RechargeStatus),
    "reason": or_null(REASON),
    "next_attempt_at": or_null(described(INSTANT, "When a paused rule may charge again.")),
}
BALANCE_RECHARGE: Final = record("RechargeState", "The state of automatic recharge.", _STATE)
OVERVIEW_RECHARGE: Final = record(
    "OverviewRecharge",
    "The state of automatic recharge, in words, its card, and its limit.",
    {
        **_STATE,
        "daily_limit": MONEY,
        "message": described(or_null(TEXT), "`reason` in words."),
        "payment_method": or_null(CARD),
    },
)
RULE_FIELDS: Final = {
    **_STATE,
    "payment_method_id": or_null(PAYMENT_METHOD_ID),
    "payment_method": or_null(CARD),
    "hourly_count": described(HOURLY_COUNT, "The most recharges in an hour."),
    "daily_limit": MONEY,
    "monthly_limit": MONEY,
    "message": described(or_null(TEXT), "`reason` in words."),
    "version": described(VERSION, "Grows with each change of the settings; 0 without a rule."),
}
RULE: Final = record("RechargeRule", "The rule of automatic recharge and its state.", RULE_FIELDS)
IN_FLIGHT: Final = record(
    "InFlight",
    "A recharge that is under way and may still charge the card. Tax and total are shown if it is taxed.",
    {**AMOUNTS, "top_up_id": TEXT},
    optional=("tax", "total"),
)
SAVED_RULE: Final = record(
    "SavedRechargeRule",
    "The rule after a change.",
    {
        **RULE_FIELDS,
        "in_flight": described(
            or_null(IN_FLIGHT),
            "Only while the rule is off: its payment that is already confirmed or under way. With null, the rule "
            "charges nothing more.",
        ),
    },
    optional=("in_flight",),
)
_SETTINGS: Final = {
    "enabled": or_null(FLAG),
    "threshold": or_null(DOLLARS),
    "amount": or_null(DOLLARS),
    "payment_method_id": or_null(PAYMENT_METHOD_ID),
    "hourly_count": described(
        or_null(HOURLY_COUNT), f"The most recharges in an hour. The default is {decision.DEFAULT_HOURLY_COUNT}."
    ),
    "daily_limit": or_null(DOLLARS),
    "monthly_limit": or_null(DOLLARS),
}
_ACCEPT_CHARGE: Final = described(
    or_null(DOLLARS),
    "The most that the first charge may cost, with tax, after a change that enables the rule, raises `threshold` or "
    "`amount`, or gives another card. If it would cost more, none is made, and the rule is suspended with "
    "`charge_changed`.",
)
NEW_RULE: Final = body(
    "RechargeRuleChange",
    "Fields that are absent or null keep their value. The first request must name `enabled`, `threshold`, `amount`, "
    "and `payment_method_id`.",
    {**_SETTINGS, "version": MADE_FROM, "accept_charge": _ACCEPT_CHARGE},
)
TRIED_RULE: Final = body(
    "SimulatedRule",
    "The rule to simulate. Fields that are absent or null come from the account's own rule.",
    {name: schema for name, schema in _SETTINGS.items() if name != "enabled"},
)
STOP: Final = record(
    "SimulatedStop",
    "How often the rule could not charge, and why.",
    {"reason": REASON, "message": TEXT, "count": COUNT},
)
CHARGES_NOW: Final = record(
    "ChargesNow",
    "What the rule would charge at once.",
    {
        **AMOUNTS,
        "payment_method": record(
            "ChargedCard",
            "The card that would be charged.",
            {"id": PAYMENT_METHOD_ID, "brand": TEXT, "last4": LAST_FOUR},
        ),
    },
)
SIMULATION: Final = record(
    "Simulation",
    "What the rule would have done with the calls of the last 30 days. Nothing is stored or charged.",
    {
        "from": INSTANT,
        "to": INSTANT,
        "calls": COUNT,
        "charges": COUNT,
        "charged": described(MONEY, "The credit that the rule would have bought."),
        "tax": described(MONEY, "The tax on it."),
        "total": described(MONEY, "What the card would have paid."),
        "refused_calls": described(COUNT, "Calls that the balance would not have paid for."),
        "lowest_balance": MONEY,
        "stops": list_of(STOP),
        "charges_now": described(
            or_null(CHARGES_NOW),
            "What the card would be charged if the caller, a billing admin, saved and enabled this rule now. Null if "
            "nothing would be charged, or if the caller may not save the rule.",
        ),
        "charged_at_once": described(
            or_null(MONEY),
            "The credit of that charge and of those that follow at once, because one payment has a maximum. Null with "
            "`charges_now`.",
        ),
    },
)

SWITCH_OFF: Final = body(
    "SwitchOff",
    "Switches automatic recharge off. The reason is recorded.",
    {
        "enabled": {"const": False, "description": "Only false is allowed."},
        "reason": {"type": "string", "minLength": 1, "maxLength": switching_off.MAX_REASON_CHARACTERS},
    },
    ["enabled", "reason"],
)
SWITCHED_OFF: Final = record(
    "SwitchedOffRule",
    "The rule of automatic recharge after it was switched off.",
    RULE_FIELDS | {"in_flight": or_null(IN_FLIGHT)},
)

GROUP: Final = "Automatic recharge"
RULE_CODES: Final = (
    "payment_method_not_allowed",
    "missing_field",
    "invalid_field",
    "invalid_amount",
    "amount_out_of_range",
    "invalid_payment_method",
    "limit_below_amount",
)
STRIPE_CODES: Final = ("payments_unavailable", "stripe_not_configured", "stripe_refuses_us")

SAVE_CODES: Final = (
    "too_many_requests",
    "unknown_account",
    "account_frozen",
    "card_blocked",
    "unknown_payment_method",
    "changed_meanwhile",
    "busy",
    *RULE_CODES,
    "stripe_account_changed",
    *STRIPE_CODES,
)

ROUTES: Final = (
    member_read(
        "/auto-recharge",
        "change_settings",
        GROUP,
        "Show the rule",
        ok(RULE, "The rule. Without a rule, `enabled` is false and the other settings are null or defaults."),
        ("unknown_account",),
    ),
    Route(
        "PUT",
        "/auto-recharge",
        "change_settings",
        Access.ADMIN,
        GROUP,
        "Set the rule",
        {200: ok(SAVED_RULE, "The current rule.")},
        SAVE_CODES,
        "If the balance is already below the threshold, the card is charged at once.",
        body=NEW_RULE,
    ),
    Route(
        "PATCH",
        "/auto-recharge",
        "change_settings",
        Access.ADMIN,
        GROUP,
        "Change named settings of the rule",
        {200: ok(SAVED_RULE, "The current rule.")},
        SAVE_CODES,
        "All other settings keep their value. A rule that becomes able to charge is decided at once.",
        body=NEW_RULE,
    ),
    Route(
        "POST",
        "/auto-recharge/simulate",
        "change_settings",
        Access.MEMBER,
        GROUP,
        "Simulate a rule",
        {200: ok(SIMULATION, "The simulation.")},
        ("unknown_account", "stripe_account_changed", *RULE_CODES, *STRIPE_CODES),
        body=TRIED_RULE,
    ),
    Route(
        "PUT",
        "/accounts/{account_id}/auto-recharge",
        "manage_accounts",
        Access.OPERATOR,
        "Operator",
        "Switch automatic recharge off",
        {200: ok(SWITCHED_OFF, "Automatic recharge is off, or was never set.")},
        ("unknown_account", "invalid_id", "missing_field", "invalid_field", "busy"),
        "Only a billing admin of the account can switch it on again.",
        parameters=(path("account_id", ID, "The account."),),
        body=SWITCH_OFF,
    ),
)
