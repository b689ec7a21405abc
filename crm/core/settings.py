"""Settings: every option of the installation, typed and explained, from the environment or one TOML file.

What is given on the command line wins over the environment, the environment over the file, the file over the default. A
value that does not fit is told in plain words with the name it was given under; secrets are never shown.
"""

import os
import re
import secrets
import stat
import tempfile
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from platformdirs import user_config_path, user_data_path
from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from crm.core.calendar import PARIS, zone
from crm.core.errors import Invalid, OutsideFault, Refused
from crm.core.i18n import _, mark

PREFIX = "CRM_"
FILE_ENV = "CRM_SETTINGS_FILE"
MASK = "••••"
_APP = "relance"
_SHORT_KEY = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_POSTGRESQL = re.compile(r"postgresql(?:\+psycopg)?://(?=.)")
_SQLITE = re.compile(r"sqlite:///(?=.)")
_FLAGS = {"oui": True, "non": False, "vrai": True, "faux": False}


def settings_file() -> Path:
    """The file of settings: CRM_SETTINGS_FILE, else `settings.toml` in the user's folder of settings."""
    named = os.environ.get(FILE_ENV)
    return Path(named).expanduser() if named else _config_folder() / "settings.toml"


def _config_folder() -> Path:
    return user_config_path(_APP, appauthor=False)


def _flag(value: object) -> object:
    return _FLAGS.get(value.strip().lower(), value) if isinstance(value, str) else value


def _time_zone(name: str) -> str:
    try:
        return zone(name).key
    except Invalid:
        raise ValueError(_("a continent and a city are expected, such as {example}").format(example=PARIS)) from None


def _web_address(address: str) -> str:
    if address and re.match(r"https?://[^/\s]", address) is None:
        raise ValueError(_("an address that starts with https:// is expected"))
    return address.rstrip("/")


def _database(url: str) -> str:
    if not url or _SQLITE.match(url):
        return url
    if _POSTGRESQL.match(url) is None:
        raise ValueError(_("{sqlite} or {postgresql} is expected").format(
            sqlite="sqlite:///file.db", postgresql="postgresql://user:password@server/base"
        ))  # fmt: skip  # read as a table: columns side by side
    return _POSTGRESQL.sub("postgresql+psycopg://", url)


Flag = Annotated[bool, BeforeValidator(_flag)]
Folder = Annotated[Path, AfterValidator(Path.expanduser)]
WebAddress = Annotated[str, AfterValidator(_web_address)]


