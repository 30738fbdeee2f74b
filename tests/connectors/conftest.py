"""What the tests of the connectors share."""

from collections.abc import Iterator

import pytest

from tests.connectors.fake_service import FakeService, fake_service


@pytest.fixture
def service() -> Iterator[FakeService]:
    """A running stand-in for the service."""
    with fake_service() as running:
        yield running
