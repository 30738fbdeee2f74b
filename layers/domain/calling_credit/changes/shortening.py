"""Shortens the addresses in old recorded changes, which never change otherwise: from where someone made a change."""

import ipaddress
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb import change_keys, keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.errors import AWS_ERRORS, is_condition_failed
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.unreadable import OnUnreadable, raise_unreadable, readable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_IPV4_BITS: Final = 24
_IPV6_BITS: Final = 48


def shortened_address(text: str) -> str:
    """The network of an IP address: its first 24 bits (IPv4) or 48 bits (IPv6). Other text stays."""
    try:
        bits = _IPV4_BITS if ipaddress.ip_address(text).version == 4 else _IPV6_BITS
        return str(ipaddress.ip_network(f"{text}/{bits}", strict=False))
    except ValueError:
        return text


def shorten_addresses(
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    since: str,
    until: str,
    on_unreadable: OnUnreadable = raise_unreadable,
) -> int:
    """Shorten the addresses in an account's changes that were made from `since` up to, not including, `until`.

    Return how many were shortened. A repetition changes nothing.

    Raises:
        ClientError, BotoCoreError: the table did not answer; the same call is safe again.
    """
    activity = change_keys.activity_sk(since, ""), change_keys.activity_sk(until, "")
    count = 0
    for name, (first, last) in (("from", activity), ("changed_from", change_keys.all_changes_range())):
        query = {
            "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
            "ProjectionExpression": "PK, SK, #address",
            "ExpressionAttributeNames": {"#address": name},
            "ExpressionAttributeValues": to_attributes(
                {":pk": keys.account_pk(account_id), ":low": first, ":high": last}
            ),
        }
        shorten = partial(_shorten, client, table_name, name, since=since, until=until)
        count += sum(readable(query_pages(client, table_name, query), shorten, on_unreadable))
    return count


def _shorten(
    client: "DynamoDBClient", table_name: str, name: str, attributes: Mapping[str, Any], since: str, until: str
) -> bool:
    item = from_attributes(attributes)
    address = item.get(name)
    changed_at = item["SK"].split("#")[1 if name == "from" else 2]
    if not isinstance(address, str) or not since <= changed_at < until or shortened_address(address) == address:
        return False
    try:
        client.update_item(
            TableName=table_name,
            Key={"PK": attributes["PK"], "SK": attributes["SK"]},
            UpdateExpression="SET #address = :network",
            ConditionExpression="#address = :was",
            ExpressionAttributeNames={"#address": name},
            ExpressionAttributeValues=to_attributes({":network": shortened_address(address), ":was": address}),
        )
    except AWS_ERRORS as error:
        if not is_condition_failed(error):
            raise
        return False
    return True
