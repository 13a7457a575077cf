"""The four people of the demo, one of each role. They exist in demos and proofs only."""

from __future__ import annotations

from dataclasses import dataclass

from accounts import demo_names
from accounts.roles import Role

# Printed by the demo on purpose: it opens nothing but a shop on this machine.
PASSWORD = "purelaka-demo"  # noqa: S105


@dataclass(frozen=True)
class Person:
    """A sign-in name and the role it has."""

    username: str
    role: Role
    can: str


PEOPLE = (
    Person(demo_names.ALICE, Role.ADMIN, "what operations can, and reads the audit"),
    Person(demo_names.OLLY, Role.OPS, "packs, cancels, refunds, acknowledges issues"),
    Person(demo_names.ANA, Role.ANALYST, "looks at orders and issues, changes nothing"),
    Person(demo_names.CARA, Role.CUSTOMER, "buys, pays, sees her own orders"),
)
