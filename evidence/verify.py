#!/usr/bin/env python3
"""Checks an evidence bundle without trusting whoever made it: one file, nothing to install.

Needs Python 3.9 or later and `ssh-keygen`. Take this file and the signers file from somebody you
trust, not from the bundle that you are about to check.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import html.parser
import io
import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import tokenize
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Callable, NoReturn

NAMESPACE = "evidence-bundle"
MANIFEST, SIGNATURE = "MANIFEST.sha256", "MANIFEST.sha256.sig"
EVIDENCE = "site/evidence.json"
VOLATILE = ("volatile/", "site/volatile/", "docs/volatile/")
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
CLAIM_EVIDENCE = "https://purelaka.example/attestation/claim-evidence/v1"
PROVENANCE = "https://slsa.dev/provenance/v1"
STATEMENTS = {
    "attestations/test-result.dsse.json": TEST_RESULT,
    "attestations/claim-evidence.dsse.json": CLAIM_EVIDENCE,
    "volatile/provenance.dsse.json": PROVENANCE,
}
MOST_FILES = 200_000
MOST_BYTES_OF_A_FILE = 512 * 1024 * 1024
MOST_BYTES = 4 * 1024 * 1024 * 1024
MOST_BYTES_OF_JSON = 256 * 1024 * 1024
LONGEST_NAME = 1024
BOMB_FROM_BYTES, BOMB_RATIO = 1024 * 1024, 250
DEEPEST = 48

# Every reason to refuse, by its exit code. Codes stay what they are; new ones are added.
REASONS: dict[int, tuple[str, str]] = {
    10: ("no-bundle", "there is no folder and no ZIP of that name"),
    11: ("damaged-archive", "the ZIP is cut off, or a file in it does not match its checksum"),
    12: ("encrypted", "a file in the ZIP is encrypted"),
    13: ("unknown-compression", "a file in the ZIP is packed in an unusual way"),
    14: ("duplicate-member", "the ZIP holds two files of one name"),
    15: ("too-large", "a file, all files together or their number is beyond any honest bundle"),
    16: ("zip-bomb", "a file in the ZIP unpacks to far more than evidence does, or files overlap"),
    17: ("path-traversal", "a name leads out of the bundle by .."),
    18: ("absolute-path", "a name begins at the root of a disk"),
    19: ("odd-name", "a name holds what no file of a bundle is called, such as a backslash"),
    20: ("name-not-utf8", "a name is not UTF-8"),
    21: ("case-collision", "two names differ only in capitals, so some disks keep only one"),
    22: ("unicode-collision", "a name is not in Unicode's composed form, or two names look alike"),
    23: ("symlink", "a file is a link to somewhere else"),
    24: ("special-file", "a file is a device, a pipe or a socket"),
    30: ("no-manifest", "MANIFEST.sha256 is missing"),
    31: ("manifest-format", "a line of the manifest is not a digest, two spaces and a name"),
    32: ("manifest-order", "the manifest is not sorted, or names a file twice"),
    33: ("manifest-scope", "the manifest lists what it must not: itself or what is volatile"),
    34: ("missing-file", "a file of the manifest is not there"),
    35: ("extra-file", "a file is there that nothing signed speaks of"),
    36: ("edited-file", "a file is not what the manifest says it was"),
    40: ("unsigned", "there is no signature"),
    41: ("signature-format", "the signature is none that ssh-keygen makes"),
    42: ("wrong-namespace", "the signature was made for something else than evidence bundles"),
    43: ("key-type", "the key is not an Ed25519 key"),
    44: ("unknown-key", "the key that signed is not in the signers file"),
    45: ("expired-key", "the signers file says that the key's time is over"),
    46: ("key-not-yet-valid", "the signers file says that the key's time has not come"),
    47: ("bad-signature", "the signature does not fit what it should have signed"),
    48: ("signers-file", "the signers file cannot be read or has a line that is wrong"),
    49: ("no-ssh-keygen", "this machine has no ssh-keygen that can verify"),
    50: (
        "signer-not-allowed",
        "the key is listed, but not for evidence bundles or not for --signer",
    ),
    55: ("missing-statement", "a signed statement is missing"),
    56: ("not-utf8", "JSON that is not UTF-8"),
    57: ("not-json", "what should be JSON is none"),
    58: ("duplicate-key", "JSON that says two things under one key"),
    59: ("not-a-number", "JSON with NaN or Infinity in it"),
    60: ("too-deep", "JSON nested deeper than evidence is"),
    61: ("envelope-format", "a statement's envelope lacks a part or has one too many"),
    62: ("payload-type", "a statement is not declared as an in-toto statement"),
    63: ("base64", "a statement's payload or signature is not base64"),
    64: ("statement-unsigned", "a statement carries no signature"),
    65: ("statement-signature", "a statement's signature does not fit it"),
    66: ("statement-signer", "a statement was signed by another key than the manifest"),
    67: ("statement-kind", "a statement is of another kind than its file's name says"),
    68: ("other-commit", "a statement speaks of another commit than evidence.json"),
    69: ("statement-subject", "a statement speaks of another manifest or other evidence"),
    70: ("statement-content", "a statement says something else than evidence.json"),
    71: ("volatile-edited", "a volatile file is not what the provenance says it was"),
    80: ("no-evidence", "site/evidence.json is missing"),
    81: ("evidence-shape", "evidence.json lacks a part, or one is of the wrong kind"),
    82: ("duplicate-id", "evidence.json lists one id twice"),
    83: ("unknown-reference", "a claim rests on a gate or requirement that is not listed"),
    84: ("status-not-from-rungs", "a claim's status does not follow from its rungs"),
    85: ("linked-contradicted", "a claim is called linked, or not, against its own links"),
    86: ("passed-contradicted", "a claim is called passed, or not, against its tests and gates"),
    87: ("executed-contradicted", "a claim is called executed against the lines its tests ran"),
    88: ("falsified-contradicted", "a claim is called falsified against what was broken"),
    89: ("demonstrated-contradicted", "a claim is called demonstrated without its screenshot"),
    90: ("requirement-status", "a requirement's status does not follow from its claims"),
    91: ("gate-contradicted", "a gate's status does not fit its exit code, log or reason"),
    92: ("log-missing", "a gate's log is not there"),
    93: ("log-digest", "a gate's log is not the one that evidence.json names"),
    94: ("log-head", "a gate's log says another gate, commit or status than evidence.json"),
    95: ("matrix-page", "the acceptance matrix shows something else than evidence.json"),
    96: ("status-page", "the status page shows something else than evidence.json"),
    97: ("front-page", "the front page counts something else than evidence.json"),
    98: ("not-the-commit", "the bundle is of another commit than --commit"),
    99: ("code-differs", "a cited passage of code is not what the commit in --source holds"),
    109: ("no-source", "--source is no clone, or does not hold the commit"),
    110: ("rebuild-source", "the source cannot be cloned, or does not hold the commit"),
    111: ("rebuild-failed", "building the commit again left no build"),
    112: ("rebuild-differs", "building the commit again gave other bytes"),
    113: ("rebuild-dirty", "the bundle was made with changes nobody committed; no commit gives it"),
}
_CODES = {name: code for code, (name, _) in REASONS.items()}


class Refused(Exception):
    """The bundle is not to be believed. `name` is one of REASONS."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.name = _CODES[name], name


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every check held; else the code of the first reason to refuse."""
    order = _order(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        for sentence in verify(order):
            _say("ok       " + _plain(sentence))
    except Refused as error:
        _say(f"refused  {_plain(str(error))}")
        _say(f"         {error.name} ({error.code}): {REASONS[error.code][1]}.")
        return error.code
    return 0


def verify(order: argparse.Namespace) -> Iterator[str]:
    """A sentence for each thing checked; raises Refused at the first that does not hold."""
    with _opened(order.bundle) as bundle:
        names = bundle.names
        yield f"{len(names):,} files with plain names; no link, device or way out among them."
        text = bundle.need(MANIFEST, "no-manifest")
        signer = _Signer(order)
        if SIGNATURE in names:
            yield signer.check_manifest(text, bundle.read(SIGNATURE))
        else:
            yield _unsigned(order, "the manifest has no signature")
        listed = _manifest(text)
        yield _check_files(bundle, listed)
        evidence = _evidence(bundle)
        if order.commit and not evidence["commit"].startswith(order.commit.lower()):
            _refuse("not-the-commit", "the bundle is of commit {commit}", **evidence)
        yield "evidence.json is of commit {} of {} {}, {}.".format(
            evidence["commit"],
            evidence["project"],
            evidence["version"],
            "with changes nobody committed" if evidence["dirty"] else "clean",
        )
        yield from _check_statements(bundle, evidence, listed, signer, order)
        yield from _check_evidence(bundle, evidence)
        yield from _check_pages(bundle, evidence)
        if order.source:
            yield _check_source(order.source, evidence)
        if order.rebuild:
            yield _check_rebuild(order, evidence, bundle)
    counts = _counts(evidence)
    yield "accepted: {met} met, {partly} partly met, {not} not met, {out} out of scope; {}.".format(
        signer.told or "UNSIGNED, so anybody could have made it", **counts
    )


# ---- The bundle: a folder or a ZIP, read without unpacking ------------------------------------


class _Bundle:
    """Files by name. Reading never writes and never leaves the bundle."""

    names: set[str]

    def read(self, name: str) -> bytes:
        raise NotImplementedError

    def need(self, name: str, reason: str) -> bytes:
        """The file's bytes, or the reason when it is not there."""
        if name not in self.names:
            raise Refused(reason, f"{name}: not in the bundle")
        return self.read(name)

    def __enter__(self) -> _Bundle:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class _Folder(_Bundle):
    def __init__(self, root: str) -> None:
        self._bytes = 0
        self._paths = dict(self._walk(os.path.realpath(root), ""))
        self.names = set(self._paths)
        _check_names(sorted(self.names))

    def read(self, name: str) -> bytes:
        with open(self._paths[name], "rb") as file:
            return file.read()

    def _walk(self, folder: str, prefix: str) -> Iterator[tuple[str, str]]:
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            name = prefix + entry.name
            _check_name(name)
            if entry.is_symlink():
                raise Refused("symlink", f"{name}: a link, a plain file expected")
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(entry.path, name + "/")
                continue
            size = _size_of_file(entry, name)
            self._bytes += size
            _check_size(name, size, self._bytes)
            yield name, entry.path


