"""Bundles that are believed, and bundles that are refused, each for its own reason."""

from __future__ import annotations

import ast
import base64
import json
import os
import re
import stat
import subprocess
import sys
import unicodedata
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from evidence import sign, verify
from evidence.engine.project import load_project
from evidence.engine.publish.bundle import pack
from tests.evidence.bundle.forging import (
    CLAIM_EVIDENCE,
    TEST_RESULT,
    Bundle,
    Keys,
)
from tests.evidence.conftest import Stranger

Forgery = Callable[[Bundle], Path]
FORGERIES: dict[str, tuple[str, Forgery]] = {}
# What a seller could sign, and still nobody has to believe.
LIES: dict[str, tuple[str, Forgery]] = {}
LOG = "site/proof/tests.log"
CITED = "tests/test_money.py::test_total_adds_up"
DEAD = {"path": "till/money.py", "symbol": "gone", "lines": [0, 0], "sha256": ""}


def refused(
    reason: str, among: dict[str, tuple[str, Forgery]] = FORGERIES
) -> Callable[[Forgery], Forgery]:
    """The forgery below is to be refused for this reason."""

    def register(forgery: Forgery) -> Forgery:
        among[forgery.__name__] = (reason, forgery)
        return forgery

    return register


def answer(bundle: Bundle, path: Path) -> tuple[str, int]:
    """The reason's name and the exit code of a verification; the name is empty when accepted."""
    order = [str(path), *bundle.options]
    if "--signers" not in order:
        order += ["--signers", str(bundle.keys.signers)]
    code = verify.main(order)
    return verify.REASONS.get(code, ("", ""))[0], code


# -- the archive itself --------------------------------------------------------------------------


@refused("no-bundle")
def nothing(bundle: Bundle) -> Path:
    return bundle.home / "nothing"


@refused("damaged-archive")
def truncated(bundle: Bundle) -> Path:
    path = bundle.zip()
    path.write_bytes(path.read_bytes()[:-200])
    return path


@refused("damaged-archive")
def one_bit_of_a_file_flipped(bundle: Bundle) -> Path:
    path = bundle.zip()
    data = bytearray(path.read_bytes())
    data[data.index(b"<article")] ^= 1
    path.write_bytes(data)
    return path


@refused("encrypted")
def encrypted_member(bundle: Bundle) -> Path:
    return bundle.patched(lambda data, at: data.__setitem__(at + 8, data[at + 8] | 1))


@refused("unknown-compression")
def packed_in_an_unusual_way(bundle: Bundle) -> Path:
    about = zipfile.ZipInfo("site/new.html")
    about.compress_type = zipfile.ZIP_BZIP2
    return bundle.zip((about, b"x" * 100))


@refused("duplicate-member")
def same_name_twice(bundle: Bundle) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bundle.zip(("site/index.html", b"<p>All claims are met."))


@refused("too-large")
def said_to_be_a_gigabyte(bundle: Bundle) -> Path:
    return bundle.patched(lambda data, at: data.__setitem__(slice(at + 24, at + 28), b"\0\0\0\x40"))


@refused("zip-bomb")
def zeros_without_end(bundle: Bundle) -> Path:
    about = zipfile.ZipInfo("site/new.html")
    about.compress_type = zipfile.ZIP_DEFLATED
    return bundle.zip((about, bytes(4_000_000)))


@refused("zip-bomb")
def two_names_for_the_same_bytes(bundle: Bundle) -> Path:
    def share(data: bytearray, at: int) -> None:
        data[at + 42 : at + 46] = (0).to_bytes(4, "little")

    return bundle.patched(share)


@refused("path-traversal")
def way_out(bundle: Bundle) -> Path:
    return bundle.zip(("site/../../.bashrc", b"x"))


@refused("absolute-path")
def begins_at_the_root(bundle: Bundle) -> Path:
    return bundle.zip(("/etc/cron.d/x", b"x"))


@refused("absolute-path")
def begins_at_a_drive(bundle: Bundle) -> Path:
    return bundle.zip(("C:/x", b"x"))


@refused("odd-name")
def backslash(bundle: Bundle) -> Path:
    return bundle.zip(("site\\..\\x", b"x"))


@refused("odd-name")
def name_that_ends_at_a_nul(bundle: Bundle) -> Path:
    bundle.files["site/sneaky#html"] = b"x"

    def put_nul(data: bytearray, at: int) -> None:
        data[at + 46 + len("site/sneaky")] = 0

    return bundle.patched(put_nul, "site/sneaky#html")


@refused("odd-name")
def name_that_reads_backwards(bundle: Bundle) -> Path:
    return bundle.zip(("site/\u202elmth.x", b"x"))


@refused("odd-name")
def file_and_folder_of_one_name(bundle: Bundle) -> Path:
    return bundle.zip(("site/index.html/x", b"x"))


