"""PostgreSQL as tests use it: a test database is a copy of one that has every migration already.

On this clone's own server the first process to test makes that one, and the others copy it. What
was copied is migrated all the same, which then finds nothing to do. On somebody else's server no
database is left behind, so each test database is made there from nothing.
"""
