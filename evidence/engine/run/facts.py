"""The facts that the project's own command prints, for people's pages to quote."""

from __future__ import annotations

import json
from typing import Any

from evidence.engine.mistakes import CannotRun
from evidence.engine.run.bench import Bench
from evidence.engine.run.process import EndedBy, NotStarted, run_process
from evidence.engine.run.services import ServiceFailed, Services

_TIMEOUT_S = 120.0
_KEY = "[tool.evidence] facts"
_SHOWN_LINES = 5


def read_facts(bench: Bench, services: Services) -> dict[str, object]:
    """Runs the command once with every service there is.

    Raises CannotRun when it fails or prints anything but one JSON object.
    """
    env, failed = _service_env(bench, services)
    place = bench.lay_out("_facts", cores=1, own={}, services=env)
    said = bytearray()
    errors = place.out / "errors"
    with errors.open("wb") as file:
        try:
            ended = run_process(
                argv=place.fill(bench.project.facts),
                folder=bench.project.root,
                env=place.env,
                cookie=place.canary.value,
                timeout_s=_TIMEOUT_S,
                stop=bench.stop,
                sink=said.extend,
                errors=file,
            )
        except NotStarted as error:
            raise CannotRun(f"{_KEY}: {error}") from error
    text = said.decode("utf-8", "replace")
    if ended.by is EndedBy.DEADLINE:
        raise CannotRun(f"{_KEY}: no answer within {_TIMEOUT_S:g} s; run the command by hand")
    if ended.exit_code:
        last = place.cleaner.clean(errors.read_text("utf-8", "replace") or text)
        lines = "".join(f"\n  {line}" for line in last.strip().splitlines()[-_SHOWN_LINES:])
        because = f" ({failed})" if failed else ""
        raise CannotRun(f"{_KEY}: exit code {ended.exit_code}{because}; mend the command{lines}")
    facts = _parsed(text)
    return {key: _clean(value, bench, place.cleaner.clean) for key, value in facts.items()}


def _service_env(bench: Bench, services: Services) -> tuple[dict[str, str], str]:
    """Facts may need no service, so one that fails is only told when the command fails too."""
    env: dict[str, str] = {}
    failed = ""
    for service in bench.project.services:
        try:
            env.update(services.environment([service.name]))
        except ServiceFailed as error:
            failed = str(error)
    return env, failed


def _parsed(text: str) -> dict[str, Any]:
    try:
        facts = json.loads(text)
    except ValueError as error:
        raise CannotRun(
            f"{_KEY}: printed {text.strip()[:60]!r}, which is no JSON ({error}); "
            "print one JSON object on standard output and nothing else"
        ) from error
    if not isinstance(facts, dict):
        raise CannotRun(
            f"{_KEY}: printed a JSON {type(facts).__name__}, expected one object; mend the command"
        )
    return facts


def _clean(value: Any, bench: Bench, clean: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_clean(item, bench, clean) for item in value]
    if isinstance(value, dict):
        return {key: _clean(item, bench, clean) for key, item in value.items()}
    return value
