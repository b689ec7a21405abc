"""`contacts-csv`: the people at our customers'. The contact of the same e-mail address or name is updated."""

from collections.abc import Mapping

from crm.core.columns import ColumnSpec
from crm.core.errors import CrmError, Invalid
from crm.core.exchange import Cells, FileReport, Rows, TableImporter, check_names
from crm.core.i18n import _
from crm.core.runner import Context
from crm.core.tabular import Reading
from crm.customers import identity
from crm.customers.customers_csv import language, matching_contact, set_fields
from crm.customers.models import Contact
from crm.customers.queries import find_customer


class ContactsCsv(TableImporter):
    """One row a person, at a customer named by number or name."""

    kind = "contacts-csv"
    columns = (
        ColumnSpec("customer", required=True, synonyms=("client", "numero client", "code client", "customer number")),
        ColumnSpec("name", required=True, synonyms=("nom", "contact", "nom du contact", "interlocuteur")),
        ColumnSpec("role", synonyms=("fonction",)),
        ColumnSpec("email", synonyms=("e-mail", "mail", "courriel")),
        ColumnSpec("phone", synonyms=("telephone", "tel", "mobile", "portable")),
        ColumnSpec("language", synonyms=("langue",)),
    )

    def take(
        self, context: Context, rows: Rows, places: Mapping[str, int | None], reading: Reading, report: FileReport
    ) -> None:
        """Add or update each."""
        cells = Cells(places)
        for line, row in rows:
            report.read += 1
            cells.row = row
            try:
                self._one(context, cells, report)
            except CrmError as problem:
                report.error(line, problem.message)

    @staticmethod
    def _one(context: Context, cells: Cells, report: FileReport) -> None:
        if not cells["customer"] or not cells["name"]:
            raise Invalid(_("A customer and a name are needed."))
        check_names(cells["name"])
        customer = find_customer(context.session, cells["customer"])
        told = {
            "name": cells["name"],
            "role": cells["role"],
            "email": identity.email(cells["email"]) if cells["email"] else "",
            "phone": cells["phone"],
            "language": language(cells["language"]) if cells["language"] else "",
        }
        told = {name: value for name, value in told.items() if value}
        contact = matching_contact(context, customer.id, told.get("email", ""), told["name"])
        if contact is None:
            context.session.add(Contact.model_validate({"customer_id": customer.id, **told}))
            context.session.flush()
            report.created += 1
        elif set_fields(context, contact, told):
            context.session.flush()
            report.updated += 1
        else:
            report.duplicates += 1