@refused("name-not-utf8")
def name_in_some_code_page(bundle: Bundle) -> Path:
    bundle.files["site/xx.html"] = b"x"

    def put_bytes(data: bytearray, at: int) -> None:
        data[at + 46 + 5 : at + 46 + 7] = b"\xff\xfe"

    return bundle.patched(put_bytes, "site/xx.html")


@refused("name-not-utf8")
def name_said_to_be_utf8(bundle: Bundle) -> Path:
    bundle.files["site/xx\u00e9.html"] = b"x"

    def put_bytes(data: bytearray, at: int) -> None:
        data[at + 46 + 5 : at + 46 + 7] = b"\xff\xfe"

    return bundle.patched(put_bytes, "site/xx\u00e9.html")


@refused("name-not-utf8")
def file_whose_name_is_no_text(bundle: Bundle) -> Path:
    root = bundle.folder()
    with open(os.fsencode(root) + b"/site/\xff.html", "wb"):  # noqa: PTH123 (no text)
        return root


@refused("case-collision")
def capital_twin(bundle: Bundle) -> Path:
    return bundle.zip(("site/INDEX.html", b"x"))


@refused("unicode-collision")
def accent_taken_apart(bundle: Bundle) -> Path:
    return bundle.zip((unicodedata.normalize("NFD", "site/caf\u00e9.html"), b"x"))


@refused("unicode-collision")
def twin_with_a_ligature(bundle: Bundle) -> Path:
    return bundle.zip(("site/file.html", b"x"), ("site/\ufb01le.html", b"y"))


@refused("symlink")
def link_in_a_folder(bundle: Bundle) -> Path:
    root = bundle.folder()
    (root / "site/index.html").unlink()
    (root / "site/index.html").symlink_to("/etc/passwd")
    return root


@refused("symlink")
def link_in_a_zip(bundle: Bundle) -> Path:
    about = zipfile.ZipInfo("site/new.html")
    about.external_attr = (stat.S_IFLNK | 0o777) << 16
    return bundle.zip((about, b"/etc/passwd"))


@refused("special-file")
def pipe_in_a_folder(bundle: Bundle) -> Path:
    root = bundle.folder()
    os.mkfifo(root / "site/new.html")
    return root


@refused("special-file")
def device_in_a_zip(bundle: Bundle) -> Path:
    about = zipfile.ZipInfo("site/new.html")
    about.external_attr = (stat.S_IFCHR | 0o666) << 16
    return bundle.zip((about, b""))


# -- the manifest --------------------------------------------------------------------------------


@refused("no-manifest")
def without_manifest(bundle: Bundle) -> Path:
    del bundle.files[verify.MANIFEST]
    return bundle.zip()


def _manifest(change: Callable[[list[str]], object]) -> Forgery:
    def forge(bundle: Bundle) -> Path:
        lines = bundle.files[verify.MANIFEST].decode().splitlines(keepends=True)
        change(lines)
        bundle.files[verify.MANIFEST] = "".join(lines).encode()
        return bundle.sign_manifest().zip()

    return forge


for _name, _reason, _change in (
    ("capital_digest", "manifest-format", lambda lines: lines.__setitem__(0, lines[0].upper())),
    (
        "carriage_return",
        "manifest-format",
        lambda lines: lines.__setitem__(0, lines[0][:-1] + "\r\n"),
    ),
    ("empty_line", "manifest-format", lambda lines: lines.insert(3, "\n")),
    ("last_line_cut_off", "manifest-format", lambda lines: lines.append(lines.pop()[:-1])),
    ("lines_out_of_order", "manifest-order", lambda lines: lines.reverse()),
    ("line_twice", "manifest-order", lambda lines: lines.insert(0, lines[0])),
    (
        "lists_what_is_volatile",
        "manifest-scope",
        lambda lines: lines.append(f"{'0' * 64}  volatile/run.json\n"),
    ),
):
    FORGERIES[_name] = (_reason, _manifest(_change))


@refused("missing-file")
def file_left_out(bundle: Bundle) -> Path:
    del bundle.files["site/status.html"]
    return bundle.zip()


@refused("missing-file")
def volatile_file_left_out(bundle: Bundle) -> Path:
    del bundle.files["volatile/run.json"]
    return bundle.zip()


@refused("extra-file")
def file_added(bundle: Bundle) -> Path:
    return bundle.zip(("site/new.html", b"x"))


@refused("extra-file")
def file_added_to_what_is_volatile(bundle: Bundle) -> Path:
    return bundle.zip(("site/volatile/new.html", b"x"))


@refused("edited-file")
def page_edited(bundle: Bundle) -> Path:
    return bundle.swap("site/index.html", "none is broken", "all are proved").zip()


# -- signatures ----------------------------------------------------------------------------------


@refused("unsigned")
def signature_taken_away(bundle: Bundle) -> Path:
    del bundle.files[verify.SIGNATURE]
    return bundle.zip()


