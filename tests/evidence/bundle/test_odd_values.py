"""Whatever stands in evidence.json, the verifier ends with a code and a sentence."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from evidence import verify
from tests.evidence.bundle.forging import Bundle

ODD: dict[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "one": 1,
    "no text": "",
    "no list": [],
    "no object": {},
    "NUL": "a\0b",
    "half a character": "\ud800",
    "list of one": [1],
    "list of a list": [[]],
    "huge number": 10**400,
}

# Kept for others than the verifier.
UNREAD = (
    *(".public", ".lacks.", ".claims[].mutants.notes"),
    *(".claims[].tests[].cases", ".claims[].tests[].executes_by_path"),
)


class InMemory(verify._Bundle):
    """An unsigned bundle that says of itself whatever its maker wants it to say."""

    def __init__(self, files: dict[str, bytes], evidence: dict[str, Any]) -> None:
        self._files = dict(files)
        del self._files[verify.SIGNATURE]
        data = json.dumps(evidence).encode()
        digest = hashlib.sha256(data).hexdigest()
        lines = files[verify.MANIFEST].decode().splitlines()
        self._files[verify.EVIDENCE] = data
        self._files[verify.MANIFEST] = "".join(
            f"{digest}  {verify.EVIDENCE}\n"
            if line.endswith("  " + verify.EVIDENCE)
            else line + "\n"
            for line in lines
        ).encode()
        self.names = set(self._files)
        subject = [
            {"name": "commit", "digest": {"gitCommit": evidence.get("commit")}},
            {
                "name": verify.MANIFEST,
                "digest": {"sha256": hashlib.sha256(self.read(verify.MANIFEST)).hexdigest()},
            },
            {"name": verify.EVIDENCE, "digest": {"sha256": digest}},
        ]
        for name, kind in verify.STATEMENTS.items():
            self._files[name] = self._statement(name, kind, evidence, digest, subject)

    def read(self, name: str) -> bytes:
        return self._files[name]

    def _statement(
        self, name: str, kind: str, evidence: Any, digest: str, subject: list[Any]
    ) -> bytes:
        told = json.loads(self._files[name])
        statement = json.loads(base64.b64decode(told["payload"]))
        if kind != verify.PROVENANCE:
            try:
                said = verify._expected(kind, evidence, {verify.EVIDENCE: digest})
            except (TypeError, KeyError, AttributeError):
                said = {}  # Evidence of which nothing follows, so it says nothing.
            statement["predicate"] = said
        payload = json.dumps({**statement, "subject": subject}).encode()
        told.update(signatures=[], payload=base64.b64encode(payload).decode())
        return json.dumps(told).encode()


def places(value: Any, path: tuple[Any, ...] = (), shape: str = "") -> Iterator[tuple[str, Any]]:
    """Every place in evidence.json, by what stands above it: items of a list are all alike."""
    if path:
        yield shape, path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key), f"{shape}.{key}")
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index), f"{shape}[]")


def swapped(evidence: dict[str, Any], path: tuple[Any, ...], *values: Any) -> dict[str, Any]:
    """A copy with another value in one place; without a value nothing is there."""
    made = copy.deepcopy(evidence)
    holder: Any = made
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]
    if values and isinstance(holder, list):
        holder.insert(path[-1], values[0])
    elif values:
        holder[path[-1]] = values[0]
    return made


@pytest.fixture
def ends(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """How a verification of this evidence ends: its code, and its last line but one."""

    def end(evidence: dict[str, Any]) -> tuple[int | str, str]:
        monkeypatch.setattr(verify, "_opened", lambda path: InMemory(bundle.files, evidence))
        try:
            code = verify.main(["-", "--allow-unsigned", "--source", str(bundle.source)])
        except Exception as error:
            # Whatever escapes is what these tests look for; they tell it with its place.
            return repr(error), ""
        return code, capsys.readouterr().out.splitlines()[-2]

    return end


@pytest.fixture
def evidence(bundle: Bundle) -> dict[str, Any]:
    """With all that an honest build may say and this one does not."""
    told: dict[str, Any] = json.loads(bundle.files[verify.EVIDENCE])
    told["lacks"] = {"T4": "Half of it."}
    return told


def test_evidence_as_it_was_built_is_accepted(ends: Any, evidence: dict[str, Any]) -> None:
    assert ends(evidence)[0] == 0


@pytest.mark.slow
@pytest.mark.parametrize("odd", [*ODD, "nothing at all"])
def test_odd_value_anywhere_ends_with_a_code_and_a_sentence(
    odd: str, ends: Any, evidence: dict[str, Any]
) -> None:
    values = [ODD[odd]] if odd in ODD else []
    first = dict(reversed(list(places(evidence))))  # What is out of scope comes last.
    wrong = {}
    for shape, path in first.items():
        code, line = ends(swapped(evidence, path, *values))
        if code != 0 and not (code in verify.REASONS and line.startswith("refused  ")):
            wrong[shape] = code
    assert wrong == {}


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("schema",), True, "evidence.json.schema: True"),
        (("schema",), -1, "evidence.json.schema: -1"),
        (("project",), 1, "evidence.json.project: 1"),
        (("dirty",), "no", "evidence.json.dirty: 'no'"),
        (("claims",), {}, "evidence.json.claims: {}"),
        (("claims", 1), [], "evidence.json.claims[1]: []"),
        (("claims", 0, "status"), "done", "evidence.json.claims[0].status: 'done'"),
        (("claims", 0, "code", 0, "lines"), [1, 2, 3], "code[0].lines: [1, 2, 3]"),
        (("claims", 0, "code", 0, "lines"), [1, -2], "code[0].lines: [1, -2]"),
        (("claims", 0, "code", 0, "lines"), "12", "code[0].lines: '12'"),
        (("claims", 0, "code", 0, "path"), 1, "code[0].path: 1"),
        (("claims", 0, "code", 0, "path"), "a\0b", "code[0].path: 'a\\x00b'"),
        (("claims", 0, "code", 0, "path"), "\ud800", "code[0].path: '\\ud800'"),
        (("lacks",), 1, "evidence.json.lacks: 1"),
        (("complaints",), False, "evidence.json.complaints: False"),
        (("claims", 0, "demo"), False, "evidence.json.claims[0].demo: False"),
        (("claims", 0, "critical"), 1, "evidence.json.claims[0].critical: 1"),
        (("claims", 0, "code", 0, "lines"), [True, 9], "code[0].lines: [True, 9]"),
        (("claims", 0, "code", 0, "executable"), 1, "code[0].executable: 1"),
        (("claims", 0, "code", 0, "mutants"), True, "code[0].mutants: True"),
        (("claims", 0, "tests", 0, "executes"), [True], "tests[0].executes[0]: True"),
        (("claims", 0, "mutants", "crash"), False, "mutants.crash: False"),
        (("gates", 0, "exit_code"), False, "evidence.json.gates[0].exit_code: False"),
        (("gates", 0, "exit_code"), 0.0, "evidence.json.gates[0].exit_code: 0.0"),
        (("gates", 0, "log"), False, "evidence.json.gates[0].log: False"),
        (("gates", 0, "sha256"), False, "evidence.json.gates[0].sha256: False"),
        (("gates", 0, "reused_from"), True, "evidence.json.gates[0].reused_from: True"),
    ],
)
def test_value_of_another_kind_is_named_with_its_place(
    path: tuple[Any, ...], value: Any, sentence: str, ends: Any, evidence: dict[str, Any]
) -> None:
    code, line = ends(swapped(evidence, path, value))
    assert code == verify._CODES["evidence-shape"]
    assert line.endswith(f"{sentence} does not belong there")


@pytest.mark.parametrize("value", [True, False])
def test_what_is_read_is_true_or_false_only_where_it_has_to_be(
    value: bool, ends: Any, evidence: dict[str, Any]
) -> None:
    first = dict(reversed(list(places(evidence))))
    taken = {shape for shape, path in first.items() if ends(swapped(evidence, path, value))[0] == 0}
    read = {shape for shape in taken if not shape.startswith(UNREAD)}
    assert read == {".dirty", ".claims[].critical", ".claims[].code[].executable"}


@pytest.mark.parametrize(
    ("step", "fits"),
    [
        ({"step": "buy", "screenshot": "a.png"}, True),
        ({"step": "buy", "screenshot": None}, True),
        ({"step": "buy", "screenshot": True}, False),
        ({"step": 1, "screenshot": None}, False),
        (["buy"], False),
    ],
)
def test_a_step_of_the_demo_may_have_left_no_picture(step: Any, fits: bool) -> None:
    assert verify._is_step(step) is fits


@pytest.mark.parametrize(
    ("key", "said"),
    [("dirty", 0), ("counts", {"met": True}), ("counts", {"met": 1.0}), ("more", None)],
)
def test_a_statement_says_it_in_the_same_kind_of_value(key: str, said: Any) -> None:
    expected = {"dirty": False, "counts": {"met": 1}}
    verify._check_content("a.json", expected.copy(), expected)
    with pytest.raises(verify.Refused, match=f"a.json: {key} differs"):
        verify._check_content("a.json", {**expected, key: said}, expected)


def test_key_that_is_not_there_is_named(ends: Any, evidence: dict[str, Any]) -> None:
    assert ends(swapped(evidence, ("gates", 0, "why"))) == (
        verify._CODES["evidence-shape"],
        "refused  evidence.json.gates[0]: no why",
    )
    assert ends(swapped(evidence, ("lacks",)))[0] == 0
