"""Seals a build: the manifest of its files, statements about it, and signatures over both.

A process of its own that imports nothing but the standard library, so that no part of what is
judged runs where the key is read: `python -I -S evidence/sign.py BUILD [--key FILE]`. It reads
the bytes of the build and believes nothing else. Without a key it writes the same manifest and
statements, unsigned.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

NAMESPACE = "evidence-bundle"
MANIFEST, SIGNATURE = "MANIFEST.sha256", "MANIFEST.sha256.sig"
EVIDENCE, RUN = "site/evidence.json", "volatile/run.json"
VOLATILE = ("volatile/", "site/volatile/", "docs/volatile/")
PAYLOAD_TYPE = "application/vnd.in-toto+json"
_BLOCK_BYTES = 1024 * 1024
_WARNED = ("skipped", "xfailed", "xpassed", "not run")


class CannotSign(Exception):
    """Why the build cannot be sealed, in a sentence."""


def main() -> int:
    """0 when sealed; 1 with a sentence when not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=Path)
    parser.add_argument("--key", type=Path, help="an Ed25519 key of ssh, private or in the agent")
    order = parser.parse_args()
    try:
        seal(order.build, order.key)
    except CannotSign as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def seal(build: Path, key: Path | None) -> None:
    """Write manifest, statements and, with a key, signatures into the build."""
    digests = {name: _sha256(build / name) for name in sorted(_files(build), key=str.encode)}
    listed = {name: digest for name, digest in digests.items() if not name.startswith(VOLATILE)}
    manifest = "".join(f"{digest}  {name}\n" for name, digest in listed.items()).encode()
    (build / MANIFEST).write_bytes(manifest)
    if key:
        armored = _sign(manifest, key)
        (build / SIGNATURE).write_bytes(armored)
    evidence = json.loads((build / EVIDENCE).read_bytes())
    subject = [
        {"name": "commit", "digest": {"gitCommit": evidence["commit"]}},
        {"name": MANIFEST, "digest": {"sha256": hashlib.sha256(manifest).hexdigest()}},
        {"name": EVIDENCE, "digest": {"sha256": listed[EVIDENCE]}},
    ]
    run = json.loads((build / RUN).read_bytes())
    volatile = {name: digests[name] for name in digests.keys() - listed.keys()}
    for name, kind, predicate in (
        ("attestations/test-result", _TEST_RESULT, _test_result(evidence, listed[EVIDENCE])),
        ("attestations/claim-evidence", _CLAIM_EVIDENCE, _claim_evidence(evidence)),
        ("volatile/provenance", _PROVENANCE, _provenance(evidence, run, volatile)),
    ):
        statement = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": subject,
            "predicateType": kind,
            "predicate": predicate,
        }
        path = build / f"{name}.dsse.json"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(_json(_envelope(_json(statement), key)))


_TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
_CLAIM_EVIDENCE = "https://purelaka.example/attestation/claim-evidence/v1"
_PROVENANCE = "https://slsa.dev/provenance/v1"


def _files(build: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(build):
        for name in (*folders, *names):
            path = Path(folder, name)
            where = path.relative_to(build).as_posix()
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise CannotSign(f"{where}: a link or a device, a plain file expected; remove it")
            if not where.isprintable():
                raise CannotSign(f"{where!a}: characters that no name may hold; rename it")
            if path.is_file():
                yield where


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _envelope(payload: bytes, key: Path | None) -> dict[str, Any]:
    """A DSSE envelope; its signature is an SSHSIG over DSSE's own encoding of kind and payload."""
    signatures = []
    if key:
        kind = PAYLOAD_TYPE.encode()
        signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
        lines = _sign(signed, key).decode().strip().splitlines()
        blob = base64.b64decode("".join(lines[1:-1]))
        signatures.append({"keyid": _fingerprint(blob), "sig": base64.b64encode(blob).decode()})
    return {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": signatures,
    }


def _fingerprint(blob: bytes) -> str:
    """Of the key within an SSHSIG, as `ssh-keygen -l` prints it."""
    size = int.from_bytes(blob[10:14], "big")
    digest = hashlib.sha256(blob[14 : 14 + size]).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def _sign(data: bytes, key: Path) -> bytes:
    command = ["ssh-keygen", "-Y", "sign", "-q", "-n", NAMESPACE, "-f", str(key)]
    # In a session of its own there is no terminal, so a locked key fails instead of asking.
    environment = {**os.environ, "SSH_ASKPASS_REQUIRE": "never"}
    try:
        done = subprocess.run(
            command,
            input=data,
            capture_output=True,
            env=environment,
            start_new_session=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise CannotSign("ssh-keygen: not found; install OpenSSH 8.2 or later") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise CannotSign(
            f"signing key: ssh-keygen could not sign ({said[-1]}); a key with a passphrase has to "
            "be in ssh-agent"
        )
    return done.stdout


def _test_result(evidence: dict[str, Any], sha256: str) -> dict[str, Any]:
    """in-toto's own kind: cited tests by id, and gates."""
    ended = {test["id"]: test["outcome"] for claim in evidence["claims"] for test in claim["tests"]}
    ended |= {f"gate {gate['id']}": gate["status"] for gate in evidence["gates"]}
    passed = sorted(name for name, word in ended.items() if word == "passed")
    warned = sorted(name for name, word in ended.items() if word in _WARNED)
    failed = sorted(ended.keys() - {*passed, *warned})
    return {
        "result": "FAILED" if failed else "WARNED" if warned else "PASSED",
        "configuration": [{"name": EVIDENCE, "digest": {"sha256": sha256}}],
        "passedTests": passed,
        "warnedTests": warned,
        "failedTests": failed,
    }


def _claim_evidence(evidence: dict[str, Any]) -> dict[str, Any]:
    """Our own kind: every verdict, short."""
    statuses = [claim["status"] for claim in evidence["claims"]]
    return {
        **{key: evidence[key] for key in ("project", "version", "commit", "dirty")},
        "counts": {word: statuses.count(word) for word in ("met", "partly", "not", "out")},
        "claims": {
            claim["id"]: {"status": claim["status"], "rungs": claim["rungs"]}
            for claim in evidence["claims"]
        },
        "gates": {gate["id"]: gate["status"] for gate in evidence["gates"]},
        "requirements": evidence["requirements"],
    }


def _provenance(
    evidence: dict[str, Any], run: dict[str, Any], volatile: dict[str, str]
) -> dict[str, Any]:
    """SLSA's kind. Whoever holds the key made all of it, which is Build L1 and no more."""
    started = datetime.fromisoformat(run["started_at"]).astimezone(UTC)
    ended = started + timedelta(seconds=float(run["elapsed_s"]))
    return {
        "buildDefinition": {
            "buildType": "https://purelaka.example/build/evidence/v1",
            "externalParameters": {"commit": evidence["commit"], "project": evidence["project"]},
            "internalParameters": {"host": run["host"], "dirty": evidence["dirty"]},
            "resolvedDependencies": [
                {"name": "source", "digest": {"gitCommit": evidence["commit"]}}
            ],
        },
        "runDetails": {
            "builder": {"id": "https://purelaka.example/builder/somebodys-machine/v1"},
            "metadata": {"startedOn": _rfc3339(started), "finishedOn": _rfc3339(ended)},
            "byproducts": [
                {"name": name, "digest": {"sha256": volatile[name]}} for name in sorted(volatile)
            ],
        },
    }


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


if __name__ == "__main__":
    sys.exit(main())