@refused("unsigned")
def sealed_without_a_key(bundle: Bundle) -> Path:
    return bundle.reseal(key="").zip()


@refused("signature-format")
def signature_of_another_tool(bundle: Bundle) -> Path:
    bundle.files[verify.SIGNATURE] = b"-----BEGIN PGP SIGNATURE-----\nAAAA\n"
    return bundle.zip()


@refused("signature-format")
def signature_cut_off(bundle: Bundle) -> Path:
    blob = base64.b64encode(b"SSHSIG\0\0\0\1\0\0\0\x33ab")
    bundle.files[verify.SIGNATURE] = (
        b"-----BEGIN SSH SIGNATURE-----\n" + blob + b"\n-----END SSH SIGNATURE-----\n"
    )
    return bundle.zip()


@refused("wrong-namespace")
def signature_made_for_git(bundle: Bundle) -> Path:
    return bundle.sign_manifest(namespace="git").zip()


@refused("key-type")
def signed_by_a_key_of_another_kind(bundle: Bundle) -> Path:
    bundle.options = ["--signers", str(bundle.keys.listing("*", "old", file="olds"))]
    return bundle.sign_manifest("old").zip()


@refused("unknown-key")
def all_of_it_made_by_somebody_else(bundle: Bundle) -> Path:
    return bundle.reseal("stranger").zip()


@refused("expired-key")
def key_whose_time_is_over(bundle: Bundle) -> Path:
    signers = bundle.keys.listing('seller@example.org valid-before="20200101"', file="expired")
    bundle.options = ["--signers", str(signers)]
    return bundle.zip()


@refused("key-not-yet-valid")
def key_whose_time_has_not_come(bundle: Bundle) -> Path:
    signers = bundle.keys.listing('seller@example.org valid-after="20990101"', file="early")
    bundle.options = ["--signers", str(signers)]
    return bundle.zip()


@refused("bad-signature")
def failed_turned_to_passed_and_digests_recomputed(bundle: Bundle) -> Path:
    def lie(claim: dict[str, object]) -> None:
        claim["status"], claim["rungs"] = "met", dict.fromkeys(claim["rungs"], "yes")  # type: ignore[call-overload]

    return bundle.claim("TILL-01", lie).recount().zip()


@refused("bad-signature")
def signature_of_another_bundle(bundle: Bundle) -> Path:
    other = bundle.copy(bundle.home)
    other.files["site/new.html"] = b"x"
    bundle.files[verify.SIGNATURE] = other.recount().sign_manifest().files[verify.SIGNATURE]
    return bundle.zip()


@refused("signers-file")
def signers_that_are_not_there(bundle: Bundle) -> Path:
    bundle.options = ["--signers", str(bundle.home / "gone")]
    return bundle.zip()


@refused("signers-file")
def signers_that_are_none(bundle: Bundle) -> Path:
    (bundle.home / "odd").write_text("whoever signs\n")
    bundle.options = ["--signers", str(bundle.home / "odd")]
    return bundle.zip()


@refused("signer-not-allowed")
def key_listed_for_something_else(bundle: Bundle) -> Path:
    signers = bundle.keys.listing('seller@example.org namespaces="git"', file="git")
    bundle.options = ["--signers", str(signers)]
    return bundle.zip()


@refused("signer-not-allowed")
def key_of_somebody_the_buyer_did_not_ask_for(bundle: Bundle) -> Path:
    bundle.options = ["--signer", "auditor@example.org"]
    return bundle.zip()


# -- JSON ----------------------------------------------------------------------------------------


def _evidence_text(change: Callable[[bytes], bytes]) -> Forgery:
    def forge(bundle: Bundle) -> Path:
        bundle.files[verify.EVIDENCE] = change(bundle.files[verify.EVIDENCE])
        return bundle.recount().sign_manifest().zip()

    return forge


for _name, _reason, _text in (
    ("evidence_in_latin_1", "not-utf8", lambda data: data.replace(b'"Till"', b'"T\xefll"', 1)),
    ("evidence_cut_off", "not-json", lambda data: data[:-20]),
    (
        "key_said_twice",
        "duplicate-key",
        lambda data: data.replace(b'"dirty"', b'"commit": "0", "dirty"', 1),
    ),
    (
        "not_a_number",
        "not-a-number",
        lambda data: data.replace(b'"schema": 1', b'"schema": 1, "odds": NaN', 1),
    ),
    (
        "number_without_end",
        "not-a-number",
        lambda data: data.replace(b'"schema": 1', b'"schema": 1, "odds": 1e999', 1),
    ),
    (
        "nested_without_end",
        "too-deep",
        lambda data: data.replace(
            b'"schema": 1', b'"schema": 1, "x": ' + b"[" * 9999 + b"]" * 9999, 1
        ),
    ),
):
    FORGERIES[_name] = (_reason, _evidence_text(_text))


# -- statements ----------------------------------------------------------------------------------


