"""The gate `documents` itself: how pages are read, outputs compared and names looked up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.docs.executed.__main__ import DOCUMENTS
from tests.docs.executed.compare import agrees
from tests.docs.executed.named import problems
from tests.docs.executed.page import Block, Step, Unclear, read_page
from tests.docs.executed.shell import Shell
from tests.repo.planted import ROOT

PAGE = """# Page

```console
$ manage.py jobs
runs  …
$ manage.py check # exits 1
$ echo one \\
> two
one two
```

1. Then:

    ```sh title="Not run here: it needs a name on the internet"
    certbot renew
    ```

<!-- not run: it takes minutes -->
```sh
make evidence
long \\
  line
```

```toml
[tool]
```
"""


def read(tmp_path: Path, text: str) -> list[Block]:
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    return read_page(tmp_path / "page.md", "page.md")


def test_page_is_read_in_commands_and_what_they_print(tmp_path: Path) -> None:
    assert read(tmp_path, PAGE) == [
        Block(
            3,
            (
                Step(4, "manage.py jobs", ("runs  …",)),
                Step(6, "manage.py check", (), 1),
                Step(7, "echo one \\\ntwo", ("one two",)),
            ),
        ),
        Block(14, (Step(15, "certbot renew", None),), "it needs a name on the internet"),
        Block(
            19,
            (Step(20, "make evidence", None), Step(21, "long \\\n  line", None)),
            "it takes minutes",
        ),
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("```bash\nls\n```", "page.md:1  a fence of bash, expected one of console or sh"),
        ("```console\nls\n```", "page.md:2  'ls' before any command, `$ ` expected first"),
        ("```console\n```", "page.md:2  a fence of console without a command; `$ ` expected"),
        ("x\n```sh\nls\n", "page.md:2  a fence that nobody closed; close it with ```"),
    ],
)
def test_fence_that_nobody_would_run_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(Unclear) as refused:
        read(tmp_path, text)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    ("shown", "came", "same"),
    [
        (["a", "b"], ["a", "b"], True),
        (["a"], ["a", "b"], False),
        (["a", "b"], ["a"], False),
        ([], [], True),
        ([], ["a"], False),
        (["runs … done"], ["runs 12 done"], True),
        (["runs … done"], ["runs 12", "done"], False),
        (["a", "…", "z"], ["a", "b", "c", "z"], True),
        (["a", "…", "z"], ["a", "z"], True),
        (["a", "…"], ["b"], False),
        (["1.00"], ["1x00"], False),
    ],
)
def test_output_agrees_only_when_every_line_does(
    shown: list[str], came: list[str], same: bool
) -> None:
    assert agrees(shown, came) is same


@pytest.mark.parametrize(
    ("command", "sentences"),
    [
        ("manage.py run_checks --fail-on-issues", []),
        (".venv/bin/python app/manage.py run_checks --fail", ["manage.py run_checks --fail: no"]),
        ("manage.py run_check", ["manage.py run_check: no such command"]),
        ("make evidence PYTHON=python3.12", []),
        ("make evidense", ["make evidense: no such target"]),
        ("DEBUG=1 no-such-program --x", ["no-such-program: no such program"]),
        ("export A=1", []),
        (".venv/bin/python build_evidence.py deploy v1.0.0 --remote x", []),
        (
            ".venv/bin/python build_evidence.py deplow",
            ["build_evidence.py deplow: no such command"],
        ),
    ],
)
def test_what_is_named_and_not_there_is_told(command: str, sentences: list[str]) -> None:
    found = list(problems(command))
    assert len(found) == len(sentences)
    assert all(each.startswith(want) for each, want in zip(found, sentences, strict=True))


def test_shell_keeps_what_a_command_set_and_tells_its_end(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"]}
    with Shell(folder=tmp_path, environment=environment, scratch=tmp_path) as shell:
        assert shell.run("export A=kept; cd /") == ([], 0)
        assert shell.run("echo $A $PWD; echo wrong >&2; (exit 3)") == (["kept /", "wrong"], 3)
        assert shell.run("cat") == ([], 0)
        assert shell.run("printf 'no line end'") == (["no line end"], 0)


def test_every_operators_page_is_among_those_that_run() -> None:
    shown = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "site_src").glob("*.md")
        if "```console" in path.read_text("utf-8")
    }
    assert shown <= {document.path for document in DOCUMENTS}
    assert {"README.md", "site_src/release_process.md"} <= {each.path for each in DOCUMENTS}
