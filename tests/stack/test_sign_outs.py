"""An operator ends a person's sign-ins on the deployed application: tokens are refused, and refreshed no more."""

import base64
import json
import time
import uuid
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.seed import ADMIN, FINANCE, Person, create_sign_in
from local.stack import Stack


def tokens_of(deployed: Stack, email: str, client: str) -> dict[str, str]:
    """Sign a person in; return all tokens."""
    password = next(user["password"] for user in deployed.users if user["email"] == email)
    answer: Any = boto3.client("cognito-idp").initiate_auth(
        ClientId=deployed.outputs[client],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    tokens: dict[str, str] = answer["AuthenticationResult"]
    return tokens


def subject_of(token: str) -> str:
    """Return the subject of a token."""
    payload = token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"])


def refresh(deployed: Stack, client: str, token: str) -> Any:
    """Renew the tokens."""
    return boto3.client("cognito-idp").get_tokens_from_refresh_token(
        ClientId=deployed.outputs[client], RefreshToken=token
    )


def test_signed_out_admin_spends_nothing_until_the_next_sign_in(deployed: Stack, tokens: dict[str, str]) -> None:
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    deployed.api.send("PUT", f"/accounts/{account_id}", tokens["operator"], {"time_zone": "UTC"})
    person = Person("user_1", "Noor Aziz", f"{account_id}@customer.example", ADMIN)
    deployed.users.append(create_sign_in(deployed.outputs["UserPoolId"], account_id, person))
    own = tokens_of(deployed, person.email, "UserPoolClientId")
    limits = {"daily_spend": "90.00"}
    assert deployed.api.request("PUT", "/limits", own["IdToken"], json=limits).status_code == 200

    path = f"/operator/accounts/{account_id}/users/{subject_of(own['IdToken'])}/sign-out"
    answer = deployed.api.request("POST", path, tokens["support"])
    assert (answer.status_code, answer.json()["refresh_tokens_revoked"]) == (200, True), answer.text
    refused = deployed.api.request("PUT", "/limits", own["IdToken"], json=limits)
    assert (refused.status_code, refused.json()["code"]) == (403, "signed_out")
    assert deployed.api.request("GET", "/balance", own["IdToken"]).status_code == 200, "until the token expires"
    with pytest.raises(ClientError):
        refresh(deployed, "UserPoolClientId", own["RefreshToken"])

    time.sleep(1.1)  # A sign-in in the same second has ended too.
    again = tokens_of(deployed, person.email, "UserPoolClientId")
    assert deployed.api.request("PUT", "/limits", again["IdToken"], json=limits).status_code == 200


def test_signed_out_staff_use_no_operator_route(deployed: Stack, tokens: dict[str, str]) -> None:
    person = Person("", "Ivo Horn", f"{uuid.uuid4().hex[:12]}@phone-service.example", FINANCE)
    deployed.users.append(create_sign_in(deployed.outputs["UserPoolId"], None, person))
    own = tokens_of(deployed, person.email, "StaffClientId")["IdToken"]
    body, path = {"low_balance": "5.00"}, "/operator/accounts/acct_halcyon"
    assert deployed.api.request("PUT", path, own, json=body).status_code == 200
    assert deployed.api.request("POST", f"/operator/staff/{subject_of(own)}/sign-out", tokens["finance"]).is_success
    refused = deployed.api.request("PUT", path, own, json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "signed_out")
    assert deployed.api.request("PUT", path, tokens["finance"], json=body | {"low_balance": None}).status_code == 200


def test_tokens_of_people_live_15_minutes(deployed: Stack) -> None:
    token = tokens_of(deployed, deployed.users[0]["email"], "UserPoolClientId")["IdToken"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    assert claims["exp"] - claims["iat"] == 900
