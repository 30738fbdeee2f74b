"""The workflows: their commands exist, production waits for people, and nothing shows a secret."""

import re
from typing import Any

import pytest
import yaml

from tests.harness.template import ROOT, read_template

FOLDER = ROOT / ".github" / "workflows"
NAMES = ("ci.yml", "deploy.yml", "nightly.yml")
WORKFLOWS: dict[str, dict[Any, Any]] = {name: yaml.safe_load((FOLDER / name).read_text("utf-8")) for name in NAMES}
DEPLOY: dict[str, Any] = WORKFLOWS["deploy.yml"]["jobs"]
EDGE = read_template((ROOT / "stacks" / "edge.yaml").read_text(encoding="utf-8"))


def steps() -> list[tuple[str, str, dict[str, Any]]]:
    """Every step with its workflow and its job."""
    return [
        (name, job, step) for name in NAMES for job, one in WORKFLOWS[name]["jobs"].items() for step in one["steps"]
    ]


def commands_of(job: str) -> list[str]:
    """The commands of a job that deploys."""
    return [step["run"].strip() for step in DEPLOY[job]["steps"] if "run" in step]


def test_every_make_target_of_a_workflow_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {target for *_, step in steps() for target in re.findall(r"\bmake ([a-z-]+)", step.get("run", ""))}
    assert targets >= {"build", "deploy-built", "smoke-test", "watch-release", "audit-dependencies", "drift"}
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_action_is_pinned_by_its_commit() -> None:
    for name, job, step in steps():
        if "uses" in step:
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"]), f"{name} {job}: {step['uses']}"


def test_workflows_use_no_secret_and_print_no_variable() -> None:
    for name in NAMES:
        assert "secrets." not in (FOLDER / name).read_text(encoding="utf-8"), name
    for _, job, step in steps():
        command = step.get("run", "")
        assert "${{ inputs" not in command, "an input would be run as a command"
        assert not re.search(r"\b(echo|printf|env|printenv|set -x)\b", command), job
        if step.get("uses", "").startswith("actions/checkout@") and job != "tag":
            assert step["with"]["persist-credentials"] is False, job


def test_each_job_has_the_least_permissions() -> None:
    for name in NAMES:
        assert WORKFLOWS[name]["permissions"] == {"contents": "read"}, name
        for job, one in WORKFLOWS[name]["jobs"].items():
            wanted = one.get("permissions", {"contents": "read"})
            signs = any("configure-aws-credentials" in step.get("uses", "") for step in one["steps"])
            assert (wanted.get("id-token") == "write") == signs, job
            assert (wanted["contents"] == "write") == (job == "tag"), job
            assert set(wanted) <= {"contents", "id-token"} | ({"actions"} if job == "production" else set()), job


def test_production_follows_staging_and_an_approval() -> None:
    assert DEPLOY["staging"]["needs"] == "build"
    assert (DEPLOY["production"]["needs"], DEPLOY["production"]["environment"]) == ("staging", "production")
    assert "github.ref == 'refs/heads/main'" in DEPLOY["production"]["if"]
    first = DEPLOY["production"]["steps"][0]
    assert "environments/production" in first["run"], "GitHub creates a missing environment, and asks no one"
    assert "required_reviewers" in first["run"]
    assert DEPLOY["tag"]["needs"] == "production"
    assert [job for job in DEPLOY if "production" in str(commands_of(job)) and job not in ("build", "production")] == []
    assert WORKFLOWS["deploy.yml"]["concurrency"]["cancel-in-progress"] is False
    assert set(WORKFLOWS["deploy.yml"][True]) == {"workflow_dispatch"}, "YAML reads `on` as true"


def test_one_build_on_debian_goes_to_both_and_is_tried_and_watched() -> None:
    assert DEPLOY["build"]["container"] == "debian:12"
    assert commands_of("build")[-2:] == [".ci/run", "make build CONFIG_ENV=production"]
    assert not [command for job in ("staging", "production") for command in commands_of(job) if "make build" in command]
    assert commands_of("staging")[-1] == "make smoke-test STACK=calling-credit-staging"
    assert commands_of("production")[-1].startswith("make watch-release STACK=calling-credit-production")
    for job in ("staging", "production"):
        assert f"make deploy-built CONFIG_ENV={job} YES=1" in commands_of(job)


@pytest.mark.parametrize("group", ["AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"])
def test_the_edge_limits_addresses_and_refuses_known_attacks(group: str) -> None:
    acl = EDGE["Resources"]["WebAcl"]["Properties"]
    assert acl["Scope"] == "CLOUDFRONT"
    [rate] = [rule for rule in acl["Rules"] if "RateBasedStatement" in rule["Statement"]]
    assert "Block" in rate["Action"]
    exempt = rate["Statement"]["RateBasedStatement"]["ScopeDownStatement"]["NotStatement"]["Statement"]
    assert exempt["ByteMatchStatement"]["SearchString"] == "/stripe/webhook", "Stripe has few addresses"
    assert group in str(acl["Rules"])
    assert len({rule["Priority"] for rule in acl["Rules"]}) == len(acl["Rules"])


def test_the_edge_keeps_no_answer_of_the_api() -> None:
    config = EDGE["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    assert config["WebACLId"] == {"Fn::GetAtt": ["WebAcl", "Arn"]}
    disabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert config["DefaultCacheBehavior"]["CachePolicyId"] == disabled
    assert [one["PathPattern"] for one in config["CacheBehaviors"]] == ["assets/*"]
