"""A process that has the shop loaded and forks a worker whenever it is told to.

A line of queue names in: the worker's process id out. A second line lets it begin; its exit status
comes out when it has ended. Forked, a worker costs milliseconds instead of seconds.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys

import django


def main() -> None:
    django.setup()
    _load()
    gc.freeze()
    for line in sys.stdin:
        begin, told = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
            os.read(begin, 1)
            asyncio.run(_work(line.split()))
            os._exit(0)
        print(child, flush=True)  # noqa: T201
        sys.stdin.readline()
        os.write(told, b"!")
        os.close(begin)
        os.close(told)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


async def _work(queues: list[str]) -> None:
    """Procrastinate's worker on the shop's jobs, as `manage.py work` runs it, until none is due."""
    from procrastinate.contrib.django import app

    with app.replace_connector(app.connector.get_worker_connector()) as working:  # type: ignore[attr-defined]
        async with working.open_async():
            await working.run_worker_async(
                queues=queues, concurrency=1, wait=False, install_signal_handlers=False
            )


def _load() -> None:
    """Import what a worker imports at its first job; let the schedule start nothing by itself."""
    import psycopg_pool  # noqa: F401
    import stripe  # noqa: F401
    from django.conf import settings
    from procrastinate.contrib.django import app

    from payments.gateway import calling

    calling.client()
    app.periodic_registry.periodic_tasks.clear()
    assert settings.DATABASES["default"]["NAME"].startswith("test_")


if __name__ == "__main__":
    main()
