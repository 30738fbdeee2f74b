"""Tries a deployed stack: a call is held, reported, and charged, a test card pays, and the ledger is proven.

It works on an account of its own, in test mode of Stripe only. People sign in on the hosted page, so the command plays
API Gateway for the payment: it invokes the function with the claims of a billing admin.
"""

import base64
import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from ops.audit import audit, stripe_key_of, stripe_of
from ops.project import local_description
from ops.release import ALIAS
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, console, run

ACCOUNT: Final = "acct_smoke_test"
NUMBER: Final = "+12025550143"
LONDON: Final = "+442071838750"
SECONDS: Final = 180.0
POLL_SECONDS: Final = 2.0


def main() -> int:
    """Run `python -m ops.smoke_test`, behind `make smoke-test`."""
    stack = find_stack()
    key = stripe_key_of(stack)
    if not key.startswith(("sk_test_", "rk_test_")):
        raise CommandError(f"{stack.name} charges real cards. Try a stack with Stripe's test key.")
    with Api(stack) as api:
        operator, switch = api.token("OperatorClientId"), api.token("SwitchClientId")
        open_account(api, operator)
        call_id = hold_and_report(api, switch)
        price = wait_until_charged(api, operator, call_id)
    console.print(f"A call was held, reported, and charged: ${price}.", markup=False)
    top_up = pay(stack)
    console.print(f"A test card paid ${top_up['amount']}.", markup=False)
    return audit(stack, ACCOUNT)


class Api:
    """The HTTP API of a stack, and the endpoint of its tokens."""

    def __init__(self, stack: FoundStack) -> None:
        self._stack = stack
        if stack.is_local:
            description = local_description()
            host = httpx.URL(description["api_url"]).netloc.decode()
            self._http = httpx.Client(base_url=description["aws_endpoint_url"], headers={"Host": host}, timeout=60)
            self._token_url = description["token_url"]
        else:
            self._http = httpx.Client(base_url=stack.outputs["ApiUrl"], timeout=60)
            self._token_url = stack.outputs["TokenUrl"]

    def __enter__(self) -> "Api":
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.close()

    def token(self, output: str) -> str:
        """Return a token of the client that an output names, with all its scopes."""
        request = {"UserPoolId": self._stack.outputs["UserPoolId"], "ClientId": self._stack.outputs[output]}
        client = self._stack.client("cognito-idp").describe_user_pool_client(**request)["UserPoolClient"]
        credentials = httpx.BasicAuth(client["ClientId"], client["ClientSecret"])
        answer = httpx.post(self._token_url, data={"grant_type": "client_credentials"}, auth=credentials, timeout=60)
        return str(_json(answer)["access_token"])

    def send(self, method: str, path: str, token: str, body: Any = None, **headers: str) -> Any:
        """Send a request; return the JSON of its answer.

        Raises:
            CommandError: any answer but success, or none.
        """
        try:
            answer = self._http.request(
                method, path, json=body, headers={"Authorization": f"Bearer {token}", **headers}
            )
        except httpx.TransportError as error:
            raise CommandError(f"{method} {path}: no answer ({type(error).__name__}).") from error
        return _json(answer)


def _json(answer: httpx.Response) -> Any:
    if not answer.is_success:
        request = answer.request
        raise CommandError(f"{request.method} {request.url.path}: {answer.status_code} {answer.text[:300]}")
    return answer.json()


def open_account(api: Api, token: str) -> None:
    """Create the account, or find it as it was left, and give it a little credit."""
    path = f"/accounts/{ACCOUNT}"
    api.send("PUT", path, token, {"time_zone": "UTC", "name": "Smoke test"})
    api.send("PUT", f"{path}/users/user_1", token, {"name": "Smoke test"})
    line = {"number": NUMBER, "user_id": "user_1", "international_calling": True}
    api.send("PUT", f"{path}/lines/line_1", token, line)
    credit = {"amount": "1.00", "reason": "Smoke test"}
    api.send("POST", f"{path}/adjustments", token, credit, **{"Idempotency-Key": uuid.uuid4().hex})


