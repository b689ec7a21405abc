"""`customers-csv`: whom we deal with. What a file leaves empty stays as it is."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlmodel import col, select

from crm.access.queries import user_numbers
from crm.core.columns import ColumnSpec
from crm.core.errors import Invalid
from crm.core.exchange import Cells, FileReport, Rows, TableImporter, check_names
from crm.core.i18n import _, mark
from crm.core.names import name_key
from crm.core.runner import Context
from crm.core.tabular import DateReader, Reading
from crm.customers import identity
from crm.customers.models import Contact, Customer, CustomerAlias, Regime, Segment
from crm.law.terms import PaymentTerms

_CHUNK = 2_000
_OLDEST_RELATION = 1850
_YES = {"yes", "oui", "y", "o", "1", "true", "vrai", "x"}
_NO = {"no", "non", "n", "0", "false", "faux"}
_REGIMES = {
    "b2b": Regime.B2B, "entreprise": Regime.B2B, "professionnel": Regime.B2B,
    "b2c": Regime.B2C, "particulier": Regime.B2C, "consommateur": Regime.B2C,
    "b2g": Regime.B2G, "secteur public": Regime.B2G, "public": Regime.B2G,
}  # fmt: skip  # read as a table: columns side by side
_SHAPES = (
    (
        Customer,
        (
            "number", "name", "name_key", "stage", "regime", "siren", "vat_number", "country", "address", "postal_code", "city",
            "language", "account_manager", "segment", "segment_origin", "payment_terms", "credit_limit_cents", "customer_since", "discreet",
        ),
    ),
    (CustomerAlias, ("customer_id", "name", "name_key")),
    (Contact, ("customer_id", "name", "role", "email", "phone", "language")),
)  # fmt: skip  # read as a table: columns side by side

mark("contacts")
mark("customers")


def flag(text: str, column: str) -> bool | None:
    """Yes, no, or None for an empty cell.

    Raises:
        Invalid: neither.
    """
    word = text.strip().lower()
    if not word:
        return None
    if word in _YES or word in _NO:
        return word in _YES
    raise Invalid(_("“{text}” in {column}: yes or no is expected.").format(text=text[:20], column=column))


class CustomersCsv(TableImporter):
    """One row a customer, known by their number; the contact of the row is added or updated beside it."""

    kind = "customers-csv"
    columns = (
        ColumnSpec(
            "number", required=True, synonyms=("numero", "numero client", "code client", "customer number", "id client")
        ),
        ColumnSpec("name", required=True, synonyms=("nom", "raison sociale", "client", "customer name", "company")),
        ColumnSpec("aliases", synonyms=("alias", "autres noms", "nom commercial")),
        ColumnSpec("siren", synonyms=("siret",)),
        ColumnSpec("vat_number", synonyms=("numero tva", "tva intracommunautaire", "tva")),
        ColumnSpec("regime"),
        ColumnSpec("country", synonyms=("pays",)),
        ColumnSpec("address", synonyms=("adresse", "rue")),
        ColumnSpec("postal_code", synonyms=("code postal", "cp", "zip")),
        ColumnSpec("city", synonyms=("ville",)),
        ColumnSpec("language", synonyms=("langue",)),
        ColumnSpec("account_manager", synonyms=("gestionnaire", "commercial", "charge de clientele")),
        ColumnSpec("segment"),
        ColumnSpec(
            "payment_terms", synonyms=("conditions de paiement", "conditions de reglement", "delai de paiement")
        ),
        ColumnSpec("contact_name", synonyms=("contact", "nom du contact", "interlocuteur")),
        ColumnSpec("email", synonyms=("e-mail", "mail", "courriel")),
        ColumnSpec("phone", synonyms=("telephone", "tel", "mobile", "portable")),
        ColumnSpec("credit_limit", synonyms=("encours autorise", "plafond", "limite de credit")),
        ColumnSpec("customer_since", synonyms=("client depuis",)),
        ColumnSpec("discreet", synonyms=("discret",)),
    )
    dates = ("customer_since",)
    amounts = ("credit_limit",)

    def take(
        self, context: Context, rows: Rows, places: Mapping[str, int | None], reading: Reading, report: FileReport
    ) -> None:
        """Add new customers in bulk, update known ones."""
        load = _Load(context, Cells(places), reading, report)
        for line, row in rows:
            report.read += 1
            load.cells.row = row
            try:
                load.one(line)
            except Invalid as problem:
                report.error(line, problem.message)
            if report.read % _CHUNK == 0:
                load.batch.flush()
                context.progress(_("customers"), report.read)
        load.batch.close()
        if report.also_created["contacts"] == 0:
            del report.also_created["contacts"]


class _Load:
    """One file being taken over."""

    def __init__(self, context: Context, cells: Cells, reading: Reading, report: FileReport) -> None:
        self.context, self.cells, self.reading, self.report = context, cells, reading, report
        self.batch = context.batch(*_SHAPES)
        self._days = DateReader(reading.dates.order, first_year=_OLDEST_RELATION)
        self._users = user_numbers(context.session)
        self._known = dict(context.session.exec(select(Customer.number, Customer.id)).all())
        self._seen: dict[str, tuple[int, tuple[str, ...]]] = {}
        self._unknown_managers: set[str] = set()

    def one(self, line: int) -> None:
        number = self.cells["number"]
        if not number or not self.cells["name"]:
            raise Invalid(_("A number and a name are needed."))
        check_names(
            number,
            *(self.cells[name] for name in ("name", "account_manager", "contact_name")),
            *self.cells["aliases"].split("|"),
        )
        row = tuple(cell.strip() for cell in self.cells.row)
        if number in self._seen:
            first, same = self._seen[number]
            if row == same:
                self.report.duplicates += 1
                return
            raise Invalid(
                _("Number {number} is already in line {line}, with something else.").format(number=number, line=first)
            )
        told = self._told(line)
        self._seen[number] = (line, row)
        if number in self._known:
            self._update(self._known[number], told)
        else:
            self._create(number, told)

    def _told(self, line: int) -> dict[str, Any]:
        """The cells checked; an identifier that does not hold is left out with a warning."""
        cells = self.cells
        told: dict[str, Any] = {
            name: cells[name]
            for name in ("name", "address", "postal_code", "city", "phone", "contact_name")
            if cells[name]
        }
        told["name_key"] = name_key(told["name"])
        checks: dict[str, Callable[[str], Any]] = {
            "siren": identity.siren,
            "vat_number": identity.vat_number,
            "country": identity.country,
            "email": identity.email,
            "regime": _regime,
            "segment": _segment,
            "payment_terms": lambda text: str(PaymentTerms.parse(text)),
            "language": language,
        }
        for name, check in checks.items():
            if cells[name]:
                try:
                    told[name] = check(cells[name])
                except Invalid as problem:
                    self.report.warn(line, _("{problem} Left empty.").format(problem=problem.message))
        if cells["account_manager"]:
            told["account_manager"] = cells["account_manager"]
            self._check_manager(line, told["account_manager"])
        if "segment" in told:
            told["segment_origin"] = "file"
        if cells["credit_limit"]:
            told["credit_limit_cents"] = self.reading.amounts.cents(cells["credit_limit"])
            if told["credit_limit_cents"] < 0:
                raise Invalid(_("A credit limit is in euros and not negative."))
        if cells["customer_since"]:
            told["customer_since"] = self._days.read(cells["customer_since"])
        if (discreet := flag(cells["discreet"], "discreet")) is not None:
            told["discreet"] = discreet
        return told

    def _check_manager(self, line: int, number: str) -> None:
        if number not in self._users and number not in self._unknown_managers:
            self._unknown_managers.add(number)
            self.report.warn(
                line, _("No user has number {number} yet: import them with users-csv.").format(number=number)
            )

    def _create(self, number: str, told: dict[str, Any]) -> None:
        empty = {"stage": "customer", "regime": Regime.TO_QUALIFY.value, "country": "FR", "language": "fr", "credit_limit_cents": None, "customer_since": None, "discreet": False}  # fmt: skip  # read as a table: columns side by side
        values = {**empty, **told, "number": number}
        key = self.batch.add("customer", *(values.get(name, "") for name in _SHAPES[0][1]))
        for alias, alias_key in self._aliases():
            self.batch.add("customer_alias", key, alias, alias_key)
        if any(told.get(name) for name in ("contact_name", "email", "phone")):
            self._add_contact(key, told)
        self.report.created += 1

    def _add_contact(self, key: int, told: dict[str, Any]) -> None:
        self.batch.add(
            "contact",
            key,
            told.get("contact_name") or told["name"],
            "",
            told.get("email", ""),
            told.get("phone", ""),
            "",
        )
        self.report.also_created["contacts"] += 1

    def _aliases(self) -> list[tuple[str, str]]:
        named = {name_key(alias): alias.strip() for alias in self.cells["aliases"].split("|")}
        return [(alias, key) for key, alias in named.items() if key]

    def _update(self, key: int, told: dict[str, Any]) -> None:
        session = self.context.session
        row = session.get_one(Customer, key)
        own = {name: value for name, value in told.items() if name not in {"email", "phone", "contact_name"}}
        if row.segment_origin == "manual":
            own.pop("segment", None)
            own.pop("segment_origin", None)
        changed = {name: value for name, value in own.items() if getattr(row, name) != value}
        for name, value in changed.items():
            setattr(row, name, value)
        known = set(session.exec(select(CustomerAlias.name_key).where(CustomerAlias.customer_id == key)).all())
        fresh = [(alias, alias_key) for alias, alias_key in self._aliases() if alias_key not in known]
        for alias, alias_key in fresh:
            self.batch.add("customer_alias", key, alias, alias_key)
        session.add(row)
        if self._update_contact(key, told) or changed or fresh:
            self.report.updated += 1
        else:
            self.report.duplicates += 1

    def _update_contact(self, key: int, told: dict[str, Any]) -> bool:
        values = {"name": told.get("contact_name"), "email": told.get("email"), "phone": told.get("phone")}
        values = {name: value for name, value in values.items() if value}
        if not values:
            return False
        contact = matching_contact(self.context, key, values.get("email") or "", values.get("name") or told["name"])
        if contact is None:
            self._add_contact(key, told)
            return True
        return set_fields(self.context, contact, values)


def matching_contact(context: Context, customer_id: int, email: str, name: str) -> Contact | None:
    """The contact of the same e-mail address, else of the same name."""
    rows = context.session.exec(
        select(Contact).where(Contact.customer_id == customer_id).order_by(col(Contact.id))
    ).all()
    by_email = [row for row in rows if email and row.email.lower() == email.lower()]
    by_name = [row for row in rows if name_key(row.name) == name_key(name)]
    return next(iter((*by_email, *by_name)), None)


def set_fields(context: Context, row: Any, values: Mapping[str, Any]) -> bool:
    """Give a row the values that differ; tells whether any did."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        context.session.add(row)
    return bool(changed)


def _regime(text: str) -> str:
    found = _REGIMES.get(name_key(text))
    if found is None:
        raise Invalid(_("“{text}” is not a regime: B2B, B2C or B2G.").format(text=text[:20]))
    return found.value


def _segment(text: str) -> str:
    wanted = name_key(text).replace(" ", "_")
    if wanted not in set(Segment):
        raise Invalid(_("“{text}” is not a segment: {segments}.").format(text=text[:20], segments=", ".join(Segment)))
    return wanted


def language(text: str) -> str:
    """fr or en.

    Raises:
        Invalid: another language.
    """
    word = name_key(text)
    if word in {"fr", "francais", "french"}:
        return "fr"
    if word in {"en", "anglais", "english"}:
        return "en"
    raise Invalid(_("“{text}” is not a language we write in: fr or en.").format(text=text[:20]))
