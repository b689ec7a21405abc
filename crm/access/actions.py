"""What can be asked about people."""

from dataclasses import dataclass
from typing import Any

from pydantic import Field

from crm.access.models import Digest, User
from crm.access.queries import all_users, by_number
from crm.access.users_csv import UsersCsv
from crm.core.actions import Action, Effect
from crm.core.errors import NotFound, refuse_if
from crm.core.exchange import Wanted
from crm.core.i18n import _
from crm.core.runner import Context
from crm.core.sheets import Column, Sheet


@dataclass(frozen=True, slots=True)
class UserList:
    """The people who work here."""

    users: tuple[User, ...]

    def as_json(self) -> dict[str, Any]:
        """One object a person; whoever gets the morning digest says so."""
        return {"users": [_told(user) for user in self.users]}

    def as_sheet(self) -> Sheet:
        """One row a person, in the columns of `users-csv`."""
        columns = (
            Column("number", _("Number")),
            Column("name", _("Name")),
            Column("email", _("E-mail")),
            Column("role", _("Role")),
        )
        return Sheet(_("Team"), columns, tuple((u.number, u.name, u.email, u.role) for u in self.users))


def _told(user: User) -> dict[str, Any]:
    told = {"number": user.number, "name": user.name, "email": user.email, "role": user.role}
    return told if user.digest == Digest.NEVER.value else {**told, "digest": user.digest}


class ListUsers(Action[UserList]):
    """The people who work here, and their roles."""

    effect = Effect.READ

    def perform(self, context: Context) -> UserList:
        """Read them."""
        return UserList(tuple(all_users(context.session)))


class SetDigest(Action[UserList]):
    """Say who gets the morning digest by e-mail: what left, was held, failed, and waits for a yes."""

    effect = Effect.WRITE

    user: str = Field(min_length=1, description="The user's number")
    digest: Digest = Field(Digest.DAILY, description="daily or never")

    def perform(self, context: Context) -> UserList:
        """Keep it.

        Raises:
            NotFound: there is no such user.
            Refused: the user has no e-mail address.
        """
        user = by_number(context.session, self.user)
        if user is None:
            raise NotFound(_("No user has number {number}.").format(number=self.user))
        refuse_if(
            self.digest is Digest.DAILY and not user.email,
            _("{name} has no e-mail address.").format(name=user.name),
            _("crm import-data takes it with the users (users-csv)."),
        )
        user.digest = self.digest.value
        context.session.add(user)
        context.session.flush()
        return UserList((user,))


def _users(context: Context, wanted: Wanted) -> Sheet:
    return UserList(tuple(all_users(context.session))).as_sheet()


ACTIONS = (ListUsers, SetDigest)
IMPORTERS = (UsersCsv(),)
DATASETS = {"users": _users}
