"""Who is woken by which alarm, and what the objectives allow, asserted on the nested template."""

import re
from typing import Any

from tests.functions.template_resources import words
from tests.functions.watch_template import WATCH, passed, watching
from tests.harness.template import ROOT, read_template, template

SINGLE = watching("AWS::CloudWatch::Alarm")
PAGES = watching("AWS::CloudWatch::CompositeAlarm")
TICKETS = set(read_template((ROOT / WATCH).read_text(encoding="utf-8"))["Metadata"]["Tickets"])


def members(page: dict[str, Any]) -> set[str]:
    """Return the single alarms in the rule of a composite alarm."""
    return set(re.findall(r'ALARM\("\$\{(\w+)\}"\)', " ".join(words(page["Properties"]["AlarmRule"]))))


def actions(alarm: dict[str, Any]) -> set[str]:
    """Return the topics that an alarm notifies."""
    return {word for word in words(alarm["Properties"]["AlarmActions"]) if word.endswith("TopicArn")}


def test_five_alarms_page_a_person_and_no_other_does() -> None:
    names = {"CallsAreNotCharged", "CustomersCannotPay", "SwitchGetsNoAnswer", "LedgerIsWrong", "OthersHearNothing"}
    assert set(PAGES) == names
    assert all(actions(page) == {"AlarmTopicArn"} for page in PAGES.values())
    assert all(actions(alarm) == {"TicketTopicArn"} for alarm in SINGLE.values())


def test_every_alarm_pages_through_a_composite_one_or_is_a_ticket() -> None:
    paging = set().union(*map(members, PAGES.values()))
    assert paging <= set(SINGLE), "a rule names an alarm that does not exist"
    assert paging.isdisjoint(TICKETS)
    assert paging | TICKETS == set(SINGLE)


def test_rules_of_composite_alarms_stay_below_the_limits_of_cloudwatch() -> None:
    """100 alarms, 500 elements, and 10,240 characters, of which a name takes about 100."""
    for page in PAGES.values():
        assert len(members(page)) * 110 < 10_240


def test_the_emulator_gets_only_what_it_knows() -> None:
    known = [alarm for alarm in SINGLE.values() if "Metrics" not in alarm["Properties"]]
    math = [alarm for alarm in SINGLE.values() if "Metrics" in alarm["Properties"]]
    assert all(alarm.get("Condition") in (None, "SendsMail") for alarm in known)
    assert all(alarm["Condition"] == "IsOnAws" for alarm in [*math, *PAGES.values()])
    assert passed()["Local"] == {"Ref": "Local"}


def test_each_objective_burns_over_a_long_and_a_short_window() -> None:
    windows = {"FastLong": (3600, 14.4), "FastShort": (300, 14.4), "SlowLong": (21600, 6), "SlowShort": (1800, 6)}
    for objective, budget in {"Posted": "0.001", "Begun": "0.01", "Answered": "0.0005"}.items():
        for window, (period, burn) in windows.items():
            alarm = SINGLE[f"{objective}{window}Alarm"]["Properties"]
            assert float(alarm["Threshold"]) == burn
            [math, *metrics] = alarm["Metrics"]
            assert f"/ {budget}" in math["Expression"]
            assert {int(one["MetricStat"]["Period"]) for one in metrics} == {period}
        for speed in ("Fast", "Slow"):
            pair = f'(ALARM("${{{objective}{speed}LongAlarm}}") AND ALARM("${{{objective}{speed}ShortAlarm}}"))'
            assert pair in " ".join(words(rule_of(objective))), pair


def rule_of(objective: str) -> Any:
    """Return the rule of the composite alarm that an objective belongs to."""
    [page] = [page for page in PAGES.values() if f"{objective}FastLongAlarm" in members(page)]
    return page["Properties"]["AlarmRule"]


def test_metrics_of_the_alarms_are_emitted_by_the_code() -> None:
    files = [*(ROOT / "functions").rglob("*.py"), *(ROOT / "layers" / "domain").rglob("*.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in files)
    for metric in own_metrics():
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", metric).lower()
        assert f'{name}"' in code or f"{name}=" in code or "_".join(name.split("_")[2:]) in code, metric


def own_metrics() -> set[str]:
    """Return the names of the stack's own metrics that alarms watch."""
    found = set()
    for alarm in SINGLE.values():
        properties = alarm["Properties"]
        for one in [
            properties,
            *(m["MetricStat"]["Metric"] for m in properties.get("Metrics", []) if "MetricStat" in m),
        ]:
            if "CallingCredit" in str(one.get("Namespace")):
                found.add(str(one["MetricName"]))
    return found


def test_a_silent_function_raises_an_alarm_because_missing_data_breaches() -> None:
    silent = {name for name, alarm in SINGLE.items() if alarm["Properties"].get("TreatMissingData") == "breaching"}
    scheduled = {
        name.removesuffix("Function")
        for name, function in template()["Resources"].items()
        if any(event["Type"] == "ScheduleV2" for event in function.get("Properties", {}).get("Events", {}).values())
    }
    nightly = {"ProveLedger"}
    assert silent == {f"{name}SilentAlarm" for name in scheduled - nightly} | {"LedgerUnprovenAlarm"}
