"""The arithmetic of alarms, worked out on samples: metric math and spans of time."""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from tests.functions.template_resources import RESOURCES
from tests.functions.watch_template import watching
from tests.harness.template import template

SINGLE = watching("AWS::CloudWatch::Alarm")
MATH = {name: alarm["Properties"] for name, alarm in SINGLE.items() if "Metrics" in alarm["Properties"]}
WINDOWS = ("FastLong", "FastShort", "SlowLong", "SlowShort")


@dataclass(frozen=True)
class Point:
    """One value of a series; None is no data, which CloudWatch hands on through every operation."""

    value: float | None

    def __add__(self, other: Any) -> "Point":
        return self._with(other, lambda a, b: a + b)

    def __truediv__(self, other: Any) -> "Point":
        return self._with(other, lambda a, b: a / b if b else None)

    def __gt__(self, other: Any) -> "Point":
        return self._with(other, lambda a, b: float(a > b))

    def __lt__(self, other: Any) -> "Point":
        return self._with(other, lambda a, b: float(a < b))

    def __and__(self, other: Any) -> "Point":
        return self._with(other, lambda a, b: float(bool(a and b)))

    def _with(self, other: Any, operation: Any) -> "Point":
        value = other.value if isinstance(other, Point) else other
        return Point(None if self.value is None or value is None else operation(self.value, value))


def if_else(condition: Point, then: Any, otherwise: Any) -> Point:
    """IF of metric math: without data in the condition there is no result."""
    if condition.value is None:
        return Point(None)
    chosen = then if condition.value else otherwise
    return chosen if isinstance(chosen, Point) else Point(chosen)


def fill(point: Point, value: float) -> Point:
    """FILL of metric math."""
    return Point(value) if point.value is None else point


def value_of(name: str, **samples: float | None) -> float | None:
    """The value of an alarm's expression for one point of each of its metrics."""
    [math, *metrics] = MATH[name]["Metrics"]
    assert {one["Id"] for one in metrics} == set(samples), "each metric of the alarm has a sample, and no other"
    text = re.sub(r"IF\((.+) AND (.+), 1, 0\)$", r"IF((\1) & (\2), 1, 0)", str(math["Expression"]))
    names = {"IF": if_else, "FILL": fill, **{one: Point(sample) for one, sample in samples.items()}}
    result = eval(text, {"__builtins__": {}}, names)
    return result.value if isinstance(result, Point) else result


def is_on(name: str, **samples: float | None) -> bool:
    """Whether an alarm is on after one such period. Without data it is not."""
    value, alarm = value_of(name, **samples), MATH[name]
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("GreaterThanThreshold", "notBreaching")
    return value is not None and value > float(alarm["Threshold"])


def answers(bad: float | None, total: float | None) -> dict[str, float | None]:
    """The metrics of the switch's routes, of which only one is used."""
    return {"bad": bad, "total": total, "badkey": None, "totalkey": None}


@pytest.mark.parametrize(
    ("objective", "window", "most"),
    [("Posted", "Fast", 0.0144), ("Posted", "Slow", 0.006), ("Begun", "Fast", 0.144), ("Begun", "Slow", 0.06)],
)
@pytest.mark.parametrize("span", ["Long", "Short"])
def test_an_objective_burns_above_its_share_and_not_below(objective: str, window: str, most: float, span: str) -> None:
    name, total = f"{objective}{window}{span}Alarm", 100_000
    assert is_on(name, bad=total * most * 1.01, total=total)
    assert not is_on(name, bad=total * most * 0.99, total=total)


@pytest.mark.parametrize("window", WINDOWS)
def test_answers_burn_over_both_routes_of_the_switch_together(window: str) -> None:
    name, burn = f"Answered{window}Alarm", 14.4 if window.startswith("Fast") else 6
    bad = 100_000 * 0.0005 * burn
    assert is_on(name, **answers(bad * 1.01, 100_000))
    assert not is_on(name, **answers(bad * 0.99, 100_000))
    halves = {"bad": bad * 0.505, "total": 50_000, "badkey": bad * 0.505, "totalkey": 50_000}
    assert is_on(name, **halves), "each route has half of it"


@pytest.mark.parametrize("window", WINDOWS)
def test_a_night_without_traffic_wakes_no_one(window: str) -> None:
    for objective in ("Posted", "Begun"):
        assert not is_on(f"{objective}{window}Alarm", bad=None, total=None)
        assert not is_on(f"{objective}{window}Alarm", bad=0, total=0)
        assert not is_on(f"{objective}{window}Alarm", bad=None, total=40)
        assert not is_on(f"{objective}{window}Alarm", bad=2, total=2), "two late ones are no trend"
        assert is_on(f"{objective}{window}Alarm", bad=3, total=3)
    for bad, total in ((None, None), (0, 0), (2, 2), (None, 40)):
        assert not is_on(f"Answered{window}Alarm", **answers(bad, total))


def test_a_fifth_of_refused_requests_is_an_alarm_only_if_many_are() -> None:
    assert is_on("RefusedRequestsAlarm", refused=60, total=200)
    assert not is_on("RefusedRequestsAlarm", refused=40, total=40)
    assert not is_on("RefusedRequestsAlarm", refused=60, total=400)
    assert not is_on("RefusedRequestsAlarm", refused=None, total=None)


