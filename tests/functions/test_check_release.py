"""Before a gradual release takes calls, it and the release before it price a fixed set of calls, and must agree."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from calling_credit.charging.sample_calls import NUMBERS, ORIGINS, SECONDS, differences, price_samples
from calling_credit.config import config
from calling_credit.errors import ProblemCode, Unavailable
from tests.harness.table import Context, load_app, sample_event
from tests.harness.world import World

OWN, BEFORE = "b" * 64, "a" * 64
AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
EVENT = sample_event("check_release")


class CodeDeploy:
    """The service that waits for the report."""

    def __init__(self) -> None:
        self.reports: list[dict[str, str]] = []

    def put_lifecycle_event_hook_execution_status(self, **report: str) -> None:
        """Take a report."""
        self.reports.append(report)


class Parameters:
    """The record of releases, as `make deploy` writes it: name and time."""

    def __init__(self, *releases: tuple[str, str]) -> None:
        self.releases = releases
        self.exceptions = SimpleNamespace(ParameterNotFound=LookupError)

    def get_parameter(self, *, Name: str) -> dict[str, Any]:  # noqa: N803 - the name of Systems Manager
        """Return the record."""
        assert Name == f"/{config().stack_name}/releases"
        if not self.releases:
            raise LookupError(Name)
        return {"Parameter": {"Value": json.dumps([{"name": name, "at": at} for name, at in self.releases])}}


class Versions:
    """The versions of this function: the newest has the new layer, an earlier one answers with `answer`."""

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        self.answer = answer
        self.invoked: list[str] = []
        self.error = False
        self.listed = [
            {"Version": "$LATEST", "Description": f"Prices. {OWN}"},
            {"Version": "9", "Description": f"Prices. {BEFORE}"},
            {"Version": "10", "Description": f"Prices. {BEFORE}"},
            {"Version": "11", "Description": f"Prices. {OWN}"},
        ]

    def get_paginator(self, name: str) -> Any:
        """List versions, two a page."""
        assert name == "list_versions_by_function"
        return self

    def paginate(self, FunctionName: str) -> list[dict[str, Any]]:  # noqa: N803 - Lambda's name
        """Return the pages."""
        assert FunctionName == Context.function_name
        return [{"Versions": self.listed[:2]}, {"Versions": self.listed[2:]}]

    def invoke(self, *, FunctionName: str, Qualifier: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        """Invoke a version."""
        self.invoked.append(Qualifier)
        body = {"errorType": "KeyError"} if self.error else self.answer(json.loads(Payload))
        return {"Payload": io.BytesIO(json.dumps(body).encode())} | ({"FunctionError": "x"} if self.error else {})


@pytest.fixture
def app(world: World, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The function, with its own earlier versions and CodeDeploy replaced."""
    loaded = load_app("check_release")
    monkeypatch.setattr(loaded, "deployments", CodeDeploy())
    monkeypatch.setattr(loaded, "parameters", Parameters())
    monkeypatch.setattr(loaded, "WAIT_SECONDS", 0)
    monkeypatch.setattr(loaded, "functions", Versions(lambda event: loaded.handler(event, Context())))
    monkeypatch.setattr(loaded.clock, "now", lambda: world.clock.now)
    return loaded


def outcome(app: ModuleType) -> str:
    """Return what the function reports to CodeDeploy, once."""
    app.deployments.reports.clear()
    answer = app.handler(EVENT, Context())
    [report] = app.deployments.reports
    assert report.keys() == {"deploymentId", "lifecycleEventHookExecutionId", "status"}
    assert (report["deploymentId"], answer) == (EVENT["DeploymentId"], {"status": report["status"]})
    return str(report["status"])


def with_price(app: ModuleType, sample: str, price: str, deck: str | None = None) -> Callable[[Any], Any]:
    """Return an earlier version that prices one sample otherwise."""

    def answer(event: Any) -> Any:
        said = app.handler(event, Context())
        return {"deck": deck or said["deck"], "prices": said["prices"] | {sample: price}}

    return answer


def test_a_release_that_prices_as_the_one_before_passes(app: ModuleType) -> None:
    assert outcome(app) == "Succeeded"
    assert app.functions.invoked == ["10"], "not the newest version of another release"


