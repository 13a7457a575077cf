"""Statements that are none, of another build, or say something else than evidence.json."""

from __future__ import annotations

from pathlib import Path

from tests.evidence.bundle.forging import CLAIM_EVIDENCE, TEST_RESULT, Bundle, Forgeries

FORGERIES = Forgeries()
refused = FORGERIES.refused


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
