"""Hands requests about items straight to moto's DynamoDB. Does not depend on this application.

Most of the time of a request to moto passes before and after its execution: the request is signed, made a request of a
web server, matched with services, and parsed by its model, and its answer is written by its model. Here moto's own
methods get the parsed body, and their result is written as JSON. botocore still validates and serializes each request,
emits every event, and parses each answer. Errors, binary values, and operations on tables take moto's way.
"""

import json
import re
from typing import Any

import pytest
from botocore import useragent
from botocore.signers import RequestSigner
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.responses import DynamoHandler

ADDRESS = re.compile(r"https?://dynamodb\.([a-z0-9-]+)\.amazonaws\.com/$")
OF_ITEMS = {
    *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"),
    *("BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems"),
}
BINARY = re.compile(rb'"(B|BS)":')
CONTENT_TYPE = "application/x-amz-json-1.0"
STUBBER: Any = BotocoreStubber
HANDLER: Any = DynamoHandler
SIGNER: Any = RequestSigner
PROCESSES = STUBBER.process_request
SERIALIZES = HANDLER.serialized
SIGNS = SIGNER.sign


def process_request(stubber: Any, request: Any) -> Any:
    """`BotocoreStubber.process_request`."""
    address = ADDRESS.match(request.url)
    target = request.headers.get("X-Amz-Target", b"")
    target = target.decode() if isinstance(target, bytes) else target
    body = request.body
    if not address or target.rpartition(".")[2] not in OF_ITEMS or not isinstance(body, bytes) or BINARY.search(body):
        return PROCESSES(stubber, request)
    handler: Any = DynamoHandler()
    handler.headers = {"X-Amz-Target": target, "Content-Type": CONTENT_TYPE}
    handler.response_headers = {"server": "amazon.com"}
    handler.querystring, handler.uri_match = {}, {}
    handler.region, handler.current_account = address[1], DEFAULT_ACCOUNT_ID
    handler.params = json.loads(body)
    return handler.call_action()


def serialized(handler: Any, result: Any) -> Any:
    """`BaseResponse.serialized`."""
    content = result.result
    if isinstance(content, dict) and handler._get_action() in OF_ITEMS:
        try:
            return 200, {**handler.response_headers, "Content-Type": CONTENT_TYPE}, json.dumps(content)
        except TypeError:  # It has a binary value.
            pass
    return SERIALIZES(handler, result)


def sign(signer: Any, operation_name: str, request: Any, *rest: Any, **more: Any) -> None:
    """`RequestSigner.sign`. moto reads the region from the address, and has one account."""
    if not ADDRESS.match(request.url):
        SIGNS(signer, operation_name, request, *rest, **more)


def make_requests_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patch moto and botocore until the end of `monkeypatch`."""
    monkeypatch.setattr(STUBBER, "process_request", process_request)
    monkeypatch.setattr(HANDLER, "serialized", serialized)
    monkeypatch.setattr(HANDLER, "_enrich_response", staticmethod(lambda headers, body: (headers, body)))
    monkeypatch.setattr(SIGNER, "sign", sign)
    monkeypatch.setattr(useragent.UserAgentString, "to_string", lambda _: "Boto3")
