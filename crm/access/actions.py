"""What can be asked about people."""

from dataclasses import dataclass
from typing import Any

from crm.access.models import User
from crm.access.queries import all_users
from crm.access.users_csv import UsersCsv
from crm.core.actions import Action, Effect
from crm.core.exchange import Wanted
from crm.core.i18n import _
from crm.core.runner import Context
from crm.core.sheets import Column, Sheet


@dataclass(frozen=True, slots=True)
class UserList:
    """The people who work here."""

    users: tuple[User, ...]

    def as_json(self) -> dict[str, Any]:
        """One object a person."""
        return {"users": [{"number": u.number, "name": u.name, "email": u.email, "role": u.role} for u in self.users]}

    def as_sheet(self) -> Sheet:
        """One row a person, in the columns of `users-csv`."""
        columns = (
            Column("number", _("Number")),
            Column("name", _("Name")),
            Column("email", _("E-mail")),
            Column("role", _("Role")),
        )
        return Sheet(_("Team"), columns, tuple((u.number, u.name, u.email, u.role) for u in self.users))


class ListUsers(Action[UserList]):
    """The people who work here, and their roles."""

    effect = Effect.READ

    def perform(self, context: Context) -> UserList:
        """Read them."""
        return UserList(tuple(all_users(context.session)))


def _users(context: Context, wanted: Wanted) -> Sheet:
    return UserList(tuple(all_users(context.session))).as_sheet()


ACTIONS = (ListUsers,)
IMPORTERS = (UsersCsv(),)
DATASETS = {"users": _users}
