"""A patch breaks what is tested: no test, and nothing that tests alone use."""

from __future__ import annotations

import pytest

from evidence.engine.project import load_project
from evidence.engine.source.check import check_register
from tests.evidence.register.patching import HEAD, PATCH, cite, said, touching


@pytest.mark.parametrize("path", ["tests/test_money.py", "tests//test_money.py"])
def test_a_patch_that_breaks_a_test_of_its_claim_is_told_even_if_the_file_is_cited(stranger, path):
    cite(stranger, touching("till/money.py", path))
    stranger.replace(
        "evidence/claims/till.yml",
        "code: [till/money.py::total]",
        "code: [till/money.py::total, tests/test_money.py]",
    )

    assert said(stranger) == [
        f"{PATCH}:1  touches tests/test_money.py, where tests that TILL-01 cites stand; a broken "
        "test shows nothing of the code: break what it tests"
    ]


@pytest.mark.parametrize(
    "path",
    [
        "tests/expected.py",
        "till/tests/data/prices.txt",
        "test/expected.py",
        "till/conftest.py",
        "till/tests.py",
        "till/test_drawer.py",
        "till/drawer_test.py",
    ],
)
def test_a_patch_that_breaks_what_tests_alone_use_is_told(stranger, path):
    cite(stranger, touching("till/money.py", path))

    assert said(stranger) == [
        f"{PATCH}:1  touches {path}, a test or a test's helper, which shows nothing of the code: "
        "break what is tested, or cite the file under `code` if TILL-01 is about it"
    ]


@pytest.mark.parametrize(
    "path", ["till/testing.py", "till/settings/test.py", "till/latest.py", "tests.md", "test_it.md"]
)
def test_a_patch_may_touch_whatever_is_no_test(stranger, path):
    cite(stranger, touching(path))

    check_register(load_project(stranger.root))


def test_a_patch_may_break_what_tests_use_where_its_claim_is_about_that(stranger):
    stranger.write("tests/expected.py", "COSTS = 350\n")
    cite(stranger, touching("tests//expected.py"))
    stranger.replace(
        "evidence/claims/till.yml",
        "code: [till/money.py::total]",
        "code: [till/money.py::total, tests/expected.py]",
    )

    check_register(load_project(stranger.root))


def test_a_control_may_break_a_test(stranger):
    head = "breaks: gate tests\nsays: A test is red.\nexpect: red\n\n"
    stranger.write(PATCH, touching("tests/test_more.py").replace(HEAD, head).encode())
    stranger.replace(
        "evidence/gates.yml", "timeout_s: 60\n", "timeout_s: 60\n    control: no-sum\n"
    )

    check_register(load_project(stranger.root))


def give(stranger, *words):
    """Have the gate of tests give pytest these words."""
    stranger.replace("evidence/gates.yml", "pytest: [tests]", f"pytest: [{', '.join(words)}]")


@pytest.mark.parametrize(
    ("given", "path"),
    [
        (["tests", "spec"], "spec/expected.py"),
        (["tests", "./spec/"], "spec/data/prices.txt"),
        (["-q", "spec/unit"], "spec/unit/money.py"),
        (["tests", "checks/all.py::TestAll"], "checks/all.py"),
    ],
)
def test_a_patch_that_breaks_what_stands_where_pytest_looks_is_told(stranger, given, path):
    give(stranger, *given)
    cite(stranger, touching("till/money.py", path))

    assert said(stranger) == [
        f"{PATCH}:1  touches {path}, a test or a test's helper, which shows nothing of the code: "
        "break what is tested, or cite the file under `code` if TILL-01 is about it"
    ]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        (["tests", "spec/unit"], "spec/expected.py"),
        (["tests", "spec"], "specs/expected.py"),
        (["tests", "-k", "shop"], "shop/prices.py"),
        (["tests", "--ignore=spec"], "spec/expected.py"),
        # Tests may stand beside the code, or anywhere.
        (["tests", "till"], "till/prices.py"),
        (["."], "shop/prices.py"),
    ],
)
def test_a_patch_may_touch_what_stands_elsewhere_or_beside_cited_code(stranger, given, path):
    give(stranger, *given)
    cite(stranger, touching(path))

    check_register(load_project(stranger.root))
