"""Creates, revokes, lists, and finds connector keys. A key itself is returned once and stored nowhere."""

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.changes.actor import Actor
from calling_credit.connectors.key import PREFIX, RANDOM_BYTES, ConnectorKey, KeySettings, from_item, hash_of
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.connector_keys import NAME_RANGE, NAMES_PK, item_key, key_of_hash, key_of_name
from calling_credit.dynamodb.errors import AWS_ERRORS, is_condition_failed
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.transactions import put, transact, update
from calling_credit.errors import Conflict, NotFound, ProblemCode
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

USE_STORED_EVERY: Final = timedelta(minutes=1)


class ConnectorKeyStore:
    """The connector keys of a stack. A name has at most one key that is not revoked."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def create(self, settings: KeySettings, actor: Actor, now: datetime) -> str:
        """Store a new key and return it. Nothing else returns it again.

        Raises:
            Conflict: `key_name_taken`, another key has the name and is not revoked. Unavailable: the table did not
                answer in time; the name may be taken by a key that is known to no one.
        """
        key = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
        key_hash = hash_of(key)
        pk, sk = key_of_hash(key_hash)
        about = {"key_hash": key_hash, "name": settings.name, "created_at": format_instant(now)}
        item: dict[str, Any] = {
            **about,
            "PK": pk,
            "SK": sk,
            "zone": settings.zone,
            "per_minute": settings.per_minute,
            "created_by": actor.by,
        }
        names_pk, name_sk = key_of_name(settings.name)
        take_name = put(self._table_name, to_attributes({**about, "PK": names_pk, "SK": name_sk}))
        take_name["Put"]["ConditionExpression"] += " OR attribute_exists(revoked_at)"
        failed = transact(self._client, [put(self._table_name, to_attributes(item)), take_name])
        if failed and 0 not in failed:  # The first condition fails only if a lost answer was that of this key.
            raise Conflict(
                ProblemCode.KEY_NAME_TAKEN,
                f"A key named {settings.name} exists. Choose another name, or revoke it first: "
                f"make connector-key REVOKE={settings.name}",
            )
        return key

    def revoke(self, name: str, actor: Actor, now: datetime) -> ConnectorKey:
        """Revoke the key with this name, and return it; a revoked one stays as it is.

        Raises:
            NotFound: `unknown_connector_key`. Unavailable: the table did not answer in time; do the same again.
        """
        key = self._of_name(name)
        if key.revoked_at is not None:
            return key
        values = {":at": format_instant(now), ":by": actor.by}
        stored = update(
            self._table_name,
            item_key(key_of_hash(key.key_hash)),
            "SET revoked_at = :at, revoked_by = :by",
            "attribute_exists(PK) AND attribute_not_exists(revoked_at)",
            to_attributes(values),
        )
        named = update(
            self._table_name,
            item_key(key_of_name(name)),
            "SET revoked_at = :at",
            "key_hash = :hash AND attribute_not_exists(revoked_at)",
            to_attributes({":at": values[":at"], ":hash": key.key_hash}),
        )
        transact(self._client, [stored, named])
        after = self.find(key.key_hash)  # A condition fails only if another command revoked the key meanwhile.
        assert after is not None, "keys are never deleted"
        return after

    def list_keys(self) -> list[ConnectorKey]:
        """Return the last key of each name, in the order of the names, revoked ones too."""
        names = Partition(self._client, self._table_name, NAMES_PK).query(*NAME_RANGE, consistent=True)
        wanted = [key_of_hash(item["key_hash"]) for item in names]
        found = read_many(self._client, self._table_name, wanted)
        return [from_item(from_attributes(found[key])) for key in wanted if key in found]

    def find(self, key_hash: str) -> ConnectorKey | None:
        """Return the key with this hash, as it is stored now, or None."""
        pk, sk = key_of_hash(key_hash)
        item = Partition(self._client, self._table_name, pk).get(sk)
        return None if item is None else from_item(item)

    def record_use(self, key: ConnectorKey, address: str, now: datetime) -> None:
        """Store the time and the IP address of a use, at most once a minute.

        Raises:
            ClientError, BotoCoreError: the table refused, or did not answer.
        """
        before = format_instant(now - USE_STORED_EVERY)
        if key.last_used_at is not None and key.last_used_at > before:
            return
        values = {":now": format_instant(now), ":address": address, ":before": before}
        try:
            self._client.update_item(
                TableName=self._table_name,
                Key=item_key(key_of_hash(key.key_hash)),
                UpdateExpression="SET last_used_at = :now, last_address = :address",
                ConditionExpression="attribute_exists(PK) AND "
                "(attribute_not_exists(last_used_at) OR last_used_at <= :before)",
                ExpressionAttributeValues=to_attributes(values),
            )
        except AWS_ERRORS as error:
            if not is_condition_failed(error):  # Another worker has just stored a use.
                raise

    def _of_name(self, name: str) -> ConnectorKey:
        pk, sk = key_of_name(name)
        item = Partition(self._client, self._table_name, pk).get(sk)
        key = self.find(item["key_hash"]) if item else None
        if key is None:
            detail = f"No connector key is named {name}. make connector-key lists all keys."
            raise NotFound(ProblemCode.UNKNOWN_CONNECTOR_KEY, detail)
        return key
