"""Stores exports in the deck bucket below `exports/`, and makes links to them. The bucket deletes them after a day."""

from typing import TYPE_CHECKING, Final, cast

from botocore.config import Config as ClientConfig

from calling_credit.aws import aws_session

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

EXPORTS: Final = "exports/"
LINK_SECONDS: Final = 3600


def export_client() -> "S3Client":
    """Return a client whose links are signed with version 4, the only one that every region accepts."""
    settings = ClientConfig(
        connect_timeout=1,
        read_timeout=15,
        retries={"mode": "standard", "total_max_attempts": 2},
        signature_version="s3v4",
    )
    return cast("S3Client", aws_session().create_client("s3", config=settings))


def export_key(account_id: str, export_id: str) -> str:
    """The key of an export."""
    return f"{EXPORTS}{account_id}/{export_id}.zip"


def put_export(client: "S3Client", bucket: str, key: str, content: bytes) -> None:
    """Store an export."""
    client.put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/zip")


def link_to(client: "S3Client", bucket: str, key: str, file_name: str) -> str:
    """Return a link that downloads an export without a sign-in, for an hour or until the function's credentials end."""
    disposition = f'attachment; filename="{file_name}"'
    return client.generate_presigned_url(
        "get_object",
        Params={"Bucket": bucket, "Key": key, "ResponseContentDisposition": disposition},
        ExpiresIn=LINK_SECONDS,
    )
