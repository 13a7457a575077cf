"""`python -m stripe_twin`: start a twin, say where it is, stop when told."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from stripe_twin.server import CannotListen, log_to_stderr, running
from stripe_twin.settings import API_VERSION, NotLoopback, Settings
from stripe_twin.store import Unreadable


def main(argv: list[str] | None = None) -> int:
    """0 after a clean stop, 2 when it could not start."""
    args = _parser().parse_args(argv)
    log_to_stderr()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stopper(stop))
    if args.until_stdin_closes:
        threading.Thread(target=_watch_stdin, args=(stop,), daemon=True).start()
    try:
        with running(_settings(args), port=args.port) as twin:
            sys.stdout.write(json.dumps({"address": twin.address}) + "\n")
            sys.stdout.flush()
            stop.wait()
    except (CannotListen, NotLoopback, Unreadable) as refusal:
        sys.stderr.write(f"stripe twin: {refusal}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m stripe_twin",
        description="A local Stripe on loopback: Checkout, payments, refunds, signed webhooks. "
        "No real money. Prints one JSON line with its address when it is ready.",
    )
    parser.add_argument("--port", type=_port, default=0, help="0 takes any free one (default)")
    parser.add_argument("--webhook-url", default="", help="where events go; loopback only")
    parser.add_argument(
        "--webhook-secret", action="append", help="whsec_...; repeat while one is being replaced"
    )
    parser.add_argument("--secret-key", default=Settings.secret_key, help="the only key accepted")
    parser.add_argument("--public-url", default="", help="address of payment pages, if another")
    parser.add_argument("--state", type=Path, help="SQLite file that outlives a restart")
    parser.add_argument("--api-version", default=API_VERSION)
    parser.add_argument(
        "--settle-after",
        type=_seconds,
        metavar="SECONDS",
        help="slow payments and refunds end by themselves after this long; else only when told",
    )
    parser.add_argument(
        "--behind",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="begin so long ago; the control verb clock moves the time forward",
    )
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="stop when standard input ends"
    )
    return parser


def _settings(args: argparse.Namespace) -> Settings:
    return Settings(
        webhook_url=args.webhook_url,
        webhook_secrets=tuple(args.webhook_secret or Settings.webhook_secrets),
        secret_key=args.secret_key,
        public_url=args.public_url.rstrip("/"),
        state=args.state,
        api_version=args.api_version,
        settle_after_s=args.settle_after,
        behind_s=args.behind,
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a number from 0 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e9:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a number of seconds")
    return seconds


def _stopper(stop: threading.Event) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()

    return handle


def _watch_stdin(stop: threading.Event) -> None:
    # Not by `sys.stdin`, whose lock a thread that waits there would hold while Python shuts down.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
