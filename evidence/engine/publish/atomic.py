"""Publish whole or not at all: `build` is a link that moves from one whole build to the next.

Builds lie side by side in `.build/`. A build is filled in a stage folder that its process holds
by a lock, written through to the disk, renamed, and only then linked. A build killed at any
moment leaves the link where it was; the next build removes what the killed one left.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from evidence.engine.mistakes import CannotRun

_STAGE, _WHOLE, _TRASH, _LINK, _LOCK = "stage-", "whole-", "trash-", "link-", "lock-"
_PREVIOUS = "previous"
_WRITERS = 8


def publish_whole(build: Path, fill: Callable[[Path, int], None]) -> Path:
    """Have `fill(folder, lock)` make a build, and make `build` a link to it.

    `lock` is a descriptor that processes started by `fill` should inherit, so that nothing
    removes the folder under them. When `fill` raises, `build` stays as it was. Returns `build`.
    """
    check_place(build)
    store = build.parent / f".{build.name}"
    store.mkdir(exist_ok=True)
    _remove_leftovers(store)
    name = _new_name()
    stage = store / f"{_STAGE}{name}"
    with _held(store / f"{_LOCK}{name}") as lock:
        stage.mkdir()
        try:
            fill(stage, lock)
            _write_through(stage)
        except BaseException:
            shutil.rmtree(stage, ignore_errors=True)
            raise
        with _alone(store):
            whole = stage.rename(store / f"{_WHOLE}{name}")
            _swap(build, whole)
            _prune(store, keep={whole.name, _previous(store)})
    return build


def check_place(build: Path) -> None:
    """Raise CannotRun when something that is not our link stands where `build` goes."""
    if build.is_symlink() or not build.exists():
        return
    kind = "a folder" if build.is_dir() else "a file"
    raise CannotRun(
        f"{build.name}: {kind} is in the way, a link to the last whole build expected; "
        f"move {build.name} away or delete it, then build again."
    )


def _new_name() -> str:
    return secrets.token_hex(6)


def _swap(build: Path, whole: Path) -> None:
    """Point `build` at `whole` in one step, and remember the build it pointed at before."""
    store = whole.parent
    _sync(store)
    if build.is_symlink():
        _link(store / _PREVIOUS, Path(build.readlink().name), store)
    check_place(build)
    _link(build, Path(store.name) / whole.name, store)


def _link(place: Path, target: Path, store: Path) -> None:
    spare = store / f"{_LINK}{_new_name()}"
    spare.symlink_to(target)
    spare.replace(place)
    _sync(place.parent)


def _previous(store: Path) -> str:
    """The name of the build before this one, which people may still have open; or nothing."""
    previous = store / _PREVIOUS
    return previous.readlink().name if previous.is_symlink() else ""


def _prune(store: Path, keep: set[str]) -> None:
    """Remove older whole builds. Renamed first: a build is never half removed under its name."""
    for old in sorted(store.glob(f"{_WHOLE}*")):
        if old.name not in keep:
            _discard(old)


def _discard(folder: Path) -> None:
    trash = folder.rename(folder.with_name(f"{_TRASH}{_new_name()}"))
    shutil.rmtree(trash, ignore_errors=True)


def _remove_leftovers(store: Path) -> None:
    """Remove what killed builds left: stages nobody holds, spare links, half-removed builds."""
    with _alone(store):
        for lock in sorted(store.glob(f"{_LOCK}*")):
            if _is_held(lock):
                continue
            stage = store / lock.name.replace(_LOCK, _STAGE)
            if stage.exists():
                _discard(stage)
            lock.unlink(missing_ok=True)
        for link in sorted(store.glob(f"{_LINK}*")):
            link.unlink(missing_ok=True)
        for trash in sorted(store.glob(f"{_TRASH}*")):
            shutil.rmtree(trash, ignore_errors=True)


@contextmanager
def _held(lock: Path) -> Iterator[int]:
    """Hold `lock` (made and locked before anybody can see it) for as long as the block runs."""
    with _alone(lock.parent):
        descriptor = os.open(lock, os.O_CREAT | os.O_RDWR, 0o644)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        yield descriptor
    finally:
        lock.unlink(missing_ok=True)
        os.close(descriptor)


def _is_held(lock: Path) -> bool:
    descriptor = os.open(lock, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextmanager
def _alone(store: Path) -> Iterator[None]:
    """Keep other builds of this project out of the store's names while the block runs."""
    descriptor = os.open(store / "alone", os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write_through(folder: Path) -> None:
    """Have every file and folder on the disk before the link may point at them."""
    paths = [folder, *folder.rglob("*")]
    with ThreadPoolExecutor(_WRITERS) as pool:
        list(pool.map(_sync, (path for path in paths if not path.is_symlink())))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