def hold_and_report(api: Api, token: str) -> str:
    """Let the switch ask for a call of a minute and report it; return the call's id."""
    call_id = f"smoke_{uuid.uuid4().hex}"
    call = {"account_id": ACCOUNT, "line_id": "line_1", "call_id": call_id, "to": LONDON}
    decision = api.send("POST", "/calls/authorize", token, call)
    if decision.get("decision") != "allow":
        raise CommandError(f"The call was not authorized: {decision}")
    ended = datetime.now(UTC)
    times = {"started_at": f"{ended - timedelta(seconds=60):%Y-%m-%dT%H:%M:%SZ}", "duration_seconds": 60}
    event = call | times | {"direction": "outbound", "disposition": "answered", "user_id": "user_1", "from": NUMBER}
    accepted = api.send("POST", "/calls/events", token, [event])
    if accepted.get("rejected"):
        raise CommandError(f"The call was not accepted: {accepted}")
    return call_id


def wait_until_charged(api: Api, token: str, call_id: str) -> str:
    """Return the price of the call, once it is charged.

    Raises:
        CommandError: it was not charged in time.
    """
    deadline = time.monotonic() + SECONDS
    path = f"/operator/accounts/{ACCOUNT}/statement"
    while time.monotonic() < deadline:
        for entry in api.send("GET", path, token)["items"]:
            if call_id in json.dumps(entry):
                return str(entry["amount"])
        time.sleep(POLL_SECONDS)
    raise CommandError(f"{call_id} was not charged within {SECONDS:.0f} s; see docs/runbook.md#call-queue-age.")


def pay(stack: FoundStack) -> Any:
    """Save Stripe's test card and pay with it; return the top-up."""
    invoke(stack, "POST /payment-methods", {})
    item = {"PK": {"S": f"ACCOUNT#{ACCOUNT}"}, "SK": {"S": "ACCOUNT"}}
    account = stack.client("dynamodb").get_item(TableName=stack.table_name, Key=item, ConsistentRead=True)["Item"]
    client, reason = stripe_of(stack)
    if client is None:
        raise CommandError(f"Stripe cannot be asked: {reason}")
    customer = {"customer": account["stripe_customer_id"]["S"]}
    card = client.v1.payment_methods.attach("pm_card_visa", customer)  # type: ignore[arg-type]
    top_up = invoke(stack, "POST /top-ups", {"amount": "5.00", "payment_method_id": card.id}, uuid.uuid4().hex)
    if top_up["status"] != "succeeded":
        raise CommandError(f"The payment has not succeeded: {top_up}")
    return top_up


def invoke(stack: FoundStack, route: str, body: Any, key: str = "") -> Any:
    """Invoke the live version of the function of payments as API Gateway does for a billing admin; return the JSON."""
    now = int(time.time())
    claims = {
        "sub": "5b2f7c1e-0d7e-4f0e-8f3a-2d6c1a9b0e4f",
        "custom:account_id": ACCOUNT,
        "cognito:groups": "[billing_admin]",
        "token_use": "id",
    }
    claims |= {"auth_time": str(now), "iat": str(now)}
    method, _, path = route.partition(" ")
    http = {"method": method, "path": path, "sourceIp": "192.0.2.1", "protocol": "HTTP/1.1", "userAgent": "smoke-test"}
    context = {"http": http, "authorizer": {"jwt": {"claims": claims}}, "stage": "$default", "requestId": "smoke-test"}
    event: dict[str, Any] = {"version": "2.0", "routeKey": route, "rawPath": path, "rawQueryString": ""}
    event |= {"requestContext": context}
    payload = base64.urlsafe_b64encode(json.dumps(claims | {"cognito:groups": ["billing_admin"]}).encode()).decode()
    headers = {"content-type": "application/json", "authorization": f"Bearer e30.{payload.rstrip('=')}.none"}
    event |= {"headers": headers | ({"idempotency-key": key} if key else {})}
    event |= {"body": json.dumps(body), "isBase64Encoded": False}
    resources = stack.client("cloudformation").describe_stack_resource(
        StackName=stack.name, LogicalResourceId="AddFundsFunction"
    )
    name = resources["StackResourceDetail"]["PhysicalResourceId"]
    answer = stack.client("lambda").invoke(FunctionName=name, Qualifier=ALIAS, Payload=json.dumps(event).encode())
    result = json.loads(answer["Payload"].read())
    if answer.get("FunctionError") or result["statusCode"] >= 300:
        raise CommandError(f"{route}: {str(result)[:300]}")
    return json.loads(result["body"])


if __name__ == "__main__":
    run(main)
