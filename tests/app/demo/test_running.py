from __future__ import annotations

import json
import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from demo.running import NOTE, TOLD, NoDemo, _is_held, environment_of, noted


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Path:
    settings.LOCAL_FOLDER = tmp_path
    return tmp_path / "demo"


def environment(port: str) -> dict[str, str]:
    return {**dict.fromkeys(TOLD, "x"), "SHOP_ADDRESS": f"http://127.0.0.1:{port}", "PATH": "/bin"}


def folder(home: Path, port: str) -> Path:
    made = home / port
    made.mkdir(parents=True)
    return made


def test_running_demo_is_found_with_its_own_variables_only(home: Path) -> None:
    with noted(folder(home, "8000"), environment("8000")):
        found = environment_of(port=None)

    assert found == {name: environment("8000")[name] for name in TOLD}


def test_note_is_for_its_owner_alone(home: Path) -> None:
    with noted(folder(home, "8000"), environment("8000")):
        mode = (home / "8000" / NOTE).stat().st_mode

    assert stat.S_IMODE(mode) == 0o600


def test_ended_demo_leaves_no_note(home: Path) -> None:
    with noted(folder(home, "8000"), environment("8000")):
        assert _is_held(home / "8000" / NOTE) is True

    assert not (home / "8000" / NOTE).exists()
    with pytest.raises(NoDemo, match="none runs from this clone; start it with: make demo"):
        environment_of(port=None)


def test_note_of_a_killed_demo_counts_for_nothing(home: Path) -> None:
    left = folder(home, "8000") / NOTE
    left.write_text(json.dumps(environment("8000")), encoding="utf-8")

    with pytest.raises(NoDemo):
        environment_of(port=None)
    assert _is_held(left) is False
    assert _is_held(home / "8001" / NOTE) is False
    with noted(home / "8000", environment("8000")):
        assert environment_of(port=None)["SHOP_ADDRESS"] == "http://127.0.0.1:8000"
        left.unlink()
    assert not left.exists()


def test_two_demos_have_to_be_told_apart(home: Path) -> None:
    with (
        noted(folder(home, "8000"), environment("8000")),
        noted(folder(home, "8001"), environment("8001")),
    ):
        with pytest.raises(NoDemo, match="several run, at ports 8000, 8001; name one"):
            environment_of(port=None)
        assert environment_of(port=8001)["SHOP_ADDRESS"].endswith(":8001")
        with pytest.raises(NoDemo, match="none runs at port 9000"):
            environment_of(port=9000)


def test_in_demo_says_what_is_missing(home: Path) -> None:
    one_of = "in_demo: expected one of a command, such as run_checks, and --export"
    for words in ((), ("--",), ("--export", "run_checks")):
        with pytest.raises(CommandError, match=one_of):
            call_command("in_demo", *words, stdout=StringIO())
    with pytest.raises(CommandError, match="start it with: make demo"):
        call_command("in_demo", "run_checks", stdout=StringIO())


def test_in_demo_prints_what_a_shell_is_to_know(home: Path) -> None:
    out = StringIO()
    told = {**environment("8000"), "STRIPE_API_KEY": "sk_test_a b"}
    with noted(folder(home, "8000"), told):
        call_command("in_demo", "--export", stdout=out)

    said = out.getvalue().splitlines()
    assert len(said) == len(TOLD)
    assert "export SHOP_ADDRESS=http://127.0.0.1:8000" in said
    assert "export STRIPE_API_KEY='sk_test_a b'" in said


@pytest.mark.parametrize("command", [("in_demo", "run_checks"), ("demo_mischief", "spoil-refund")])
def test_production_refuses(home: Path, settings: Any, command: tuple[str, str]) -> None:
    settings.SHOP_IS_DEMO = False
    with pytest.raises(CommandError, match="these are production settings"):
        call_command(*command)
