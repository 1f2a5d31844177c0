"""Objects in S3 or a store that speaks its protocol, with writes that happen only if nobody else wrote before.

Address, region and keys come from the environment as with every client of S3: `AWS_ENDPOINT_URL`, `AWS_REGION`,
`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, or a role of the machine.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

import obstore
from obstore import exceptions
from obstore.store import S3Store

from schemas.errors import PulsoError

if TYPE_CHECKING:
    from obstore import PutMode
    from obstore.store import ClientConfig

CONNECT_TIMEOUT, REQUEST_TIMEOUT = "3s", "60s"
"""Time-outs of one attempt; a model has up to some 100 MB."""

MAX_RETRIES, RETRY_TIMEOUT = 1, timedelta(seconds=5)
"""Attempts after the first: who polls tries again soon anyway."""


class ObjectStorageError(PulsoError):
    """The object storage can't be reached, refuses a request, or has something incomplete."""


class StoredObject(NamedTuple):
    """Content of an object, and the tag that changes with it."""

    body: bytes
    etag: str


class ObjectStorage(Protocol):
    """Objects by their path below one prefix."""

    def get(self, path: str) -> StoredObject | None:
        """Return an object; None where there is none.

        Raises:
            ObjectStorageError: the storage does not answer or refuses.
        """

    def put(self, path: str, body: bytes) -> None:
        """Write an object.

        Raises:
            ObjectStorageError: as of `get`.
        """

    def replace(self, path: str, body: bytes, before: StoredObject | None) -> bool:
        """Write an object unless it has changed since it was read; return False if it has.

        Args:
            before: as it was read; None where there was none.

        Raises:
            ObjectStorageError: as of `get`.
        """

    def names(self, prefix: str) -> list[str]:
        """Return the paths of all objects below a prefix, sorted.

        Raises:
            ObjectStorageError: as of `get`.
        """


class S3Storage:
    """Objects below `s3://BUCKET/PREFIX`."""

    def __init__(self, url: str) -> None:
        """Prepare the client; nothing is sent yet.

        Raises:
            ObjectStorageError: the address is not valid.
        """
        self._url = url
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
        options: ClientConfig = {
            "connect_timeout": CONNECT_TIMEOUT,
            "timeout": REQUEST_TIMEOUT,
            "allow_http": endpoint.startswith("http://"),
        }
        try:
            self._store = S3Store.from_url(
                url,
                config={"endpoint": endpoint} if endpoint else {},
                client_options=options,
                retry_config={"max_retries": MAX_RETRIES, "retry_timeout": RETRY_TIMEOUT},
            )
        except (exceptions.BaseError, ValueError) as error:
            raise ObjectStorageError(f"{url} is not a valid address of a model store: {_first_line(error)}") from error

    def get(self, path: str) -> StoredObject | None:
        """Return an object; see `ObjectStorage.get`."""
        try:
            found = obstore.get(self._store, path)
            return StoredObject(bytes(found.bytes()), found.meta["e_tag"] or "")
        except (exceptions.NotFoundError, FileNotFoundError):
            return None
        except (exceptions.BaseError, OSError) as error:
            raise self._failed(path, error) from error

    def put(self, path: str, body: bytes) -> None:
        """Write an object; see `ObjectStorage.put`."""
        try:
            obstore.put(self._store, path, body)
        except (exceptions.BaseError, OSError) as error:
            raise self._failed(path, error) from error

    def replace(self, path: str, body: bytes, before: StoredObject | None) -> bool:
        """Write an object unless it has changed; see `ObjectStorage.replace`."""
        mode: PutMode = "create" if before is None else {"e_tag": before.etag}
        try:
            # One request, since only that has conditions.
            obstore.put(self._store, path, body, mode=mode, use_multipart=False)
        except (exceptions.AlreadyExistsError, exceptions.PreconditionError):
            return False
        except (exceptions.BaseError, OSError) as error:
            raise self._failed(path, error) from error
        return True

    def names(self, prefix: str) -> list[str]:
        """Return the paths below a prefix; see `ObjectStorage.names`."""
        try:
            return sorted(one["path"] for part in obstore.list(self._store, prefix=prefix) for one in part)
        except (exceptions.BaseError, OSError) as error:
            raise self._failed(prefix, error) from error

    def _failed(self, path: str, error: Exception) -> ObjectStorageError:
        return ObjectStorageError(f"{self._url}/{path}: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    """Return the first line of a message; the others are for who debugs the library."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]
