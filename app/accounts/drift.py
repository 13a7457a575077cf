"""Where the groups of the database no longer say what the role table says."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from accounts.roles import TABLE, Role


@dataclass(frozen=True)
class Drift:
    """One difference: `role:ops refund:issue`, what the table says, what the database says."""

    subject: str
    expected: str
    actual: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.actual}, expected {self.expected}."


def find() -> list[Drift]:
    """Every difference, by one query: permissions of the role groups, groups that are no role,
    people without exactly one role, permissions given past the roles, superusers."""
    pairs = [(role.value, permission.value) for role in Role for permission in TABLE[role]]
    with connection.cursor() as cursor:
        cursor.execute(
            _QUERY,
            {
                "roles": [role.value for role in Role],
                "pair_roles": [role for role, _ in pairs],
                "pair_permissions": [permission for _, permission in pairs],
            },
        )
        return [Drift(*row) for row in cursor.fetchall()]


_QUERY = """
WITH expected AS (
    SELECT * FROM unnest(%(pair_roles)s::text[], %(pair_permissions)s::text[])
        AS pair(role, permission)
), actual AS (
    SELECT auth_group.name::text AS role, auth_permission.codename::text AS permission
    FROM auth_group
    JOIN auth_group_permissions ON auth_group_permissions.group_id = auth_group.id
    JOIN auth_permission ON auth_permission.id = auth_group_permissions.permission_id
    WHERE auth_group.name = ANY(%(roles)s)
), held AS (
    SELECT accounts_user.id, count(auth_group.id) FILTER (
        WHERE auth_group.name = ANY(%(roles)s)) AS roles
    FROM accounts_user
    LEFT JOIN accounts_user_groups ON accounts_user_groups.user_id = accounts_user.id
    LEFT JOIN auth_group ON auth_group.id = accounts_user_groups.group_id
    WHERE accounts_user.is_active
    GROUP BY accounts_user.id
)
SELECT 'role:' || coalesce(expected.role, actual.role) || ' '
        || coalesce(expected.permission, actual.permission),
    CASE WHEN expected.role IS NULL THEN 'not granted' ELSE 'granted' END,
    CASE WHEN actual.role IS NULL THEN 'not granted' ELSE 'granted' END
FROM expected FULL JOIN actual USING (role, permission)
WHERE expected.role IS NULL OR actual.role IS NULL
UNION ALL
SELECT 'group:' || left(name, 100), 'only the roles as groups', 'a group that is no role'
FROM auth_group WHERE name <> ALL(%(roles)s)
UNION ALL
SELECT 'user:' || id || ' roles', 'one role', roles || ' roles' FROM held WHERE roles <> 1
UNION ALL
SELECT 'user:' || user_id || ' permissions', 'permissions through the role only',
    count(*) || ' given directly'
FROM accounts_user_user_permissions GROUP BY user_id
UNION ALL
SELECT 'user:' || id || ' superuser', 'no superuser', 'a superuser, whom no role limits'
FROM accounts_user WHERE is_superuser
ORDER BY 1, 2
"""
