"""The production shape, as far as it can be checked without an engine."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

AIRFLOW_SERVICES = ("init", "api-server", "scheduler", "dag-processor", "triggerer")
SERVICE_KEYS = {
    "build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image", "ports", "restart",
    "security_opt", "stop_grace_period", "user", "volumes",
}  # fmt: skip
SECRETS = {
    "AIRFLOW_FERNET_KEY", "AIRFLOW_JWT_SECRET", "AIRFLOW_SECRET_KEY", "AIRFLOW_ADMIN_PASSWORD", "POSTGRES_PASSWORD",
    "ONEGRID_VAULT_KEY", "ONEGRID_TOKEN_KEY",
}  # fmt: skip


@pytest.fixture(scope="module")
def text() -> str:
    return (Path(__file__).resolve().parents[2] / "docker-compose.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compose(text: str) -> dict[str, Any]:
    return yaml.safe_load(text)


@pytest.fixture
def example(repository: Path) -> dict[str, str]:
    lines = (repository / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_file_says_only_what_compose_knows(compose: dict[str, Any]) -> None:
    assert {key for key in compose if not key.startswith("x-")} == {"name", "services", "volumes"}
    assert set(compose["services"]) == {"postgres", *AIRFLOW_SERVICES}
    for name, service in compose["services"].items():
        assert set(service) <= SERVICE_KEYS, name
        for other, condition in service.get("depends_on", {}).items():
            assert other in compose["services"], name
            assert condition["condition"] in ("service_healthy", "service_completed_successfully")
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in compose["services"][other]


def test_every_named_volume_is_declared_and_used(compose: dict[str, Any]) -> None:
    used = {
        source
        for service in compose["services"].values()
        for source in (mount.split(":")[0] for mount in service.get("volumes", []))
        if not source.startswith((".", "/"))
    }
    assert used == set(compose["volumes"])


def test_every_variable_stands_in_the_example_and_is_required(text: str, example: dict[str, str]) -> None:
    used = re.findall(r"\$\{([A-Z_]+)([^}]*)\}", text)
    assert {name for name, _ in used} == set(example)
    assert {rest for _, rest in used} == {":?"}


def test_the_example_holds_no_secret(example: dict[str, str]) -> None:
    assert {name for name, value in example.items() if not value} == SECRETS


def test_every_service_but_the_one_shot_is_watched_and_restarted(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        if name == "init":
            assert service["restart"] == "no"
        else:
            assert service["restart"] == "unless-stopped", name
            assert service["healthcheck"]["test"], name


def test_airflow_services_run_one_image_as_nobody_special(compose: dict[str, Any], repository: Path) -> None:
    services = [compose["services"][name] for name in AIRFLOW_SERVICES]
    assert {service["image"] for service in services} == {"onegrid:${ONEGRID_VERSION:?}"}
    assert {service["user"] for service in services} == {"10001:10001"}
    assert all(service["cap_drop"] == ["ALL"] for service in services)
    dockerfile = (repository / "Dockerfile").read_text(encoding="utf-8")
    assert "useradd --uid 10001" in dockerfile
    assert re.findall(r"^USER (.*)$", dockerfile, re.M) == ["onegrid"]


def test_the_image_is_built_from_the_lock_alone(repository: Path) -> None:
    dockerfile = (repository / "Dockerfile").read_text(encoding="utf-8")
    installs = re.findall(r"pip install (.*)$", dockerfile, re.M)
    assert installs == [
        "--no-deps --require-hashes --requirement requirements.lock",
        "--no-deps --no-build-isolation --editable .",
    ]
    ignored = (repository / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {".env", "var", ".git", ".venv"} <= set(ignored)


def test_the_lock_brings_the_drivers_of_the_database_url(repository: Path) -> None:
    lines = (repository / "requirements.lock").read_text(encoding="utf-8").splitlines()
    locked = {line.split("==")[0] for line in lines if "==" in line}
    assert "apache-airflow" in locked
    assert {"psycopg2-binary", "asyncpg"} <= locked


def test_commands_are_airflow_commands(compose: dict[str, Any]) -> None:
    from airflow.cli.cli_parser import get_parser

    parser = get_parser()
    commands = [compose["services"][name]["command"] for name in AIRFLOW_SERVICES if name != "init"]
    script = compose["services"]["init"]["command"][-1]
    commands += [
        [*re.findall(r'"[^"]*"|\S+', line)]
        for line in map(str.strip, script.splitlines())
        if line.startswith("airflow")
    ]
    checks = [service["healthcheck"]["test"] for service in compose["services"].values() if "healthcheck" in service]
    commands += [check[1:] for check in checks if check[1] == "airflow"]
    assert len(commands) == 9
    for command in commands:
        assert command[0] == "airflow"
        parser.parse_args(command[1:])  # exits where it does not know a word


def test_settings_are_settings_of_this_airflow(compose: dict[str, Any]) -> None:
    from airflow.configuration import conf

    names = {
        name
        for service in AIRFLOW_SERVICES
        for name in compose["services"][service]["environment"]
        if name.startswith("AIRFLOW__")
    }
    assert len(names) > 10
    per_component = {"AIRFLOW__SCHEDULER__MP_START_METHOD", "AIRFLOW__SCHEDULER__MP_FORKSERVER_PRELOAD"}
    for name in names - per_component:  # these two are documented under [core] and read per component
        _, section, option = name.lower().split("__")
        assert option in conf.configuration_description[section]["options"], name


def test_only_the_scheduler_holds_the_keys_and_writes_the_home(compose: dict[str, Any]) -> None:
    for name in AIRFLOW_SERVICES:
        service = compose["services"][name]
        has_keys = {"ONEGRID_VAULT_KEY", "ONEGRID_TOKEN_KEY"} <= set(service["environment"])
        has_home = any("/var/lib/onegrid" in mount for mount in service["volumes"])
        assert has_keys == has_home == (name == "scheduler"), name


def test_nothing_listens_beyond_the_host_by_default(compose: dict[str, Any], example: dict[str, str]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {"api-server": ["${ONEGRID_BIND:?}:${ONEGRID_PORT:?}:8080"]}
    assert example["ONEGRID_BIND"] == "127.0.0.1"


def test_the_writers_pool_is_made_with_one_slot(compose: dict[str, Any]) -> None:
    assert "airflow pools set warehouse_writer 1 " in compose["services"]["init"]["command"][-1]


def _compose_is_here() -> bool:
    docker = shutil.which("docker")
    return (
        bool(docker) and not subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode
    )


if _compose_is_here():  # its own word on the file, where there is such a command; the rules above hold anywhere

    def test_compose_itself_accepts_the_file(repository: Path, example: dict[str, str], tmp_path: Path) -> None:
        filled = tmp_path / ".env"
        filled.write_text("".join(f"{name}={value or 'x'}\n" for name, value in example.items()), encoding="utf-8")
        done = subprocess.run(
            [
                "docker",
                "compose",
                "--env-file",
                str(filled),
                "-f",
                str(repository / "docker-compose.yml"),
                "config",
                "--quiet",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
