"""The command line itself: what it understands, imports, serves and says."""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

import build_evidence
from evidence.engine import build, cli, serve
from evidence.engine.arguments import Order, read_order
from evidence.engine.cli import main
from evidence.engine.falsify import mutation
from evidence.engine.falsify.extent import Extent
from evidence.engine.mistakes import CannotRun
from evidence.engine.outputs import make_output_folder
from evidence.engine.project import load_project
from evidence.engine.proving import is_falsified
from evidence.engine.run.model import GateRun, GateStatus

SCRIPT = Path(build_evidence.__file__)


def test_no_arguments_mean_everything():
    assert read_order([]) == Order(
        command="all",
        project=Path(),
        only=frozenset(),
        release=False,
        color=True,
        wait=True,
        cores=0,
        port=0,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--project", "x", "--cores", "2", "--no-color", "--only", "a", "--only", "b"],
        ["--project", "x", "--cores", "2", "--no-color", "--only", "a", "--only", "b", "run"],
    ],
)
def test_options_stand_before_or_after_the_command(arguments):
    order = read_order(arguments)

    assert (order.command, order.project, order.cores) == ("run", Path("x"), 2)
    assert (order.only, order.color) == (frozenset({"a", "b"}), False)


@pytest.mark.parametrize(
    ("arguments", "is_asked"),
    [([], False), (["--all-mutants"], True), (["run", "--all-mutants"], True),
     (["--release"], True), (["run", "--release"], True)],
)  # fmt: skip
def test_every_mutant_is_tried_when_asked_and_for_a_release(arguments, is_asked):
    assert read_order(arguments).all_mutants is is_asked


def test_results_with_a_sample_of_mutants_are_not_reused_when_all_are_asked_for(stranger):
    project = load_project(stranger.root)

    assert is_falsified(read_order([]), project, Extent.SAMPLE)
    assert not is_falsified(read_order(["--all-mutants"]), project, Extent.SAMPLE)
    assert is_falsified(read_order(["--all-mutants"]), project, Extent.EVERYTHING)
    assert is_falsified(read_order(["--no-falsify"]), project, Extent.NOTHING)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["chek"], "invalid choice: 'chek'"),
        (["--cores", "0"], "0: a whole number from 1 up expected"),
        (["serve", "--port", "70000"], "70000: a port from 0 to 65535 expected"),
        (["--rel"], "unrecognized arguments: --rel"),
        (["site", "--only", "tests"], "unrecognized arguments: --only tests"),
    ],
)
def test_what_it_does_not_understand_is_named(arguments, says, capsys):
    with pytest.raises(SystemExit) as stopped:
        read_order(arguments)

    assert stopped.value.code == 2
    assert says in capsys.readouterr().err


def test_help_gives_examples_places_and_exit_codes(capsys):
    with pytest.raises(SystemExit) as stopped:
        read_order(["--help"])

    said = capsys.readouterr().out
    assert stopped.value.code == 0
    assert "python build_evidence.py --only tests" in said
    assert "build/site/index.html" in said
    assert re.search(r"^  130  stopped by Ctrl-C", said, re.MULTILINE)
    assert max(map(len, said.splitlines())) <= 100


def test_project_without_a_register_is_shown_one_that_works(stranger, capsys):
    shutil.rmtree(stranger.root / "evidence")

    assert main(["check", "--project", str(stranger.root)]) == 2
    shown = capsys.readouterr().err
    assert shown.splitlines()[:4] == [
        "evidence/claims:1  found no claims, expected a file such as claims/area.yml; write the "
        "first one",
        "evidence/gates.yml:1  not found; write it",
        "2 mistakes; nothing was published.",
        "",
    ]
    _, *files = re.split(r"^# (\S+)\n", shown, flags=re.MULTILINE)
    for path, text in zip(files[::2], files[1::2], strict=True):
        stranger.write(path, text)
    stranger.write("shop/orders.py", "def total(prices):\n    return sum(prices)\n")
    stranger.write("tests/test_orders.py", "def test_total():\n    assert True\n")
    assert main(["check", "--project", str(stranger.root)]) == 0


