"""Who may sign up, sign in, and write which attributes, asserted on the template."""

from typing import Any

from tests.functions.template_resources import RESOURCES, TEMPLATE, of_type, only


def test_only_operators_create_users() -> None:
    assert only("AWS::Cognito::UserPool")["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True


def test_account_id_is_a_custom_attribute_of_the_user() -> None:
    attributes = {attribute["Name"]: attribute for attribute in only("AWS::Cognito::UserPool")["Schema"]}
    assert attributes["account_id"]["AttributeDataType"] == "String"
    assert TEMPLATE["Parameters"]["AccountClaim"]["Default"] == "custom:account_id"


def test_no_client_may_write_the_account_id() -> None:
    clients = of_type("AWS::Cognito::UserPoolClient")
    assert set(clients) == {"UserClient", "StaffClient", "ServiceClient", "OperatorClient"}
    for name, client in clients.items():
        written = client["Properties"].get("WriteAttributes")
        assert written, f"{name} could write every attribute by default"
        assert not [attribute for attribute in written if attribute.startswith("custom:")], name


def client(name: str) -> Any:
    """Return the properties of a client of the user pool."""
    return RESOURCES[name]["Properties"]


def test_people_sign_in_with_a_code_and_services_with_their_secret() -> None:
    for name in ("UserClient", "StaffClient"):
        assert (client(name)["AllowedOAuthFlows"], client(name)["GenerateSecret"]) == (["code"], False)
        assert client(name)["AllowedOAuthScopes"] == ["openid", "email", "profile"]
    for name in ("ServiceClient", "OperatorClient"):
        assert (client(name)["AllowedOAuthFlows"], client(name)["GenerateSecret"]) == (["client_credentials"], True)


def test_switch_and_back_office_share_no_scope() -> None:
    """The switch keeps the client of version 1.0.0, so its password must move no credit."""
    assert client("ServiceClient")["AllowedOAuthScopes"] == ["calls/authorize", "calls/report"]
    assert client("OperatorClient")["AllowedOAuthScopes"] == ["accounts/operate", "accounts/read", "credit/adjust"]


def test_desk_sees_the_account_of_a_user_to_refuse_customers() -> None:
    assert "custom:account_id" in client("StaffClient")["ReadAttributes"]


def test_staff_groups_exist_and_are_none_of_the_customers() -> None:
    groups = {group["Properties"]["GroupName"]["Ref"] for group in of_type("AWS::Cognito::UserPoolGroup").values()}
    assert groups == {"AdminGroup", "SupportGroup", "FinanceGroup"}
    names = [TEMPLATE["Parameters"][group]["Default"] for group in sorted(groups)]
    assert names == ["billing_admin", "finance", "support"]


def test_only_the_local_stack_accepts_a_plain_password() -> None:
    for client in of_type("AWS::Cognito::UserPoolClient").values():
        flows = client["Properties"]["ExplicitAuthFlows"]
        assert not {"ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"} & {
            flow for flow in flows if isinstance(flow, str)
        }
        for flow in flows:
            if isinstance(flow, dict):
                assert flow == {"Fn::If": ["IsLocal", "ALLOW_USER_PASSWORD_AUTH", {"Ref": "AWS::NoValue"}]}


def test_stack_is_not_local_by_default() -> None:
    assert TEMPLATE["Parameters"]["Local"]["Default"] == "false"
    assert TEMPLATE["Conditions"]["IsLocal"] == {"Fn::Equals": [{"Ref": "Local"}, "true"]}


def test_scopes_are_those_of_the_contract() -> None:
    servers = [server["Properties"] for server in of_type("AWS::Cognito::UserPoolResourceServer").values()]
    scopes = {f"{server['Identifier']}/{scope['ScopeName']}" for server in servers for scope in server["Scopes"]}
    names = ("AuthorizeScope", "ReportScope", "OperateScope", "ReadScope", "AdjustScope")
    assert scopes == {TEMPLATE["Parameters"][name]["Default"] for name in names}
    assert scopes == {"calls/authorize", "calls/report", "accounts/operate", "accounts/read", "credit/adjust"}


def test_tokens_of_people_live_15_minutes_rotate_and_can_be_revoked() -> None:
    for name in ("UserClient", "StaffClient"):
        lifetimes = [client(name)[f"{kind}TokenValidity"] for kind in ("Id", "Access", "Refresh")]
        assert lifetimes == [15, 15, {"Ref": "RefreshTokenDays"}]
        assert client(name)["TokenValidityUnits"] == {
            "IdToken": "minutes",
            "AccessToken": "minutes",
            "RefreshToken": "days",
        }
        assert client(name)["RefreshTokenRotation"]["Feature"] == "ENABLED"
        assert client(name)["EnableTokenRevocation"] is True
        assert "ALLOW_REFRESH_TOKEN_AUTH" not in client(name)["ExplicitAuthFlows"], "it excludes rotation"


def test_a_second_factor_is_optional_and_needs_no_text_message() -> None:
    pool = only("AWS::Cognito::UserPool")
    assert TEMPLATE["Parameters"]["Mfa"]["Default"] == "optional"
    assert pool["MfaConfiguration"] == {"Fn::If": ["RequiresMfa", "ON", {"Fn::If": ["HasMfa", "OPTIONAL", "OFF"]}]}
    assert pool["EnabledMfas"] == {"Fn::If": ["HasMfa", ["SOFTWARE_TOKEN_MFA"], {"Ref": "AWS::NoValue"}]}


def test_mails_of_the_user_pool_have_the_sender_of_the_others() -> None:
    condition, configuration, otherwise = only("AWS::Cognito::UserPool")["EmailConfiguration"]["Fn::If"]
    assert (condition, otherwise) == ("SendsMail", {"Ref": "AWS::NoValue"})
    assert (configuration["EmailSendingAccount"], configuration["From"]) == ("DEVELOPER", {"Ref": "MailFrom"})
