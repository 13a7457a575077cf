"""Addresses of the site's pages, relative to its root; one place knows how pages are named."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from evidence.engine.publish.code import line_anchor
from evidence.engine.publish.text import anchor, href

MATRIX = "acceptance_matrix"
STATUS = "status"
OUT_OF_SCOPE = "out_of_scope"
SAID = "said_elsewhere"
# What differs between two runs of one commit lies in this folder of docs, site and build.
VOLATILE = "volatile"
THIS_RUN = f"{VOLATILE}/this_run"
CHANGES = f"{VOLATILE}/changes"
AREAS = "claims"
GATES = "proof"
WALKTHROUGH = "demo_walkthrough"


def page(name: str, fragment: str = "") -> str:
    """The address of the page whose source is `name`.md."""
    return href(f"{name}.html", fragment)


def up(name: str) -> str:
    """What leads from the page of source `name`.md to the site's root: `../` for each folder."""
    return "../" * name.count("/")


def area_page(slug: str) -> str:
    return f"claims/{anchor(slug)}"


def claim(slug: str, claim_id: str) -> str:
    return page(area_page(slug), anchor(claim_id))


def gate_page(gate_id: str) -> str:
    return f"proof/{anchor(gate_id)}"


def gate(gate_id: str) -> str:
    return page(gate_page(gate_id))


def log_file(gate_id: str) -> str:
    """Where a gate's log lies in the site."""
    return f"proof/{anchor(gate_id)}.log"


def log(gate_id: str) -> str:
    return href(log_file(gate_id))


def artifact_file(gate_id: str, path: str) -> str:
    """Where a gate's artifact, recorded as `<gate>/artifacts/NAME`, lies in the site.

    A picture of a browser shows times and numbers of its own run, so it lies under `volatile/`,
    outside of what is the same in every build of a commit.
    """
    home = "volatile/proof" if path.endswith(".png") else "proof"
    return f"{home}/{anchor(gate_id)}/{path.partition('artifacts/')[2] or path}"


def artifact(gate_id: str, path: str) -> str:
    return href(artifact_file(gate_id, path))


def demo_step(page_name: str, step_id: str) -> str:
    return page(page_name, f"step-{anchor(step_id)}")


def printed_file(gate_id: str) -> str:
    """Where what a gate of tests printed as it came lies in the site."""
    return f"{VOLATILE}/{anchor(gate_id)}.log"


def printed(gate_id: str) -> str:
    return href(printed_file(gate_id))


def requirement(requirement_id: str) -> str:
    return page(STATUS, f"requirement-{anchor(requirement_id)}")


def source_page(path: str) -> str:
    """The page of a cited file. MkDocs would make a plain README the index of its folder."""
    return f"source/{path}_" if path.rpartition("/")[2] == "README" else f"source/{path}"


def source(path: str, line: int = 0) -> str:
    """The page of a cited file, at a line."""
    return page(source_page(path), line_anchor(line) if line else "")


@dataclass(frozen=True)
class Permalinks:
    """Addresses of files at this commit in the project's own repository on the web."""

    repository: str
    commit: str

    def to(self, path: str, first: int = 0, last: int = 0) -> str:
        """The file's address there, or nothing when the project names no repository."""
        if not self.repository or not self.commit:
            return ""
        lines = f"#L{first}-L{last}" if first and last > first else f"#L{first}" if first else ""
        return f"{self.repository.rstrip('/')}/blob/{self.commit}/{quote(path)}{lines}"
