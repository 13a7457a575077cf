"""A bundle in memory that can be tampered with, sealed again by who holds a key, and verified."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evidence import sign, verify

TEST_RESULT, CLAIM_EVIDENCE, PROVENANCE = verify.STATEMENTS


@dataclass
class Keys:
    """Made once: the seller's key, a stranger's, and one of another kind."""

    folder: Path

    def __post_init__(self) -> None:
        for name, kind in (("seller", "ed25519"), ("stranger", "ed25519"), ("old", "ecdsa")):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", name, "-f", self.file(name)],
                check=True,
            )
        self.signers = self.listing('seller@example.org namespaces="evidence-bundle"')

    def file(self, name: str = "seller") -> Path:
        return self.folder / name

    def public(self, name: str = "seller") -> str:
        return self.file(name).with_suffix(".pub").read_text().strip()

    def listing(self, before: str, name: str = "seller", *, file: str = "signers") -> Path:
        """A signers file of one line: principals and options, then the key."""
        path = self.folder / file
        path.write_text(f"{before} {self.public(name)}\n")
        return path


@dataclass
class Bundle:
    """The files of a bundle by name. `options` are what else the buyer types; `source` is the
    repository that it was built from."""

    files: dict[str, bytes]
    keys: Keys
    home: Path
    options: list[str] = field(default_factory=list)
    source: Path = Path()

    @staticmethod
    def of(build: Path, keys: Keys, home: Path) -> Bundle:
        root = build.resolve()
        names = sorted(path for path in root.rglob("*") if path.is_file())
        files = {path.relative_to(root).as_posix(): path.read_bytes() for path in names}
        return Bundle(files, keys, home, source=build.parent)

    def copy(self, home: Path) -> Bundle:
        return Bundle(dict(self.files), self.keys, home, source=self.source)

    # -- what a tamperer does ------------------------------------------------------------------

    def swap(self, name: str, old: str, new: str) -> Bundle:
        """Change a passage, which must be there."""
        assert old.encode() in self.files[name], f"{name} does not hold {old!r}"
        self.files[name] = self.files[name].replace(old.encode(), new.encode())
        return self

    def evidence(self, change: Callable[[dict[str, Any]], object]) -> Bundle:
        """Change what evidence.json says."""
        told = json.loads(self.files[verify.EVIDENCE])
        change(told)
        self.files[verify.EVIDENCE] = json.dumps(told).encode()
        return self

    def claim(self, name: str, change: Callable[[dict[str, Any]], object]) -> Bundle:
        return self.evidence(
            lambda told: [change(claim) for claim in told["claims"] if claim["id"] == name]
        )

    def recount(self) -> Bundle:
        """The manifest's digests worked out again, as anybody can."""
        listed = {
            name: hashlib.sha256(self.files[name]).hexdigest()
            for name in self.files
            if name not in (verify.MANIFEST, verify.SIGNATURE, *verify.STATEMENTS)
            and not name.startswith(verify.VOLATILE)
        }
        lines = [f"{listed[name]}  {name}\n" for name in sorted(listed, key=str.encode)]
        self.files[verify.MANIFEST] = "".join(lines).encode()
        return self

    def sign_manifest(self, key: str = "seller", namespace: str = verify.NAMESPACE) -> Bundle:
        """What only a holder of a key can do."""
        self.files[verify.SIGNATURE] = self.signature(
            self.files[verify.MANIFEST], key=key, namespace=namespace
        )
        return self

    def signature(
        self, data: bytes, *, key: str = "seller", namespace: str = verify.NAMESPACE
    ) -> bytes:
        command = ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", self.keys.file(key)]
        return subprocess.run(command, input=data, capture_output=True, check=True).stdout

    def reseal(self, key: str = "seller") -> Bundle:
        """Everything signed again by the engine's own signer: a seller who lies."""
        for name in (verify.MANIFEST, verify.SIGNATURE, *verify.STATEMENTS):
            self.files.pop(name, None)
        folder = self.folder("sealed")
        sign.seal(folder, self.keys.file(key) if key else None)
        self.files = Bundle.of(folder, self.keys, self.home).files
        shutil.rmtree(folder)
        return self

    def envelope(self, name: str, change: Callable[[dict[str, Any]], object]) -> Bundle:
        told = json.loads(self.files[name])
        change(told)
        self.files[name] = json.dumps(told).encode()
        return self

    def statement(
        self, name: str, change: Callable[[dict[str, Any]], object], key: str = ""
    ) -> Bundle:
        """Change what a statement says; with a key it is signed again."""
        told = json.loads(self.files[name])
        payload = json.loads(base64.b64decode(told["payload"]))
        change(payload)
        data = json.dumps(payload).encode()
        told["payload"] = base64.b64encode(data).decode()
        if key:
            armored = self.signature(verify.pae(verify.PAYLOAD_TYPE, data), key=key)
            told["signatures"] = [{"sig": "".join(armored.decode().splitlines()[1:-1])}]
        self.files[name] = json.dumps(told).encode()
        return self

    # -- how it reaches the buyer --------------------------------------------------------------

    def folder(self, name: str = "bundle") -> Path:
        root = self.home / name
        for path, data in self.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        return root

    def zip(self, *more: tuple[zipfile.ZipInfo | str, bytes], packing: int = 0) -> Path:
        """A ZIP of all files and then of `more`, which may say what no honest one does."""
        path = self.home / "bundle.zip"
        with zipfile.ZipFile(path, "w", packing) as archive:
            for name, data in (*self.files.items(), *more):
                archive.writestr(name, data)
        return path

    def patched(self, change: Callable[[bytearray, int], object], name: str = "verify.py") -> Path:
        """A ZIP in which `change` altered bytes; it gets where the member's central header is."""
        path = self.zip()
        data = bytearray(path.read_bytes())
        with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
            start = archive.start_dir
        change(data, data.index(name.encode(), start) - 46)
        path.write_bytes(data)
        return path


Forgery = Callable[[Bundle], Path]


class Forgeries(dict[str, tuple[str, Forgery]]):
    """Forgeries by name, each with the reason that it is to be refused for."""

    def refused(self, reason: str) -> Callable[[Forgery], Forgery]:
        """The forgery below is to be refused for this reason."""

        def register(forgery: Forgery) -> Forgery:
            self[forgery.__name__] = (reason, forgery)
            return forgery

        return register


def answer(bundle: Bundle, path: Path) -> tuple[str, int]:
    """The reason's name and the exit code of a verification; the name is empty when accepted."""
    order = [str(path), *bundle.options]
    if "--signers" not in order:
        order += ["--signers", str(bundle.keys.signers)]
    code = verify.main(order)
    return verify.REASONS.get(code, ("", ""))[0], code
