"""An address without a route, with any text in its path, is not found and is no server error."""

import pytest

from tests.harness.world import World

pytestmark = pytest.mark.dynamodb


@pytest.mark.parametrize(
    ("function", "method", "before"),
    [
        ("add_funds", "GET", "/top-ups/"),
        ("add_funds", "DELETE", "/payment-methods/"),
        ("follow_links", "GET", "/links/"),
        ("follow_links", "POST", "/links/"),
        ("list_usage", "GET", "/usage/"),
        ("change_settings", "PUT", "/lines/"),
        ("manage_accounts", "PUT", "/accounts/"),
    ],
)
@pytest.mark.parametrize("ending", ['"', "a#b", "a/b"])
def test_a_path_that_no_route_takes_is_not_found(
    world: World, function: str, method: str, before: str, ending: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = world.ask(function, method, before + ending, {})
    assert (answer.status, answer.code) == (404, "unknown_address")
    assert answer.headers["cache-control"] == "no-store"
    assert "unforeseen_error" not in caplog.messages
