"""What CI runs is what the README tells a newcomer to run."""

from __future__ import annotations

import yaml

from tests.repo.planted import ROOT

COMMANDS = ["make test", "make evidence"]


def test_ci_workflow_runs_the_two_commands_and_nothing_else() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    steps = workflow["jobs"]["evidence"]["steps"]

    assert [step["run"] for step in steps if "run" in step] == COMMANDS


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