@refused("missing-statement")
def statement_left_out(bundle: Bundle) -> Path:
    del bundle.files[CLAIM_EVIDENCE]
    return bundle.zip()


@refused("envelope-format")
def envelope_with_something_more(bundle: Bundle) -> Path:
    return bundle.envelope(TEST_RESULT, lambda told: told.update(note="trust me")).zip()


@refused("payload-type")
def payload_said_to_be_something_else(bundle: Bundle) -> Path:
    return bundle.envelope(TEST_RESULT, lambda told: told.update(payloadType="text/plain")).zip()


@refused("base64")
def payload_with_odd_characters(bundle: Bundle) -> Path:
    return bundle.envelope(TEST_RESULT, lambda told: told.update(payload="e30=!")).zip()


@refused("statement-unsigned")
def statement_without_a_signature(bundle: Bundle) -> Path:
    return bundle.envelope(TEST_RESULT, lambda told: told.update(signatures=[])).zip()


@refused("statement-signature")
def statement_edited(bundle: Bundle) -> Path:
    return bundle.statement(
        TEST_RESULT, lambda told: told["predicate"].update(result="FAILED")
    ).zip()


@refused("statement-signer")
def statement_by_somebody_else(bundle: Bundle) -> Path:
    return bundle.statement(TEST_RESULT, lambda told: None, key="stranger").zip()


@refused("statement-kind")
def statements_swapped(bundle: Bundle) -> Path:
    files = bundle.files
    files[TEST_RESULT], files[CLAIM_EVIDENCE] = files[CLAIM_EVIDENCE], files[TEST_RESULT]
    return bundle.zip()


@refused("other-commit")
def statement_of_another_commit_replayed(bundle: Bundle) -> Path:
    earlier = bundle.copy(bundle.home).evidence(lambda told: told.update(commit="0" * 40))
    bundle.files[CLAIM_EVIDENCE] = earlier.reseal().files[CLAIM_EVIDENCE]
    return bundle.zip()


@refused("statement-subject")
def statement_of_another_build_replayed(bundle: Bundle) -> Path:
    other = bundle.copy(bundle.home).swap("site/index.html", "none is broken", "none is met")
    bundle.files[CLAIM_EVIDENCE] = other.reseal().files[CLAIM_EVIDENCE]
    return bundle.zip()


@refused("statement-content")
def statement_that_says_nothing(bundle: Bundle) -> Path:
    return bundle.statement(
        CLAIM_EVIDENCE, lambda told: told.update(predicate=[]), key="seller"
    ).zip()


@refused("statement-content")
def statement_that_says_more_than_evidence(bundle: Bundle) -> Path:
    return bundle.statement(
        CLAIM_EVIDENCE, lambda told: told["predicate"]["counts"].update(met=3), key="seller"
    ).zip()


@refused("volatile-edited")
def time_of_the_run_edited(bundle: Bundle) -> Path:
    return bundle.swap("volatile/run.json", '"started_at": "2', '"started_at": "1').zip()


# -- a seller who signs what does not add up -----------------------------------------------------


def _lie(change: Callable[[dict], object], claim: str = "") -> Forgery:
    def forge(bundle: Bundle) -> Path:
        edit = bundle.claim(claim, change) if claim else bundle.evidence(change)
        return edit.reseal().zip()

    return forge


def _rungs(**standings: str) -> Callable[[dict], object]:
    return lambda claim: claim["rungs"].update(standings)


