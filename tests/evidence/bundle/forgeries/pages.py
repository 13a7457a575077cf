"""What a seller signs on a page or of the code, although evidence.json or git says otherwise."""

from __future__ import annotations

import re
from pathlib import Path

from tests.evidence.bundle.forging import Bundle, Forgeries

LIES = Forgeries()
refused = LIES.refused


@refused("matrix-page")
def matrix_that_shows_met(bundle: Bundle) -> Path:
    return bundle.swap("site/acceptance_matrix.html", ">Partly met<", ">Met<").reseal().zip()


@refused("matrix-page")
def matrix_without_a_row(bundle: Bundle) -> Path:
    name = "site/acceptance_matrix.html"
    text = bundle.files[name].decode()
    bundle.files[name] = re.sub(r"<tr data-status.*?</tr>", "", text, count=1, flags=re.S).encode()
    return bundle.reseal().zip()


@refused("matrix-page")
def matrix_that_shows_another_rung(bundle: Bundle) -> Path:
    shown = 'title="Executed: yes"><span>'
    bundle.swap("site/acceptance_matrix.html", f"{shown}yes", f"{shown}not applicable")
    return bundle.reseal().zip()


@refused("status-page")
def status_page_that_counts_otherwise(bundle: Bundle) -> Path:
    return bundle.swap("site/status.html", "3 partly met", "2 partly met").reseal().zip()


@refused("status-page")
def status_page_that_hides_a_requirement(bundle: Bundle) -> Path:
    name = "site/status.html"
    text = bundle.files[name].decode()
    bundle.files[name] = re.sub(r'<tr id="requirement-T4".*?</tr>', "", text, flags=re.S).encode()
    return bundle.reseal().zip()


@refused("front-page")
def front_page_that_counts_otherwise(bundle: Bundle) -> Path:
    return bundle.swap("site/index.html", 'ev-number">0<', 'ev-number">3<').reseal().zip()


@refused("code-differs")
def code_that_the_commit_does_not_hold(bundle: Bundle) -> Path:
    bundle.options = ["--source", str(bundle.source)]
    other = {"sha256": "0" * 64}
    return bundle.claim("TILL-01", lambda claim: claim["code"][0].update(other)).reseal().zip()
