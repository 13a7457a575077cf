"""Texts of evidence.json that are no JSON, or JSON that two programs read differently."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from evidence import verify
from tests.evidence.bundle.forging import Bundle, Forgeries, Forgery

FORGERIES = Forgeries()


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
