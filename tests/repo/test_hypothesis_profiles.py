"""How Hypothesis draws: nothing depends on a machine's speed, and no proof on luck."""

from __future__ import annotations

import yaml
from hypothesis import HealthCheck, Phase, settings

from tests.repo.planted import ROOT


def test_no_example_is_judged_by_how_long_it_takes() -> None:
    assert settings().deadline is None
    assert HealthCheck.too_slow in settings().suppress_health_check


def test_a_proof_draws_the_same_examples_every_time_and_makes_none_smaller() -> None:
    gates = yaml.safe_load((ROOT / "evidence/gates.yml").read_text("utf-8"))["gates"]
    told = next(gate["env"]["PURELAKA_HYPOTHESIS"] for gate in gates if gate["id"] == "tests")
    proof = settings.get_profile(told)
    assert proof.derandomize
    assert not {Phase.shrink, Phase.explain} & set(proof.phases)
    assert settings.get_profile("by hand").phases == tuple(Phase)
    assert proof.deadline is None
