"""What the Billing view shows of an account, in one answer (functions/list_usage)."""

from typing import Final

from calling_credit.accounts import account
from calling_credit.languages import LANGUAGES
from ops.contract.bundle_schemas import INCLUDED_MINUTES
from ops.contract.lot_schemas import EXPIRING
from ops.contract.rates_routes import FORECAST
from ops.contract.recharge_routes import OVERVIEW_RECHARGE
from ops.contract.route import member_read, ok
from ops.contract.schemas import COUNT, FLAG, ID, INSTANT, MONEY, TEXT, described, list_of, one_of, or_null, record
from ops.contract.usage_routes import DAY_BALANCE, GROUP

LANGUAGE: Final = one_of(LANGUAGES)

OVERVIEW: Final = record(
    "Overview",
    "The account at this moment, as GET /balance, GET /forecast, and GET /statement?by=day show it.",
    {
        "account_id": ID,
        "name": or_null(TEXT),
        "currency": one_of(["USD"]),
        "time_zone": described(TEXT, "The IANA time zone of the account's dates.", examples=["America/New_York"]),
        "status": one_of(list(account.Status)),
        "frozen": described(FLAG, "True while the account is frozen."),
        "as_of": described(INSTANT, "When the account was read."),
        "balance": MONEY,
        "held": described(MONEY, "The credit that is held for calls in progress."),
        "available": MONEY,
        "calls_in_progress": described(COUNT, "The calls in progress for which credit is held."),
        "expiring": EXPIRING,
        "auto_recharge": OVERVIEW_RECHARGE,
        "forecast": described(FORECAST, "Names no destinations while the rate deck is being loaded; then ask again."),
        "included_minutes": described(INCLUDED_MINUTES, "The rest of the bundles of the account and its lines."),
        "statement": record(
            "OverviewStatement",
            "The last 30 days, in the account's time zone: the balance before them, and at the end of each day that "
            "moved it.",
            {"opening_balance": MONEY, "days": list_of(DAY_BALANCE)},
        ),
        "lines": record(
            "LineCounts",
            "How many lines the account has, and how many may call abroad.",
            {"total": COUNT, "enabled": COUNT},
        ),
        "amount_needed": described(
            or_null(MONEY), "What brings the available credit to zero, in whole cents; null if it is not below zero."
        ),
        "billing_contacts": list_of(TEXT, "The billing addresses, whom a member asks."),
        "tax": described(
            or_null(
                record(
                    "TaxNow",
                    "How a payment by a person is taxed now.",
                    {
                        "percent": described(or_null(TEXT), "The rate; null if it cannot be calculated."),
                        "reason": or_null(one_of(["tax_unavailable"])),
                    },
                )
            ),
            "The tax that a payment adds to its amount; null if payments are not taxed.",
        ),
        "language": described(
            or_null(LANGUAGE), "The language of the e-mails to the caller; null if the caller receives none."
        ),
    },
)

ROUTES: Final = (
    member_read(
        "/overview",
        "list_usage",
        GROUP,
        "Show the account at a glance",
        ok(OVERVIEW, "The account."),
        ("unknown_account",),
    ),
)
