"""Who may sign up, sign in, and write which attributes, asserted on the template."""

from tests.functions.template_resources import TEMPLATE, of_type, only


def test_only_operators_create_users() -> None:
    assert only("AWS::Cognito::UserPool")["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True


def test_account_id_is_a_custom_attribute_of_the_user() -> None:
    attributes = {attribute["Name"]: attribute for attribute in only("AWS::Cognito::UserPool")["Schema"]}
    assert attributes["account_id"]["AttributeDataType"] == "String"
    assert TEMPLATE["Parameters"]["AccountClaim"]["Default"] == "custom:account_id"


def test_no_client_may_write_the_account_id() -> None:
    clients = of_type("AWS::Cognito::UserPoolClient")
    assert len(clients) == 2
    for name, client in clients.items():
        written = client["Properties"].get("WriteAttributes")
        assert written, f"{name} could write every attribute by default"
        assert not [attribute for attribute in written if attribute.startswith("custom:")], name


def test_people_sign_in_with_a_code_and_services_with_their_secret() -> None:
    clients = of_type("AWS::Cognito::UserPoolClient")
    [user] = [c["Properties"] for c in clients.values() if not c["Properties"]["GenerateSecret"]]
    [service] = [c["Properties"] for c in clients.values() if c["Properties"]["GenerateSecret"]]
    assert user["AllowedOAuthFlows"] == ["code"]
    assert service["AllowedOAuthFlows"] == ["client_credentials"]
    assert not set(user["AllowedOAuthScopes"]) & set(service["AllowedOAuthScopes"])


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
    assert scopes == {"calls/authorize", "accounts/operate"}
    assert TEMPLATE["Parameters"]["OperateScope"]["Default"] == "accounts/operate"
    assert TEMPLATE["Parameters"]["AuthorizeScope"]["Default"] == "calls/authorize"
