"""Uploaded deck files, the reports on them, and the records of checks and approvals."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.errors import InvalidValue, NotFound, ProblemCode
from calling_credit.rates.deck_store import INCOMING, REPORTS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_BYTES: Final = 64 * 1024 * 1024
CHECKS: Final = f"{REPORTS}checks/"
"""With which deck a file was compared last, by the hash of the file."""
APPROVALS: Final = f"{REPORTS}approvals/"
"""Who allowed the findings of a version."""


@dataclass(frozen=True, slots=True)
class UploadedDeck:
    """The content of an uploaded file, and when it was uploaded, in whole seconds."""

    data: bytes
    uploaded_at: datetime


class UploadedDecks:
    """Reads uploaded files; reads and writes reports."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read_upload(self, key: str) -> UploadedDeck:
        """Return an uploaded file.

        Raises:
            InvalidValue: `file_too_large`.
            NotFound: `file_gone`.
        """
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
        except self._client.exceptions.NoSuchKey as error:
            raise NotFound(
                ProblemCode.FILE_GONE, "The file was removed before it was read; upload it again."
            ) from error
        if answer["ContentLength"] > MAX_BYTES:
            raise InvalidValue(ProblemCode.FILE_TOO_LARGE, f"A deck can have at most {MAX_BYTES:,} bytes.")
        return UploadedDeck(answer["Body"].read(), answer["LastModified"])

    def read_report(self, key: str) -> dict[str, Any] | None:
        """Return the report on the file that was uploaded under a key; None if there is none yet."""
        return self._read_json(report_key(key))

    def write_report(self, key: str, report: dict[str, Any]) -> None:
        """Write the report on an uploaded file."""
        body = json.dumps(report, ensure_ascii=False, indent=1).encode()
        self._client.put_object(Bucket=self._bucket, Key=report_key(key), Body=body, ContentType="application/json")

    def record_check(self, data: bytes, base: str, digest: str) -> None:
        """Record with which deck a file was compared, and the digest of the findings: an allowance counts only for
        these.
        """
        self._write_json(_check_key(data), {"base": base, "digest": digest})

    def recorded_check(self, data: bytes) -> tuple[str, str] | None:
        """Return the base and the digest of a file's last check; None if it was never checked."""
        record = self._read_json(_check_key(data))
        return None if record is None else (str(record["base"]), str(record.get("digest", "")))

    def record_approval(self, version: str, approval: dict[str, Any]) -> None:
        """Record who allowed the findings of a version, before it goes live."""
        self._write_json(f"{APPROVALS}{version}.json", approval)

    def _read_json(self, key: str) -> dict[str, Any] | None:
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None
        content: dict[str, Any] = json.loads(body)
        return content

    def _write_json(self, key: str, content: dict[str, Any]) -> None:
        body = json.dumps(content, ensure_ascii=False, indent=1).encode()
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/json")


def report_key(key: str) -> str:
    """Return the key of the report on an uploaded file."""
    return f"{REPORTS}{key.removeprefix(INCOMING)}.json"


def _check_key(data: bytes) -> str:
    return f"{CHECKS}{hashlib.sha256(data).hexdigest()}.json"
