"""The demonstration data: two companies with their users, lines, opening credit, and sign-ins, created through the HTTP
API as an operator's system does. All names and numbers are fictitious.
"""

from dataclasses import dataclass
from typing import Any, Final

import boto3

from local.http_api import HttpApi
from local.traffic import CallingLine

PASSWORD: Final = "Calling-Credit-1"  # noqa: S105 - of fictitious people, on a stack that only this machine can reach
ADMIN, MEMBER = "billing_admin", "member"
SUPPORT, FINANCE = "support", "finance"


@dataclass(frozen=True, slots=True)
class Person:
    """A user of a company; `role` is set for users who may sign in."""

    user_id: str
    name: str
    email: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A phone line and its user."""

    line_id: str
    number: str
    user_id: str
    international_calling: bool = True


@dataclass(frozen=True, slots=True)
class Company:
    """One account and its initial data."""

    account_id: str
    name: str
    time_zone: str
    opening_credit: str
    people: tuple[Person, ...]
    lines: tuple[Line, ...]


MERIDIAN: Final = Company(
    "acct_meridian",
    "Meridian Travel",
    "America/New_York",
    "45.00",
    (
        Person("user_ana", "Ana Ruiz", "ana@meridian-travel.example", ADMIN),
        Person("user_ben", "Ben Okafor", "ben@meridian-travel.example", MEMBER),
        Person("user_chloe", "Chloe Martin"),
    ),
    (
        Line("line_front_desk", "+12125550101", "user_ana"),
        Line("line_groups", "+12125550102", "user_ben"),
        Line("line_night_desk", "+12125550103", "user_chloe"),
        Line("line_lobby", "+12125550104", "user_chloe", international_calling=False),
    ),
)
HALCYON: Final = Company(
    "acct_halcyon",
    "Halcyon Design",
    "America/Los_Angeles",
    "60.00",
    (
        Person("user_dana", "Dana Lee", "dana@halcyon-design.example", ADMIN),
        Person("user_emil", "Emil Haddad"),
    ),
    (
        Line("line_studio", "+14155550111", "user_dana"),
        Line("line_workshop", "+14155550112", "user_emil"),
    ),
)
COMPANIES: Final = (MERIDIAN, HALCYON)
STAFF: Final = (
    Person("", "Sofia Berg", "sofia@phone-service.example", SUPPORT),
    Person("", "Femi Adeyemi", "femi@phone-service.example", FINANCE),
)
"""The phone company's staff, who belong to no account."""


def demonstration_lines() -> list[CallingLine]:
    """Return the lines that may make international calls."""
    return [
        CallingLine(company.account_id, line.line_id, line.user_id, line.number)
        for company in COMPANIES
        for line in company.lines
        if line.international_calling
    ]


def open_accounts(api: HttpApi, operator_token: str) -> None:
    """Create every company through the operator's routes.

    Raises:
        ApiError: the API refused a request.
    """
    for company in COMPANIES:
        open_account(api, operator_token, company)


def open_account(api: HttpApi, operator_token: str, company: Company) -> None:
    """Create one company: its account, users, lines and opening credit.

    Raises:
        ApiError: the API refused a request.
    """
    account = f"/accounts/{company.account_id}"
    emails = [person.email for person in company.people if person.role == ADMIN]
    api.send("PUT", account, operator_token, {"time_zone": company.time_zone, "billing_emails": emails})
    for person in company.people:
        api.send("PUT", f"{account}/users/{person.user_id}", operator_token, {"name": person.name})
    for line in company.lines:
        body = {"number": line.number, "user_id": line.user_id, "international_calling": line.international_calling}
        api.send("PUT", f"{account}/lines/{line.line_id}", operator_token, body)
    credit = {"amount": company.opening_credit, "reason": "Opening credit"}
    key = {"Idempotency-Key": f"opening-credit-{company.account_id}"}
    api.send("POST", f"{account}/adjustments", operator_token, credit, key)


def create_sign_ins(user_pool_id: str) -> list[dict[str, Any]]:
    """Create a sign-in for every user with a role, and for the staff; return them as stack.json lists them."""
    customers = [
        create_sign_in(user_pool_id, company.account_id, person)
        for company in COMPANIES
        for person in company.people
        if person.role
    ]
    return customers + [create_sign_in(user_pool_id, None, person) for person in STAFF]


def create_sign_in(user_pool_id: str, account_id: str | None, person: Person) -> dict[str, Any]:
    """Create a sign-in with a permanent password for a user of an account, or for a member of the staff (`account_id`
    is None); return it as stack.json lists it.
    """
    cognito = boto3.client("cognito-idp")
    attributes = {
        "email": person.email,
        "email_verified": "true",
        "name": person.name,
    }
    if account_id:
        attributes["custom:account_id"] = account_id
    cognito.admin_create_user(
        UserPoolId=user_pool_id,
        Username=person.email,
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        MessageAction="SUPPRESS",
    )
    cognito.admin_set_user_password(UserPoolId=user_pool_id, Username=person.email, Password=PASSWORD, Permanent=True)
    if person.role != MEMBER:
        cognito.admin_add_user_to_group(UserPoolId=user_pool_id, Username=person.email, GroupName=person.role)
    return {"email": person.email, "password": PASSWORD, "role": person.role, "account_id": account_id}