@pytest.mark.parametrize("sample", ["+442071838750 US 61", "+14155550100 US 60", "911 US 1"])
def test_a_release_that_prices_one_call_otherwise_is_stopped(sample: str, app: ModuleType) -> None:
    app.functions.answer = with_price(app, sample, "9.9999")
    assert outcome(app) == "Failed"


def test_a_release_that_means_to_change_prices_passes(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = replace(config(), prices_may_change=True)
    monkeypatch.setattr(app, "config", lambda: changed)
    app.functions.answer = with_price(app, "+442071838750 US 61", "9.9999")
    assert outcome(app) == "Succeeded"


def test_a_release_is_compared_with_the_one_that_was_live(app: ModuleType) -> None:
    failed = "c" * 64
    app.functions.listed.insert(3, {"Version": "12", "Description": f"Prices. {failed}"})
    vars(app)["parameters"] = Parameters((BEFORE, "2026-11-29T12:05:00Z"), (failed, "2026-11-29T12:04:00Z"))
    assert (outcome(app), app.functions.invoked) == ("Succeeded", ["10"]), "version 12 failed, or was rolled back"
    vars(app)["parameters"] = Parameters(("", "2026-11-29T12:05:00Z"), (BEFORE, "2026-11-29T12:04:00Z"))
    assert (outcome(app), app.functions.invoked[1:]) == ("Succeeded", ["12"]), "without a name, the newest other one"


def test_a_live_release_without_this_check_is_not_compared(app: ModuleType) -> None:
    vars(app)["parameters"] = Parameters(("d" * 64, "2026-11-29T12:05:00Z"))
    assert (outcome(app), app.functions.invoked) == ("Succeeded", [])


def test_a_check_without_the_right_to_read_the_record_fails(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.parameters, "get_parameter", lambda **_request: 1 / 0)
    assert (outcome(app), app.functions.invoked) == ("Failed", [])


def test_a_stack_without_a_deck_takes_a_release(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_force(_at: datetime, _seconds: float | None) -> None:
        raise Unavailable(code, "No deck.")

    code = ProblemCode.NO_ACTIVE_DECK
    monkeypatch.setattr(app.decks, "in_force", in_force)
    assert (outcome(app), app.functions.invoked) == ("Succeeded", [])
    code = ProblemCode.UNUSABLE_DECK
    assert outcome(app) == "Failed"


def test_a_deck_published_meanwhile_is_asked_about_again(app: ModuleType) -> None:
    late = with_price(app, "+442071838750 US 61", "9.9999", deck="another")
    answers = [late, late, with_price(app, "a sample of another release", "1")]

    def answer(event: Any) -> Any:
        return answers.pop(0)(event)

    app.functions.answer = answer
    assert (outcome(app), answers) == ("Succeeded", [])


def test_releases_that_read_different_decks_do_not_agree(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    app.functions.answer = with_price(app, "+442071838750 US 61", "9.9999", deck="another")
    assert outcome(app) == "Failed"
    changed = replace(config(), prices_may_change=True)
    monkeypatch.setattr(app, "config", lambda: changed)
    assert outcome(app) == "Succeeded"


def test_a_sample_of_another_release_is_not_compared(app: ModuleType) -> None:
    app.functions.answer = with_price(app, "a sample of another release", "9.9999")
    assert outcome(app) == "Succeeded"


def test_the_first_release_is_checked_alone(app: ModuleType) -> None:
    app.functions.listed = app.functions.listed[:1]
    assert (outcome(app), app.functions.invoked) == ("Succeeded", [])


def test_a_check_that_fails_is_reported_as_failed(app: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    app.functions.error = True
    assert outcome(app) == "Failed"
    app.functions.error = False
    monkeypatch.setattr(app, "price_samples", lambda *_arguments: 1 / 0)
    assert outcome(app) == "Failed"


def test_samples_cover_every_kind_of_price(app: ModuleType) -> None:
    prices = app.prices_at(AT)["prices"]
    assert len(prices) == len(NUMBERS) * len(ORIGINS) * len(SECONDS)
    assert {"emergency", "short_code", "included"} <= set(prices.values())
    assert any(price.startswith("0.") for price in prices.values())


def test_differences_name_the_sample_and_both_prices() -> None:
    assert differences({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"}) == ["b: 3, was 2"]
    assert price_samples.__doc__
