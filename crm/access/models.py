"""The people who work here."""

from enum import StrEnum

from sqlmodel import Field

from crm.core.db import Row


class Role(StrEnum):
    """What a person does here."""

    MANAGER = "manager"
    ACCOUNT_MANAGER = "account_manager"
    ACCOUNTANT = "accountant"
    ADMIN = "admin"


class Digest(StrEnum):
    """How often somebody wants the morning digest."""

    DAILY = "daily"
    """Every working day."""
    NEVER = "never"


class User(Row, table=True):
    """A person who works here, by the number the company gives."""

    __tablename__ = "app_user"

    number: str = Field(unique=True)
    name: str
    email: str = ""
    role: str = Role.ACCOUNT_MANAGER.value
    digest: str = Field(default=Digest.NEVER.value, sa_column_kwargs={"server_default": Digest.NEVER.value})
    """Whether the morning digest is mailed to them."""
