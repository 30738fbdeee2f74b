"""FreeRADIUS as the connector sets it up, once for each choice of settings, and the service that it asks."""

from collections.abc import Callable, Iterator

import pytest

from tests.connectors.freeradius.radius import Radius, require_freeradius
from tests.connectors.freeradius.service import Service, serve

Started = Callable[..., Radius]


@pytest.fixture(scope="session")
def one_service() -> Iterator[Service]:
    """The service of all tests."""
    with serve() as running:
        yield running


@pytest.fixture
def service(one_service: Service) -> Iterator[Service]:
    """A service that allows and takes everything until a test says otherwise."""
    one_service.reset()
    yield one_service
    one_service.silent = False


@pytest.fixture(scope="session")
def with_settings(one_service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """Start a server with other settings than those delivered, or find it running."""
    require_freeradius()
    servers = dict[tuple[tuple[str, str], ...], Radius]()

    def started(**settings: str) -> Radius:
        choice = tuple(sorted(settings.items()))
        if choice not in servers:
            servers[choice] = Radius(tmp_path_factory.mktemp("radius"), one_service.url, settings).start()
        servers[choice].forget_refusals()
        return servers[choice]

    yield started
    for server in servers.values():
        server.stop()


@pytest.fixture
def radius(with_settings: Started, service: Service) -> Radius:
    """A server with the settings as delivered."""
    return with_settings()
