"""The functions' environment as one typed value. It is checked at start, so a wrong deployment fails at once."""

import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from typing import Any, Final, Self

from calling_credit.brand import DEFAULT_COLOR, DEFAULT_NAME
from calling_credit.money import Bounds, parse_money

_VARIABLES: Final = {"home_country_list": "HOME_COUNTRIES", "no_cap_country_list": "NO_CAP_COUNTRIES"}
"""The variables of settings that have another name in the environment."""
_RANGES: Final = {
    "refresh_token_days": (1, 3650),
    "young_money_days": (1, 90),
    "hang_up_tolerance_seconds": (0, 60),
    "hold_grace_seconds": (1, 86_400),
    "lot_grace_hours": (0, 168),
    "rating_grace_minutes": (0, 1440),
    "deck_lead_seconds": (1, 3600),
    "lead_seconds": (1, 3600),
    "number_retention_months": (4, 120),
    "posting_threads": (1, 64),
}
"""The least and the greatest value of each number."""
_COUNTRIES: Final = r"[A-Z]{2}(,[A-Z]{2})*"
_ADDRESS: Final = r"(?=.{0,300}\Z)(https://[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?(/[A-Za-z0-9._~%/?=&#+-]*)?)?"
"""An address with https, or nothing. Its host holds no character that has a meaning in a content security policy."""
_PATTERNS: Final = {
    "table_name": r"(?s:.{3,})",
    "home_country_list": _COUNTRIES,
    "no_cap_country_list": _COUNTRIES,
    "tax": "none|table",
    "brand_logo_url": _ADDRESS,
    "brand_color": "#[0-9A-Fa-f]{6}",
    "help_url": _ADDRESS,
}
_LINES: Final = {"brand_name": (1, 60), "seller_name": (0, 100), "seller_address": (0, 300), "seller_tax_id": (0, 60)}
"""The least and the greatest length of settings that are one line of visible text."""
_FLAGS: Final = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}


@dataclass(frozen=True, kw_only=True)
class Config:
    """Every setting of the functions. A setting that a function does not need is empty in its environment."""

    table_name: str
    stack_name: str = ""
    """Named in commands for the operator."""
    deck_bucket: str = ""
    archive_bucket: str = ""
    """The raw archive; empty stores nothing."""
    cursor_secret_arn: str = ""
    account_claim: str = "custom:account_id"
    groups_claim: str = "cognito:groups"
    token_use_claim: str = "token_use"  # noqa: S105 - the name of a claim
    admin_group: str = "billing_admin"
    support_group: str = "support"
    """Staff who read and freeze."""
    finance_group: str = "finance"
    """Staff who move money."""
    read_scope: str = "accounts/read"
    adjust_scope: str = "credit/adjust"
    report_scope: str = "calls/report"
    operate_scope: str = "accounts/operate"
    authorize_scope: str = "calls/authorize"
    stripe_secret_arn: str = ""
    webhook_secret_arn: str = ""
    """Empty: the webhook secret is in the Stripe secret."""
    stripe_api_base: str = "https://api.stripe.com"
    call_queue_url: str = ""
    proof_queue_url: str = ""
    event_bus_name: str = ""
    page_url: str = ""
    """The Billing page, ending with a slash."""
    link_url: str = ""
    """The address before the path of links, ending with a slash."""
    mail_from: str = ""
    """The sender of mails; verified in SES."""
    mail_configuration_set: str = ""
    """With it, SES reports bounces and complaints."""
    mail_queue_url: str = ""
    urgent_mail_queue_url: str = ""
    """The queue of mails that carry a link to freeze the account."""
    send_mail_function: str = ""
    """The function that sends mails; empty without a sender."""
    user_pool_id: str = ""
    """Empty with another identity provider."""
    refresh_token_days: int = 1
    sign_in_client_id: str = ""
    staff_client_id: str = ""
    """The desk's; empty without staff."""
    authorize_url: str = ""
    """Where the Billing page sends users to sign in."""
    token_url: str = ""
    logout_url: str = ""
    home_country_list: str = "US,CA"
    no_cap_country_list: str = "US,CA,MX,GB"
    young_money_days: int = 7
    hang_up_tolerance_seconds: int = 2
    hold_grace_seconds: int = 1020
    lot_grace_hours: int = 6
    rating_grace_minutes: int = 15
    deck_lead_seconds: int = 60
    lead_seconds: int = 120
    adjustment_approval: str = "100.00"
    adjustment_daily_maximum: str = "1000.00"
    tax: str = "none"
    """How payments are taxed."""
    top_up_minimum: str = "5.00"
    top_up_maximum: str = "500.00"
    rules_use_bank_accounts: bool = False
    brand_name: str = DEFAULT_NAME
    brand_logo_url: str = ""
    brand_color: str = DEFAULT_COLOR
    help_url: str = ""
    seller_name: str = ""
    seller_address: str = ""
    seller_tax_id: str = ""
    prices_may_change: bool = False
    """Whether a release may price calls otherwise."""
    number_retention_months: int = 24
    posting_threads: int = 16
    validate_parameters: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises:
            ValueError: settings are missing or invalid; the error names their variables.
        """
        settings: dict[str, Any] = {}
        wrong = []
        for field in fields(cls):
            variable = _VARIABLES.get(field.name, field.name.upper())
            text = environment.get(variable)
            if text is None and field.name != "table_name":
                continue
            try:
                settings[field.name] = _read(field.name, text, field.default)
            except (KeyError, ValueError):
                wrong.append(variable)
        if wrong:
            raise ValueError(f"missing or invalid in the environment: {', '.join(wrong)}")
        return cls(**settings)

    @cached_property
    def home_countries(self) -> frozenset[str]:
        """The countries whose calls are part of the subscription."""
        return frozenset(self.home_country_list.split(","))

    @cached_property
    def no_cap_countries(self) -> frozenset[str]:
        """The countries whose calls no first_country_cap caps."""
        return self.home_countries | frozenset(self.no_cap_country_list.split(","))

    @property
    def home_country(self) -> str:
        """The country in which a number without a country code is dialed if nothing else says where."""
        return self.home_country_list.split(",")[0]

    @cached_property
    def bounds(self) -> Bounds:
        """The minimum and the maximum of one payment."""
        return Bounds(parse_money(self.top_up_minimum, decimals=2), parse_money(self.top_up_maximum, decimals=2))


def _read(name: str, text: str | None, default: object) -> str | int | bool:
    """Return the value of a setting.

    Raises:
        KeyError, ValueError: the text is not a value of the setting.
    """
    if isinstance(default, bool):
        return _FLAGS[(text or "").lower()]
    if isinstance(default, int):
        value, (least, greatest) = int(text or ""), _RANGES[name]
        if least <= value <= greatest:
            return value
    elif text is not None and (text == default or _has_form(name, text)):
        return text
    raise ValueError(name)


def _has_form(name: str, text: str) -> bool:
    """Whether a text can be the value of a setting."""
    if name in _PATTERNS:
        return re.fullmatch(_PATTERNS[name], text) is not None
    if name in _LINES:
        least, greatest = _LINES[name]
        return least <= len(text) <= greatest and all(unicodedata.category(one)[0] != "C" for one in text)
    return True


@lru_cache(maxsize=1)
def config() -> Config:
    """Return the settings of this process.

    Raises:
        ValueError: a setting is missing or invalid; the error names the variable.
    """
    return Config.from_environment(os.environ)
