"""What CI runs is what the README tells a newcomer to run."""

from __future__ import annotations

import re

import yaml

from evidence.gates.stripe_test_mode import why_not
from tests.repo.planted import ROOT

COMMANDS = ["make test", "make evidence"]


def test_ci_workflow_runs_the_two_commands_and_nothing_else() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    steps = workflow["jobs"]["evidence"]["steps"]

    assert [step["run"] for step in steps if "run" in step] == COMMANDS


def test_workflows_fetch_the_whole_history_that_a_gate_reads() -> None:
    for name, job in (("ci", "evidence"), ("release", "build")):
        workflow = yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text("utf-8"))
        [checkout] = (
            step["with"]
            for step in workflow["jobs"][job]["steps"]
            if step.get("uses", "").startswith("actions/checkout@")
        )
        assert checkout["fetch-depth"] == 0, name


def test_release_workflow_hands_in_what_claims_about_stripe_itself_need() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))
    [step] = (s for s in workflow["jobs"]["build"]["steps"] if "make release" in s.get("run", ""))
    assert why_not("sk_test_of_the_repository", step["env"]["STRIPE_API_BASE"]) == ""
    assert step["env"]["STRIPE_API_KEY"] == "${{ secrets.STRIPE_TEST_KEY }}"
    assert 'export STRIPE_EXAMPLES="$RUNNER_TEMP/examples.json"' in step["run"]


def test_ci_script_runs_the_two_commands() -> None:
    lines = (ROOT / ".ci/run").read_text("utf-8").splitlines()

    assert [line for line in lines if line.startswith("make ")] == COMMANDS


def test_readme_names_the_two_commands_before_anything_else() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    first_block = text.split("```")[1]

    assert all(command in first_block for command in COMMANDS)


def test_deploy_check_is_a_gate_and_gates_run_in_ci() -> None:
    gates = yaml.safe_load((ROOT / "evidence/gates.yml").read_text("utf-8"))["gates"]
    deploy = next(gate for gate in gates if gate["id"] == "deploy-check")

    assert deploy["run"][2:] == ["check", "--deploy", "--fail-level", "WARNING"]
    assert deploy["env"]["DJANGO_SETTINGS_MODULE"] == "config.settings.production"


def test_release_workflow_proves_and_publishes_each_tag() -> None:
    # YAML reads the key `on` as true.
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))
    runs = {
        name: "\n".join(step.get("run", "") for step in job["steps"])
        for name, job in workflow["jobs"].items()
    }

    assert list(workflow[True]) == ["push"]
    assert workflow[True]["push"] == {"tags": ["v[0-9]+.[0-9]+.[0-9]+*"]}
    assert "make release" in runs["build"]
    assert 'build_evidence.py deploy "$TAG"' in runs["publish"]
    assert "gh release create" in runs["publish"]


def test_only_the_publishing_job_may_write() -> None:
    workflows = [
        yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text("utf-8"))
        for name in ("ci", "release")
    ]
    asked = [workflow["permissions"] for workflow in workflows]
    jobs = {name: job for workflow in workflows for name, job in workflow["jobs"].items()}
    writing = [name for name, job in jobs.items() if "write" in job.get("permissions", {}).values()]

    assert asked == [{"contents": "read"}, {}]
    assert writing == ["publish"]


def test_every_action_is_pinned_by_a_commit_that_nobody_can_move() -> None:
    for name in ("ci", "release"):
        workflow = yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text("utf-8"))
        steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
        used = [step["uses"] for step in steps if "uses" in step]
        assert used
        assert [use for use in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", use)] == []


def test_make_release_lets_nothing_short_of_met_pass() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    _, _, after = text.partition("\nrelease:")
    recipe = after.partition("\n\n")[0].splitlines()[1:]

    assert recipe[0].strip() == "@$(PY) build_evidence.py --release"
    assert any("bundle --out dist/purelaka_evidence.zip" in line for line in recipe)
