"""The one stack of the tests with real switches, the sites in front of it, and scenes that are played at the same time.

A call takes real time. So the scenes of all selected tests begin together, and each test then reads the result of its
own.
"""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

import pytest

from local.settings import Settings
from local.stack import Stack
from local.start import start
from ops.project import ROOT
from tests.conftest import FOLDER, free_port
from tests.switch.lines import Sites
from tests.switch.programs import require_programs

HOLD_GRACE_SECONDS: Final = 20
SCENE_SECONDS: Final = 300

Scene = Callable[[Sites], Any]


@pytest.fixture(scope="session")
def deployed() -> Iterator[Stack]:
    """The deployed application as `tests.conftest.deployed` starts it. A hold outlasts its call by seconds here, not by
    17 minutes.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # SIGTERM also stops the stack.
    folder = ROOT / ".local" / FOLDER
    credit = "900000.00"
    settings = Settings(
        folder, free_port(), free_port(), adjustment_daily_maximum=credit, hold_grace_seconds=HOLD_GRACE_SECONDS
    )
    stack = start(settings)
    try:
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="session")
def sites(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    """The sites with Kamailio; without its programs, nothing starts."""
    require_programs("kamailio", "sipp")
    all_sites = Sites(request.getfixturevalue("deployed"), tmp_path_factory.mktemp("sites"))
    try:
        yield all_sites
    finally:
        all_sites.stop()


@pytest.fixture(scope="session")
def scenes(request: pytest.FixtureRequest, sites: Sites) -> Iterator[dict[Scene, "Future[Any]"]]:
    """The scenes of all selected tests, begun together."""
    markers = [item.get_closest_marker("scene") for item in request.session.items]
    plays: list[Scene] = list(dict.fromkeys(marker.kwargs["play"] for marker in markers if marker is not None))
    with ThreadPoolExecutor(len(plays) or 1) as pool:
        yield {play: pool.submit(play, sites) for play in plays}


@pytest.fixture
def scene(request: pytest.FixtureRequest, scenes: dict[Scene, "Future[Any]"]) -> Any:
    """The result of the scene that the test names."""
    marker = request.node.get_closest_marker("scene")
    assert marker is not None
    return scenes[marker.kwargs["play"]].result(SCENE_SECONDS)
