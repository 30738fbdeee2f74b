"""One folder of the deck bucket, seen as a bucket of its own: each price list is stored there like the deck."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class BucketFolder:
    """An S3 client that puts a folder before every key. It has the operations that decks need."""

    def __init__(self, client: "S3Client", folder: str) -> None:
        self._client = client
        self._folder = folder
        self.exceptions = client.exceptions

    def get_object(self, **request: Any) -> Any:
        """Read an object of the folder."""
        return self._client.get_object(**self._below(request))

    def head_object(self, **request: Any) -> Any:
        """Read the metadata of an object of the folder."""
        return self._client.head_object(**self._below(request))

    def put_object(self, **request: Any) -> Any:
        """Write an object of the folder."""
        return self._client.put_object(**self._below(request))

    def get_paginator(self, operation: str) -> "_Pages":
        """Return the paginator of `list_objects_v2`, whose keys are those of the folder."""
        return _Pages(self._client.get_paginator(cast("Any", operation)), self._folder)

    def _below(self, request: dict[str, Any]) -> dict[str, Any]:
        return {**request, "Key": self._folder + request["Key"]}


class _Pages:
    """The pages of a folder's objects."""

    def __init__(self, paginator: Any, folder: str) -> None:
        self._paginator = paginator
        self._folder = folder

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        """Yield the pages, with keys below the folder."""
        for page in self._paginator.paginate(**{**request, "Prefix": self._folder + request["Prefix"]}):
            contents = [{**one, "Key": one["Key"].removeprefix(self._folder)} for one in page.get("Contents", ())]
            yield {**page, "Contents": contents}


def folder_of(client: "S3Client", folder: str) -> "S3Client":
    """Return a client for one folder of a bucket (`lists/gold/`)."""
    return cast("S3Client", BucketFolder(client, folder))
