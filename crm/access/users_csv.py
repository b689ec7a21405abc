"""`users-csv`: the people who work here."""

from collections.abc import Mapping

from sqlmodel import select

from crm.access.models import Role, User
from crm.core.columns import ColumnSpec
from crm.core.errors import Invalid
from crm.core.exchange import Cells, FileReport, Rows, TableImporter, check_names
from crm.core.i18n import _
from crm.core.names import name_key
from crm.core.runner import Context
from crm.core.tabular import Reading

_ROLES = {
    **{role.value.replace("_", " "): role for role in Role},
    "gestionnaire": Role.ACCOUNT_MANAGER,
    "charge de clientele": Role.ACCOUNT_MANAGER,
    "responsable": Role.MANAGER,
    "comptable": Role.ACCOUNTANT,
    "administrateur": Role.ADMIN,
}


class UsersCsv(TableImporter):
    """One row a person, known by their number."""

    kind = "users-csv"
    columns = (
        ColumnSpec("number", required=True, synonyms=("numero", "matricule", "code")),
        ColumnSpec("name", required=True, synonyms=("nom", "nom complet")),
        ColumnSpec("email", synonyms=("e-mail", "mail", "courriel")),
        ColumnSpec("role", synonyms=("fonction",)),
    )

    def score(self, source, table):  # type: ignore[no-untyped-def]  # as TableImporter
        """A list with a number and a name alone could be customers: only a role tells that it is people of ours."""
        if table is not None and not {"role", "fonction"} & set(table.header):
            return 0
        return super().score(source, table)

    def take(
        self, context: Context, rows: Rows, places: Mapping[str, int | None], reading: Reading, report: FileReport
    ) -> None:
        """Add new people, update known ones."""
        known = {user.number: user for user in context.session.exec(select(User)).all()}
        seen: dict[str, tuple[int, dict[str, str]]] = {}
        cells = Cells(places)
        for line, row in rows:
            report.read += 1
            cells.row = row
            try:
                told = self._told(cells)
            except Invalid as problem:
                report.error(line, problem.message)
                continue
            first, same = seen.setdefault(told["number"], (line, told))
            if same != told:
                report.error(line, _("Number {number} is already in line {line}, with something else.").format(number=told["number"], line=first))  # fmt: skip  # read as a table: columns side by side
                continue
            user = known.get(told["number"])
            if user is None:
                fresh = {**told, "role": told["role"] or Role.ACCOUNT_MANAGER.value}
                known[told["number"]] = user = User.model_validate(fresh)
                report.created += 1
            elif all(getattr(user, field) == value for field, value in told.items() if value):
                report.duplicates += 1
                continue
            else:
                for field, value in told.items():
                    if value:
                        setattr(user, field, value)
                report.updated += 1
            context.session.add(user)

    @staticmethod
    def _told(cells: Cells) -> dict[str, str]:
        if not cells["number"] or not cells["name"]:
            raise Invalid(_("A number and a name are needed."))
        check_names(cells["number"], cells["name"])
        role = _ROLES.get(name_key(cells["role"])) if cells["role"] else ""
        if role is None:
            raise Invalid(_("“{role}” is not a role: {roles}.").format(role=cells["role"][:30], roles=", ".join(Role)))
        return {"number": cells["number"], "name": cells["name"], "email": cells["email"], "role": str(role)}
