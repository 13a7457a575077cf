"""What a gate may see of the caller's environment: a list of names, never everything."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Mapping
from pathlib import Path

from evidence.engine.project import Project
from evidence.engine.run.tools import Python

_PASSED = (
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_*", "TMPDIR"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "PIP_CERT", "UV_NATIVE_TLS"),
)
_SAME_EVERYWHERE = {
    "NO_COLOR": "1",
    "TERM": "dumb",
    "PYTHONUTF8": "1",
    "PYTHONIOENCODING": "utf-8",
    "TZ": "UTC",
    "COLUMNS": "100",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
}


def gate_environment(
    project: Project,
    python: Python,
    *layers: Mapping[str, str],
    caller: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """Allowed variables of the caller, the fixed ones, the project's, then each layer over them.

    The project's virtual environment comes first on PATH, as if it were active.
    """
    allowed = (*_PASSED, *project.pass_env)
    env = {
        name: value
        for name, value in caller.items()
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in allowed)
    }
    env.setdefault("PATH", os.defpath)
    if not any(name == "LANG" or name.startswith("LC_") for name in env):
        env["LANG"] = "C.UTF-8"
    if python.venv:
        env["VIRTUAL_ENV"] = str(python.venv)
        env["PATH"] = f"{Path(python.path).parent}{os.pathsep}{env['PATH']}"
    env.update(_SAME_EVERYWHERE)
    for layer in (dict(project.env), *layers):
        env.update(layer)
    return env


def fill(text: str, values: Mapping[str, str]) -> str:
    """`{python}`, `{out}` and the like replaced; other braces are left as they are."""
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text
