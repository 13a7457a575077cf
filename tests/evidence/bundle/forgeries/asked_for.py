"""Bundles that are not what the buyer asked for, or sources that cannot tell."""

from __future__ import annotations

from pathlib import Path

from tests.evidence.bundle.forging import Bundle, Forgeries

FORGERIES = Forgeries()
refused = FORGERIES.refused


@refused("no-source")
def source_without_the_commit(bundle: Bundle) -> Path:
    bundle.options = ["--source", str(bundle.home)]
    return bundle.zip()


@refused("not-the-commit")
def bundle_of_another_commit(bundle: Bundle) -> Path:
    bundle.options = ["--commit", "0" * 40]
    return bundle.zip()


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
