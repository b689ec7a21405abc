"""Settings: where a value comes from, what is told when it does not fit, and how secrets are kept."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.errors import Invalid, OutsideFault, Refused
from crm.core.i18n import use_language
from crm.core.settings import MASK, Origin, Settings, load_secret, masked_url


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path) -> Path:
    """A machine on which nothing was ever set."""
    for name in [name for name in os.environ if name.upper().startswith("CRM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    use_language("fr")
    return tmp_path


@pytest.fixture
def file(home, monkeypatch):
    """Writes the file of settings."""
    path = home / "relance.toml"
    monkeypatch.setenv("CRM_SETTINGS_FILE", str(path))

    def write(text: str, mode: int = 0o600) -> Path:
        path.write_text(text, "utf-8")
        path.chmod(mode)
        return path

    return write


def line(settings: Settings, name: str):
    return next(found for found in settings.described() if found.name == name)


def refusal(**options) -> str:
    with pytest.raises(Invalid) as told:
        Settings.load(**options)
    assert "crm settings" in told.value.next_step or "mail_from" in told.value.next_step
    return told.value.message


# Where a value comes from


def test_a_new_machine_needs_no_setting(home):
    settings = Settings.load()
    assert (settings.language, settings.theme, settings.timezone) == ("fr", "auto", "Europe/Paris")
    assert settings.data_folder == home / "data" / "relance"
    assert settings.templates_folder == home / "config" / "relance" / "templates"
    assert settings.resolved_database_url() == f"sqlite:///{home}/data/relance/relance.db"
    assert settings.warnings() == []
    assert {found.origin for found in settings.described()} == {Origin.DEFAULT}


def test_the_usual_file_is_read_when_it_is_there(home):
    folder = home / "config" / "relance"
    folder.mkdir(parents=True)
    (folder / "settings.toml").write_text('theme = "papier"\n', "utf-8")
    assert Settings.load().theme == "papier"


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(file, monkeypatch):
    file('smtp_host = "file.example"\nmail_from = "file@a.example"\nsms_from = "FILE"\n')
    monkeypatch.setenv("CRM_SMTP_HOST", "env.example")
    monkeypatch.setenv("CRM_MAIL_FROM", "env@a.example")
    settings = Settings.load(smtp_host="option.example")
    shown = {found.name: (found.value, found.origin.value) for found in settings.described()}
    assert shown["smtp_host"] == ("option.example", "option")
    assert shown["mail_from"] == ("env@a.example", "environment")
    assert shown["sms_from"] == ("FILE", "file")
    assert shown["smtp_port"] == ("587", "default")


def test_an_empty_value_is_no_value(file, monkeypatch):
    file('secret_key = ""\n')
    monkeypatch.setenv("CRM_SMTP_PORT", "")
    settings = Settings.load()
    assert settings.smtp_port == 587
    assert settings.secret_key is None
    assert line(settings, "secret_key").origin is Origin.DEFAULT


def test_plain_is_said_in_french_or_english(monkeypatch):
    for text, expected in {"1": True, "oui": True, "yes": True, "Non": False, "0": False}.items():
        monkeypatch.setenv("CRM_PLAIN", text)
        assert Settings.load().plain is expected


def test_the_number_of_a_user_may_be_written_without_quotes(file):
    file("user = 12\nsmtp_port = 2525\nplain = true\n")
    settings = Settings.load()
    assert (settings.user, settings.smtp_port, settings.plain) == ("12", 2525, True)


def test_folders_know_the_home_folder_and_addresses_lose_their_last_slash(home, monkeypatch):
    monkeypatch.setenv("CRM_DATA_FOLDER", "~/relance")
    monkeypatch.setenv("CRM_PUBLIC_URL", "https://r.example.fr/")
    settings = Settings.load()
    assert settings.data_folder == home / "relance"
    assert settings.public_url == "https://r.example.fr"


# What is told


def test_a_wrong_value_is_told_with_the_name_it_was_given_under(file, monkeypatch):
    file('theme = "vert"\n')
    monkeypatch.setenv("CRM_SMTP_PORT", "abc")
    told = refusal()
    assert "CRM_SMTP_PORT" in told
    assert "abc" in told
    assert "theme" in told
    assert "relance.toml" in told
    assert "auto, ardoise, papier" in told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CRM_LANGUAGE", "de"),
        ("CRM_PLAIN", "peut-être"),
        ("CRM_SMTP_PORT", "0"),
        ("CRM_SMTP_PORT", "65536"),
        ("CRM_SMTP_TLS", "ssl"),
        ("CRM_TIMEZONE", "Paris"),
        ("CRM_PUBLIC_URL", "r.example.fr"),
        ("CRM_SMS_API_BASE", "ftp://sms.example"),
        ("CRM_DATABASE_URL", "mysql://server/base"),
        ("CRM_DATABASE_URL", "sqlite://"),
        ("CRM_DATABASE_URL", "sqlite:///"),
        ("CRM_DATABASE_URL", "postgresql://"),
        ("CRM_DATABASE_URL", "relance.db"),
    ],
)
def test_every_kind_of_wrong_value_is_told_in_one_plain_sentence(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    told = refusal()
    assert name in told
    assert value in told
    assert "\n" not in told
    for word in ("pydantic", "Input should", "validation", "Error"):
        assert word not in told


def test_every_wrong_value_is_told_at_once(monkeypatch):
    monkeypatch.setenv("CRM_SMTP_PORT", "abc")
    monkeypatch.setenv("CRM_THEME", "vert")
    assert len(refusal().splitlines()) == 2


def test_a_password_is_not_told_with_the_address_that_holds_it(monkeypatch):
    for password in ("hunter2", "hunter2" * 20):
        monkeypatch.setenv("CRM_DATABASE_URL", f"mysql://crm:{password}@server/base")
        told = refusal()
        assert "hunter2" not in told
        assert MASK in told


def test_a_secret_of_the_wrong_kind_is_not_shown(file):
    file("smtp_password = [4711]\n")
    told = refusal()
    assert "smtp_password" in told
    assert "4711" not in told


def test_a_misspelt_name_in_the_file_is_told(file):
    file('smtp_hots = "mail.example"\n')
    assert "smtp_hots" in refusal()


def test_a_broken_file_is_told_with_its_line(file):
    file('theme = "papier"\nsmtp_host mail.example\n')
    told = refusal()
    assert "relance.toml" in told
    assert "2" in told


def test_a_file_that_is_named_must_be_there(monkeypatch, home):
    monkeypatch.setenv("CRM_SETTINGS_FILE", str(home / "nowhere.toml"))
    with pytest.raises(Invalid, match=r"nowhere\.toml"):
        Settings.load()


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_told(monkeypatch, home, content):
    path = home / "settings.toml"
    path.mkdir() if content is None else path.write_bytes(content)
    monkeypatch.setenv("CRM_SETTINGS_FILE", str(path))
    with pytest.raises(Invalid, match=r"settings\.toml"):
        Settings.load()


# The database


@pytest.mark.parametrize(
    ("given_", "resolved"),
    [
        ("sqlite:///a.db", "sqlite:///a.db"),
        ("sqlite:////var/a.db", "sqlite:////var/a.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql://crm:x@server/base", "postgresql+psycopg://crm:x@server/base"),
        ("postgresql+psycopg://crm:x@server/base", "postgresql+psycopg://crm:x@server/base"),
        ("postgresql:///base?host=/run/postgresql", "postgresql+psycopg:///base?host=/run/postgresql"),
    ],
)
def test_the_address_of_the_database_names_its_driver(given_, resolved):
    assert Settings.load(database_url=given_).resolved_database_url() == resolved


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://crm:s3cret@server:5432/base", f"postgresql://crm:{MASK}@server:5432/base"),
        ("postgresql://crm:p@ss/w:rd@server/base", f"postgresql://crm:{MASK}@server/base"),
        ("postgresql:///base?user=crm&password=s3cret&host=a", f"postgresql:///base?user=crm&password={MASK}&host=a"),
        ("postgresql://crm@server/base", "postgresql://crm@server/base"),
        ("sqlite:////home/a/relance.db", "sqlite:////home/a/relance.db"),
    ],
)
def test_an_address_is_shown_without_its_password(url, shown):
    assert masked_url(url) == shown


@given(st.text(min_size=5).filter(lambda text: text not in "postgresql://crm:@server/base" + MASK))
def test_no_password_survives_masking(password):
    assert password not in masked_url(f"postgresql://crm:{password}@server/base")


# Everything at a glance


def test_every_setting_is_listed_with_its_meaning(monkeypatch):
    monkeypatch.setenv("CRM_SMTP_PASSWORD", "hunter2")
    monkeypatch.setenv("CRM_SECRET_KEY", "k" * 40)
    monkeypatch.setenv("CRM_DATABASE_URL", "postgresql://crm:hunter2@server/base")
    settings = Settings.load()
    lines = settings.described()
    assert {found.name for found in lines} == {"settings_file", *Settings.model_fields}
    assert all(found.meaning and found.env == f"CRM_{found.name.upper()}" for found in lines)
    assert line(settings, "smtp_password").value == MASK
    assert line(settings, "sms_auth_token").value == ""
    for text in (str(lines), repr(settings)):
        assert "hunter2" not in text
        assert "kkkk" not in text


def test_the_file_read_is_listed_first(file):
    path = file("")
    first = Settings.load().described()[0]
    assert (first.value, first.origin) == (str(path), Origin.ENVIRONMENT)


@pytest.mark.parametrize("secret", ['smtp_password = "x"', 'database_url = "postgresql://crm:x@server/base"'])
def test_a_file_with_secrets_that_others_can_read_is_a_warning(file, secret):
    path = file(secret, mode=0o644)
    (told,) = Settings.load().warnings()
    assert f"chmod 600 {path}" in told
    file(secret, mode=0o600)
    assert Settings.load().warnings() == []


def test_a_file_without_secrets_may_be_read_by_all(file):
    file('theme = "papier"\n', mode=0o644)
    assert Settings.load().warnings() == []


def test_a_short_secret_is_a_warning(monkeypatch):
    monkeypatch.setenv("CRM_SECRET_KEY", "soleil")
    (told,) = Settings.load().warnings()
    assert "CRM_SECRET_KEY" in told
    assert "soleil" not in told


# The secret that signs links


def test_the_secret_given_is_the_secret(monkeypatch):
    monkeypatch.setenv("CRM_SECRET_KEY", "été " * 10)
    assert load_secret(Settings.load()) == ("été " * 10).encode()


def test_without_one_a_key_file_is_made_once_and_only_its_owner_reads_it(home):
    settings = Settings.load()
    key = load_secret(settings)
    path = settings.data_folder / "secret.key"
    assert len(key) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert load_secret(Settings.load()) == key
    assert [found.name for found in path.parent.iterdir()] == ["secret.key"]


def test_two_machines_have_two_keys(home):
    keys = {load_secret(Settings.load(data_folder=home / name)) for name in ("a", "b")}
    assert len(keys) == 2


def test_a_key_made_meanwhile_by_another_process_is_kept(home, monkeypatch):
    settings = Settings.load()
    other = b"o" * 40

    def link_too_late(source, target):
        Path(target).write_bytes(other)
        Path(target).chmod(0o600)
        raise FileExistsError

    monkeypatch.setattr(os, "link", link_too_late)
    assert load_secret(settings) == other


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_file_that_others_can_read_is_refused(mode):
    settings = Settings.load()
    load_secret(settings)
    path = settings.data_folder / "secret.key"
    path.chmod(mode)
    with pytest.raises(Refused) as told:
        load_secret(settings)
    assert f"chmod 600 {path}" in told.value.next_step


def test_an_empty_key_file_is_told():
    settings = Settings.load()
    load_secret(settings)
    (settings.data_folder / "secret.key").write_text("")
    with pytest.raises(Invalid, match=r"secret\.key"):
        load_secret(settings)


def test_a_data_folder_that_is_a_file_is_told(home):
    (home / "taken").write_text("")
    with pytest.raises(OutsideFault, match=r"secret\.key"):
        load_secret(Settings.load(data_folder=home / "taken"))