class _Zip(_Bundle):
    def __init__(self, path: str) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
        except UnicodeDecodeError:
            raise Refused("name-not-utf8", "a name in the ZIP is not UTF-8") from None
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise Refused("damaged-archive", f"{path}: {error}") from None
        infos = self._archive.infolist()
        self._infos: dict[str, zipfile.ZipInfo] = {}
        total = 0
        for info in infos:
            total += info.file_size
            _check_size(info.filename, info.file_size, total)
            _check_member(info)
            if info.filename in self._infos:
                raise Refused("duplicate-member", f"{info.filename}: twice in the ZIP")
            self._infos[info.filename] = info
        _check_overlap(infos)
        self.names = {name for name in self._infos if not name.endswith("/")}
        _check_names(sorted(self.names))

    def read(self, name: str) -> bytes:
        try:
            return self._archive.read(self._infos[name])
        except (zipfile.BadZipFile, OSError, ValueError, EOFError, zlib.error) as error:
            raise Refused("damaged-archive", f"{name}: {error}") from None
        except (RuntimeError, NotImplementedError) as error:
            raise Refused("unknown-compression", f"{name}: {error}") from None

    def __exit__(self, *_: object) -> None:
        self._archive.close()


def _opened(path: str) -> _Bundle:
    if os.path.isdir(path):
        return _Folder(path)
    if os.path.isfile(path):
        return _Zip(path)
    raise Refused("no-bundle", f"{path}: not there, a folder or a ZIP expected")


def _size_of_file(entry: os.DirEntry[str], name: str) -> int:
    about = entry.stat(follow_symlinks=False)
    if not stat.S_ISREG(about.st_mode):
        raise Refused("special-file", f"{name}: no plain file")
    return about.st_size


def _check_size(name: str, size: int, total: int) -> None:
    if size > MOST_BYTES_OF_A_FILE or total > MOST_BYTES:
        raise Refused("too-large", f"{name}: {size:,} bytes, {total:,} so far")


