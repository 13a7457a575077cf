"""The gate `documents` itself: how pages are read, outputs compared and names looked up."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest

from evidence.gates import stripe_cli_install
from tests.docs.executed import programs
from tests.docs.executed.__main__ import DOCUMENTS
from tests.docs.executed.compare import agrees
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


@pytest.mark.usefixtures("ends_soon")
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


def test_a_program_that_a_fence_needs_is_read_from_the_line_above(tmp_path: Path) -> None:
    text = "<!-- needs: stripe -->\n```console\n$ ls\n```\n<!-- needs: curl -->\n```sh\nls\n```\n"
    console, script = read(tmp_path, text + "```sh\nls\n```\n")[:2]
    assert console == Block(2, (Step(3, "ls", ()),), needs="stripe")
    assert script == Block(6, (Step(7, "ls", None),), needs="curl")
    assert [block.needs for block in read(tmp_path, "\n" + text)] == ["stripe", "curl"]
    assert read(tmp_path, PAGE)[0].needs == ""


def test_a_fence_whose_program_is_not_here_says_so(monkeypatch: Any) -> None:
    def none() -> str:
        raise stripe_cli_install.NotHere("npm has no network")

    monkeypatch.setattr(stripe_cli_install, "find", none)
    programs._stripe.cache_clear()
    try:
        assert programs.folders() == []
        assert programs.why_not_here("stripe") == "npm has no network"
        assert programs.folders() == []
        programs._stripe.cache_clear()
        monkeypatch.setattr(stripe_cli_install, "find", lambda: "/some/where/stripe")
        assert programs.why_not_here("stripe") == ""
        assert programs.folders() == ["/some/where"]
    finally:
        programs._stripe.cache_clear()
    assert programs.why_not_here("") == programs.why_not_here("git") == ""
    assert programs.why_not_here("no-such-program") == "there is no no-such-program here"


@pytest.mark.usefixtures("ends_soon")
def test_each_fence_is_read_wherever_it_stands(tmp_path: Path) -> None:
    text = "```sh\nls\n```\n```sh\npwd\n```\n<!-- not run: why -->\n"
    assert read(tmp_path, text) == [
        Block(1, (Step(2, "ls", None),)),
        Block(4, (Step(5, "pwd", None),)),
    ]


@pytest.mark.usefixtures("ends_soon")
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("```bash\nls\n```", "page.md:1  a fence of bash, expected one of console or sh"),
        ("```console\nls\n```", "page.md:2  'ls' before any command, `$ ` expected first"),
        ("```console\n$ ls\n…\n …\n```", "page.md:2  shows nothing but …; show a line of it"),
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


def test_command_is_typed_into_the_open_shell_and_its_end_marked(tmp_path: Path) -> None:
    shell: Any = object.__new__(Shell)
    shell._typed, shell._keys = tmp_path / "typed.sh", io.BytesIO()
    shell._until = lambda mark, command: ([command], mark)
    (said, mark) = shell.run("ls")
    assert said == ["ls"]
    assert shell._typed.read_text("utf-8") == "ls\n"
    assert shell._keys.getvalue().decode() == (
        f"source '{shell._typed}' </dev/null; printf '\\n%s %s\\n' {mark.decode()} $?\n"
    )
    assert len(mark) == 64
    assert mark != shell.run("ls")[1]


def test_shell_keeps_what_a_command_set_and_tells_its_end(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"]}
    with Shell(folder=tmp_path, environment=environment, scratch=tmp_path) as shell:
        assert shell.run("export A=kept; cd /") == ([], 0)
        assert shell.run("echo $A $PWD; echo wrong >&2; (exit 3)") == (["kept /", "wrong"], 3)
        assert shell.run("cat") == ([], 0)
        assert shell.run("printf 'no line end'") == (["no line end"], 0)


def test_every_page_is_among_those_that_run_or_are_looked_at() -> None:
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "site_src").glob("*.md")}
    assert {document.path for document in DOCUMENTS} == pages | {"README.md"}
    for document in DOCUMENTS:
        blocks = read_page(ROOT / document.path, document.path)
        assert bool(document.needs) == any(not block.not_run for block in blocks), document.path
