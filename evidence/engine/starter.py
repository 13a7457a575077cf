"""The smallest register that works, shown to whoever has none yet."""

from __future__ import annotations

from evidence.engine.project import Project

FILES = {
    "gates.yml": """\
gates:
  - id: tests
    proves: The project's own tests pass.
    pytest: []
""",
    "claims/first.yml": """\
area: Orders
claims:
  - id: ORD-01
    says: A total is the sum of its lines.
    code: ["shop/orders.py::total"]
    tests: ["tests/test_orders.py::test_total"]
""",
}


def starter(project: Project) -> str:
    """What to write first; nothing when the project has any file of a register."""
    if any((project.register / path.partition("/")[0]).exists() for path in FILES):
        return ""
    folder = project.register.relative_to(project.root).as_posix()
    shown = "\n".join(f"# {folder}/{path}\n{text}" for path, text in FILES.items())
    return (
        f"\nTo begin, write these two files, with code and a test of your own:\n\n{shown}"
    ).rstrip("\n")