for _name, _reason, _claim, _change in (
    ("key_left_out", "evidence-shape", "TILL-01", lambda claim: claim.pop("reasons")),
    ("number_that_is_a_word", "evidence-shape", "TILL-01", lambda claim: claim.update(critical=1)),
    ("commit_that_is_none", "evidence-shape", "", lambda told: told.update(commit="HEAD")),
    ("passage_of_one_line_number", "evidence-shape", "TILL-01",
     lambda claim: claim["code"][0].update(lines=[1])),
    ("path_that_no_file_can_have", "evidence-shape", "TILL-01",
     lambda claim: claim["code"][0].update(path="a\0b")),
    ("path_of_half_a_character", "evidence-shape", "TILL-01",
     lambda claim: claim["code"][0].update(path="\ud800")),
    ("lacks_that_is_a_number", "evidence-shape", "", lambda told: told.update(lacks=1)),
    ("claim_twice", "duplicate-id", "", lambda told: told["claims"].append(told["claims"][0])),
    ("gate_that_is_not_there", "unknown-reference", "TILL-01", lambda c: c.update(gates=["lint"])),
    ("met_with_a_rung_missing", "status-not-from-rungs", "TILL-01",
     lambda claim: claim.update(status="met")),
    ("met_that_is_called_not", "status-not-from-rungs", "TILL-01",
     lambda claim: claim.update(status="not")),
    ("linked_to_what_is_gone", "linked-contradicted", "TILL-01", lambda c: c["code"].append(DEAD)),
    ("linked_to_what_is_gone_under_odd_keys", "linked-contradicted", "TILL-01",
     lambda claim: (claim["code"].append(DEAD), claim.update(name="x", sentence="y"))),
    ("passed_with_a_failed_test", "passed-contradicted", "TILL-01",
     lambda claim: claim["tests"][0].update(outcome="failed")),
    ("passed_with_a_skipped_test", "passed-contradicted", "TILL-01",
     lambda claim: claim["tests"][0].update(outcome="skipped")),
    ("executed_without_a_line", "executed-contradicted", "TILL-01",
     lambda claim: claim["tests"][0].update(executes=[])),
    ("executed_by_a_line_that_nothing_cites", "executed-contradicted", "TILL-01",
     lambda claim: claim["tests"][0].update(executes=[99999])),
    ("executed_called_not_applicable", "executed-contradicted", "TILL-01", _rungs(executed="n/a")),
    ("falsified_without_a_kill", "falsified-contradicted", "TILL-01", _rungs(falsified="yes")),
    ("falsified_called_not_applicable", "falsified-contradicted", "TILL-03",
     _rungs(falsified="n/a")),
    ("demonstrated_without_a_step", "demonstrated-contradicted", "TILL-01",
     _rungs(demonstrated="yes")),
    ("requirement_met_by_a_claim_that_is_not", "requirement-status", "",
     lambda told: told["requirements"].update(T1="met")),
    ("requirement_that_nobody_serves", "requirement-status", "",
     lambda told: told["requirements"].update(T4="partly")),
    ("passed_with_exit_code_one", "gate-contradicted", "",
     lambda told: told["gates"][0].update(exit_code=1)),
    ("passed_without_exit_code", "gate-contradicted", "",
     lambda told: told["gates"][0].pop("exit_code")),
    ("log_of_another_run", "log-digest", "", lambda told: told["gates"][0].update(sha256="0" * 64)),
    ("log_that_is_not_there", "log-missing", "",
     lambda told: told["gates"][0].update(log="proof/gone.log")),
):  # fmt: skip
    LIES[_name] = (_reason, _lie(_change, _claim))


@refused("falsified-contradicted", LIES)
def mutant_that_survived(bundle: Bundle) -> Path:
    def lie(claim: dict) -> None:
        claim["rungs"]["falsified"] = "yes"
        claim["mutants"].update(assertion=5, survived=[{"id": "x"}])

    return bundle.claim("TILL-01", lie).reseal().zip()


@refused("falsified-contradicted", LIES)
def kills_of_a_harness_that_cannot_be_trusted(bundle: Bundle) -> Path:
    def lie(told: dict) -> None:
        claim = next(claim for claim in told["claims"] if claim["id"] == "TILL-01")
        claim["rungs"]["falsified"] = "yes"
        claim["gates"] = []
        claim["mutants"].update(assertion=5, survived=[], untried=0)
        told["complaints"] = ["A fork lied."]

    return bundle.evidence(lie).reseal().zip()


@refused("no-evidence", LIES)
def evidence_left_out(bundle: Bundle) -> Path:
    del bundle.files[verify.EVIDENCE]
    return bundle.recount().sign_manifest().zip()


@refused("log-head", LIES)
def gate_that_failed_by_its_log(bundle: Bundle) -> Path:
    bundle.swap(LOG, "status    passed", "status    failed: exit code 1")
    digest = sign._sha256(bundle.folder("x") / LOG)
    return bundle.evidence(lambda told: _gate(told, "tests").update(sha256=digest)).reseal().zip()


@refused("log-head", LIES)
def log_of_another_commit(bundle: Bundle) -> Path:
    commit = json.loads(bundle.files[verify.EVIDENCE])["commit"]
    bundle.swap(LOG, commit, "f" * 40)
    digest = sign._sha256(bundle.folder("x") / LOG)
    return bundle.evidence(lambda told: _gate(told, "tests").update(sha256=digest)).reseal().zip()


def _listed(before: str, after: str) -> Forgery:
    """The log tells of a cited test what evidence.json does not."""

    def forge(bundle: Bundle) -> Path:
        bundle.swap(LOG, before, after)
        digest = sign._sha256(bundle.folder("x") / LOG)
        return (
            bundle.evidence(lambda told: _gate(told, "tests").update(sha256=digest)).reseal().zip()
        )

    return forge


for _name, _after in (
    ("test_that_failed_by_its_log", "failed   {}\n"),
    ("test_that_ended_in_an_error_by_its_log", "error    {}\n"),
    ("test_that_was_skipped_by_its_log", "skipped  {}\n"),
    ("test_of_which_a_case_failed_by_its_log", "passed   {}[1]\nfailed   {}[2]\n"),
    ("test_that_no_log_lists", ""),
):
    LIES[_name] = (
        "passed-contradicted",
        _listed(f"passed   {CITED}\n", _after.replace("{}", CITED)),
    )


