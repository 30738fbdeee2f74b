"""Each metric that an alarm or the dashboard watches is emitted under its service, and counts what it says."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.functions.template_resources import RESOURCES, functions
from tests.functions.watch_template import watching
from tests.harness.recharging import leave, talk
from tests.harness.template import ROOT
from tests.harness.till import Till

SINGLE = watching("AWS::CloudWatch::Alarm")
LAYER = ROOT / "layers" / "domain"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
IN_THE_API = "api"
"""The service under which every function of the API counts what its resolver notices."""


def own_metrics() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield each of the stack's own metrics that an alarm watches: alarm, service, name, and statistic."""
    for alarm, resource in SINGLE.items():
        properties = resource["Properties"]
        stats = [one["MetricStat"] for one in properties.get("Metrics", []) if "MetricStat" in one]
        for one, statistic in [(stat["Metric"], {"Statistic": stat["Stat"]}) for stat in stats] or [
            (properties, properties)
        ]:
            if "CallingCredit" in str(one["Namespace"]):
                [dimension] = one["Dimensions"]
                assert dimension["Name"] == "service"
                yield alarm, str(dimension["Value"]), str(one["MetricName"]), statistic


class Text(NamedTuple):
    """What the text of a file says."""

    imported: frozenset[Path]
    """The modules of the package that it imports."""
    words: set[str]
    """The names that it writes: texts, also the ends of composed ones, and keywords."""
    beginnings: frozenset[str]
    """How names begin that it composes of a fixed part and a state, such as `top_ups_{status}`."""


@cache
def text_of(path: Path) -> Text:
    """What a file says."""
    imported, words, beginnings = set[Path](), set[str](), set[str]()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.ImportFrom(module=str(module)) if module.startswith("calling_credit"):
                base = LAYER / module.replace(".", "/")
                files = (base.with_suffix(".py"), *(base / f"{one.name}.py" for one in node.names))
                imported |= {file for file in files if file.exists()}
            case ast.Constant(value=str(value)) | ast.keyword(arg=str(value)):
                words.add(value)
            case ast.JoinedStr(values=[ast.Constant(value=begin), *_]):
                beginnings.add(str(begin))
    return Text(frozenset(imported), words, frozenset(one for one in beginnings if one.endswith("_") and len(one) > 4))


@cache
def reached(function: str) -> frozenset[Path]:
    """The files that a function runs."""
    waiting, found = [*(ROOT / "functions" / function).glob("*.py")], set[Path]()
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += text_of(path).imported
    return frozenset(found)


def words_of(path: Path) -> set[str]:
    """The names that a file writes."""
    return text_of(path).words


@cache
def services() -> dict[str, set[str]]:
    """The functions that count under each service: the one that their code names, else the one of their environment."""
    found: dict[str, set[str]] = {}
    for folder, properties in functions().items():
        text = (ROOT / "functions" / folder / "app.py").read_text(encoding="utf-8")
        named = re.search(r'Metrics\(service="(\w+)"\)', text)
        own = properties["Environment"]["Variables"].get("POWERTOOLS_SERVICE_NAME")
        if named or "Metrics()" in text:
            found.setdefault(named[1] if named else own, set()).add(folder)
        if "http_resolver" in text:
            found.setdefault(IN_THE_API, set()).add(folder)
    return found


@pytest.mark.parametrize(("alarm", "service", "metric"), [one[:3] for one in own_metrics()])
def test_the_metric_of_an_alarm_is_emitted_under_its_service(alarm: str, service: str, metric: str) -> None:
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", metric).lower()
    emitting = services().get(service, set())
    assert any(name in words_of(path) or _is_composed(name, path) for one in emitting for path in reached(one)), alarm


def _is_composed(name: str, path: Path) -> bool:
    """Whether a file composes the name of a metric."""
    return any(name.startswith(begin) for begin in text_of(path).beginnings)


def test_a_metric_that_no_function_emits_is_noticed() -> None:
    assert not any("calls_forgotten" in words_of(path) for path in reached("rate_calls"))
    assert "sweeps_skipped" in set().union(*map(words_of, reached("expire_holds")))
    assert "sweeps_skipped" not in set().union(*map(words_of, reached("rate_calls")))