class Origin(StrEnum):
    """Where a value comes from."""

    OPTION = "option"
    """The command line."""
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting to look at, in the language in use; `value` is masked when secret, empty when there is none."""

    name: str
    env: str
    value: str
    origin: Origin
    meaning: str


class Settings(BaseSettings):
    """The options of the installation; made by `Settings.load()`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid", coerce_numbers_to_str=True
    )

    database_url: Annotated[str, AfterValidator(_database)] = Field(
        "",
        repr=False,
        description=mark("The database: SQLite file or PostgreSQL address; empty: one file in the data folder"),
    )
    language: Literal["fr", "en"] = Field("fr", description=mark("The language of the program"))
    theme: Literal["auto", "ardoise", "papier"] = Field(
        "auto", description=mark("The colours of the terminal: dark, light, or as the terminal is")
    )
    plain: Flag = Field(False, description=mark("One line after the other, without colour or positioning"))
    user: str = Field("", description=mark("The number of the user at work"))
    timezone: Annotated[str, AfterValidator(_time_zone)] = Field(
        PARIS, description=mark("The time zone of the business day")
    )
    data_folder: Folder = Field(
        default_factory=lambda: user_data_path(_APP, appauthor=False),
        description=mark("The folder of the data: database, key, files received"),
    )
    templates_folder: Folder = Field(
        default_factory=lambda: _config_folder() / "templates",
        description=mark("The folder of your own templates, looked in before those of the program"),
    )
    public_url: WebAddress = Field("", description=mark("The address at which customers reach the web pages"))
    secret_key: SecretStr | None = Field(
        None, description=mark("The secret that signs links; empty: a key file in the data folder")
    )
    smtp_host: str = Field("", description=mark("The mail server"))
    smtp_port: int = Field(587, ge=1, le=65535, description=mark("The port of the mail server"))
    smtp_username: str = Field("", description=mark("The account at the mail server"))
    smtp_password: SecretStr | None = Field(None, description=mark("The password of that account"))
    smtp_tls: Literal["none", "starttls", "tls"] = Field(
        "starttls", description=mark("How the connection to the mail server is protected")
    )
    smtp_connections: int = Field(
        8, ge=1, le=64, description=mark("How many connections to the mail server may be open at once")
    )
    smtp_rate_per_domain: int = Field(
        0, ge=0, description=mark("How many e-mails a minute may go to one recipient domain; 0: no limit")
    )
    mail_from: str = Field("", description=mark("The sender of e-mails"))
    sms_account_sid: str = Field("", description=mark("The account at the SMS provider"))
    sms_auth_token: SecretStr | None = Field(None, description=mark("The token of that account"))
    sms_from: str = Field("", description=mark("The sender of SMS: a number, or up to 11 letters"))
    sms_api_base: WebAddress = Field("", description=mark("Another root for the provider's interface; empty: its own"))
    letter_folder: Folder | None = Field(
        None, description=mark("The folder in which a print provider collects letters; empty: you print and post them")
    )
    sms_price_cents: int = Field(8, ge=0, description=mark("What an SMS costs, in cents: for rehearsals"))
    letter_price_cents: int = Field(160, ge=0, description=mark("What a letter costs, in cents: for rehearsals"))
    registered_letter_price_cents: int = Field(
        620, ge=0, description=mark("What a registered letter costs, in cents: for rehearsals")
    )
    write_off_limit: int = Field(50, ge=0, description=mark("Up to how many euros of one invoice anyone may give up"))
    write_off_limit_accountant: int = Field(
        500, ge=0, description=mark("Up to how many euros of one invoice an accountant may give up")
    )
    plan_grace_days: int = Field(
        8, ge=0, le=90, description=mark("After so many days without its instalment a new payment plan is broken")
    )
    penalty_account: Literal["7581", "7631"] = Field(
        "7581", description=mark("The account of late-payment penalties claimed: 7581 or 7631, as your accountant says")
    )

    _origins: dict[str, Origin] = PrivateAttr(default_factory=dict)

    @classmethod
    def load(cls, **options: Any) -> Self:
        """Read the settings; `options` are those given on the command line.

        Raises:
            Invalid: a value does not fit, a name is not that of a setting, or the file cannot be read.
        """
        origins = {
            **dict.fromkeys(_read(settings_file()), Origin.FILE),
            **dict.fromkeys(EnvSettingsSource(cls)(), Origin.ENVIRONMENT),
            **dict.fromkeys(options, Origin.OPTION),
        }
        try:
            settings = cls(**options)
        except ValidationError as error:
            raise Invalid(
                "\n".join(cls._told(fault, origins) for fault in error.errors()),
                next_step=_("“{command}” lists every setting with its meaning.").format(command="crm settings"),
            ) from None
        settings._origins = origins
        return settings

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The command line, then the environment, then the file."""
        return init_settings, env_settings, InitSettingsSource(settings_cls, _read(settings_file()))

    @classmethod
    def _told(cls, fault: ErrorDetails, origins: dict[str, Origin]) -> str:
        field = str(fault["loc"][0])
        name = _spelt(field, origins.get(field, Origin.OPTION))
        if field not in cls.model_fields:
            return _("{name} is not a setting.").format(name=name)
        expected = _expected(fault, cls.model_fields[field].annotation)
        if _is_secret(field):
            return _("{name} does not fit: {expected}.").format(name=name, expected=expected)
        value = masked_url(str(fault["input"]))[:80]
        return _("{name} is “{value}”: {expected}.").format(name=name, value=value, expected=expected)

    def described(self) -> list[SettingLine]:
        """Every setting with its value, its origin and its meaning; secrets are masked."""
        origin = Origin.ENVIRONMENT if os.environ.get(FILE_ENV) else Origin.DEFAULT
        file = SettingLine("settings_file", FILE_ENV, str(settings_file()), origin, _("The file of these settings"))
        return [file] + [
            SettingLine(
                name,
                PREFIX + name.upper(),
                _shown(getattr(self, name)),
                self._origins.get(name, Origin.DEFAULT),
                _(str(field.description)),
            )
            for name, field in type(self).model_fields.items()
        ]

    def warnings(self) -> list[str]:
        """What works but is not safe, in sentences."""
        told, path = [], settings_file()
        in_file = [name for name, origin in self._origins.items() if origin is Origin.FILE]
        if any(self._holds_secret(name) for name in in_file) and _open_to_others(path):
            told.append(
                _("{path} holds secrets that other users of the machine can read. Close it with {command}.").format(
                    path=path, command=f"chmod 600 {path}"
                )
            )
        if self.secret_key is not None and len(self.secret_key.get_secret_value()) < _SHORT_KEY:
            told.append(
                _("{name} is short: a secret of {count} characters or more cannot be guessed.").format(
                    name=PREFIX + "SECRET_KEY", count=_SHORT_KEY
                )
            )
        return told

    def _holds_secret(self, name: str) -> bool:
        return _is_secret(name) or (name == "database_url" and masked_url(self.database_url) != self.database_url)

    def resolved_database_url(self) -> str:
        """The database's address with its driver, also when none was given."""
        return self.database_url or f"sqlite:///{self.data_folder.absolute() / f'{_APP}.db'}"


