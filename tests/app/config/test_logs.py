"""config.logs: a line of the log, as production writes it and as a laptop does."""

from __future__ import annotations

import json
import logging

import structlog

from config import logs


def _line(*, as_json: bool) -> str:
    line = dict(logs.settings(as_json=as_json)["formatters"]["line"])
    formatter: logging.Formatter = line.pop("()")(**line)
    said = logging.LogRecord("shop", logging.WARNING, __file__, 1, "no %s", ("luck",), None)
    return formatter.format(said)


def test_production_writes_json_with_its_fields_in_order() -> None:
    with structlog.contextvars.bound_contextvars(code=404):
        said = json.loads(_line(as_json=True))
    assert list(said) == ["code", "event", "level", "logger", "timestamp"]
    assert (said["event"], said["level"], said["logger"]) == ("no luck", "warning", "shop")


def test_a_laptop_writes_plain_text() -> None:
    line = _line(as_json=False)
    assert "no luck" in line
    assert not line.startswith("{")
    assert "\x1b" not in line


def test_whatever_anybody_logs_goes_through_the_one_line_that_masks() -> None:
    wanted = logs.settings(as_json=True)
    # Libraries made their loggers before the settings were read; Django brings handlers.
    assert (wanted["version"], wanted["disable_existing_loggers"]) == (1, False)
    assert wanted["loggers"]["django"] == {"handlers": [], "level": "INFO", "propagate": True}
    assert wanted["handlers"].keys() == set(wanted["root"]["handlers"])
    assert structlog.get_config()["cache_logger_on_first_use"]
