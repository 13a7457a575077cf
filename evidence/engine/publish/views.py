"""What pages show, worked out before any template runs: templates only lay it out."""

from __future__ import annotations

from functools import cached_property

from evidence.engine.judge.model import (
    CodeEvidence,
    Judgement,
    Status,
    TestEvidence,
    Verdict,
)
from evidence.engine.project import Project
from evidence.engine.publish import links, words
from evidence.engine.publish.breakages import patch_views
from evidence.engine.publish.mutations import mutations_view
from evidence.engine.publish.once import say_once, shared_rungs
from evidence.engine.publish.proof import body_of_log
from evidence.engine.publish.shapes import (
    AreaView,
    ClaimView,
    Excerpt,
    GateView,
    LinkView,
    RequirementView,
    RungView,
    SaidView,
    StepView,
    TestView,
)
from evidence.engine.publish.sources import Sources
from evidence.engine.publish.steps import step_view
from evidence.engine.publish.text import count, ranges
from evidence.engine.publish.words import Word
from evidence.engine.register.model import Area, Claim, Link, Register
from evidence.engine.run.model import Run
from evidence.engine.run.secrets import Redactor
from evidence.engine.source.shared import not_shared

# The most and the fewest lines of one excerpt (its page has the rest), and about how many lines all
# excerpts of a site may have: highlighting them is what a site of thousands of claims waits for.
_LONGEST_EXCERPT = 120
_SHORTEST_EXCERPT = 8
_ALL_EXCERPTS = 60_000


