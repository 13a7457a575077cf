"""Each lie told to the engine in a project of its own, and the sentence that gives it away."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from evidence.engine.lies.planted import ENGINE, HONEST, MONEY, Till
from evidence.engine.mistakes import CannotRun

VERIFIER = ENGINE.parent / "evidence" / "verify.py"
# The cited lines stay as they are; what they call does not.
WRONG_SUM = MONEY.replace("\n\n\n", "\n\nfrom builtins import max as sum\n\n\n", 1)


@dataclass(frozen=True)
class Lie:
    """`tell` plants it and gives what the engine, or the verifier, printed; `given_away` are words
    of the sentence that has to be among it, and in nothing that is printed of the honest till."""

    letter: str
    says: str
    tell: Callable[[Path], tuple[str, str]]
    given_away: str


def replay(say: Callable[[str], None]) -> bool:
    """Whether every lie was caught, and nothing was said against the honest till."""
    with tempfile.TemporaryDirectory(prefix="lies-") as folder:
        home = Path(folder)
        command, honest = _told(Till.opened(home / "honest"), "run")
        falsely = [lie for lie in LIES if lie.given_away in honest]
        say("The honest till: no word of what gives the lies away.")
        _show(say, command, honest)
        for lie in falsely:
            say(f"NOT HONEST TO IT: {lie.given_away}")
        caught = [_replayed(lie, home / lie.letter, say) for lie in LIES]
    say(f"{sum(caught)} of {len(LIES)} lies caught.")
    return all(caught) and not falsely


def _replayed(lie: Lie, folder: Path, say: Callable[[str], None]) -> bool:
    say("")
    say(f"Lie {lie.letter}: {lie.says}")
    command, printed = lie.tell(folder)
    _show(say, command, printed)
    sentence = next(_sentences(printed, lie.given_away), "")
    say(f"caught: {sentence}" if sentence else "NOT CAUGHT")
    return bool(sentence)


def _sentences(printed: str, words: str) -> Iterator[str]:
    for line in printed.splitlines():
        for sentence in re.split(r"(?<=[^.]\.) ", line):
            if words in sentence:
                yield sentence.strip()


def _show(say: Callable[[str], None], command: str, printed: str) -> None:
    say(f"  $ {command}")
    for line in printed.splitlines():
        say(f"  | {line}")


def _told(till: Till, word: str) -> tuple[str, str]:
    return f"build_evidence.py {word}", till.engine(word)


def _never_calls(folder: Path) -> tuple[str, str]:
    test = HONEST.replace("total([100, 250])", "100 + 250")
    return _told(Till.opened(folder, **{"tests/test_money.py": test}), "run")


def _asserts_nothing(folder: Path) -> tuple[str, str]:
    test = HONEST.replace("    assert total([100, 250]) == 350", "    total([100, 250])")
    return _told(Till.opened(folder, **{"tests/test_money.py": test}), "run")


def _edits_the_record(folder: Path) -> tuple[str, str]:
    """The sum is wrong and the test says so; the record is made to say otherwise."""
    till = Till.opened(folder, **{"till/money.py": WRONG_SUM})
    till.engine("run")
    _forge_record(till.root / ".local" / "evidence" / "results")
    return _told(till, "site")


def _edits_the_build(folder: Path) -> tuple[str, str]:
    """The same in a signed build: verdict and manifest are rewritten, digests by hand."""
    if not shutil.which("ssh-keygen"):
        raise CannotRun("ssh-keygen: not found on PATH; install OpenSSH, then run again")
    till = Till.opened(folder, **{"till/money.py": WRONG_SUM})
    key = folder.parent / "key"
    till.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "seller", "-f", str(key))
    signers = folder.parent / "signers"
    signers.write_text(f"seller {key.with_suffix('.pub').read_text('utf-8')}", "utf-8")
    till.engine("all", EVIDENCE_SIGNING_KEY=str(key))
    bundle = shutil.copytree((till.root / "build").resolve(), folder.parent / "bundle")
    _forge_build(bundle)
    words = ("verify.py", "bundle", "--signers", "signers")
    printed = till.run(
        sys.executable, str(VERIFIER), str(bundle), "--signers", str(signers)
    ).replace(str(folder.parent), "<here>")
    return " ".join(words), printed


def _changes_the_code(folder: Path) -> tuple[str, str]:
    till = Till.opened(folder)
    till.engine("run")
    till.write("till/money.py", WRONG_SUM)
    till.commit()
    return _told(till, "site")


def _forge_record(results: Path) -> None:
    report = results / "tests" / "pytest.json"
    report.write_text(report.read_text("utf-8").replace('"failed"', '"passed"'), "utf-8")
    log = results / "proof" / "tests.log"
    log.write_text(log.read_text("utf-8").replace("failed", "passed"), "utf-8")
    run = results / "run.json"
    told = json.loads(run.read_text("utf-8"))
    digest = hashlib.sha256(log.read_bytes()).hexdigest()
    told["gates"][0] |= {"status": "passed", "why": "", "exit_code": 0, "sha256": digest}
    told["gates"][0] |= {"failures": []}
    run.write_text(json.dumps(told), "utf-8")


def _forge_build(bundle: Path) -> None:
    verdicts = bundle / "site" / "evidence.json"
    told = json.loads(verdicts.read_text("utf-8"))
    told["claims"][0] |= {"status": "partly"}
    told["claims"][0]["rungs"]["passed"] = "yes"
    told["claims"][0]["tests"][0]["outcome"] = "passed"
    told["gates"][0] |= {"status": "passed", "why": "", "exit_code": 0}
    verdicts.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
    manifest = bundle / "MANIFEST.sha256"
    manifest.write_text("".join(_digests_again(bundle, manifest)), "utf-8", newline="\n")


def _digests_again(bundle: Path, manifest: Path) -> Iterator[str]:
    for line in manifest.read_text("utf-8").splitlines():
        name = line.partition("  ")[2]
        yield f"{hashlib.sha256((bundle / name).read_bytes()).hexdigest()}  {name}\n"


LIES = (
    Lie(
        "a",
        "the test passes and never calls the code.",
        _never_calls,
        "without running a line of the code it is cited for",
    ),
    Lie(
        "b",
        "the test calls the code and asserts nothing.",
        _asserts_nothing,
        "Patch dearest-only was not caught",
    ),
    Lie(
        "c",
        "a recorded result is edited from failed to passed, its digest recomputed by hand.",
        _edits_the_record,
        "was changed since it was written",
    ),
    Lie(
        "c, to a buyer",
        "so is a signed build, every digest of its manifest recomputed by hand.",
        _edits_the_build,
        "refused",
    ),
    Lie(
        "d",
        "the code changes after the evidence was made.",
        _changes_the_code,
        "files changed since",
    ),
)
