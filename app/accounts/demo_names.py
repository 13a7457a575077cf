"""The sign-in names of the demo's people. Their password is public: production looks for them."""

from __future__ import annotations

ALICE = "alice_admin"
OLLY = "olly_ops"
ANA = "ana_analyst"
CARA = "cara_customer"
DEMO_NAMES = (ALICE, OLLY, ANA, CARA)
