"""One page of a list: its size, its position, and the cursor of the next page."""

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from calling_credit.api.cursors import read_cursor_of_any, write_cursor
from calling_credit.api.resolver import DEFAULT_LIMIT, MAX_LIMIT, page_limit, query
from calling_credit.config import config
from calling_credit.stored_secrets import current_secret, secret_versions


class Listing:
    """The requested page of the list that `scope` (account, route, filters) names. Cursors are valid for that list
    only. `secret` signs them; by default the stack's secret.

    Raises:
        InvalidValue: invalid_limit, invalid_cursor.
    """

    def __init__(
        self,
        app: APIGatewayHttpResolver,
        *scope: str | None,
        default: int = DEFAULT_LIMIT,
        maximum: int = MAX_LIMIT,
        secret: str | None = None,
    ) -> None:
        self._scope = [part or "" for part in scope]
        arn = config().cursor_secret_arn
        self._secret = current_secret(arn) if secret is None else secret
        secrets = secret_versions(arn) if secret is None else [secret]
        self.limit = page_limit(app, default, maximum)
        self.position = read_cursor_of_any(secrets, self._scope, query(app, "cursor"))

    def next_cursor(self, position: Any) -> str | None:
        """Return the cursor of a position; None at the end."""
        return None if position is None else write_cursor(self._secret, self._scope, position)