def _gate(told: dict, name: str) -> dict:
    return next(gate for gate in told["gates"] if gate["id"] == name)


@refused("matrix-page", LIES)
def matrix_that_shows_met(bundle: Bundle) -> Path:
    return bundle.swap("site/acceptance_matrix.html", ">Partly met<", ">Met<").reseal().zip()


@refused("matrix-page", LIES)
def matrix_without_a_row(bundle: Bundle) -> Path:
    name = "site/acceptance_matrix.html"
    text = bundle.files[name].decode()
    bundle.files[name] = re.sub(r"<tr data-status.*?</tr>", "", text, count=1, flags=re.S).encode()
    return bundle.reseal().zip()


@refused("matrix-page", LIES)
def matrix_that_shows_another_rung(bundle: Bundle) -> Path:
    shown = 'title="Executed: yes"><span>'
    bundle.swap("site/acceptance_matrix.html", f"{shown}yes", f"{shown}not applicable")
    return bundle.reseal().zip()


@refused("status-page", LIES)
def status_page_that_counts_otherwise(bundle: Bundle) -> Path:
    return bundle.swap("site/status.html", "3 partly met", "2 partly met").reseal().zip()


@refused("status-page", LIES)
def status_page_that_hides_a_requirement(bundle: Bundle) -> Path:
    name = "site/status.html"
    text = bundle.files[name].decode()
    bundle.files[name] = re.sub(r'<tr id="requirement-T4".*?</tr>', "", text, flags=re.S).encode()
    return bundle.reseal().zip()


@refused("front-page", LIES)
def front_page_that_counts_otherwise(bundle: Bundle) -> Path:
    return bundle.swap("site/index.html", 'ev-number">0<', 'ev-number">3<').reseal().zip()


@refused("code-differs", LIES)
def code_that_the_commit_does_not_hold(bundle: Bundle) -> Path:
    bundle.options = ["--source", str(bundle.source)]
    other = {"sha256": "0" * 64}
    return bundle.claim("TILL-01", lambda claim: claim["code"][0].update(other)).reseal().zip()


@refused("no-source")
def source_without_the_commit(bundle: Bundle) -> Path:
    bundle.options = ["--source", str(bundle.home)]
    return bundle.zip()


@refused("not-the-commit")
def bundle_of_another_commit(bundle: Bundle) -> Path:
    bundle.options = ["--commit", "0" * 40]
    return bundle.zip()


# -- building it again ---------------------------------------------------------------------------


@refused("rebuild-source")
def source_that_is_not_there(bundle: Bundle) -> Path:
    bundle.options = ["--rebuild", str(bundle.home / "gone")]
    return bundle.zip()


@refused("rebuild-source")
def source_that_is_a_zip_of_no_clone(bundle: Bundle) -> Path:
    bundle.options = ["--rebuild", str(bundle.zip())]
    return bundle.zip()


@refused("rebuild-dirty")
def made_with_changes_nobody_committed(bundle: Bundle) -> Path:
    bundle.options = ["--rebuild", "."]
    return bundle.evidence(lambda told: told.update(dirty=True)).reseal().zip()


