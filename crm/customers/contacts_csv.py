"""`contacts-csv`: the people at our customers'. The contact of the same e-mail address or name is updated."""

from collections.abc import Mapping

from crm.core.columns import ColumnSpec
from crm.core.errors import CrmError, Invalid, NotFound
from crm.core.exchange import Cells, FileReport, Rows, TableImporter, check_names
from crm.core.i18n import _, mark
from crm.core.runner import Context
from crm.core.tabular import Reading
from crm.customers import identity
from crm.customers.customers_csv import language, matching_contact, set_fields
from crm.customers.models import Contact
from crm.customers.queries import find_customer, nearest_customer

mark("proposals")


class ContactsCsv(TableImporter):
    """One row a person, at a customer named by number, name, SIREN or account of the books."""

    kind = "contacts-csv"
    columns = (
        ColumnSpec("customer", required=True, synonyms=("client", "numero client", "code client", "customer number", "compte auxiliaire", "compte tiers", "tiers", "societe", "entreprise", "raison sociale", "company", "siren")),
        ColumnSpec("name", required=True, synonyms=("nom", "contact", "nom du contact", "interlocuteur")),
        ColumnSpec("role", synonyms=("fonction",)),
        ColumnSpec("email", synonyms=("e-mail", "mail", "courriel")),
        ColumnSpec("phone", synonyms=("telephone", "tel", "mobile", "portable")),
        ColumnSpec("language", synonyms=("langue",)),
    )  # fmt: skip  # read as a table: columns side by side

    def take(
        self, context: Context, rows: Rows, places: Mapping[str, int | None], reading: Reading, report: FileReport
    ) -> None:
        """Add or update each."""
        cells = Cells(places)
        for line, row in rows:
            report.read += 1
            cells.row = row
            try:
                take_contact(context, line, {column.name: cells[column.name] for column in self.columns}, report)
            except CrmError as problem:
                report.error(line, problem.message)


def take_contact(context: Context, line: int, cells: Mapping[str, str], report: FileReport) -> None:
    """Add or update a person: `customer`, `name`, `role`, `email`, `phone`, `language`.

    Raises:
        Invalid: nothing names the customer or the person, or an address is none.
        NotFound, Ambiguous: the customer is none, or several.
    """
    if not cells["customer"] or not (cells["name"] or cells["email"] or cells["phone"]):
        raise Invalid(_("A customer and a name are needed."))
    check_names(cells["name"])
    try:
        customer = find_customer(context.session, cells["customer"])
    except NotFound:
        if not _propose(context, line, cells, report):
            raise
        return
    told = {
        "name": cells["name"] or customer.name,
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


def _propose(context: Context, line: int, cells: Mapping[str, str], report: FileReport) -> bool:
    """Put the contact up for a yes, at the customer whose name is near the one the file says; False: there is none."""
    near = nearest_customer(context.session, cells["customer"])
    if near is None:
        return False
    told = {
        "customer": near.number,
        "contact_name": cells["name"] or near.name,
        "email": identity.email(cells["email"]) if cells["email"] else None,
        "phone": cells["phone"] or None,
        "role": cells["role"] or None,
    }
    action = context.registry.get("update_contact").model_validate(told)
    why = _("The file says “{name}”; the customer is called “{customer}”.").format(
        name=cells["customer"], customer=near.name
    )
    context.propose(action, why=why, subject=f"{near.number} {cells['email'] or told['contact_name']}")
    report.ignored += 1
    report.also_created["proposals"] += 1
    report.warn(
        line,
        _("No customer is called “{name}”. “{customer}” is near: the contact waits for a yes.").format(
            name=cells["customer"], customer=near.name
        ),
    )
    return True
