"""A bad value stops the start with a sentence that names the variable."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from coordination import environment


@pytest.mark.parametrize(
    ("read", "name", "value"),
    [
        (environment.flag, "DEBUG", "perhaps"),
        (environment.origins, "CSRF_TRUSTED_ORIGINS", "example.org"),
        (lambda name, env: environment.address(name, ("redis",), env), "REDIS_URL", "localhost:6379"),
        (lambda name, env: environment.address(name, ("postgresql",), env), "DATABASE_URL", "mysql://x/y"),
        (lambda _, env: environment.email(Path("home"), env), "EMAIL_URL", "mail.example.org"),
        (lambda _, env: environment.secret_key(Path("home"), env), "SECRET_KEY", "short"),
    ],
)
def test_a_bad_value_is_refused_by_name(read: Callable[..., object], name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name) as caught:
        read(name, env={name: value})
    assert "\n" not in str(caught.value)


def test_a_database_address_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        environment.database("postgresql://user@host:port/name", "")


def test_a_home_that_cannot_be_written_is_refused_by_name() -> None:
    with pytest.raises(ImproperlyConfigured, match="COORDINATION_HOME"):
        environment.secret_key(Path(__file__) / "home", {})


def test_the_secret_key_is_made_once(tmp_path: Path) -> None:
    first = environment.secret_key(tmp_path, {})
    assert len(first) >= 50
    assert environment.secret_key(tmp_path, {}) == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_empty_values_count_as_unset() -> None:
    assert environment.address("REDIS_URL", ("redis",), {"REDIS_URL": " "}) is None
    assert environment.words("ALLOWED_HOSTS", env={"ALLOWED_HOSTS": " a, ,b "}) == ["a", "b"]
    assert environment.flag("DEBUG", env={}) is False


def test_the_database_address_reaches_django_with_its_password_unquoted() -> None:
    settings = environment.database("postgresql://me:p%40ss@db:5433/name?sslmode=require", "app")
    assert (settings["HOST"], settings["PORT"], settings["PASSWORD"]) == ("db", 5433, "p@ss")
    assert settings["OPTIONS"]["sslmode"] == "require"
    assert settings["APPLICATION_ROLE"] == "app"


@pytest.mark.parametrize(
    ("redis", "broker"),
    [
        ("redis://host:6379/2", "redis://host:6379/2"),
        ("unix:///run/x.sock?db=3", "redis+socket:///run/x.sock?virtual_host=3"),
    ],
)
def test_celery_spells_a_redis_socket_its_own_way(redis: str, broker: str) -> None:
    assert environment.broker(redis) == broker


def test_mail_goes_where_the_address_says(tmp_path: Path) -> None:
    assert environment.email(tmp_path, {})["EMAIL_FILE_PATH"] == str(tmp_path / "outbox")
    smtp = environment.email(tmp_path, {"EMAIL_URL": "smtps://me:p%40ss@mail.example.org"})
    assert (smtp["EMAIL_PORT"], smtp["EMAIL_HOST_PASSWORD"], smtp["EMAIL_USE_SSL"]) == (465, "p@ss", True)


@pytest.mark.parametrize(("value", "number"), [(None, 8), ("", 8), ("0", 0), (" 12 ", 12)])
def test_a_number_is_read_or_has_its_default(value: str | None, number: int) -> None:
    env = {} if value is None else {"SOME": value}
    assert environment.number("SOME", 8, env) == number


@pytest.mark.parametrize("value", ["-1", "1.5", "many"])
def test_what_is_no_whole_number_is_refused_by_name(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SOME must be a whole number"):
        environment.number("SOME", 8, {"SOME": value})


SSO = {"OIDC_ISSUER": "https://id.example.org/realms/Acme/", "OIDC_CLIENT_ID": "us", "OIDC_CLIENT_SECRET": "hush"}


def test_single_sign_on_is_off_until_an_issuer_is_named() -> None:
    assert environment.single_sign_on({"OIDC_CLIENT_ID": "us"}) == {}


def test_each_issuer_is_a_provider_of_its_own() -> None:
    (app,) = environment.single_sign_on(SSO)["openid_connect"]["APPS"]
    assert (app["provider_id"], app["name"]) == ("id.example.org-realms-acme", "id.example.org")
    (other,) = environment.single_sign_on({**SSO, "OIDC_ISSUER": "https://id.example.org/realms/b"})["openid_connect"][
        "APPS"
    ]
    assert other["provider_id"] != app["provider_id"]


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"OIDC_ISSUER": "id.example.org"}, "OIDC_ISSUER"),
        ({"OIDC_ISSUER": "http://id.example.org"}, "OIDC_ISSUER"),
        ({"OIDC_CLIENT_ID": " "}, "OIDC_CLIENT_ID"),
        ({"OIDC_CLIENT_SECRET": ""}, "OIDC_CLIENT_SECRET"),
    ],
)
def test_half_of_a_single_sign_on_is_refused_by_name(changed: dict[str, str], name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        environment.single_sign_on({**SSO, **changed})