def _is_secret(name: str) -> bool:
    return SecretStr in get_args(Settings.model_fields[name].annotation)


def _shown(value: object) -> str:
    match value:
        case None | "":
            return ""
        case SecretStr():
            return MASK
        case bool():
            return _("yes") if value else _("no")
        case other:
            return masked_url(str(other))


def masked_url(url: str) -> str:
    """An address without its password: `postgresql://crm:••••@server/base`."""
    url = re.sub(r"(://[^:@/]*:).*(?=@)", rf"\1{MASK}", url, flags=re.DOTALL)
    return re.sub(r"([?&](?:ssl)?password=)[^&]*", rf"\1{MASK}", url, flags=re.IGNORECASE)


def _spelt(field: str, origin: Origin) -> str:
    match origin:
        case Origin.ENVIRONMENT:
            return PREFIX + field.upper()
        case Origin.FILE:
            return _("“{name}” in {path}").format(name=field, path=settings_file())
        case _:
            return field


def _expected(fault: ErrorDetails, kind: Any) -> str:
    limits = fault.get("ctx", {})
    match fault["type"].split("_")[0]:
        case "value":
            return str(limits["error"])
        case "literal":
            return _("one of {choices} is expected").format(choices=", ".join(get_args(kind)))
        case "int":
            return _("a whole number is expected")
        case "greater":
            return _("{limit} or more is expected").format(limit=limits["ge"])
        case "less":
            return _("{limit} or less is expected").format(limit=limits["le"])
        case "bool":
            return _("yes or no is expected")
        case _:
            return _("a text is expected")


def _read(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = _("{path}, line {line}").format(path=path, line=line[1]) if line else str(path)
        raise Invalid(
            _("The settings cannot be read: {where}.").format(where=where),
            next_step=_("A line is a name, an equals sign and a value: {example}").format(
                example='mail_from = "a@b.fr"'
            ),
        ) from None
    except FileNotFoundError:
        if not os.environ.get(FILE_ENV):
            return {}
        raise Invalid(_("{name} names {path}, which is not there.").format(name=FILE_ENV, path=path)) from None
    except (OSError, UnicodeDecodeError):
        raise Invalid(_("The settings cannot be read: {where}.").format(where=path)) from None
    return {name: value for name, value in values.items() if value != ""}


def _open_to_others(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & _OTHERS)


def load_secret(settings: Settings) -> bytes:
    """The secret that signs links: CRM_SECRET_KEY, else a key file in the data folder, made at first use.

    Raises:
        Refused: others can read the key file.
        Invalid: the key file holds no key.
        OutsideFault: the key file can be neither read nor made.
    """
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    path = settings.data_folder / "secret.key"
    try:
        if not path.exists():
            _make_key(path)
        with path.open("rb") as file:
            mode, key = os.fstat(file.fileno()).st_mode, file.read().strip()
    except OSError:
        raise OutsideFault(
            _("The key file {path} can be neither read nor made.").format(path=path),
            permanent=True,
            next_step=_("Give {name} a secret, or the data folder its rights.").format(name=PREFIX + "SECRET_KEY"),
        ) from None
    if mode & _OTHERS:
        raise Refused(
            _("Other users of the machine can read the key file {path}.").format(path=path),
            next_step=_("Close it with {command}.").format(command=f"chmod 600 {path}"),
        )
    if len(key) < _SHORT_KEY:
        raise Invalid(_("The key file {path} holds no key.").format(path=path))
    return key


def _make_key(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written aside with 0600, then linked: a second process finds the whole key or none, and never replaces one.
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".secret") as draft:
        draft.write(secrets.token_urlsafe(48))
        draft.flush()
        os.fsync(draft.fileno())
        with suppress(FileExistsError):
            os.link(draft.name, path)
