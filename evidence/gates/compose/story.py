"""What is done to the shop under Compose, step by step; each step says what it saw."""

from __future__ import annotations

import json
import re
import sys
import time
import urllib.request
from collections.abc import Callable

from evidence.gates.compose.parts import NotHere
from evidence.gates.compose.stack import Stack, Wrong
from evidence.gates.unreachable import got_no_answer, why_not_fetched

SERVICES = {
    "db": "running healthy",
    "migrate": "exited 0",
    "seed": "exited 0",
    "twin": "running healthy",
    "web": "running healthy",
    "worker": "running healthy",
}
MANAGE = ("python", "app/manage.py")
_DUMP = "/var/backups/shop/proof.dump"
_COUNTED = ("accounts_user", "orders_order", "payments_payment", "subscriptions_subscription")
_PATIENCE_S = 60
# The Dockerfile's steps that fetch say so when they fail, in a line that holds nothing else; a
# builder puts a number before it. As a part of a command that is shown, it is no such line.
_NOT_FETCHED = re.compile(r"^[#\d.\s]*packages: could not be fetched\s*$", re.MULTILINE)
_STEP_FAILED = re.compile(r"did not complete successfully|returned a non-zero code")


def steps(stack: Stack) -> list[tuple[str, Callable[[Stack], None]]]:
    """The story in its order."""
    return [
        ("build the shop's image, and those for its backups and its tests", _build),
        ("docker compose up: database, migration from zero, web, twin, seed, worker", _up),
        ("migrate", lambda stack: _say(_log_of(stack, "migrate"))),
        ("seed", lambda stack: _say(_log_of(stack, "seed"))),
        ("health", _health),
        ("confinement", _confinement),
        ("manage.py test analyticsapp, in a container", _analytics_tests),
        ("pytest tests/app/orders, in a container", _order_tests),
        ("manage.py run_checks --fail-on-issues, in the worker's container", _checks),
        ("backup and restore_drill, in a container", _backup),
        ("docker compose restart", _restart),
        ("docker compose down --volumes", _down),
    ]


def _build(stack: Stack) -> None:
    for service in ("web", "backups", "tests"):
        build_image(stack, service)
    for name in ("shop", "shop-backups", "tests"):
        told = stack.inspect("image", f"{stack.project}:{name}")
        user = str(told["Config"].get("User") or "root")
        if user.split(":")[0] in ("root", "0"):
            raise Wrong(f"image {name}: runs as {user}, expected a user without rights")
        _say(f"image {name}: runs as {user}")
        for entry in told["Config"]["Env"]:
            variable, _, value = entry.partition("=")
            if value and any(word in variable for word in ("SECRET", "PASSWORD", "KEY")):
                raise Wrong(f"image {name}: {variable} is kept in it, expected no secret")


def build_image(stack: Stack, service: str) -> None:
    """Packages are fetched for it: an answer that broke off is asked for a second time. Raises
    NotHere where there is none then either, and Wrong for all else."""
    for last in (False, True):
        try:
            stack.run("--profile", "*", "build", "--quiet", service)
        except Wrong as wrong:
            said = _said_of_fetching(str(wrong))
            if not got_no_answer(said):
                raise
            if last:
                why = why_not_fetched(said)
                raise NotHere(f"the image cannot be built: {why}") from wrong
        else:
            return


def _said_of_fetching(said: str) -> str:
    """What a build that failed said up to where packages failed to come, or, where no step of it
    failed, what the builder said itself, who pulls images. Nothing for a step that fetches
    nothing: whoever is not reached by that one is nobody who brings the parts of an image."""
    if found := _NOT_FETCHED.search(said):
        return said[: found.start()]
    return "" if _STEP_FAILED.search(said) else said


def _up(stack: Stack) -> None:
    try:
        stack.run("up", "--detach", "--no-build", "--wait", "--wait-timeout", "240")
    except Wrong as wrong:
        raise Wrong(f"{wrong}\n{_ends(stack)}") from wrong
    found = _states(stack)
    for name, state in found.items():
        _say(f"{name:8} {state}")
    if found != SERVICES:
        raise Wrong(f"expected {SERVICES}")


def _states(stack: Stack) -> dict[str, str]:
    listed = stack.run("ps", "--all", "--format", "json").splitlines()
    found = {}
    for one in sorted(map(json.loads, listed), key=lambda one: str(one["Service"])):
        how = one["Health"] if one["State"] == "running" else one["ExitCode"]
        found[str(one["Service"])] = f"{one['State']} {how}".strip()
    return found


def _health(stack: Stack) -> None:
    """From outside, as whoever uses the shop comes in."""
    shop = f"http://127.0.0.1:{stack.shop_port}"
    for what, url, part in (
        ("the shop is ready", f"{shop}/readyz", "ready"),
        ("its sign-in page says that payments are tests", f"{shop}/sign-in/", "est payments"),
        ("the local Stripe answers", f"http://127.0.0.1:{stack.twin_port}/_twin/state", '"now"'),
    ):
        _expect(part, url)
        _say(what)