class Views:
    """Everything pages show of one judged run, each thing worked out once."""

    def __init__(
        self, project: Project, register: Register, run: Run, judgement: Judgement
    ) -> None:
        self.project = project
        self.register = register
        self.run = run
        self.judgement = judgement
        self.sources = self._shareable()
        self.permalinks = links.Permalinks(project.repository, run.tree.commit)

    @cached_property
    def claims(self) -> dict[str, ClaimView]:
        """By id, in the register's order."""
        return {verdict.claim.id: self._claim(verdict) for verdict in self.judgement.verdicts}

    @cached_property
    def areas(self) -> tuple[AreaView, ...]:
        return tuple(self._area(area) for area in self.register.areas)

    @cached_property
    def gates(self) -> dict[str, GateView]:
        """By id: every gate of the register, run or not."""
        cited: dict[str, list[LinkView]] = {gate.id: [] for gate in self.register.gates}
        for verdict in self.judgement.verdicts:
            tested_by = {test.gate for test in verdict.tests}
            for gate_id in cited:
                if gate_id in tested_by or any(x.text == gate_id for x in verdict.claim.gates):
                    cited[gate_id].append(self._claim_link(verdict))
        return {gate_id: self._gate(gate_id, tuple(cited[gate_id])) for gate_id in cited}

    @cached_property
    def steps(self) -> dict[str, StepView]:
        """The demo's steps by id, in their order; none without a demo."""
        cited: dict[str, list[LinkView]] = {}
        for verdict in self.judgement.verdicts:
            if verdict.claim.demo:
                cited.setdefault(verdict.claim.demo.text, []).append(self._claim_link(verdict))
        steps = self.register.demo.steps if self.register.demo else ()
        return {
            step.id: step_view(step, number, self.judgement, tuple(cited.get(step.id, ())))
            for number, step in enumerate(steps, start=1)
        }

    @cached_property
    def requirements(self) -> tuple[RequirementView, ...]:
        serving: dict[str, list[LinkView]] = {}
        for verdict in self.judgement.verdicts:
            for link in verdict.claim.requirements:
                serving.setdefault(link.text, []).append(self._claim_link(verdict))
        return tuple(
            RequirementView(
                id=asked.id,
                anchor=links.requirement(asked.id).partition("#")[2],
                text=asked.text,
                group=asked.group,
                word=words.STATUS[self.judgement.requirements.get(asked.id, Status.NOT)],
                why="" if asked.id in serving else "No claim serves it yet.",
                lacks=asked.lacks,
                claims=tuple(serving.get(asked.id, ())),
            )
            for asked in self.register.requirements
        )

    @cached_property
    def said(self) -> tuple[SaidView, ...]:
        """What is said elsewhere, in written order."""
        by_id = {verdict.claim.id: verdict for verdict in self.judgement.verdicts}
        return tuple(
            SaidView(
                where=said.public.where,
                says=said.public.says,
                word=words.said(said, self.judgement),
                claims=tuple(self._claim_link(by_id[link.text]) for link in said.public.claims),
            )
            for said in self.judgement.said
        )

    @cached_property
    def counts(self) -> dict[Status, int]:
        return {**self.judgement.counts(), Status.OUT: len(self.register.out_of_scope)}

    @cached_property
    def citing(self) -> dict[str, tuple[LinkView, ...]]:
        """The claims that cite a file, by its path: every cited file that exists has a page."""
        found: dict[str, list[LinkView]] = {}
        for verdict in self.judgement.verdicts:
            for path in self._cited_by(verdict):
                found.setdefault(path, []).append(self._claim_link(verdict))
        return {path: tuple(found[path]) for path in sorted(found) if self.sources.get(path)}

    def log_of(self, gate_id: str) -> tuple[str, ...]:
        """The lines that a gate printed; none when it did not run."""
        run = self.run.gate(gate_id)
        if run is None or not run.log:
            return ()
        return body_of_log(self.project.work / "results" / run.log)

    def _shareable(self) -> Sources:
        """The project's files, without those that are in no clone: they stay unpublished."""
        redactor = Redactor.of((), self.project.secret_patterns)
        everything = Sources(self.project.root)
        cited = {path for each in self.judgement.verdicts for path in self._cited_by(each)}
        there = sorted(path for path in cited if everything.get(path))
        private = frozenset(not_shared(self.project, there))
        return Sources(self.project.root, redactor, private=private)

    def _cited_by(self, verdict: Verdict) -> set[str]:
        pages = (link.path for link in verdict.claim.pages)
        return {
            *(code.path for code in verdict.code),
            *(test.id.partition("::")[0] for test in verdict.tests),
            *(path for path in pages if not self._people_page(path)),
        }

    @cached_property
    def _longest(self) -> int:
        """The most lines that one excerpt of this site shows."""
        number = sum(len(v.code) + len(v.tests) for v in self.judgement.verdicts)
        fair = _ALL_EXCERPTS // max(1, number)
        return max(_SHORTEST_EXCERPT, min(_LONGEST_EXCERPT, fair))

    @cached_property
    def _addresses(self) -> dict[str, str]:
        """Each claim's section, by the claim's id."""
        return {
            claim.id: links.claim(area.slug, claim.id)
            for area in self.register.areas
            for claim in area.claims
        }

    @cached_property
    def _requirement_texts(self) -> dict[str, str]:
        return {asked.id: asked.text for asked in self.register.requirements}

    def _claim(self, verdict: Verdict) -> ClaimView:
        claim = verdict.claim
        return ClaimView(
            id=claim.id,
            says=claim.says,
            area=claim.area,
            critical=claim.critical,
            status=verdict.status,
            word=words.STATUS[verdict.status],
            href=self._addresses[claim.id],
            rungs=tuple(
                RungView(*words.RUNG[rung.rung], words.STANDING[rung.standing], rung.reasons)
                for rung in verdict.rungs
            ),
            reasons=verdict.reasons,
            requirements=self._requirement_links(claim),
            code=tuple(self._code(code, verdict) for code in verdict.code),
            tests=tuple(self._test(test) for test in verdict.tests),
            gates=tuple(self.gates[link.text] for link in claim.gates if link.text in self.gates),
            pages=tuple(self._page_link(link) for link in claim.pages),
            mutants=mutations_view(verdict.broken),
            demo=self._demo(claim),
            patches=patch_views(verdict.broken.patches, self.register),
        )

    def _demo(self, claim: Claim) -> LinkView | None:
        step = self.steps.get(claim.demo.text) if claim.demo else None
        if claim.demo is None or step is None:
            return LinkView(claim.demo.text, "") if claim.demo else None
        has_page = self._has_walkthrough
        address = links.demo_step(links.WALKTHROUGH, claim.demo.text) if has_page else ""
        return LinkView(step.title, address, step.sees, step.word)

    @cached_property
    def _has_walkthrough(self) -> bool:
        pages = self.project.pages
        return pages is not None and (pages / f"{links.WALKTHROUGH}.md").is_file()

    def _area(self, area: Area) -> AreaView:
        found = [self.claims[x.id] for x in area.claims if x.id in self.claims]
        shared = shared_rungs(found)
        claims = tuple(say_once(claim, shared) for claim in found)
        return AreaView(
            name=area.name,
            about=area.about,
            page=links.area_page(area.slug),
            href=links.page(links.area_page(area.slug)),
            claims=claims,
            tally=tuple(
                (words.STATUS[status], number)
                for status in (Status.NOT, Status.PARTLY, Status.MET)
                if (number := sum(1 for claim in claims if claim.status is status))
            ),
            shared=tuple((rung.name, reason) for rung in shared for reason in rung.reasons),
        )

    def _gate(self, gate_id: str, cited: tuple[LinkView, ...]) -> GateView:
        gate = self.register.gate(gate_id)
        run = self.run.gate(gate_id)
        has_log = run is not None and bool(run.log)
        return GateView(
            id=gate_id,
            proves=gate.proves if gate else "",
            word=words.GATE[run.status] if run else Word("not run", "partly"),
            why=run.why if run else "It was not among the gates of this run.",
            exit_code="none" if run is None or run.exit_code is None else str(run.exit_code),
            command=" ".join(run.argv) if run else "",
            href=links.gate(gate_id),
            log=links.log(gate_id) if has_log else "",
            sha256=run.sha256 if run else "",
            artifacts=tuple(
                LinkView(name.rpartition("/")[2], links.artifact(gate_id, name))
                for name in (run.artifacts if run else ())
            ),
            claims=cited,
            rests=_resting(len(cited)),
            run=run,
            controls=patch_views(self.judgement.controls.get(gate_id, ()), self.register),
        )

    def _code(self, code: CodeEvidence, verdict: Verdict) -> Excerpt:
        seen = {
            line
            for test in verdict.tests
            for path, line in test.executes
            if path == code.path and code.first <= line <= code.last
        }
        title = f"{code.path}::{code.symbol}" if code.symbol else code.path
        return self._excerpt(title, code.path, code.first, code.last, seen)

    def _test(self, test: TestEvidence) -> TestView:
        gate = self.gates.get(test.gate)
        return TestView(
            excerpt=self._excerpt(
                test.id, test.id.partition("::")[0], test.first, test.last, set()
            ),
            outcome=words.outcome(test.outcome),
            cases=count(test.cases, "case") if test.cases else "",
            runs=_line_links(test.executes),
            setup_only=_line_links(test.setup_only),
            message=test.message,
            gate=LinkView(gate.id, gate.href, gate.proves, gate.word) if gate else None,
        )

    def _excerpt(self, title: str, path: str, first: int, last: int, seen: set[int]) -> Excerpt:
        file = self.sources.get(path)
        if file is None or not first:
            address = links.source(path) if file else ""
            return Excerpt(title, address, "", "", note="Not found at this commit.")
        shown = file.lines[first - 1 : min(last, first + self._longest - 1)]
        last_shown = first + len(shown) - 1
        left_out = count(last - last_shown, "more line") if last > last_shown else ""
        return Excerpt(
            title=title,
            href=links.source(path, first),
            permalink=self.permalinks.to(path, first, last),
            where=f"lines {first}–{last}" if last > first else f"line {first}",
            file=file,
            first=first,
            lines=shown,
            marked=frozenset(seen),
            note=left_out if file.is_text else "Not a text file.",
        )

    def _requirement_links(self, claim: Claim) -> tuple[LinkView, ...]:
        texts = self._requirement_texts
        return tuple(
            LinkView(
                link.text,
                links.requirement(link.text) if link.text in texts else "",
                texts.get(link.text, "not in requirements.yml"),
            )
            for link in claim.requirements
        )

    def _claim_link(self, verdict: Verdict) -> LinkView:
        claim = verdict.claim
        word = words.STATUS[verdict.status]
        return LinkView(claim.id, self._addresses[claim.id], claim.says, word)

    def _page_link(self, link: Link) -> LinkView:
        if name := self._people_page(link.path):
            return LinkView(link.text, links.page(name) if self.sources.get(link.path) else "")
        return LinkView(link.text, links.source(link.path) if self.sources.get(link.path) else "")

    def _people_page(self, path: str) -> str:
        """The site's page that a person's page at `path` becomes, or nothing for other files."""
        pages = self.project.pages
        if pages is None or not path.endswith(".md"):
            return ""
        file = self.project.root / path
        return file.relative_to(pages).as_posix()[:-3] if file.is_relative_to(pages) else ""


def _line_links(lines: tuple[tuple[str, int], ...]) -> tuple[LinkView, ...]:
    """`app/x.py 14–15`, `20`: each a link to its first line, the path said once."""
    by_path: dict[str, list[int]] = {}
    for path, line in lines:
        by_path.setdefault(path, []).append(line)
    found = []
    for path in sorted(by_path):
        for number, (first, last) in enumerate(ranges(by_path[path])):
            text = f"{first}–{last}" if last > first else f"{first}"
            found.append(LinkView(text if number else f"{path} {text}", links.source(path, first)))
    return tuple(found)


def _resting(number: int) -> str:
    claims = count(number, "claim rests", "claims rest") if number else "No claim rests"
    return f"{claims} on it"