@pytest.mark.parametrize(("alarm", "metric", "statistic"), [(one[0], one[2], one[3]) for one in own_metrics()])
def test_counts_are_summed_and_seconds_are_compared_by_percentile(alarm: str, metric: str, statistic: Any) -> None:
    assert "Unit" not in statistic, "a unit that the code does not send would match nothing"
    if metric.endswith("Seconds"):
        assert re.fullmatch(r"p\d+", statistic["ExtendedStatistic"]), alarm
    else:
        assert statistic["Statistic"] == "Sum", alarm


def test_unreadable_items_raise_an_alarm_whichever_function_finds_them() -> None:
    watched = {service for _, service, metric, _ in own_metrics() if metric == "UnreadableItems"}
    report = LAYER / "calling_credit" / "dynamodb" / "unreadable_report.py"
    reporting = {
        service
        for service, folders in services().items()
        for folder in folders
        if "UnreadableReport(" in (ROOT / "functions" / folder / "app.py").read_text(encoding="utf-8")
    }
    assert "unreadable_items" in words_of(report)
    assert watched == reporting | {IN_THE_API}


def test_the_dashboard_watches_only_metrics_that_functions_emit() -> None:
    [board] = watching("AWS::CloudWatch::Dashboard").values()
    body = json.loads(board["Properties"]["DashboardBody"]["Fn::Sub"])
    for widget in body["widgets"]:
        for namespace, metric, *dimension in widget["properties"]["metrics"]:
            if "CallingCredit" in namespace:
                test_the_metric_of_an_alarm_is_emitted_under_its_service("dashboard", dimension[1], metric)
            else:
                assert dimension[0] in ("QueueName", "FunctionName", "ApiId")
                [name] = re.findall(r"\$\{(\w+)[}.]", dimension[1])
                assert name in RESOURCES


# --- Recharges --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "waited", "counts"),
    [
        ("charged:succeeded", 1, {"recharges_begun": 1, "recharge_seconds": 1}),
        ("charged:succeeded", 60, {"recharges_begun": 1, "recharge_seconds": 60}),
        ("charged:succeeded", 61, {"recharges_begun": 1, "recharges_begun_late": 1, "recharge_seconds": 61}),
        ("charged:succeeded", 0, {"recharges_begun": 1, "recharge_seconds": 1}),
        ("charged:processing", 5, {"recharges_begun": 1}),
        ("charged:failed", 61, {"recharges_begun": 1, "recharges_begun_late": 1}),
        ("above_threshold", 61, {}),
        ("resumed:succeeded", 61, {}),
    ],
)
def test_a_begun_recharge_counts_with_its_wait(till: Till, outcome: str, waited: int, counts: dict[str, int]) -> None:
    app, tally = till.world.stack.apps["auto_recharge"], Counter[str]()
    now = till.world.clock.now
    app.count_begin(tally, outcome, now - timedelta(seconds=waited), now)
    assert +tally == Counter(counts)


def emitted(printed: str) -> dict[str, list[float]]:
    """The values of each metric of the service `payments` that was printed."""
    found: dict[str, list[float]] = {}
    for line in printed.splitlines():
        if '"_aws"' in line and (document := json.loads(line))["service"] == "payments":
            for metric in document["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
                found.setdefault(metric["Name"], []).extend(document[metric["Name"]])
    return found


def test_a_late_recharge_emits_begin_lateness_and_seconds(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    till.set_rule(till.card())
    leave(till, "11.00")
    till.stream()
    talk(till)
    records = till.take_records()
    crossed = till.world.clock.now
    for record in records:
        record["dynamodb"]["ApproximateCreationDateTime"] = crossed.timestamp()
    till.later(seconds=90)
    capsys.readouterr()
    till.world.stack.invoke("auto_recharge", {"Records": records})
    counts = emitted(capsys.readouterr().out)
    assert (counts["RechargesBegun"], counts["RechargesBegunLate"]) == ([1], [1])
    assert counts["RechargeSeconds"] == [90]


def test_the_log_of_a_request_names_the_request_that_the_access_log_names(till: Till) -> None:
    import io  # noqa: PLC0415

    from tests.harness.http import http_event  # noqa: PLC0415

    app = till.world.stack.apps["authorize_call"]
    before = app.logger.registered_handler.setStream(stream := io.StringIO())
    try:
        for request_id in ("first=", "second="):
            event = http_event("authorize_call", "POST", "/calls/authorize", body={})
            event["requestContext"]["requestId"] = request_id
            till.world.invoke("authorize_call", event)
    finally:
        app.logger.registered_handler.setStream(before)
    assert [json.loads(line)["request_id"] for line in stream.getvalue().splitlines()] == ["first=", "second="]
