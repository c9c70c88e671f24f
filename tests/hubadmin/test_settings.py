"""The settings are read anew, with an environment of the test's own, in the test's process."""

from __future__ import annotations

import os
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

import hubadmin.settings

SETTINGS = str(Path(hubadmin.settings.__file__))
LONG_KEY = "3xkQ9v-Lr7TzB2mWn8pYc4HdJs6GfKaE5uRtVwXyZ0qNbMhPiOlUgS1DjC"
PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": LONG_KEY,
    "DATABASE_URL": "postgresql://app:pw@db.example:5433/hubs",
    "DATABASE_NATIONAL_URL": "postgresql://national:pw@db.example:5433/hubs",
    "PUBLIC_URL": "https://hubs.example",
    "ALLOWED_HOSTS": "hubs.example",
}
DEMO = {"ENVIRONMENT": "demo", "SECRET_KEY": "x", "DATABASE_URL": "postgresql://app@127.0.0.1/hubs"}
Read = Callable[..., dict[str, Any]]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    """Reads the settings with nothing in the environment but what is given; None takes a variable away."""
    monkeypatch.setattr("hubadmin.logs.configure_logs", lambda **options: None)

    def read_with(base: dict[str, str], **variables: str | None) -> dict[str, Any]:
        for name in list(os.environ):
            if name.isupper() and name not in ("PATH", "HOME", "LANG", "TZ"):
                monkeypatch.delenv(name)
        for name, value in {**base, **variables}.items():
            if value is not None:
                monkeypatch.setenv(name, value)
        return runpy.run_path(SETTINGS)

    return read_with