@pytest.mark.parametrize("queue", ["Calls", "Recharges", "Events", "Mails", "Proofs"])
def test_dead_letters_count_in_flight_too(queue: str) -> None:
    assert is_on(f"{queue}DeadAlarm", visible=0, hidden=1)
    assert is_on(f"{queue}DeadAlarm", visible=1, hidden=0)
    assert not is_on(f"{queue}DeadAlarm", visible=0, hidden=0)
    assert not is_on(f"{queue}DeadAlarm", visible=None, hidden=None)


def test_silent_events_are_an_alarm_only_after_payments() -> None:
    assert is_on("EventsSilentAlarm", settled=3, runs=None)
    assert is_on("EventsSilentAlarm", settled=3, runs=0)
    assert not is_on("EventsSilentAlarm", settled=3, runs=1)
    assert not is_on("EventsSilentAlarm", settled=2, runs=None), "the last one may be of this second"
    assert not is_on("EventsSilentAlarm", settled=None, runs=None)


def test_every_expression_of_an_alarm_is_tried_here() -> None:
    burning = {f"{objective}{window}Alarm" for objective in ("Posted", "Begun", "Answered") for window in WINDOWS}
    dead = {f"{queue}DeadAlarm" for queue in ("Calls", "Recharges", "Events", "Mails", "Proofs")}
    assert set(MATH) == burning | dead | {"RefusedRequestsAlarm", "EventsSilentAlarm"}


# --- Spans ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SINGLE)
def test_an_alarm_looks_back_no_longer_than_cloudwatch_allows(name: str) -> None:
    """A day, or seven days for periods of at least an hour; periods are 10, 30, or whole minutes."""
    properties = SINGLE[name]["Properties"]
    metrics = [one["MetricStat"] for one in properties.get("Metrics", []) if "MetricStat" in one]
    [period] = {int(one["Period"]) for one in metrics or [properties]}
    assert period % 60 == 0
    assert period * int(properties["EvaluationPeriods"]) <= (86_400 if period < 3_600 else 7 * 86_400)
    assert 1 <= int(properties.get("DatapointsToAlarm", 1)) <= int(properties["EvaluationPeriods"])


def seconds_between(expression: str) -> int:
    """The longest time between two runs of a schedule that runs every day."""
    if found := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression):
        return int(found[1]) * {"minute": 60, "hour": 3_600, "day": 86_400}[found[2]]
    assert re.fullmatch(r"cron\(\S+ \S+ \* \* \? \*\)", expression), expression
    return 86_400


SCHEDULES = {
    name.removesuffix("Function"): str(event["Properties"]["ScheduleExpression"])
    for name, function in RESOURCES.items()
    for event in function.get("Properties", {}).get("Events", {}).values()
    if event["Type"] == "ScheduleV2"
}


@pytest.mark.parametrize("function", SCHEDULES)
def test_silence_is_noticed_after_some_missed_runs_and_not_before(function: str) -> None:
    name = "LedgerUnprovenAlarm" if function == "ProveLedger" else f"{function}SilentAlarm"
    alarm = SINGLE[name]["Properties"]
    watched, every = int(alarm["Period"]) * int(alarm["EvaluationPeriods"]), seconds_between(SCHEDULES[function])
    assert every < watched <= max(15 * every, 7_200) or watched == 2 * every
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "LessThanThreshold")
    assert "DatapointsToAlarm" not in alarm, "each of the periods must be empty"
    if function == "ProveLedger":
        assert watched == 25 * 3_600
    else:
        assert alarm["MetricName"] == "Invocations"
        [dimension] = alarm["Dimensions"]
        assert dimension == {"Name": "FunctionName", "Value": {"Ref": f"{function}Function"}}


def test_functions_that_run_all_the_time_may_fail_once() -> None:
    busy = {"AuthorizeCall", "RateCalls", "AutoRecharge", "PublishEvents", "ReconcilePayments", "ExpireHolds"}
    for name, alarm in SINGLE.items():
        if found := re.fullmatch(r"(\w+?)(Errors|Throttles)Alarm", name):
            properties = alarm["Properties"]
            if properties.get("MetricName") not in ("Errors", "Throttles"):
                continue
            span = (int(properties.get("DatapointsToAlarm", 1)), int(properties["EvaluationPeriods"]))
            assert span == ((2, 5) if found[1] in busy else (1, 1)), name


def test_detailed_metrics_are_on_for_the_routes_that_alarms_watch() -> None:
    [stage] = [one for one in template()["Resources"].values() if one["Type"] == "AWS::ApiGatewayV2::Stage"]
    settings = stage["Properties"]["RouteSettings"]
    watched = {
        (one["Dimensions"][2]["Value"], one["Dimensions"][3]["Value"])
        for alarm in MATH.values()
        for metric in alarm["Metrics"]
        if "MetricStat" in metric and len((one := metric["MetricStat"]["Metric"])["Dimensions"]) == 4
    }
    assert watched
    assert all(settings[f"{method} {path}"]["DetailedMetricsEnabled"] for method, path in watched)