# -- the tests -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORGERIES)
def test_tampered_bundle_is_refused_for_its_own_reason(
    name: str, bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    _refuses(bundle, *FORGERIES[name], capsys)


@pytest.mark.parametrize("name", LIES)
def test_signed_lie_is_refused_for_its_own_reason(
    name: str, bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    _refuses(bundle, *LIES[name], capsys)


def _refuses(
    bundle: Bundle, reason: str, forge: Forgery, capsys: pytest.CaptureFixture[str]
) -> None:
    found, code = answer(bundle, forge(bundle))
    said = capsys.readouterr().out.splitlines()
    assert found == reason, said
    assert said[-2].startswith("refused  ")
    assert said[-1] == f"         {reason} ({code}): {verify.REASONS[code][1]}."
    assert not [line for line in said[:-2] if not line.startswith("ok       ")]


def test_every_reason_has_a_bundle_that_is_refused_for_it() -> None:
    elsewhere = {"no-ssh-keygen", "rebuild-failed", "rebuild-differs"}
    met = {reason for reason, _ in (*FORGERIES.values(), *LIES.values())}
    assert met | elsewhere == {name for name, _ in verify.REASONS.values()}
    assert not met & elsewhere
    assert len(met) >= 40


def test_machine_without_ssh_keygen_is_told_what_is_missing(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = bundle.zip()
    monkeypatch.setenv("PATH", str(bundle.home))
    assert answer(bundle, path) == ("no-ssh-keygen", 49)
    assert "ssh-keygen: not found; install OpenSSH 8.2 or later" in capsys.readouterr().out


# -- honest bundles ------------------------------------------------------------------------------


def _as_folder(bundle: Bundle) -> Path:
    return bundle.folder()


def _as_zip(bundle: Bundle) -> Path:
    return bundle.zip(packing=zipfile.ZIP_DEFLATED)


def _with_folders_named(bundle: Bundle) -> Path:
    return bundle.zip(("site/", b""), ("site/proof/", b""))


def _signers_with_more_in_them(bundle: Bundle) -> Path:
    path = bundle.home / "signers"
    path.write_text(
        f"# Whom we believe\n\nauditor@example.org {bundle.keys.public('stranger')}\n"
        f'seller@example.org,boss@example.org namespaces="git,evidence-bundle" '
        f"{bundle.keys.public()}\n"
    )
    bundle.options = ["--signers", str(path), "--signer", "boss@example.org"]
    return bundle.zip()


def _signers_by_pattern(bundle: Bundle) -> Path:
    signers = bundle.keys.listing("*@example.org", file="pattern")
    bundle.options = ["--signers", str(signers), "--signer", "seller@example.org"]
    return bundle.zip()


def _within_the_keys_time(bundle: Bundle) -> Path:
    window = 'seller@example.org valid-after="20200101",valid-before="20990101"'
    bundle.options = ["--signers", str(bundle.keys.listing(window, file="window"))]
    return bundle.zip()


def _as_of_a_day_when_the_key_was_valid(bundle: Bundle) -> Path:
    signers = bundle.keys.listing('seller@example.org valid-before="20200101"', file="expired")
    bundle.options = ["--signers", str(signers), "--at", "20191231"]
    return bundle.zip()


def _of_the_commit_that_was_asked_for(bundle: Bundle) -> Path:
    bundle.options = ["--commit", json.loads(bundle.files[verify.EVIDENCE])["commit"][:12]]
    return bundle.zip()


def _with_the_code_it_speaks_of(bundle: Bundle) -> Path:
    bundle.options = ["--source", str(bundle.source)]
    return bundle.zip()


def _unsigned_and_allowed(bundle: Bundle) -> Path:
    bundle.options = ["--allow-unsigned"]
    return bundle.reseal(key="").zip()


def _made_with_uncommitted_changes(bundle: Bundle) -> Path:
    return bundle.evidence(lambda told: told.update(dirty=True)).reseal().zip()


def _of_a_project_with_its_own_pages(bundle: Bundle) -> Path:
    bundle.files["site/\u00fcber uns.html"] = b"<p>We"
    return bundle.reseal().zip()


def _with_keys_added_to_evidence(bundle: Bundle) -> Path:
    return bundle.evidence(lambda told: told.update(later={"more": [1.5]})).reseal().zip()


HONEST = [
    _as_folder, _as_zip, _with_folders_named, _signers_with_more_in_them, _signers_by_pattern,
    _within_the_keys_time, _as_of_a_day_when_the_key_was_valid, _of_the_commit_that_was_asked_for,
    _unsigned_and_allowed, _made_with_uncommitted_changes, _of_a_project_with_its_own_pages,
    _with_keys_added_to_evidence, _with_the_code_it_speaks_of,
]  # fmt: skip


@pytest.mark.parametrize("make", HONEST, ids=lambda make: make.__name__.strip("_"))
def test_honest_bundle_is_accepted(
    make: Forgery, bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(bundle, make(bundle)) == ("", 0), capsys.readouterr().out

    said = capsys.readouterr().out.splitlines()
    assert all(line.startswith("ok       ") for line in said)
    assert len(said) >= 12
    assert "0 met, 3 partly met, 0 not met, 1 out of scope" in said[-1]
    assert ("UNSIGNED" in said[-1]) == (make is _unsigned_and_allowed)


def test_unsigned_bundle_is_told_to_be_unsigned_and_nothing_of_it_signed(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.loads(bundle.files[verify.EVIDENCE])
    path = _unsigned_and_allowed(bundle)
    listed = len(bundle.files[verify.MANIFEST].splitlines())
    assert answer(bundle, path) == ("", 0)

    assert capsys.readouterr().out.splitlines() == [
        f"ok       {len(bundle.files)} files with plain names; no link, device or way out among "
        "them.",
        "ok       UNSIGNED: the manifest has no signature; --allow-unsigned was given.",
        f"ok       All {listed} files of the manifest are there and unchanged, and no other is.",
        f"ok       evidence.json is of commit {told['commit']} of till {told['version']}, clean.",
        f"ok       {TEST_RESULT} is of this manifest and says what evidence.json says.",
        f"ok       {CLAIM_EVIDENCE} is of this manifest and says what evidence.json says.",
        "ok       volatile/provenance.dsse.json tells how it was built, by "
        "'https://purelaka.example/builder/somebodys-machine/v1': SLSA Build L1 at most.",
        "ok       Each of 2 gates says what its log says, and its log is the one named.",
        "ok       Each of 3 claims has the status that its own rungs, tests and gates give.",
        "ok       Each of 4 requirements has the status that its claims give.",
        "ok       Front page, status page and acceptance matrix show these verdicts and counts.",
        "ok       accepted: 0 met, 3 partly met, 0 not met, 1 out of scope; UNSIGNED, so anybody "
        "could have made it.",
    ]


def test_signed_bundle_is_told_to_be_signed_statement_by_statement(
    bundle: Bundle, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(bundle, bundle.zip()) == ("", 0)
    said = capsys.readouterr().out.splitlines()
    assert said[4:6] == [
        f"ok       {name} is signed, of this manifest, and says what evidence.json says."
        for name in (TEST_RESULT, CLAIM_EVIDENCE)
    ]


@pytest.mark.slow
def test_honest_bundle_of_bad_news_is_accepted(
    stranger: Stranger, keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test that fails, a link that is dead and a gate that could not run."""
    from evidence.engine.cli import main

    monkeypatch.setenv("EVIDENCE_SIGNING_KEY", str(keys.file()))
    stranger.replace("till/money.py", "return sum(prices)", "return sum(prices) + 1")
    stranger.replace("evidence/claims/till.yml", "till/money.py::CURRENCY", "till/money.py::EURO")
    stranger.replace("evidence/gates.yml", "import till.money; print('till imports')", "exit(77)")
    stranger.commit("Break it")

    assert main(["--project", str(stranger.root), "--no-color"]) == 1
    made = Bundle.of(stranger.root / "build", keys, tmp_path)
    assert answer(made, stranger.root / "build") == ("", 0)


def test_day_that_is_none_is_told(bundle: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        verify.main(["bundle", "--at", "tomorrow"])
    assert refused.value.code == 2
    assert "tomorrow: a day such as 20261231 expected" in capsys.readouterr().err


def test_packed_build_is_accepted_and_its_bytes_are_the_same_again(
    signed: Stranger, whole: Bundle
) -> None:
    project = load_project(signed.root)
    first, _ = pack(project, whole.home / "one.zip")
    again, size = pack(project, whole.home / "two.zip")
    assert answer(whole, first) == ("", 0)
    assert first.read_bytes() == again.read_bytes()
    assert size == len(first.read_bytes())


# -- building it again ---------------------------------------------------------------------------


@pytest.mark.slow
def test_rebuilt_commit_has_the_same_bytes(
    signed: Stranger, whole: Bundle, capfd: pytest.CaptureFixture[str]
) -> None:
    """From a ZIP of the clone, without the seller's key."""
    source = whole.home / "clone.zip"
    with zipfile.ZipFile(source, "w") as archive:
        for path in sorted((signed.root / ".git").rglob("*")):
            if path.is_file():
                archive.write(path, f"till/{path.relative_to(signed.root)}")
    script = Path(verify.__file__).parents[1] / "build_evidence.py"
    whole.options = ["--rebuild", str(source), "--build", f"{sys.executable} {script} --no-color"]

    assert answer(whole, whole.zip()) == ("", 0)
    assert "all 89 files are the same, byte by byte." in capfd.readouterr().out


def test_build_that_leaves_nothing_or_something_else_is_refused(
    signed: Stranger, whole: Bundle
) -> None:
    path = whole.zip()
    rebuild = ["--rebuild", str(signed.root), "--build"]
    whole.options = [*rebuild, "git status --short"]
    assert answer(whole, path) == ("rebuild-failed", 111)

    other = whole.copy(whole.home).swap("site/index.html", "none is broken", "all is well")
    made = other.recount().folder("other")
    whole.options = [*rebuild, f"cp -r {made} build"]
    assert answer(whole, path) == ("rebuild-differs", 112)


# -- the verifier itself -------------------------------------------------------------------------


@pytest.mark.parametrize("module", [verify, sign])
def test_it_imports_nothing_but_the_standard_library(module: object) -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))  # type: ignore[attr-defined]
    names = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or "?"]
            if isinstance(node, ast.ImportFrom)
            else [a.name for a in node.names]
        )
    }
    assert names <= {*sys.stdlib_module_names}


def test_verifier_is_written_in_python_3_9() -> None:
    source = Path(verify.__file__).read_text("utf-8")
    ast.parse(source, feature_version=(3, 9))
    with pytest.raises(SyntaxError):
        ast.parse("match 1:\n    case 1: pass\n", feature_version=(3, 9))


def test_bundle_carries_the_verifier_and_it_runs_alone(bundle: Bundle) -> None:
    root = bundle.folder()
    done = subprocess.run(
        [sys.executable, "-I", "-S", root / "verify.py", root, "--signers", bundle.keys.signers],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("ok       accepted: ")


def test_help_lists_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        verify.main(["--help"])
    said = capsys.readouterr().out
    for code, (name, meaning) in verify.REASONS.items():
        assert re.search(rf"^ +{code}  {name} +{re.escape(meaning)}$", said, re.M), name