def _expect(part: str, url: str) -> None:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310
            said = answer.read().decode("utf-8", "replace")
    except OSError as error:
        raise Wrong(f"{url}: {error}") from error
    if part not in said:
        raise Wrong(f"{url}: expected {part!r} in {said[:500]!r}")


def _confinement(stack: Stack) -> None:
    for name in ("db", "web", "worker", "twin"):
        told = stack.inspect("container", stack.run("ps", "--quiet", name).strip())
        host = told["HostConfig"]
        ports = [one["HostIp"] for many in (host["PortBindings"] or {}).values() for one in many]
        wrong = {
            "root": str(told["Config"]["User"] or "root").split(":")[0] in ("root", "0"),
            "a writable root": not host["ReadonlyRootfs"],
            "capabilities": host["CapDrop"] != ["ALL"] or bool(host["CapAdd"]),
            "new privileges": "no-new-privileges:true" not in (host["SecurityOpt"] or []),
            "an open port": any(address != "127.0.0.1" for address in ports),
        }
        if any(wrong.values()):
            found = ", ".join(name for name, is_so in wrong.items() if is_so)
            raise Wrong(f"{name}: has {found}, expected none of that")
        _say(
            f"{name:8} user {told['Config']['User']}, nothing to write to, no capabilities, "
            "ports on loopback only"
        )


def _analytics_tests(stack: Stack) -> None:
    _say(_in_tests(stack, *MANAGE, "test", "analyticsapp", "-v", "2", "--noinput"))


def _order_tests(stack: Stack) -> None:
    pytest = ("python", "-m", "pytest", "-p", "no:cacheprovider", "--color=no", "tests/app/orders")
    _say(_in_tests(stack, *pytest))


def _in_tests(stack: Stack, *command: str) -> str:
    return stack.run(
        "--profile", "tests", "run", "--rm", "--no-deps", "-T", "tests", "sh", "-c",
        # Django's runner speaks on standard error; the log keeps both, in their order.
        'exec "$@" 2>&1', "sh", *command,
    )  # fmt: skip


def _checks(stack: Stack) -> None:
    _say(stack.run("exec", "-T", "worker", *MANAGE, "run_checks", "--fail-on-issues"))


def _backup(stack: Stack) -> None:
    """Into the volume, and out of it into a server of its own, as an operator does it."""
    for command in (("backup", _DUMP), ("restore_drill", _DUMP)):
        _say(stack.run("run", "--rm", "--no-deps", "-T", "backups", *MANAGE, *command))


def _restart(stack: Stack) -> None:
    before = _counts(stack)
    # Without those who hang on them: on a slow machine the seed would come before its twin. And one
    # after the other: the twin lives in the network of the web server, which has to be there anew.
    for service in ("db", "web", "twin", "worker"):
        stack.run("restart", "--no-deps", "--timeout", "20", service)
    _await_health(stack)
    after = _counts(stack)
    for table, count in after.items():
        _say(f"{table:28} {count} rows, as before")
    if after != before or not all(before.values()):
        raise Wrong(f"before {before}, after {after}")
    _health(stack)


def _await_health(stack: Stack) -> None:
    until = time.monotonic() + _PATIENCE_S
    while (found := _states(stack)) != SERVICES:
        if time.monotonic() > until:
            raise Wrong(f"after {_PATIENCE_S} s: {found}\n{_ends(stack)}")
        time.sleep(1)


def _counts(stack: Stack) -> dict[str, int]:
    wanted = " UNION ALL ".join(
        f"SELECT '{table}', count(*) FROM {table}"  # noqa: S608 (names of our own)
        for table in _COUNTED
    )
    psql = ("psql", "--host=/var/run/postgresql", "--username=purelaka", "--dbname=purelaka")
    said = stack.run("exec", "-T", "db", *psql, "--no-align", "--tuples-only", "-c", wanted)
    rows = [line.split("|") for line in said.split()]
    return {table: int(count) for table, count in rows}


def _down(stack: Stack) -> None:
    stack.run("--profile", "*", "down", "--volumes", "--timeout", "20")
    label = f"label=com.docker.compose.project={stack.project}"
    for what, words in {
        "containers": ["ps", "--all"],
        "volumes": ["volume", "ls"],
        "networks": ["network", "ls"],
    }.items():
        listed = stack.ask(*words, "--quiet", "--filter", label)
        if listed.strip():
            raise Wrong(f"{what}: {len(listed.split())} left, expected none")
        _say(f"{what}: none left")


def _ends(stack: Stack) -> str:
    """The end of every service's log."""
    return stack.run("logs", "--no-color", "--tail", "15")


def _log_of(stack: Stack, service: str) -> str:
    return stack.run("logs", "--no-color", "--no-log-prefix", service)


def _say(text: str) -> None:
    for line in text.strip().splitlines():
        sys.stdout.write(f"  {line.rstrip()}\n")
    sys.stdout.flush()
