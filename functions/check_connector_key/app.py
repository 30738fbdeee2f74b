"""Checks connector keys for API Gateway, before a request reaches a function: the Lambda authorizer of the routes under
`/connector` (payload 2.0, simple response).

API Gateway reuses an answer for 60 seconds, for every request with the same Authorization header. So the answer depends
only on that header, and a revoked key works for at most a minute more. If the table does not answer, the function
fails: API Gateway then answers 500, never 200, and reuses nothing.
"""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.config import config
from calling_credit.connectors.key import ConnectorKey, KeyState, judge, read_credentials
from calling_credit.connectors.store import ConnectorKeyStore
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.metrics import emit
from calling_credit.snapshots import prepare_snapshot

REFUSED = {"isAuthorized": False}

logger = Logger()
metrics = Metrics()
dynamodb = dynamodb_client()
store = ConnectorKeyStore(dynamodb, config().table_name)
prepare_snapshot()


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer whether the request may pass, and what its key grants. Neither the header nor the key is ever logged.

    Raises:
        ClientError, BotoCoreError: the table did not answer.
    """
    credentials = read_credentials(_header(event))
    key = store.find(credentials.key_hash) if credentials else None
    state, address = judge(credentials, key), _address(event)
    if key is None or state is not KeyState.ACCEPTED:
        _report(state, key, address)
        return REFUSED
    _record_use(key, address)
    return {"isAuthorized": True, "context": _context_of(key)}


def _header(event: Mapping[str, Any]) -> str:
    """The header by which API Gateway finds an answer again: the authorizer's only identity source."""
    match event.get("identitySource"):
        case [str(header)]:
            return header
        case _:
            return ""


def _address(event: Mapping[str, Any]) -> str:
    return str(event.get("requestContext", {}).get("http", {}).get("sourceIp", ""))


def _context_of(key: ConnectorKey) -> dict[str, str]:
    """What the function behind the route learns. API Gateway passes it in `requestContext.authorizer.lambda`."""
    settings = config()
    return {
        "connector": key.settings.name,
        "zone": key.settings.zone,
        "per_minute": str(key.settings.per_minute),
        "scopes": f"{settings.authorize_scope} {settings.report_scope}",
    }


def _report(state: KeyState, key: ConnectorKey | None, address: str) -> None:
    """Log and count a refusal. Only a real key has a name and an address in the log: it has been revoked, or came with
    another name, so it may be in other hands.
    """
    known = {} if key is None else {"connector": key.settings.name, "address": address}
    logger.info("refused", extra={"state": state, **known})
    emit(metrics, {"keys_refused": 1} | ({"revoked_keys_used": 1} if state is KeyState.REVOKED else {}))


def _record_use(key: ConnectorKey, address: str) -> None:
    """Store the use. A failure is logged and stops no call."""
    try:
        store.record_use(key, address, clock.now())
    except AWS_ERRORS as error:
        logger.warning("use_not_stored", connector=key.settings.name, code=code_of(error))
