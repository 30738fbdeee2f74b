"""The functions' environment as one typed model. It is checked at start, so a wrong deployment fails at once."""

import os
from functools import cached_property, lru_cache
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from calling_credit.brand import DEFAULT_COLOR, DEFAULT_NAME
from calling_credit.money import Bounds, parse_money

_ADDRESS: Final = r"^(https://[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?(/[A-Za-z0-9._~%/?=&#+-]*)?)?$"
"""An address with https, or nothing. Its host holds no character that has a meaning in a content security policy."""


class Config(BaseModel):
    """Every setting of the functions. A setting that a function does not need is empty in its environment."""

    model_config = ConfigDict(frozen=True)

    table_name: str = Field(alias="TABLE_NAME", min_length=3)
    stack_name: str = Field(alias="STACK_NAME", default="", description="Named in commands for the operator.")
    deck_bucket: str = Field(alias="DECK_BUCKET", default="")
    archive_bucket: str = Field(
        alias="ARCHIVE_BUCKET", default="", description="The raw archive; empty stores nothing."
    )
    cursor_secret_arn: str = Field(alias="CURSOR_SECRET_ARN", default="")
    account_claim: str = Field(alias="ACCOUNT_CLAIM", default="custom:account_id")
    groups_claim: str = Field(alias="GROUPS_CLAIM", default="cognito:groups")
    token_use_claim: str = Field(alias="TOKEN_USE_CLAIM", default="token_use")
    admin_group: str = Field(alias="ADMIN_GROUP", default="billing_admin")
    support_group: str = Field(alias="SUPPORT_GROUP", default="support", description="Staff who read and freeze.")
    finance_group: str = Field(alias="FINANCE_GROUP", default="finance", description="Staff who move money.")
    read_scope: str = Field(alias="READ_SCOPE", default="accounts/read")
    adjust_scope: str = Field(alias="ADJUST_SCOPE", default="credit/adjust")
    report_scope: str = Field(alias="REPORT_SCOPE", default="calls/report")
    operate_scope: str = Field(alias="OPERATE_SCOPE", default="accounts/operate")
    authorize_scope: str = Field(alias="AUTHORIZE_SCOPE", default="calls/authorize")
    stripe_secret_arn: str = Field(alias="STRIPE_SECRET_ARN", default="")
    webhook_secret_arn: str = Field(
        alias="WEBHOOK_SECRET_ARN", default="", description="Empty: the webhook secret is in the Stripe secret."
    )
    stripe_api_base: str = Field(alias="STRIPE_API_BASE", default="https://api.stripe.com")
    call_queue_url: str = Field(alias="CALL_QUEUE_URL", default="")
    proof_queue_url: str = Field(alias="PROOF_QUEUE_URL", default="")
    event_bus_name: str = Field(alias="EVENT_BUS_NAME", default="")
    page_url: str = Field(alias="PAGE_URL", default="", description="The Billing page, ending with a slash.")
    link_url: str = Field(
        alias="LINK_URL", default="", description="The address before the path of links, ending with a slash."
    )
    mail_from: str = Field(alias="MAIL_FROM", default="", description="The sender of mails; verified in SES.")
    mail_configuration_set: str = Field(
        alias="MAIL_CONFIGURATION_SET", default="", description="With it, SES reports bounces and complaints."
    )
    mail_queue_url: str = Field(alias="MAIL_QUEUE_URL", default="")
    urgent_mail_queue_url: str = Field(
        alias="URGENT_MAIL_QUEUE_URL",
        default="",
        description="The queue of mails that carry a link to freeze the account.",
    )
    send_mail_function: str = Field(
        alias="SEND_MAIL_FUNCTION", default="", description="The function that sends mails; empty without a sender."
    )
    user_pool_id: str = Field(alias="USER_POOL_ID", default="", description="Empty with another identity provider.")
    refresh_token_days: int = Field(alias="REFRESH_TOKEN_DAYS", default=1, ge=1, le=3650)
    sign_in_client_id: str = Field(alias="SIGN_IN_CLIENT_ID", default="")
    staff_client_id: str = Field(alias="STAFF_CLIENT_ID", default="", description="The desk's; empty without staff.")
    authorize_url: str = Field(
        alias="AUTHORIZE_URL", default="", description="Where the Billing page sends users to sign in."
    )
    token_url: str = Field(alias="TOKEN_URL", default="")
    logout_url: str = Field(alias="LOGOUT_URL", default="")
    home_country_list: str = Field(alias="HOME_COUNTRIES", default="US,CA", pattern=r"^[A-Z]{2}(,[A-Z]{2})*$")
    no_cap_country_list: str = Field(alias="NO_CAP_COUNTRIES", default="US,CA,MX,GB", pattern=r"^[A-Z]{2}(,[A-Z]{2})*$")
    young_money_days: int = Field(alias="YOUNG_MONEY_DAYS", default=7, ge=1, le=90)
    hang_up_tolerance_seconds: int = Field(alias="HANG_UP_TOLERANCE_SECONDS", default=2, ge=0, le=60)
    hold_grace_seconds: int = Field(alias="HOLD_GRACE_SECONDS", default=1020, ge=1, le=86400)
    rating_grace_minutes: int = Field(alias="RATING_GRACE_MINUTES", default=15, ge=0, le=1440)
    deck_lead_seconds: int = Field(alias="DECK_LEAD_SECONDS", default=60, ge=1, le=3600)
    lead_seconds: int = Field(alias="LEAD_SECONDS", default=120, ge=1, le=3600)
    adjustment_approval: str = Field(alias="ADJUSTMENT_APPROVAL", default="100.00")
    adjustment_daily_maximum: str = Field(alias="ADJUSTMENT_DAILY_MAXIMUM", default="1000.00")
    top_up_minimum: str = Field(alias="TOP_UP_MINIMUM", default="5.00")
    top_up_maximum: str = Field(alias="TOP_UP_MAXIMUM", default="500.00")
    rules_use_bank_accounts: bool = Field(alias="RULES_USE_BANK_ACCOUNTS", default=False)
    brand_name: str = Field(alias="BRAND_NAME", default=DEFAULT_NAME, pattern=r"^[^\p{C}]{1,60}$")
    brand_logo_url: str = Field(alias="BRAND_LOGO_URL", default="", max_length=300, pattern=_ADDRESS)
    brand_color: str = Field(alias="BRAND_COLOR", default=DEFAULT_COLOR, pattern=r"^#[0-9A-Fa-f]{6}$")
    help_url: str = Field(alias="HELP_URL", default="", max_length=300, pattern=_ADDRESS)
    prices_may_change: bool = Field(
        alias="PRICES_MAY_CHANGE", default=False, description="Whether a release may price calls otherwise."
    )
    number_retention_months: int = Field(alias="NUMBER_RETENTION_MONTHS", default=24, ge=4, le=120)
    posting_threads: int = Field(alias="POSTING_THREADS", default=16, ge=1, le=64)
    validate_parameters: bool = Field(alias="VALIDATE_PARAMETERS", default=False)

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


@lru_cache(maxsize=1)
def config() -> Config:
    """Return the settings of this process.

    Raises:
        pydantic.ValidationError: a setting is missing or invalid; the error names the variable.
    """
    return Config.model_validate(dict(os.environ))
