"""Converts a receipt or a credit note to its DynamoDB item and back."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from calling_credit.correlation import CORRELATION_ID, correlation_of
from calling_credit.dynamodb import keys, receipt_keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.receipts.document import Document, Series

_PLAIN: Final = (
    "topup_id",
    "at",
    "local_date",
    "net_micros",
    "tax_micros",
    "brand",
    "last4",
    "issued_at",
    "seller",
    "tax_percent",
    "billing",
    "receipt",
    "reversal_id",
    "cause",
    CORRELATION_ID,
)


def document_key(account_id: str, series: str, number: str) -> dict[str, Any]:
    """The item key of a document."""
    return {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": receipt_keys.document_sk(series, number)}}


def document_item(document: Document) -> dict[str, Any]:
    """The item of a document in attribute values."""
    values = asdict(document)
    return document_key(document.account_id, document.series, document.number) | to_attributes(
        {name: values[name] for name in _PLAIN} | {"gross_micros": document.gross_micros}
    )


@decoder
def document_from_item(attributes: dict[str, Any]) -> Document:
    """The document of an item in attribute values."""
    return document_from_plain(from_attributes(attributes))


@decoder
def document_from_plain(item: Mapping[str, Any]) -> Document:
    """The document of a plain item."""
    plain = {name: item[name] for name in _PLAIN if name in item} | {CORRELATION_ID: correlation_of(item)}
    series = Series(receipt_keys.series_of(item["SK"]))
    document = Document(keys.account_of(item["PK"]), series, receipt_keys.number_of(item["SK"]), **plain)
    if document.gross_micros != item["gross_micros"]:
        raise ValueError("net and tax of a document are its total")
    for text in (document.seller, document.billing):
        if text is not None and not isinstance(json.loads(text), dict):
            raise ValueError("seller and buyer are objects")
    return document
