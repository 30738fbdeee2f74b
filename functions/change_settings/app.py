"""Changes a customer makes to their own account: international calling of a line. Only a billing admin may."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import accounts, clock
from calling_credit.api.caller import customer, require_admin
from calling_credit.api.resolver import answer, claims, http_resolver, json_body
from calling_credit.config import config
from calling_credit.store.client import dynamodb_client
from calling_credit.store.keep_accounts import AccountKeeper

logger = Logger()
app = http_resolver(logger)
keeper = AccountKeeper(dynamodb_client(), config().table_name)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


@app.put("/lines/<line_id>")
def switch_line(line_id: str) -> Response[str]:
    """Turn international calling of a line on or off."""
    caller = customer(claims(app), config())
    require_admin(caller)
    enabled = accounts.read_switch(json_body(app))
    accounts.check_id(line_id, "line_id")
    changed_by = f"user:{caller.subject}"
    line = keeper.switch_line(caller.account_id, line_id, enabled, changed_by, clock.now())
    return answer(accounts.line_view(line, keeper.user_name(caller.account_id, line.user_id)))
