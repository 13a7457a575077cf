"""How the gate `documents` looks at what it does not run: every program, command, option, file and
variable of a line exists."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.docs.executed import manuals
from tests.docs.executed.named import problems, unseen
from tests.docs.executed.sentences import Mention, mentions
from tests.docs.executed.words import Simple, defines, simple_commands, used

SCRIPTS = {
    ("build_evidence.py",): "usage: build_evidence.py [--only ONLY]",
    ("build_evidence.py", "deploy"): "usage: build_evidence.py deploy [--remote REMOTE]",
    ("evidence/verify.py",): "usage: verify.py [--signers FILE]",
    ("-m", "json.tool"): "usage: tool [--indent N]",
}
PROGRAMS = {
    ("pg_restore", ""): "  -d, --dbname=NAME\n  --no-owner",
    ("git", "clone"): "usage: git clone [-b <branch>] --depth <n>",
}


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What some programs say of themselves, without a process that is asked."""
    here = {"git", "pg_restore", "ls"}
    monkeypatch.setattr(manuals, "answers", lambda program: program in here)
    monkeypatch.setattr(manuals, "of_script", lambda *words: SCRIPTS.get(words, ""))
    monkeypatch.setattr(manuals, "of_program", lambda *words: PROGRAMS.get(words, ""))


@pytest.mark.parametrize(
    ("command", "sentences"),
    [
        ("manage.py run_checks --fail-on-issues", []),
        ("python app/manage.py run_checks --fail", ["manage.py run_checks --fail: no such option"]),
        ("python app/manage.py", ["manage.py: no command named"]),
        ("manage.py run_check", ["manage.py run_check: no such command"]),
        ("as_owner run_check", ["manage.py run_check: no such command"]),
        ("manage.py COMMAND --whatever", []),
        ("manage.py throwaway -- migrate --no-such", []),
        ("make evidence PYTHON=python3.12 -j && ls app > no/such &", []),
        ("make evidence # and then look", []),
        ("make evidense; make tests", ["make evidense: no such target", "make tests: no such"]),
        ("DEBUG=1 no-such-program --x", ["no-such-program: no such program"]),
        ("DEBUG=1 DEBUGG=1 make test", ["DEBUGG: no such variable"]),
        ("export DEBUGG=1 CI=1", ["DEBUGG: no such variable"]),
        ("OWN=$(no-such) && echo $OWN", ["no-such: no such program"]),
        ('echo "$DATABASE_URL ${DATABASE_URI} $MINE $HOME"', ["$DATABASE_URI: no such variable"]),
        ("echo '$NOT_ASKED_FOR'", []),
        ("mine --x", []),
        ("# only words", []),
        ("docker compose up --no-such", []),
        ("./no-such-python a.py", ["a.py: no such file", "./no-such-python: no such program"]),
        ("./no-such/python x", ["./no-such/python: no such program"]),
        ("python build_evidence.py deploy v1.0.0 --remote x", []),
        ("python build_evidence.py --only tests --onlx=y", ["build_evidence.py --onlx: no such"]),
        ("python build_evidence.py deplow", ["build_evidence.py deplow: no such command"]),
        ("python3 verify.py x.zip --signer s", ["verify.py --signer: no such option"]),
        ("python -c 'print()'", []),
        ("python -m json.tool --indent 2 --x", ["python -m json.tool --x: no such option"]),
        ("python -m no_such", ["python -m no_such: no such module"]),
        ("python -m", ["python -m : no such module"]),
        ("python -m pytest tests/app -q --lf", []),
        ("pg_restore -d x --no-owner", []),
        ("pg_restore -x --dbnam=x", ["pg_restore -x: no such", "pg_restore --dbnam: no such"]),
        ("git clone -b v1 --depth 1 <this repository> here", []),
        ("git clome there", ["git clome: no such command"]),
        ("ls app/core site_src/no.md", ["site_src/no.md: no such file"]),
        ("cat .env.example --x=app/none other.yml", ["app/none: no such", "other.yml: no such"]),
        ("cat tests/docs/test_looked_at.py::test_a app.dump", []),
    ],
)
def test_what_is_named_and_not_there_is_told(command: str, sentences: list[str]) -> None:
    found = list(problems(command, own={"MINE", "mine", "manage.py"}))
    assert len(found) == len(sentences), found
    assert all(each.startswith(want) for each, want in zip(found, sentences, strict=True)), found


def test_a_program_of_elsewhere_that_is_not_here_is_owned_up_to() -> None:
    assert unseen("A=1; docker compose up && stripe listen; pg_restore x | ls") == {
        "docker",
        "stripe",
    }


@pytest.mark.parametrize(
    ("line", "commands"),
    [
        ("A=1 B=2 ls -l 'a b' >out 2>&1", [Simple(("A", "B"), ("ls", "-l", "a b"))]),
        ("ls < in <<< here | wc; cd /", [Simple((), (word,)) for word in ("ls", "wc")]),
        ("export A=1 B", [Simple(("A",), ("export", "A=1", "B"))]),
        ("A=$(cat x)", [Simple((), ("cat", "x")), Simple(("A",), ())]),
        ("cat > x <<END\nA=1\nls | wc\nEND", [Simple((), ("cat",))]),
        ("A=x…/y ls", [Simple(("A",), ("ls",))]),
        ("f() { ls; }", []),
        ("make --x=1 \\\n  y", [Simple((), ("make", "--x=1", "y"))]),
        ("", []),
    ],
)
def test_a_line_is_taken_apart_as_a_shell_does(line: str, commands: list[Simple]) -> None:
    found = list(simple_commands(line))
    assert found[: len(commands)] == commands
    assert len(found) == len(commands) + line.count("cd /")


def test_what_a_page_makes_for_itself_is_known() -> None:
    assert defines('as_owner() ( . ~/x; manage.py "$@" )') == {"as_owner"}
    assert defines("A=$(ls) B=2") == {"A", "B"}
    assert defines("A=1 ls") == set()
    assert used("""echo "$A ${B:-x}" '$C' $(cat "$D")""") == {"A", "B", "D"}


def test_commands_in_sentences_are_found_with_their_lines() -> None:
    text = """
Type `make demo` or `manage.py jobs
--failed`, then `run_checks --only x` and `mutants CLAIM --run`.

```sh
make not-this
```
`make`, `jobs`, `a = 1`, `audit head x`, `--only x`, `manage.py {{ name }}`.
`DEBUG=1 make test`, `.venv/bin/python x.py`, `no_command --x`, `git

init`
"""
    assert list(mentions(text)) == [
        Mention(2, "make demo"),
        Mention(2, "manage.py jobs --failed"),
        Mention(3, "manage.py run_checks --only x"),
        Mention(3, ".venv/bin/python build_evidence.py mutants CLAIM --run"),
        Mention(9, "DEBUG=1 make test"),
        Mention(9, ".venv/bin/python x.py"),
    ]


def test_programs_are_asked_what_they_understand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert manuals.found(".ci/run") == str(manuals.ROOT / ".ci/run")
    assert manuals.found("README.md/none") is manuals.found("./README.md") is None
    assert manuals.found("gunicorn") == str(Path(sys.prefix) / "bin" / "gunicorn")
    assert not manuals.answers("no-such-program")
    assert "--depth" in manuals.of_program("git", "clone")
    assert manuals.of_program("git", "clome") == ""
    assert manuals.of_script("no-such-script.py") == ""
    assert list(problems("git clone --no-such x")) == ["git --no-such: no such option"]
