"""monitoring.checks: each has a name of its own, by which it is found and chosen."""

from __future__ import annotations

import pytest

from monitoring import checks


def test_names_are_unique_and_every_check_says_what_to_do() -> None:
    everything = [*checks.CHECKS, checks.FAILED]
    assert len({check.name for check in everything}) == len(everything)
    for check in everything:
        assert check.title
        assert check.what_to_do.endswith(".")
        assert checks.find(check.name) is check


def test_a_name_that_is_none_is_answered_with_the_nearest() -> None:
    assert checks.find("paid-without-paymnt") is None
    with pytest.raises(checks.UnknownCheck) as refused:
        checks.chosen(["audit-chain", "paid-without-paymnt"])
    assert str(refused.value) == (
        "Check: found 'paid-without-paymnt', expected the name of a check; "
        "did you mean paid-without-payment?"
    )
    with pytest.raises(checks.UnknownCheck, match="there are: paid-without-payment, payment-w"):
        checks.chosen(["zzz"])


def test_checks_are_chosen_by_name_in_their_own_order() -> None:
    assert checks.chosen(None) == list(checks.CHECKS)
    chosen = checks.chosen(["audit-chain", "paid-without-payment", "audit-chain"])
    assert [check.name for check in chosen] == ["paid-without-payment", "audit-chain"]


def test_checks_that_are_left_out_are_not_chosen() -> None:
    most = checks.chosen(None, ["audit-chain", "role-drift"])
    left = [check.name for check in checks.CHECKS if check not in most]
    assert sorted(left) == ["audit-chain", "role-drift"]
    one = checks.chosen(["audit-chain", "role-drift"], ["audit-chain"])
    assert [check.name for check in one] == ["role-drift"]
    with pytest.raises(checks.UnknownCheck, match=r"found 'role-drit', .* did you mean role-drift"):
        checks.chosen(["audit-chain"], ["role-drit"])