def test_production_starts_with_what_it_needs(read: Read) -> None:
    settings = read(PRODUCTION)

    assert (settings["DEBUG"], settings["DEMO"]) == (False, False)
    assert settings["SECRET_KEY"] == LONG_KEY
    assert settings["DATABASES"]["default"]["PORT"] == 5433
    assert settings["CSRF_TRUSTED_ORIGINS"] == ["https://hubs.example"]
    assert settings["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"


def test_without_a_word_about_it_the_environment_is_production(read: Read) -> None:
    assert read(PRODUCTION, ENVIRONMENT=None)["PRODUCTION"] is True


@pytest.mark.parametrize(
    ("base", "variables", "said"),
    [
        (PRODUCTION, {"ENVIRONMENT": "staging"}, "must be production, demo or test, not 'staging'"),
        (PRODUCTION, {"ENVIRONMENT": ""}, "must be production, demo or test"),
        (PRODUCTION, {"DEBUG": "true"}, "DEBUG must be off"),
        (PRODUCTION, {"SECRET_KEY": LONG_KEY[:49]}, "SECRET_KEY looks like a default"),
        (PRODUCTION, {"SECRET_KEY": "ab" * 40}, "SECRET_KEY looks like a default"),
        (PRODUCTION, {"SECRET_KEY": "django-inSecret-" + LONG_KEY}, "SECRET_KEY looks like a default"),
        (PRODUCTION, {"SECRET_KEY": ""}, "SECRET_KEY"),
        (PRODUCTION, {"SECRET_KEY": None}, "SECRET_KEY"),
        (PRODUCTION, {"DATABASE_URL": None}, "DATABASE_URL"),
        (PRODUCTION, {"DATABASE_NATIONAL_URL": None}, "Set DATABASE_NATIONAL_URL"),
        (PRODUCTION, {"PUBLIC_URL": "http://hubs.example"}, "PUBLIC_URL must start with https://"),
        (PRODUCTION, {"PUBLIC_URL": None}, "PUBLIC_URL must start with https://"),
        (DEMO, {"ALLOWED_HOSTS": "hubs.example"}, "may not be served under a public host name"),
        (DEMO, {"ALLOWED_HOSTS": "127.0.0.1,hubs.example"}, "may not be served under a public host name"),
        (DEMO, {"ALLOWED_HOSTS": "*"}, "may not be served under a public host name"),
        (DEMO, {"ALLOWED_HOSTS": ".localhost"}, "may not be served under a public host name"),
        (DEMO, {"ALLOWED_HOSTS": "192.168.1.10"}, "may not be served under a public host name"),
        (DEMO, {"ALLOWED_HOSTS": "localhost.evil.example"}, "may not be served under a public host name"),
        (DEMO, {"ALLOWED_HOSTS": "0.0.0.0"}, "may not be served under a public host name"),
    ],
)
def test_an_unsafe_environment_is_refused_and_the_reason_given(
    read: Read, base: dict[str, str], variables: dict[str, str | None], said: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=said):
        read(base, **variables)


@pytest.mark.parametrize("hosts", [None, "localhost", "127.0.0.1,localhost,[::1]", "127.0.0.2"])
def test_the_demo_starts_on_loopback(read: Read, hosts: str | None) -> None:
    settings = read(DEMO, ALLOWED_HOSTS=hosts)

    assert settings["DEMO"] is True
    assert settings["EMAIL_BACKEND"] == "correspondence.mailbox.MailboxBackend"


def test_outside_the_demo_nobody_signs_in_with_one_click(read: Read) -> None:
    assert read(PRODUCTION)["DEMO"] is False
    assert read(DEMO, ENVIRONMENT="test")["DEMO"] is False


@pytest.mark.parametrize("variable", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL", "EMAIL_URL"])
def test_a_secret_may_come_from_a_file(read: Read, tmp_path: Path, variable: str) -> None:
    secrets = {
        "SECRET_KEY": LONG_KEY[::-1],
        "DATABASE_URL": "postgresql://app:from-a-file@db.example/hubs",
        "REDIS_URL": "redis://:from-a-file@redis.example/0",
        "EMAIL_URL": "smtp+tls://hub:from-a-file@mail.example:587",
    }
    file = tmp_path / "secret"
    file.write_text(secrets[variable] + "\n")

    settings = read(PRODUCTION, **{variable: None, f"{variable}_FILE": str(file)})

    found = {
        "SECRET_KEY": settings["SECRET_KEY"],
        "DATABASE_URL": settings["DATABASES"]["default"]["PASSWORD"],
        "REDIS_URL": settings["REDIS_URL"],
        "EMAIL_URL": settings["EMAIL_HOST_PASSWORD"],
    }[variable]
    assert found == (secrets[variable] if variable in ("SECRET_KEY", "REDIS_URL") else "from-a-file")


def test_a_default_secret_from_a_file_is_refused_as_well(read: Read, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("changeme\n")

    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY looks like a default"):
        read(PRODUCTION, SECRET_KEY=None, SECRET_KEY_FILE=str(tmp_path / "secret"))


def test_the_three_roles_have_a_connection_each(read: Read) -> None:
    settings = read(
        PRODUCTION,
        DATABASE_OWNER_URL="postgresql://owner@db.example/hubs",
        DATABASE_NATIONAL_URL="postgresql://national@db.example/hubs",
    )

    assert {alias: one["USER"] for alias, one in settings["DATABASES"].items()} == {
        "default": "app",
        "owner": "owner",
        "national": "national",
    }


def test_the_promise_of_https_covers_subdomains_only_when_its_owner_says_so(read: Read) -> None:
    ours = read(PRODUCTION)
    promised = read(PRODUCTION, HSTS_INCLUDE_SUBDOMAINS="true", HSTS_PRELOAD="true")

    assert (ours["SECURE_HSTS_SECONDS"], ours["SECURE_HSTS_INCLUDE_SUBDOMAINS"]) == (31_536_000, False)
    assert (promised["SECURE_HSTS_INCLUDE_SUBDOMAINS"], promised["SECURE_HSTS_PRELOAD"]) == (True, True)


@pytest.mark.parametrize(("behind", "proxies", "believes"), [("true", 1, True), ("false", 0, False)])
def test_only_behind_a_proxy_is_a_proxy_believed(read: Read, behind: str, proxies: int, believes: bool) -> None:
    settings = read(PRODUCTION, BEHIND_PROXY=behind)

    assert settings["TRUSTED_PROXIES"] == proxies
    assert ("SECURE_PROXY_SSL_HEADER" in settings) is believes


@pytest.mark.parametrize("provider", ["google", "microsoft"])
def test_a_provider_is_offered_and_let_into_forms_only_with_its_keys(read: Read, provider: str) -> None:
    without = read(PRODUCTION)
    with_keys = read(
        PRODUCTION, **{f"{provider.upper()}_CLIENT_ID": "id", f"{provider.upper()}_CLIENT_SECRET": "from-provider"}
    )

    assert "APPS" not in without["SOCIALACCOUNT_PROVIDERS"][provider]
    assert without["FORM_ACTIONS"] == ["'self'"]
    assert with_keys["SOCIALACCOUNT_PROVIDERS"][provider]["APPS"][0]["secret"] == "from-provider"
    assert len(with_keys["FORM_ACTIONS"]) == 2


@pytest.mark.parametrize(
    ("environment", "cookies_are_secure"), [(PRODUCTION, True), (DEMO, False)], ids=["production", "demo"]
)
def test_cookies_are_secure_in_production(read: Read, environment: dict[str, str], cookies_are_secure: bool) -> None:
    settings = read(environment)

    assert settings.get("SESSION_COOKIE_SECURE", False) is cookies_are_secure
    assert settings.get("CSRF_COOKIE_SECURE", False) is cookies_are_secure
    assert settings["SESSION_COOKIE_HTTPONLY"] is settings["CSRF_COOKIE_HTTPONLY"] is True


def test_the_register_is_refreshed_at_night_only_when_there_is_a_source(read: Read) -> None:
    nights = {"refresh-register", "warn-when-overdue"}
    assert not nights & set(read(PRODUCTION)["CELERY_BEAT_SCHEDULE"])
    for source in ("https://site.example/downloads", "/srv/register"):
        schedule = read(PRODUCTION, REGISTER_SOURCE=source)["CELERY_BEAT_SCHEDULE"]
        assert "'schools.tasks.refresh_register'" in str(schedule["refresh-register"])
        assert "30 4 * * *" in str(schedule["refresh-register"])
        assert "'schools.tasks.warn_when_overdue'" in str(schedule["warn-when-overdue"])
        assert "0 7 * * *" in str(schedule["warn-when-overdue"])


@pytest.mark.parametrize("source", ["http://site.example/downloads", "file:///srv/register", "ftp://site.example"])
def test_the_register_comes_over_https_or_from_a_folder(read: Read, source: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="REGISTER_SOURCE"):
        read(PRODUCTION, REGISTER_SOURCE=source)
