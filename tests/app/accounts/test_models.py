"""What PostgreSQL refuses about people, whoever asks."""

from __future__ import annotations

from typing import Any


def test_two_people_never_share_a_name(cara_customer: Any, refused: Any) -> None:
    assert "username" in refused(
        "INSERT INTO accounts_user (username, password, is_superuser, first_name, last_name, email,"
        " is_staff, is_active, date_joined)"
        " VALUES ('cara_customer', '', false, '', '', '', false, true, now())"
    )
