"""Signatures that are none, or of somebody or something else."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from evidence import verify
from tests.evidence.bundle.forging import Bundle, Forgeries

FORGERIES = Forgeries()
refused = FORGERIES.refused


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
    def lie(claim: dict[str, Any]) -> None:
        claim["status"], claim["rungs"] = "met", dict.fromkeys(claim["rungs"], "yes")

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