def _check_member(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename
    # zipfile ends a name at its first NUL, so the name must be looked at as it was written.
    _check_name(name[:-1] if name.endswith("/") else name)
    if not info.flag_bits & 0x800 and not name.isascii():
        raise Refused("name-not-utf8", f"{name!r}: not marked as UTF-8")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise Refused("symlink", f"{name}: a link, a plain file expected")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Refused("special-file", f"{name}: no plain file")
    if info.flag_bits & 0x41:
        raise Refused("encrypted", f"{name}: encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused("unknown-compression", f"{name}: method {info.compress_type}")
    if is_bomb(info.file_size, info.compress_size):
        raise Refused(
            "zip-bomb",
            f"{name}: {info.file_size:,} bytes out of {info.compress_size:,}",
        )


def is_bomb(size_bytes: int, packed_bytes: int) -> bool:
    """True when a file unpacks to more than any that is packed for a bundle."""
    return size_bytes > BOMB_FROM_BYTES and size_bytes > BOMB_RATIO * packed_bytes


def _check_overlap(infos: Sequence[zipfile.ZipInfo]) -> None:
    end, before = 0, ""
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise Refused("zip-bomb", f"{info.filename}: shares bytes with {before}")
        end = info.header_offset + 30 + len(info.filename.encode()) + info.compress_size
        before = info.filename


def check_names(names: Sequence[str]) -> None:
    """Raise Refused at the first name for which a bundle with these files would be refused."""
    for name in names:
        _check_name(name)
    _check_names(sorted(names))


def _check_name(name: str) -> None:
    try:
        encoded = name.encode("utf-8")
    except UnicodeEncodeError:
        raise Refused("name-not-utf8", f"{name!r}: not UTF-8") from None
    parts = name.split("/")
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        raise Refused("absolute-path", f"{name}: begins at the root of a disk")
    if ".." in parts:
        raise Refused("path-traversal", f"{name}: leads out of the bundle")
    if unicodedata.normalize("NFC", name) != name:
        raise Refused("unicode-collision", f"{name!a}: not in composed form")
    is_odd = any(unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") for char in name)
    is_odd = is_odd or "\\" in name or "" in parts or "." in parts or name != name.strip()
    if is_odd or len(encoded) > LONGEST_NAME:
        raise Refused("odd-name", f"{name[:200]!a}: no name for a file of a bundle")


def _check_names(names: Sequence[str]) -> None:
    if len(names) > MOST_FILES:
        raise Refused("too-large", f"{len(names):,} files")
    folded: dict[str, str] = {}
    alike: dict[str, str] = {}
    folders = {name[:at] for name in names for at in range(len(name)) if name[at] == "/"}
    for name in (*names, *sorted(folders)):
        if folded.setdefault(name.lower(), name) != name:
            other = folded[name.lower()]
            raise Refused("case-collision", f"{other} and {name}")
        look = unicodedata.normalize("NFKC", name.casefold())
        if alike.setdefault(look, name) != name:
            raise Refused("unicode-collision", f"{alike[look]!a} and {name!a}")
    for name in names:
        if name in folders:
            raise Refused("odd-name", f"{name}: a file and a folder")


# ---- The manifest ------------------------------------------------------------------------------


def _manifest(data: bytes) -> dict[str, str]:
    """Digests by name."""
    text = _utf8(data, MANIFEST, "manifest-format")
    if not text.endswith("\n"):
        raise Refused("manifest-format", f"{MANIFEST}: does not end with its last line")
    found: dict[str, str] = {}
    last = b""
    for number, line in enumerate(text[:-1].split("\n"), start=1):
        place = f"{MANIFEST}:{number}"
        match = re.fullmatch(r"([0-9a-f]{64})  (\S|\S.*\S)", line)
        if not match:
            raise Refused("manifest-format", f"{place}: {line[:120]!a}")
        digest, name = match[1], match[2]
        if name.encode() <= last:
            raise Refused("manifest-order", f"{place}: {name} is out of order")
        if name in (MANIFEST, SIGNATURE) or name in STATEMENTS or name.startswith(VOLATILE):
            raise Refused("manifest-scope", f"{place}: lists {name}")
        last = name.encode()
        found[name] = digest
    return found


def _check_files(bundle: _Bundle, listed: dict[str, str]) -> str:
    allowed = {MANIFEST, SIGNATURE, *STATEMENTS}
    for name in sorted(listed.keys() - bundle.names):
        raise Refused("missing-file", f"{name}: in the manifest, not in the bundle")
    extra = bundle.names - listed.keys() - allowed
    for name in sorted(name for name in extra if not name.startswith(VOLATILE)):
        raise Refused("extra-file", f"{name}: in the bundle, not in the manifest")
    for name in sorted(listed):
        found = hashlib.sha256(bundle.read(name)).hexdigest()
        if found != listed[name]:
            raise Refused("edited-file", f"{name}: found {found}, expected {listed[name]}")
    return f"All {len(listed):,} files of the manifest are there and unchanged, and no other is."


# ---- Signatures --------------------------------------------------------------------------------


class _Signer:
    """Checks signatures against the signers file; all must be by the key that signed first."""

    def __init__(self, order: argparse.Namespace) -> None:
        self.told = ""
        self._order = order
        self._key = b""

    def check_manifest(self, data: bytes, armored: bytes) -> str:
        """A sentence about who signed."""
        if not self._order.signers:
            raise Refused("signers-file", "no --signers: nothing says whom to believe")
        blob = _dearmored(armored)
        key, namespace = _parts(blob)
        principal, options = _listed_signer(self._order, key)
        if namespace != NAMESPACE:
            raise Refused("wrong-namespace", f"{namespace!a}, {NAMESPACE} expected")
        self._ask(data, armored, principal, "bad-signature", options)
        self._key, self._principal = key, principal
        self.told = f"signed by {principal} with key {fingerprint(key)}"
        return f"The manifest is {self.told}, which {os.path.basename(self._order.signers)} allows."

    @property
    def key(self) -> bytes:
        return self._key

    def check_statement(self, name: str, data: bytes, blob: bytes) -> None:
        """Of one statement, by the manifest's own key."""
        key, namespace = _parts(blob)
        if key != self._key:
            raise Refused("statement-signer", f"{name}: signed by {fingerprint(key)}")
        if namespace != NAMESPACE:
            raise Refused("wrong-namespace", f"{name}: {namespace!a}")
        self._ask(data, _armored(blob), self._principal, "statement-signature", "", name + ": ")

    def _ask(
        self, data: bytes, armored: bytes, principal: str, reason: str, options: str, at: str = ""
    ) -> None:
        program = shutil.which("ssh-keygen")
        if not program:
            raise Refused("no-ssh-keygen", "ssh-keygen: not found; install OpenSSH 8.2 or later")
        with tempfile.TemporaryDirectory() as folder:
            signature = os.path.join(folder, "sig")
            with open(signature, "wb") as file:
                file.write(armored)
            command = [program, "-Y", "verify", "-n", NAMESPACE, "-I", principal, "-s", signature]
            command += ["-f", os.path.abspath(self._order.signers)]
            if self._order.at:
                command.append("-Overify-time=" + self._order.at)
            done = subprocess.run(
                command, input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
            )
        if done.returncode:
            said = done.stdout.decode("utf-8", "replace").strip()
            raise Refused(_why(said, reason, options), at + (said.splitlines() or ["refused"])[0])


def _why(said: str, otherwise: str, options: str) -> str:
    hints = {
        "expired": "expired-key",
        "not yet valid": "key-not-yet-valid",
        "not permitted for": "signer-not-allowed",
        "unknown option": "no-ssh-keygen",
        "illegal option": "no-ssh-keygen",
        "bad options": "signers-file",
        "invalid key": "signers-file",
    }
    for hint, reason in hints.items():
        if hint in said.lower():
            return reason
    return otherwise


def fingerprint(key: bytes) -> str:
    """The key's name as ssh-keygen -l prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def _listed_signer(order: argparse.Namespace, key: bytes) -> tuple[str, str]:
    """A principal under which the signers file lists the key, and the options beside it."""
    found = [entry for entry in _signers(order.signers) if entry[2] == key]
    if not found:
        raise Refused(
            "unknown-key", f"{fingerprint(key)}: not in {os.path.basename(order.signers)}"
        )
    for principals, options, _ in found:
        for principal in principals.split(","):
            plain = principal.replace("*", "x").replace("?", "x").lstrip("!")
            if not order.signer:
                return plain, options
            pattern = re.escape(principal).replace(r"\*", ".*").replace(r"\?", ".")
            if re.fullmatch(pattern, order.signer):
                return order.signer, options
    raise Refused("signer-not-allowed", f"{fingerprint(key)}: not a key of {order.signer}")


def _signers(path: str) -> Iterator[tuple[str, str, bytes]]:
    """Principals, options and key of each line; ssh-keygen itself judges what options mean."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("signers-file", f"{path}: {error}") from None
    for number, line in enumerate(lines, start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        match = re.match(
            r'("[^"]+"|\S+)\s+(.*?)\s*((?:ssh|sk|ecdsa)-\S+)\s+([A-Za-z0-9+/=]+)', line
        )
        if not match:
            raise Refused("signers-file", f"{path}:{number}: no signer, options, key")
        try:
            key = base64.b64decode(match[4], validate=True)
        except binascii.Error:
            raise Refused("signers-file", f"{path}:{number}: no key") from None
        yield match[1].strip('"'), match[2], key


def _dearmored(data: bytes) -> bytes:
    text = _utf8(data, SIGNATURE, "signature-format")
    match = re.fullmatch(
        r"-----BEGIN SSH SIGNATURE-----\s+([A-Za-z0-9+/=\s]+)-----END SSH SIGNATURE-----\s*", text
    )
    try:
        return base64.b64decode("".join((match[1] if match else "!").split()), validate=True)
    except binascii.Error:
        raise Refused("signature-format", f"{SIGNATURE}: no SSH signature") from None


def _armored(blob: bytes) -> bytes:
    text = base64.b64encode(blob).decode()
    lines = [text[at : at + 70] for at in range(0, len(text), 70)]
    return "\n".join(
        ["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""]
    ).encode()


def _parts(blob: bytes) -> tuple[bytes, str]:
    """Key and namespace of a signature, from OpenSSH's PROTOCOL.sshsig."""
    try:
        if blob[:6] != b"SSHSIG" or int.from_bytes(blob[6:10], "big") != 1:
            raise ValueError("another kind of signature")
        key, rest = _field(blob[10:])
        kind, _ = _field(key)
        namespace, _ = _field(rest)
        name = namespace.decode("utf-8")
    except (ValueError, UnicodeDecodeError) as error:
        raise Refused("signature-format", f"no SSH signature: {error}") from None
    if kind not in (b"ssh-ed25519", b"sk-ssh-ed25519@openssh.com"):
        raise Refused("key-type", "{!a}: Ed25519 expected".format(kind.decode("ascii", "replace")))
    return key, name


def _field(data: bytes) -> tuple[bytes, bytes]:
    size = int.from_bytes(data[:4], "big")
    if len(data) < 4 + size or len(data) < 4:
        raise ValueError("cut off")
    return data[4 : 4 + size], data[4 + size :]


def _unsigned(order: argparse.Namespace, what: str) -> str:
    if not order.allow_unsigned:
        raise Refused("unsigned", what)
    return f"UNSIGNED: {what}; --allow-unsigned was given."


# ---- Statements --------------------------------------------------------------------------------


def _check_statements(
    bundle: _Bundle,
    evidence: dict[str, Any],
    listed: dict[str, str],
    signer: _Signer,
    order: argparse.Namespace,
) -> Iterator[str]:
    for name, kind in STATEMENTS.items():
        statement = _statement(name, bundle.need(name, "missing-statement"), signer, order)
        if statement.get("predicateType") != kind:
            raise Refused("statement-kind", "{}: {!a}".format(name, statement.get("predicateType")))
        _check_subjects(name, statement, evidence, listed, bundle)
        predicate = statement.get("predicate")
        if not isinstance(predicate, dict):
            raise Refused("statement-content", f"{name}: no predicate")
        if kind == PROVENANCE:
            yield _check_provenance(name, predicate, evidence, bundle)
        else:
            _check_content(name, predicate, _expected(kind, evidence, listed))
            told = "is signed, of this manifest," if signer.key else "is of this manifest"
            yield f"{name} {told} and says what evidence.json says."


def _statement(
    name: str, data: bytes, signer: _Signer, order: argparse.Namespace
) -> dict[str, Any]:
    envelope = _json(data, name)
    if not isinstance(envelope, dict) or set(envelope) != {"payload", "payloadType", "signatures"}:
        raise Refused("envelope-format", f"{name}: payload, payloadType and signatures only")
    if envelope["payloadType"] != PAYLOAD_TYPE:
        raise Refused("payload-type", "{}: {!a}".format(name, envelope["payloadType"]))
    payload = _base64(name, envelope["payload"])
    signatures = envelope["signatures"]
    if not isinstance(signatures, list) or len(signatures) > 1:
        raise Refused("envelope-format", f"{name}: one signature expected")
    if signatures and signer.key:
        one = signatures[0]
        if not isinstance(one, dict) or not {"sig"} <= set(one) <= {"sig", "keyid"}:
            raise Refused("envelope-format", f"{name}: keyid and sig expected")
        signer.check_statement(name, pae(PAYLOAD_TYPE, payload), _base64(name, one["sig"]))
    elif signer.key or not order.allow_unsigned:
        raise Refused("statement-unsigned", f"{name}: no signature")
    statement = _json(payload, name)
    if not isinstance(statement, dict) or statement.get("_type") != STATEMENT_TYPE:
        raise Refused("envelope-format", f"{name}: no in-toto statement")
    return statement


def pae(kind: str, payload: bytes) -> bytes:
    """What DSSE signs: kind and payload, each with its length, so that neither poses as other."""
    return b"DSSEv1 %d %b %d %b" % (len(kind.encode()), kind.encode(), len(payload), payload)


def _check_subjects(
    name: str,
    statement: dict[str, Any],
    evidence: dict[str, Any],
    listed: dict[str, str],
    bundle: _Bundle,
) -> None:
    subjects = statement.get("subject")
    try:
        found = {str(each["name"]): dict(each["digest"]) for each in subjects or ()}
    except (TypeError, KeyError, ValueError):
        raise Refused("statement-subject", f"{name}: no subjects") from None
    commit = found.get("commit", {}).get("gitCommit")
    if commit != evidence["commit"]:
        raise Refused("other-commit", f"{name}: of commit {commit!a}")
    expected = {
        "commit": {"gitCommit": evidence["commit"]},
        MANIFEST: {"sha256": hashlib.sha256(bundle.read(MANIFEST)).hexdigest()},
        EVIDENCE: {"sha256": listed.get(EVIDENCE, "")},
    }
    for subject, digest in expected.items():
        if found.get(subject) != digest:
            raise Refused("statement-subject", f"{name}: of another {subject}")
    if len(subjects or ()) != len(expected):
        raise Refused("statement-subject", f"{name}: subjects too many")


def _check_content(name: str, predicate: dict[str, Any], expected: dict[str, Any]) -> None:
    for key in sorted(predicate.keys() | expected.keys()):
        if _written(predicate, key) != _written(expected, key):
            raise Refused("statement-content", f"{name}: {key} differs")


def _written(told: dict[str, Any], key: str) -> str:
    """What it says under the key, as text: for Python, true, 1 and 1.0 are the same."""
    return json.dumps(told[key], sort_keys=True) if key in told else ""


def _expected(kind: str, evidence: dict[str, Any], listed: dict[str, str]) -> dict[str, Any]:
    if kind == CLAIM_EVIDENCE:
        return claim_evidence(evidence)
    return test_result(evidence, listed[EVIDENCE])


def claim_evidence(evidence: dict[str, Any]) -> dict[str, Any]:
    """The predicate of our own kind: every verdict, short."""
    return {
        "project": evidence["project"],
        "version": evidence["version"],
        "commit": evidence["commit"],
        "dirty": evidence["dirty"],
        "counts": _counts(evidence),
        "claims": {
            claim["id"]: {"status": claim["status"], "rungs": claim["rungs"]}
            for claim in evidence["claims"]
        },
        "gates": {gate["id"]: gate["status"] for gate in evidence["gates"]},
        "requirements": evidence["requirements"],
    }


def test_result(evidence: dict[str, Any], sha256: str) -> dict[str, Any]:
    """The predicate of in-toto's test-result v0.1, of cited tests and of gates."""
    ended = {test["id"]: test["outcome"] for claim in evidence["claims"] for test in claim["tests"]}
    ended.update({"gate " + gate["id"]: gate["status"] for gate in evidence["gates"]})
    warned = ("skipped", "xfailed", "xpassed", "not run")
    lists: dict[str, list[str]] = {
        "passedTests": sorted(name for name, word in ended.items() if word == "passed"),
        "warnedTests": sorted(name for name, word in ended.items() if word in warned),
    }
    good = {*lists["passedTests"], *lists["warnedTests"]}
    lists["failedTests"] = sorted(ended.keys() - good)
    result = "FAILED" if lists["failedTests"] else "WARNED" if lists["warnedTests"] else "PASSED"
    configuration = [{"name": EVIDENCE, "digest": {"sha256": sha256}}]
    return {"result": result, "configuration": configuration, **lists}


def _check_provenance(
    name: str, predicate: dict[str, Any], evidence: dict[str, Any], bundle: _Bundle
) -> str:
    try:
        commit = predicate["buildDefinition"]["externalParameters"]["commit"]
        builder = predicate["runDetails"]["builder"]["id"]
        told = {
            str(each["name"]): str(each["digest"]["sha256"])
            for each in predicate["runDetails"]["byproducts"]
        }
    except (TypeError, KeyError):
        raise Refused("statement-content", f"{name}: not SLSA provenance") from None
    if commit != evidence["commit"]:
        raise Refused("other-commit", f"{name}: of commit {commit!a}")
    found = {each for each in bundle.names if each.startswith(VOLATILE) and each not in STATEMENTS}
    for each in sorted(found - told.keys()):
        raise Refused("extra-file", f"{each}: in the bundle, not in the provenance")
    for each in sorted(told.keys() - found):
        raise Refused("missing-file", f"{each}: in the provenance, not in the bundle")
    for each in sorted(found):
        if hashlib.sha256(bundle.read(each)).hexdigest() != told[each]:
            raise Refused("volatile-edited", f"{each}: not what the provenance says")
    return f"{name} tells how it was built, by {builder!a}: SLSA Build L1 at most."


# ---- evidence.json -----------------------------------------------------------------------------


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_truth(value: Any) -> bool:
    return isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    """A whole number, which true and false are in Python too."""
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return _is_whole(value) and value >= 0


def _is_path(value: Any) -> bool:
    """A file's name that a command can be asked for."""
    return isinstance(value, str) and not re.search("[\0\ud800-\udfff]", value)


def _are_lines(value: Any) -> bool:
    """The first and the last line of a passage."""
    return isinstance(value, list) and len(value) == 2 and all(_is_number(each) for each in value)


def _or_null(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or fits(value)


def _is_step(value: Any) -> bool:
    """Of the demo, with the picture of it, if there is one."""
    return isinstance(value, dict) and all(
        _or_null(_is_text)(value.get(key)) for key in ("step", "screenshot")
    )


_TEXT, _TEXTS = _is_text, [_is_text]
_RUNGS = ("linked", "passed", "executed", "falsified", "demonstrated")
_STATUSES = ("met", "partly", "not", "out")
_STANDINGS = ("yes", "no", "n/a", "not measured")
# A key that ends with a question mark may be left out.
_SHAPE: dict[str, Any] = {
    "schema": _is_number, "project": _TEXT, "version": _TEXT, "commit": _TEXT, "dirty": _is_truth,
    "claims": [{
        "id": _TEXT, "area": _TEXT, "says": _TEXT, "requirements": _TEXTS, "critical": _is_truth,
        "status": _STATUSES, "rungs": dict.fromkeys(_RUNGS, _STANDINGS), "reasons": _TEXTS,
        "code": [{"path": _is_path, "symbol": _TEXT, "lines": _are_lines, "sha256": _TEXT,
                  "executable?": _is_truth, "mutants?": _is_number}],
        "tests": [{"id": _TEXT, "outcome": _TEXT, "executes": [_is_number]}], "gates": _TEXTS,
        "mutants": {"assertion": _is_number, "crash": _is_number, "timeout": _is_number,
                    "untried": _is_number, "survived": [], "waived": []},
        "sabotage": [{"patch": _TEXT, "outcome": _TEXT}], "demo?": _or_null(_is_step),
    }],
    "gates": [{
        "id": _TEXT, "status": ("passed", "failed", "not run"), "why": _TEXT,
        "control": ("red", "green", "none"), "exit_code?": _or_null(_is_whole),
        "log?": _or_null(_is_text), "sha256?": _or_null(_is_text),
        "reused_from?": _or_null(_is_text),
    }],
    "requirements": {}, "lacks?": {}, "complaints?": _TEXTS,
}  # fmt: skip


def _evidence(bundle: _Bundle) -> dict[str, Any]:
    evidence = _json(bundle.need(EVIDENCE, "no-evidence"), EVIDENCE)
    _check_shape(evidence, _SHAPE, "evidence.json")
    if evidence["schema"] != 1:
        _refuse("evidence-shape", "schema {schema}: this verifier reads schema 1", **evidence)
    if not re.fullmatch("[0-9a-f]{40}", evidence["commit"]):
        _refuse("evidence-shape", "commit {commit!a}: 40 digits expected", **evidence)
    for kind in ("claims", "gates"):
        seen: set[str] = set()
        for entry in evidence[kind]:
            if entry["id"] in seen:
                _refuse("duplicate-id", "{id}: twice among the " + kind, **entry)
            seen.add(entry["id"])
    result: dict[str, Any] = evidence
    return result


def _check_shape(value: Any, shape: Any, where: str) -> None:
    if isinstance(shape, dict):
        fits = isinstance(value, dict)
        for word, inner in shape.items() if fits else ():
            key = word.rstrip("?")
            if key in value:
                _check_shape(value[key], inner, f"{where}.{key}")
            elif key == word:
                raise Refused("evidence-shape", f"{where}: no {key}")
    elif isinstance(shape, list):
        fits = isinstance(value, list)
        for inner in shape if fits else ():
            for index, item in enumerate(value):
                _check_shape(item, inner, f"{where}[{index}]")
    elif isinstance(shape, tuple):
        fits = value in shape
    else:
        fits = shape(value)
    if not fits:
        raise Refused("evidence-shape", f"{where}: {value!a} does not belong there")


def _counts(evidence: dict[str, Any]) -> dict[str, int]:
    found = [claim["status"] for claim in evidence["claims"]]
    return {status: found.count(status) for status in _STATUSES}


def _check_evidence(bundle: _Bundle, evidence: dict[str, Any]) -> Iterator[str]:
    gates = {gate["id"]: gate for gate in evidence["gates"]}
    for gate in evidence["gates"]:
        _check_gate(bundle, gate, evidence)
    yield f"Each of {len(gates):,} gates says what its log says, and its log is the one named."
    claims = [claim for claim in evidence["claims"] if claim["status"] != "out"]
    logs = [bundle.read("site/" + gate["log"]) for gate in evidence["gates"] if gate.get("log")]
    listings = [_listing(log) for log in logs]
    for claim in claims:
        _check_references(claim, gates, evidence["requirements"])
        _check_listed(claim, listings)
        _check_rungs(claim, gates, bundle)
        _check_harness(claim, evidence.get("complaints"))
        expected = _status(claim, gates)
        if claim["status"] != expected:
            _refuse("status-not-from-rungs", "{id}: {status}, its rungs say " + expected, **claim)
    yield f"Each of {len(claims):,} claims has the status that its own rungs, tests and gates give."
    _check_requirements(evidence)
    yield "Each of {:,} requirements has the status that its claims give.".format(
        len(evidence["requirements"])
    )


def _check_gate(bundle: _Bundle, gate: dict[str, Any], evidence: dict[str, Any]) -> None:
    status, code, log = gate["status"], gate.get("exit_code"), gate.get("log")
    if (status == "passed" and (code != 0 or not log)) or (status != "passed" and not gate["why"]):
        told = "gate {id}: {status}, exit code {exit_code!a}"
        _refuse("gate-contradicted", told, **{"exit_code": None, **gate})
    if not log:
        return
    name = f"site/{log}"
    data = bundle.need(name, "log-missing")
    if hashlib.sha256(data).hexdigest() != gate.get("sha256"):
        _refuse("log-digest", "gate {id}: {log} is another log", **gate)
    head = _head_of_log(data)
    told = "{status}: {why}".format(**gate) if gate["why"] else status
    expected = {"gate": gate["id"], "status": told}
    if not gate.get("reused_from"):
        expected["commit"] = evidence["commit"]
    for row, value in expected.items():
        found = head.get(row, "")
        if (found.split(" ")[0] if row == "commit" else found) != value:
            raise Refused("log-head", f"{log}: {row} {found!a}, {value!a} expected")


def _head_of_log(data: bytes) -> dict[str, str]:
    lines = data[: 64 * 1024].decode("utf-8", "replace").split("\n")
    rows: dict[str, str] = {}
    for line in lines:
        if line.startswith("\u2500"):
            break
        rows.setdefault(line[:9].strip(), line[10:])
    return rows


# What the head of a log says that lists the cases of tests, and what stands where it was cut.
LISTS = "every case from pytest's report, in order of name"
_LEFT_OUT = "\u2026"


def _listing(log: bytes) -> dict[str, set[str]]:
    """How the cases of each test ended, by a log that lists them; of other logs nothing."""
    if _head_of_log(log).get("shows") != LISTS:
        return {}
    found: dict[str, set[str]] = {}
    body = log.decode("utf-8", "replace").partition("\n\u2500")[2]
    # What a failed case said is indented.
    for outcome, node in re.findall(r"^(\S+) +(\S.*)$", body, re.MULTILINE):
        path, colons, name = node.partition("::")
        found.setdefault(path + colons + name.partition("[")[0], set()).add(outcome)
    return found


def _check_listed(claim: dict[str, Any], listings: Sequence[dict[str, set[str]]]) -> None:
    """A test that is called passed is broken in no log, and some log lists it as passed."""
    is_cut = any({_LEFT_OUT} in listing.values() for listing in listings)
    for test in claim["tests"]:
        found = [listing.get(test["id"], set()) for listing in listings]
        broken = sorted(set().union(*found) & {"failed", "error"})
        if test["outcome"] != "passed" or (not broken and (is_cut or {"passed"} in found)):
            continue
        told = "a log says " + broken[0] if broken else "no log lists it as passed"
        raise Refused("passed-contradicted", "{}: {}: {}".format(claim["id"], test["id"], told))


def _check_references(
    claim: dict[str, Any], gates: dict[str, Any], requirements: dict[str, str]
) -> None:
    is_linked = claim["rungs"]["linked"] == "yes"
    for name, known in (("gates", gates), ("requirements", requirements)):
        for each in claim[name]:
            if is_linked and each not in known:
                raise Refused("unknown-reference", "{}: {} {}".format(claim["id"], name, each))


def _check_rungs(claim: dict[str, Any], gates: dict[str, Any], bundle: _Bundle) -> None:
    rungs = claim["rungs"]
    dead = [code for code in claim["code"] if not (code["sha256"] and min(code["lines"] or [0]))]
    if rungs["linked"] not in ("yes", "no") or (dead and rungs["linked"] == "yes"):
        _refuse("linked-contradicted", "{id}: linked, with a dead link", **claim)
    passed = _all_passed(claim, gates)
    if rungs["passed"] not in ("yes", "no") or (
        passed != (rungs["passed"] == "yes") and not (passed and rungs["linked"] == "no")
    ):
        _refuse("passed-contradicted", "{id}: its tests and gates do not say so", **claim)
    _check_executed(claim)
    _check_falsified(claim, gates)
    demo = claim.get("demo")
    if (rungs["demonstrated"] == "n/a") != (demo is None):
        _refuse("demonstrated-contradicted", "{id}: its demo step says otherwise", **claim)
    if rungs["demonstrated"] == "yes":
        shot = demo.get("screenshot") if isinstance(demo, dict) else None
        if f"site/{shot}" not in bundle.names:
            _refuse("demonstrated-contradicted", "{id}: no screenshot", **claim)


def _all_passed(claim: dict[str, Any], gates: dict[str, Any]) -> bool:
    return all(test["outcome"] == "passed" for test in claim["tests"]) and all(
        gates.get(each, {}).get("status") == "passed" for each in claim["gates"]
    )


def _check_executed(claim: dict[str, Any]) -> None:
    standing, tests = claim["rungs"]["executed"], claim["tests"]
    if not all(_is_cited(line, claim) for test in tests for line in test["executes"]):
        _refuse("executed-contradicted", "{id}: a test ran a line that is not cited", **claim)
    if standing == "yes" and not (tests and all(test["executes"] for test in tests)):
        _refuse("executed-contradicted", "{id}: a test that ran no cited line", **claim)
    runs = [code.get("executable") or not code["sha256"] for code in claim["code"]]
    if standing == "n/a" and tests and any(runs):
        _refuse("executed-contradicted", "{id}: it cites tests and code that can run", **claim)


def _is_cited(line: int, claim: dict[str, Any]) -> bool:
    passages = [code["lines"] for code in claim["code"] if code["lines"]]
    return any(lines[0] <= line <= lines[-1] for lines in passages)


def _check_falsified(claim: dict[str, Any], gates: dict[str, Any]) -> None:
    standing, mutants, patches = (
        claim["rungs"]["falsified"], claim["mutants"], claim["sabotage"],
    )  # fmt: skip
    if standing == "n/a" and (claim["tests"] or claim["gates"]):
        _refuse("falsified-contradicted", "{id}: there is something to break", **claim)
    if standing != "yes":
        return
    outcomes = [patch["outcome"] for patch in patches]
    kills = sum(mutants[word] for word in ("assertion", "crash", "timeout"))
    by_gates = claim["gates"] and not claim["tests"]  # A control is no failure of a cited test.
    lacks = [
        (bool(mutants["survived"]), "a mutant survived"),
        (bool(mutants["untried"]), "some mutants were not tried"),
        (not set(outcomes) <= {"assertion", "crash", "timeout"}, "a patch was not caught"),
        (claim["critical"] and "assertion" not in outcomes, "no patch was caught by an assertion"),
        (
            any(gates.get(each, {}).get("control") != "red" for each in claim["gates"]),
            "a gate was not seen red",
        ),
        (not (kills or outcomes or by_gates), "nothing was seen to make its tests fail"),
        (not outcomes and _has_unbroken(claim), "a function was not broken in any way"),
    ]
    for is_so, why in lacks:
        if is_so:
            _refuse("falsified-contradicted", "{id}: " + why, **claim)


def _has_unbroken(claim: dict[str, Any]) -> bool:
    """Of a function that has no mutant, what tests noticed elsewhere says nothing."""
    counts = [code.get("mutants") for code in claim["code"] if code.get("executable")]
    return bool(claim["tests"]) and not all(counts)


def _check_harness(claim: dict[str, Any], complaints: Any) -> None:
    """What breaks code was itself found broken: then no test was surely seen to fail."""
    if complaints and claim["tests"] and claim["rungs"]["falsified"] == "yes":
        _refuse("falsified-contradicted", "{id}: the harness is not to be trusted", **claim)


def _status(claim: dict[str, Any], gates: dict[str, Any]) -> str:
    """The ladder, worked out once more."""
    rungs = claim["rungs"]
    if rungs["linked"] == "no":
        return "not"
    if rungs["passed"] == "no" and not _only_the_machine_lacks(claim, gates):
        return "not"
    return "met" if all(each in ("yes", "n/a") for each in rungs.values()) else "partly"


def _only_the_machine_lacks(claim: dict[str, Any], gates: dict[str, Any]) -> bool:
    """True when nothing failed, something passed, and some gate could not run on that machine.

    A gate that was tried left a log that says why; one that nobody tried excuses nothing.
    """
    listed = [gates.get(each, {}) for each in claim["gates"]]
    found = [gate.get("status") if gate.get("log") else "not tried" for gate in listed]
    return (
        all(test["outcome"] == "passed" for test in claim["tests"])
        and all(each in ("passed", "not run") for each in found)
        and bool(claim["tests"] or "passed" in found)
    )


def _check_requirements(evidence: dict[str, Any]) -> None:
    lacks = evidence.get("lacks", {})
    for name, status in evidence["requirements"].items():
        found = {
            claim["status"]
            for claim in evidence["claims"]
            if name in claim["requirements"] and claim["status"] != "out"
        }
        expected = "partly"
        if not found or "not" in found:
            expected = "not"
        elif found == {"met"} and name not in lacks:
            expected = "met"
        if status != expected:
            raise Refused("requirement-status", f"{name}: {status!a}, {expected} expected")


# ---- Pages: what a reader sees must be what evidence.json says ----------------------------------

_WORDS = {"met": "Met", "partly": "Partly met", "not": "Not met", "out": "Out of scope"}
_STANDS = {"yes": "yes", "no": "no", "n/a": "not applicable", "not measured": "not measured"}


class _Page(html.parser.HTMLParser):
    """Text of table rows by their cells' labels, of tallies and of the front page's cards."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[dict[str, str]] = []
        self.tallies: list[str] = []
        self.cards: list[str] = []
        self._open: list[tuple[str, Callable[[str], None] | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("circle", "img", "br", "input", "link", "meta", "hr"):
            return
        about = {name: value or "" for name, value in attrs}
        classes, sink = about.get("class", "").split(), None
        if tag == "tr":
            self.rows.append({"#id": about.get("id", "")})
        elif tag in ("td", "th") and "data-label" in about and self.rows:
            sink = self._into(self.rows[-1], about["data-label"])
        elif tag == "p" and "ev-tally" in classes:
            self.tallies.append("")
            sink = self._last(self.tallies)
        elif tag == "li" and "ev-tally-card" in classes:
            self.cards.append("")
            sink = self._last(self.cards)
        self._open.append((tag, sink))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for _, sink in self._open:
            if sink:
                sink(data)

    @staticmethod
    def _into(row: dict[str, str], label: str) -> Callable[[str], None]:
        def add(text: str) -> None:
            row[label] = row.get(label, "") + text

        return add

    @staticmethod
    def _last(texts: list[str]) -> Callable[[str], None]:
        def add(text: str) -> None:
            texts[-1] += text

        return add


def _check_pages(bundle: _Bundle, evidence: dict[str, Any]) -> Iterator[str]:
    _check_matrix(_page(bundle, "acceptance_matrix.html", "matrix-page"), evidence)
    status = _page(bundle, "status.html", "status-page")
    front = _page(bundle, "index.html", "front-page")
    counts = _counts(evidence)
    _check_tallies(status.tallies[0] if status.tallies else "", counts, "status-page")
    _check_tallies(" ".join(front.cards), counts, "front-page")
    shown = {row["Id"].strip(): row.get("Status", "").strip() for row in status.rows if "Id" in row}
    for name, word in evidence["requirements"].items():
        if shown.get(name) != _WORDS.get(word):
            raise Refused("status-page", f"{name}: shown as {shown.get(name)!a}")
    gates = {
        row["Gate"].strip(): row.get("Verdict", "").strip() for row in status.rows if "Gate" in row
    }
    for gate in evidence["gates"]:
        if not gates.get(gate["id"], "").startswith(gate["status"]):
            raise Refused(
                "status-page", "gate {}: shown as {!a}".format(gate["id"], gates.get(gate["id"]))
            )
    yield "Front page, status page and acceptance matrix show these verdicts and counts."


def _page(bundle: _Bundle, name: str, reason: str) -> _Page:
    page = _Page()
    page.feed(bundle.need("site/" + name, reason).decode("utf-8", "replace"))
    return page


def _check_matrix(page: _Page, evidence: dict[str, Any]) -> None:
    shown = {row["Claim"].strip(): row for row in page.rows if "Claim" in row}
    claims = {claim["id"]: claim for claim in evidence["claims"] if claim["status"] != "out"}
    rows = [row for row in page.rows if "Claim" in row]
    if shown.keys() != claims.keys() or len(rows) != len(claims):
        odd = sorted(shown.keys() ^ claims.keys()) or ["a row"]
        raise Refused("matrix-page", f"{odd[0]}: on one side only")
    for name, claim in claims.items():
        cells = {label: text.strip() for label, text in shown[name].items()}
        expected = {"Status": _WORDS[claim["status"]]}
        expected.update({rung.capitalize(): _STANDS[claim["rungs"][rung]] for rung in _RUNGS})
        for label, word in expected.items():
            if cells.get(label) != word:
                raise Refused(
                    "matrix-page",
                    f"{name}: {label} shown as {cells.get(label)!a}, {word!a} expected",
                )


def _check_tallies(text: str, counts: dict[str, int], reason: str) -> None:
    """`41 met 1 partly met …`, in whatever order; a word is looked for after its number."""
    plain = " ".join(text.lower().split())
    for status, word in _WORDS.items():
        if not re.search(rf"(?<!\d){counts[status]:,} {word.lower()}", plain):
            raise Refused(reason, f"{counts[status]} {word} expected, the page shows {plain!a}")


# ---- The code that claims cite ------------------------------------------------------------------


def _check_source(source: str, evidence: dict[str, Any]) -> str:
    files: dict[str, bytes] = {}
    cited = [code for claim in evidence["claims"] for code in claim["code"] if code["sha256"]]
    for code in cited:
        path = code["path"]
        if path not in files:
            files[path] = _committed(source, evidence["commit"], path)
        if _digest_of_lines(files[path], code) != code["sha256"]:
            raise Refused(
                "code-differs", "{}: lines {}".format(path, " to ".join(map(str, code["lines"])))
            )
    return f"All {len(cited):,} passages of code that claims cite are what the commit holds."


def _committed(source: str, commit: str, path: str) -> bytes:
    command = ["git", "-C", source, "show", f"{commit}:./{path}"]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError as error:
        raise Refused("no-source", f"git: {error}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise Refused("no-source", f"{source}: {said[-200:]}")
    return done.stdout


def _digest_of_lines(data: bytes, code: dict[str, Any]) -> str:
    """Of the cited lines, each ended by LF; of all bytes of a file that is no text."""
    first, last = code["lines"][:2]
    try:
        coding = (
            tokenize.detect_encoding(io.BytesIO(data).readline)[0] if code["symbol"] else "utf-8"
        )
        lines = re.split("\r\n|\r|\n", data.decode(coding))[first - 1 : last]
    except (UnicodeDecodeError, SyntaxError):
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


# ---- Building the commit again -------------------------------------------------------------------


def _check_rebuild(order: argparse.Namespace, evidence: dict[str, Any], bundle: _Bundle) -> str:
    if evidence["dirty"]:
        raise Refused("rebuild-dirty", "no commit holds what this bundle was made from")
    with tempfile.TemporaryDirectory(prefix="rebuild-") as folder:
        clone = os.path.join(folder, "source")
        _clone(order.rebuild, evidence["commit"], clone, folder)
        command = shlex.split(order.build)
        ended = subprocess.run(command, cwd=clone, stdin=subprocess.DEVNULL, check=False).returncode
        build = os.path.join(clone, order.output)
        if not os.path.isfile(os.path.join(build, MANIFEST)):
            raise Refused("rebuild-failed", f"exit code {ended}, no {order.output}")
        with open(os.path.join(build, MANIFEST), "rb") as file:
            again = _manifest(file.read())
        _check_files(_Folder(build), again)
    listed = _manifest(bundle.read(MANIFEST))
    differing = sorted(
        name for name in listed.keys() | again.keys() if listed.get(name) != again.get(name)
    )
    if differing:
        names = ", ".join(differing[:10]) + (" …" if len(differing) > 10 else "")
        raise Refused("rebuild-differs", f"{len(differing):,} files: {names}")
    return (
        f"Built again from {order.rebuild}: all {len(listed):,} files are the same, byte by byte."
    )


def _clone(source: str, commit: str, clone: str, folder: str) -> None:
    if os.path.isfile(source):
        source = _unpacked(source, os.path.join(folder, "unpacked"))
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    for command in (
        ["git", "clone", "--quiet", "--no-checkout", "--", source, clone],
        ["git", "-C", clone, "checkout", "--quiet", "--detach", commit],
    ):
        try:
            done = subprocess.run(
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                check=False,
            )  # fmt: skip
        except OSError as error:
            raise Refused("rebuild-source", f"git: {error}") from None
        if done.returncode:
            said = done.stdout.decode("utf-8", "replace").strip()
            raise Refused("rebuild-source", f"{source}: {said[-300:]}")


def _unpacked(path: str, folder: str) -> str:
    """The folder with `.git` in it, out of a ZIP of a clone."""
    with _Zip(path) as archive:
        for name in sorted(archive.names):
            target = os.path.join(folder, *name.split("/"))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as file:
                file.write(archive.read(name))
        found = sorted(
            name[: -len(".git/HEAD")] for name in archive.names if name.endswith(".git/HEAD")
        )
    if not found:
        raise Refused("rebuild-source", f"{path}: no clone in it (.git is missing)")
    for empty in ("refs/heads", "refs/tags", "objects"):
        os.makedirs(os.path.join(folder, found[0], ".git", empty), exist_ok=True)
    return os.path.join(folder, found[0])


# ---- Small things --------------------------------------------------------------------------------


def _json(data: bytes, name: str) -> Any:
    """Strict: UTF-8, each key once, no NaN, not too deep."""
    if len(data) > MOST_BYTES_OF_JSON:
        raise Refused("too-large", f"{name}: {len(data):,} bytes of JSON")
    text = _utf8(data, name, "not-utf8")
    _check_depth(text, name)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise Refused("duplicate-key", f"{name}: {key!a} twice")
            found[key] = value
        return found

    def no_number(word: str) -> NoReturn:
        raise Refused("not-a-number", f"{name}: {word}")

    def finite(word: str) -> float:
        number = float(word)
        return number if number - number == 0 else no_number(word)

    try:
        return json.loads(
            text, object_pairs_hook=once, parse_constant=no_number, parse_float=finite
        )
    except (ValueError, RecursionError) as error:
        raise Refused("not-json", f"{name}: {error}") from None


def _check_depth(text: str, name: str) -> None:
    depth = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text):
        if token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
        if depth > DEEPEST:
            raise Refused("too-deep", f"{name}: over {DEEPEST} levels")


def _utf8(data: bytes, name: str, reason: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(reason, f"{name}: {error}") from None


def _base64(name: str, value: Any) -> bytes:
    try:
        return base64.b64decode(value.encode("ascii"), validate=True)
    except (AttributeError, UnicodeEncodeError, binascii.Error):
        raise Refused("base64", f"{name}: not base64") from None


def _refuse(name: str, sentence: str, /, **values: Any) -> NoReturn:
    """`values` are what evidence.json says, under whatever keys."""
    raise Refused(name, sentence.format(**values))


def _plain(text: str) -> str:
    """One line in which nothing moves a terminal's cursor."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _day(text: str) -> str:
    if not re.fullmatch(r"\d{8}(\d{4}(\d\d)?)?Z?", text):
        raise argparse.ArgumentTypeError(f"{text}: a day such as 20261231 expected")
    return text


def reasons_table() -> str:
    """Every exit code with its name and what it means."""
    rows = ["  {:>3}  {:<26} {}".format(code, *REASONS[code]) for code in sorted(REASONS)]
    return "\n".join(["  {:>3}  {:<26} {}".format(0, "accepted", "every check held"), *rows])


def _order(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="verify.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="exit codes:\n" + reasons_table(),
    )
    parser.add_argument("bundle", help="a build's folder, or its ZIP")
    parser.add_argument(
        "--signers", metavar="FILE", help="whom to believe: lines as in ssh's allowed_signers"
    )
    parser.add_argument("--signer", metavar="WHO", help="believe only this name of that file")
    parser.add_argument("--commit", metavar="SHA", help="refuse a bundle of any other commit")
    parser.add_argument(
        "--at",
        metavar="DAY",
        type=_day,
        help="judge the key as of a day (YYYYMMDD) instead of today",
    )
    parser.add_argument(
        "--allow-unsigned", action="store_true", help="check all the rest of an unsigned bundle"
    )
    parser.add_argument(
        "--source", metavar="CLONE", help="compare the code that claims cite with the commit there"
    )
    parser.add_argument(
        "--rebuild", metavar="SOURCE",
        help="build the commit again from a clone, its address or a ZIP of it, and compare bytes; "
        "this runs the project's own code",
    )  # fmt: skip
    parser.add_argument(
        "--build", metavar="COMMAND", default="make evidence", help="how; default: %(default)s"
    )
    parser.add_argument(
        "--output", metavar="DIR", default="build", help="where it lands; default: %(default)s"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
