"""The composition, as far as it can be held without Docker."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from celery.bin.celery import celery
from django.core.management import get_commands

from hubadmin.celery import app
from tests.deployment.sources import ROOT, compose, dockerfile, ours, services, settings_variables

NAMES = sorted(services())
OURS = sorted(ours())
# Read by Compose itself, not by the settings.
OF_COMPOSE = {"WEB_PORT"}


def command_of(name: str) -> list[str]:
    """What the service runs; the image's own command where it says nothing else."""
    given = ours()[name].get("command")
    if given:
        return [str(word) for word in given]
    (default,) = [line.arguments for line in dockerfile() if line.word == "CMD"]
    return re.findall(r'"([^"]+)"', default)


@pytest.mark.parametrize("name", NAMES)
def test_every_service_has_a_build_or_an_image_with_a_pinned_version(name: str) -> None:
    service = services()[name]
    if "build" in service:
        assert (ROOT / service["build"] / "Dockerfile").is_file()
    repository, _, tag = service["image"].rpartition(":")
    assert repository
    assert "latest" not in tag
    assert re.search(r"\d", tag)


def test_all_of_hubadmin_runs_from_one_image() -> None:
    assert OURS == ["beat", "documents", "migrate", "web", "worker"]
    assert len({service["image"] for service in ours().values()}) == 1


@pytest.mark.parametrize("name", NAMES)
def test_what_a_service_waits_for_is_there_and_can_happen(name: str) -> None:
    for other, how in services()[name].get("depends_on", {}).items():
        awaited = services()[other]
        if how["condition"] == "service_healthy":
            assert awaited["healthcheck"]["test"]
        else:
            assert how["condition"] == "service_completed_successfully"
            assert awaited["restart"] == "no"


@pytest.mark.parametrize("name", ["web", "worker", "documents", "beat"])
def test_nothing_starts_before_the_database_is_migrated(name: str) -> None:
    assert services()[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("name", NAMES)
def test_every_secret_that_a_service_reads_is_declared_and_given_to_it(name: str) -> None:
    service = services()[name]
    given = set(service.get("secrets", []))
    assert given <= set(compose()["secrets"])
    files = {key: value for key, value in service.get("environment", {}).items() if key.endswith("_FILE")}
    assert all(Path(value).parent == Path("/run/secrets") for value in files.values())
    assert {Path(value).name for value in files.values()} <= given


@pytest.mark.parametrize("name", OURS)
def test_the_settings_read_every_variable_that_our_services_are_given(name: str) -> None:
    given = {key.removesuffix("_FILE") for key in ours()[name]["environment"]}
    assert given <= settings_variables()


@pytest.mark.parametrize("name", NAMES)
def test_no_password_or_key_stands_in_the_composition(name: str) -> None:
    plain = [key for key in services()[name].get("environment", {}) if not key.endswith("_FILE")]
    assert not [key for key in plain if re.search("SECRET|PASSWORD|DATABASE|EMAIL_URL", key)]


def test_only_migrate_and_the_server_itself_know_the_owners_address() -> None:
    assert {name for name in NAMES if "database_owner_url" in services()[name].get("secrets", [])} == {
        "migrate",
        "postgres",
    }


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_programs_that_are_there(name: str) -> None:
    program, *arguments = command_of(name)
    if program == "python":
        assert arguments[0] == "manage.py"
        assert arguments[1] in get_commands()
    elif program == "celery":
        assert arguments[:2] == ["-A", app.main + ".celery"]
        assert arguments[2] in celery.commands
    else:
        module, _, attribute = arguments[0].partition(":")
        found = importlib.util.find_spec(module)
        assert program == "gunicorn" and found and found.origin
        assert f"\n{attribute} = " in Path(found.origin).read_text(encoding="utf-8")


def test_each_queue_has_a_worker_and_mails_do_not_wait_for_documents() -> None:
    workers = [command_of(name) for name in OURS if "worker" in command_of(name)]
    queues = [command[command.index("--queues") + 1].split(",") for command in workers]
    assert sorted(queues) == [["celery"], ["documents"]]
    assert {"celery", "documents"} == set(app.amqp.queues)


def test_only_web_and_the_mail_catcher_are_reachable_and_only_from_this_machine() -> None:
    ports = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert set(ports) == {"web", "mail"}
    assert all(port.startswith("127.0.0.1:") for published in ports.values() for port in published)
    assert services()["mail"]["profiles"] == ["mail"]


def test_database_and_broker_stand_in_a_network_without_a_way_out() -> None:
    assert compose()["networks"]["inside"]["internal"] is True
    assert services()["postgres"]["networks"] == services()["valkey"]["networks"] == ["inside"]
    named = {network for service in services().values() for network in service["networks"]}
    assert named == set(compose()["networks"])


@pytest.mark.parametrize("name", NAMES)
def test_services_may_write_nowhere_but_where_they_must_and_gain_no_rights(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service and "user" not in service


@pytest.mark.parametrize("name", OURS)
def test_our_services_have_no_capabilities_and_a_place_for_temporary_files(name: str) -> None:
    assert ours()[name]["cap_drop"] == ["ALL"]
    assert "/tmp" in ours()[name]["tmpfs"]


def test_beat_keeps_its_schedule_where_it_may_write() -> None:
    command = command_of("beat")
    schedule = Path(command[command.index("--schedule") + 1])
    assert str(schedule.parent) in ours()["beat"]["tmpfs"]


@pytest.mark.parametrize("name", NAMES)
def test_every_mounted_file_exists_and_every_named_volume_is_declared(name: str) -> None:
    for volume in services()[name].get("volumes", []):
        source = volume.partition(":")[0]
        if source.startswith("."):
            assert (ROOT / source).is_file()
            assert volume.endswith(":ro")
        else:
            assert source in compose()["volumes"]


def test_what_has_to_stand_in_the_environment_file_stands_in_its_example() -> None:
    composition = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", composition))
    example = (ROOT / "deploy" / "environment.example").read_text(encoding="utf-8")
    listed = set(re.findall(r"^([A-Z_]+)=", example, flags=re.MULTILINE))
    assert named <= listed
    assert listed <= settings_variables() | OF_COMPOSE
