"""Who uses a route of the desk, and whether they may."""

from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from calling_credit.api.caller import Operator, Right, desk
from calling_credit.api.resolver import claims, source_ip
from calling_credit.changes.sign_in_reader import read_signed_in
from calling_credit.config import config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def require_right(app: APIGatewayHttpResolver, right: Right, client: "DynamoDBClient") -> Operator:
    """Return the member of the staff or the client that sends the request, after checking the right and that the
    sign-in has not ended.

    Raises:
        Forbidden: id_token_required, staff_required, finance_required, scope_required, signed_out.
        Unavailable: the table throttles.
    """
    operator = require_right_in_token(app, right)
    if operator.sign_in is not None:
        read_signed_in(client, config().table_name, [], operator.sign_in)
    return operator


def require_right_in_token(app: APIGatewayHttpResolver, right: Right) -> Operator:
    """Return who sends the request, after checking the right. Whether the sign-in has ended must be read with the first
    items.

    Raises:
        Forbidden: id_token_required, staff_required, finance_required, scope_required.
    """
    operator = desk(claims(app), config(), source_ip(app))
    operator.require(right, config())
    return operator
