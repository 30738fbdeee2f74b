"""Who uses a route of the desk, and whether they may."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from calling_credit.api.caller import Operator, Right, desk
from calling_credit.api.resolver import claims, source_ip
from calling_credit.config import config


def require_right(app: APIGatewayHttpResolver, right: Right) -> Operator:
    """Return the member of the staff or the client that sends the request, after checking the right.

    Raises:
        Forbidden: id_token_required, staff_required, finance_required, scope_required.
    """
    operator = desk(claims(app), config(), source_ip(app))
    operator.require(right, config())
    return operator