def test_files_that_the_readme_shows_are_a_register_that_works(stranger, capsys):
    shutil.rmtree(stranger.root / "evidence")
    readme = (SCRIPT.parent / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Use the engine on your own project")[2]
    files = re.findall(r"^```\w+\n# (\S+)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    for path, text in files:
        stranger.write(path, text)
    stranger.write("src/invoices/lines.py", "class Line:\n    total = 1\n")
    stranger.write("tests/test_lines.py", "def test_total():\n    assert True\n")

    assert [path for path, _ in files] == [
        "pyproject.toml",
        "evidence/gates.yml",
        "evidence/claims/invoices.yml",
    ]
    assert main(["check", "--project", str(stranger.root)]) == 0
    assert capsys.readouterr().out.startswith("Invoices: 1 claim in 1 area, 1 gate")


def test_broken_register_is_not_taken_for_none(stranger, capsys):
    (stranger.root / "evidence/gates.yml").unlink()

    assert main(["check", "--project", str(stranger.root)]) == 2
    assert "To begin" not in capsys.readouterr().err


def test_folder_in_the_way_of_the_build_is_told_before_any_gate_runs(stranger, capsys):
    stranger.write("build/lib/till.py", "made by another tool")

    assert main(["--project", str(stranger.root), "--no-color"]) == 2
    assert capsys.readouterr() == (
        "",
        "build: a folder is in the way, a link to the last whole build expected; move build away "
        "or delete it, then build again.\n",
    )


def test_output_is_ignored_by_git_though_the_project_ignores_nothing(stranger):
    stranger.write(".gitignore", "build\n")
    stranger.commit()
    project = load_project(stranger.root)

    for folder in (project.store, project.work):
        make_output_folder(folder, key="build")
        (folder / "made").write_text("made")

    assert stranger.git("status", "--porcelain") == ""


def test_folder_without_a_project_is_refused(tmp_path, capsys):
    assert main(["check", "--project", str(tmp_path / "nowhere")]) == 2
    assert "nowhere: not a folder" in capsys.readouterr().err


def test_missing_dependency_is_a_sentence_and_a_missing_part_of_ours_a_bug(monkeypatch, capsys):
    def lacks(name):
        def command(order):
            raise ModuleNotFoundError(name=name)

        return command

    monkeypatch.setitem(cli._COMMANDS, "check", lacks("yaml"))
    assert main(["check"]) == 2
    assert capsys.readouterr().err.startswith("yaml: not installed for ")

    monkeypatch.setitem(cli._COMMANDS, "check", lacks("evidence.engine.gone"))
    with pytest.raises(ModuleNotFoundError):
        main(["check"])


def test_full_disk_is_a_sentence_and_a_strange_error_a_bug(monkeypatch, capsys):
    def meets(number):
        def command(order):
            raise OSError(number, os.strerror(number), "/proof/tests.log")

        return command

    monkeypatch.setitem(cli._COMMANDS, "check", meets(errno.ENOSPC))
    assert main(["check"]) == 2
    assert capsys.readouterr().err == (
        "/proof/tests.log: No space left on device; free some space, then run again.\n"
    )

    monkeypatch.setitem(cli._COMMANDS, "check", meets(errno.EBADF))
    with pytest.raises(OSError, match="Bad file descriptor"):
        main(["check"])


@pytest.mark.parametrize(
    ("closed", "said"),
    [
        (".", "cannot be read (Permission denied); check its permissions"),
        ("pyproject.toml", "pyproject.toml:1  could not be read (Permission denied); check"),
        ("evidence", "evidence/gates.yml:1  could not be read (Permission denied); check"),
        ("evidence/claims", "evidence/claims:1  could not be read (Permission denied); check"),
        ("evidence/gates.yml", "evidence/gates.yml:1  could not be read (Permission denied);"),
    ],
)
def test_what_may_not_be_read_is_a_sentence(stranger, closed, said):
    (stranger.root / closed).chmod(0)
    command = [sys.executable, str(SCRIPT), "check", "--project", str(stranger.root)]
    if os.geteuid() == 0:
        # Root reads everything unless it gives that up.
        command[:0] = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)
    (stranger.root / closed).chmod(0o755)

    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_bugs_are_not_hidden(monkeypatch):
    def command(order):
        raise ZeroDivisionError

    monkeypatch.setitem(cli._COMMANDS, "check", command)

    with pytest.raises(ZeroDivisionError):
        main(["check"])


def test_check_imports_nothing_heavy(stranger):
    code = (
        "import sys\n"
        "from evidence.engine.cli import main\n"
        "assert main(['check']) == 0\n"
        "heavy = {'rich', 'mkdocs', 'jinja2', 'coverage', 'sqlite3', 'http.server'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=stranger.root,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SCRIPT.parent)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == (
        "Till: 3 claims in 1 area, 2 gates, 4 requirements; every link is alive.\n[]\n"
    )


def test_check_speaks_on_a_terminal_without_unicode(stranger):
    stranger.replace("pyproject.toml", 'name = "Till"', 'name = "Tïll"')

    done = subprocess.run(
        [sys.executable, str(SCRIPT), "check"],
        cwd=stranger.root,
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("T\\xefll: 3 claims")


def test_reader_that_goes_away_gets_no_traceback(stranger):
    with subprocess.Popen(
        [sys.executable, str(SCRIPT), "check", "--project", str(stranger.root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as checking:
        checking.stdout.close()
        errors = checking.stderr.read()

    assert errors == b""


def test_doctor_says_what_is_there_and_what_to_do(stranger, capsys):
    stranger.write("evidence/claims/broken.yml", "area: [")

    code = main(["doctor", "--project", str(stranger.root)])

    said = capsys.readouterr().out
    assert code in (0, 1)
    assert re.search(r"^ok     git: git version ", said, re.MULTILINE)
    assert re.search(r"^note   commit: [0-9a-f]{12}, with changes on top$", said, re.MULTILINE)
    assert "       commit your changes" in said


@pytest.fixture
def site(tmp_path):
    """A folder as a build leaves it, with one page."""
    (tmp_path / "build" / "site").mkdir(parents=True)
    (tmp_path / "build" / "site" / "index.html").write_text("proved")
    return tmp_path / "build"


def test_serve_without_a_build_says_so(stranger, capsys):
    assert main(["serve", "--project", str(stranger.root)]) == 2
    assert "build/site: no build yet" in capsys.readouterr().err


def test_serve_on_a_taken_port_says_so(site):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotRun, match=f"port {port}: taken on 127.0.0.1; choose another"):
            serve.serve(site, port=port, tell=pytest.fail)


def test_serve_shows_the_build_until_it_is_interrupted(stranger):
    stranger.write("build/site/index.html", "proved")

    with subprocess.Popen(
        [sys.executable, str(SCRIPT), "serve", "--port", "0", "--project", str(stranger.root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as serving:
        address = serving.stdout.readline().split()[0]
        with urllib.request.urlopen(address, timeout=10) as page:  # noqa: S310 (our own)
            text = page.read()
        serving.send_signal(signal.SIGINT)
        rest, errors = serving.communicate(timeout=10)

    assert text == b"proved"
    assert address.startswith("http://127.0.0.1:")
    assert (serving.returncode, rest, errors) == (0, "Stopped.\n", "")


def test_sentence_that_says_too_much_fails_the_build(tmp_path, capsys):
    from evidence.engine.judge.model import Said, Status
    from evidence.engine.register.model import PublicClaim
    from evidence.engine.report import Reporter
    from tests.evidence.publish.sample import PLACE, link, make_sample, verdict

    sample = make_sample(tmp_path)
    sample.verdicts = [verdict(sample.claims[0], Status.MET)]
    order = read_order(["--no-color"])

    def conclude() -> int:
        with Reporter(live=False) as reporter:
            return build._conclude(
                order, sample.register, sample.run, sample.judgement, reporter, "", ""
            )

    public = PublicClaim("A post", "Never a penny lost.", (link("REF-02"),), PLACE)
    sample.said = (Said(public),)
    assert conclude() == cli.OK
    sample.said = (Said(public, ("REF-02",)),)
    assert conclude() == cli.UNPROVEN
    sample.tried = False
    assert conclude() == cli.OK
    assert (
        f"{PLACE} A post says more than is proved: REF-02 not Met; prove it, or say less."
        in " ".join(capsys.readouterr().out.split())
    )


@pytest.mark.slow
def test_mutants_of_a_claim_are_tried_on_the_files_as_they_are(stranger, capsys):
    """No run is recorded, and a test that was never committed counts at once."""
    stranger.replace("tests/test_money.py", "== back", ">= back")
    order = ["mutants", "TILL-02", "--run", "--project", str(stranger.root), "--no-color"]
    assert main(order) == 1
    said = capsys.readouterr().out
    assert re.findall(r"TILL-02\s+(\d+ of \d+) killed", said) == ["8 of 9"]
    assert "without running a line" not in said
    assert re.search(r"^passed +tests ", said, re.MULTILINE)
    assert "TILL-01" not in said
    assert "  survived  till/money.py:15  arithmetic changed" in said
    assert not (stranger.root / ".local/evidence/results").exists()


@pytest.mark.slow
def test_a_test_that_runs_none_of_the_code_it_is_cited_for_is_told_with_the_mutants(
    stranger, capsys
):
    stranger.write("tests/test_idle.py", "def test_idle():\n    assert 1 + 1 == 2\n")
    cited = "    tests: [tests/test_money.py::test_total_adds_up"
    stranger.replace("evidence/claims/till.yml", cited, f"{cited}, tests/test_idle.py::test_idle")
    order = ["mutants", "TILL-01", "--run", "--project", str(stranger.root), "--no-color"]
    assert main(order) == 1
    said = capsys.readouterr().out
    [told] = re.findall(r"^TILL-01 tests/.*$", said, re.MULTILINE)
    assert told.startswith("TILL-01 tests/test_idle.py::test_idle passed without running a line")
    assert "survived" not in said


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"status": GateStatus.NOT_RUN, "why": "no PostgreSQL here"}, "no PostgreSQL here"),
        ({"tests": ""}, "nothing was recorded of it"),
        ({"coverage": ""}, "nothing was recorded of it"),
    ],
)
def test_mutants_of_a_claim_whose_tests_cannot_run_are_not_tried_and_it_says_why(
    stranger, capsys, monkeypatch, changes, why
):
    ran = GateRun("tests", GateStatus.PASSED, "", 0, (), "", "", 1.0, tests="t", coverage="c")
    monkeypatch.setattr(mutation, "run_gate", lambda *_, **__: replace(ran, **changes))
    order = ["mutants", "TILL-02", "--run", "--project", str(stranger.root), "--no-color"]
    assert main(order) == 2
    said = capsys.readouterr()
    assert f": {why}" in said.out + said.err
    assert "killed" not in said.out
