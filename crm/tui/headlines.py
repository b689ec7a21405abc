"""What stands above a list, and in its place when there is none: titles, sums, sentences. Pure."""

from collections.abc import Sequence
from datetime import date

from textual.content import Content

from crm.core.calendar import shown_date
from crm.core.errors import CrmError
from crm.core.i18n import _, plural
from crm.core.money import shown
from crm.receivables.ageing import AgeingLine, Bucket
from crm.receivables.payments_read import AccountFreshness
from crm.tui.cells import clean, percent
from crm.tui.days import dated
from crm.tui.widgets.notice import Offer, Told
from crm.tui.words import bucket_name


def customer_head(line: AgeingLine, *facts: str) -> Content:
    """Name, city and what else is known."""
    rest = " · ".join(clean(fact) for fact in (line.city, *facts) if fact)
    return Content.assemble((clean(line.name or line.customer), "bold"), (f"  {rest}", "$muted"))


def balance_title(
    day: date,
    *,
    looking_back: bool,
    customers: int,
    of: int,
    words: str,
    currencies: Sequence[str],
    currency: str,
    tax: bool,
) -> Content:
    """`Balance âgée au 24 nov. 2026 · 204 clients · TTC`; what is not the usual view stands out."""
    count = plural("{count} customer", "{count} customers", customers)
    if words:
        count = _("{customers} of {count}").format(customers=count, count=of)
    facts = [fact for fact in (count if of else "", _("incl. VAT") if tax else "") if fact]
    parts = [
        (_("Aged balance"), "bold"),
        ("  ", ""),
        (_("on {day}").format(day=dated(day)), "$accent" if looking_back else "$muted"),
        ("".join(f" · {fact}" for fact in facts), "$muted"),
    ]
    if words:
        parts += [(" · ", "$muted"), (clean(words), "underline")]
    if len(currencies) > 1:
        parts += [("    ", ""), ("$", "bold")]
        for code in currencies:
            parts += [(" ", ""), (code, "bold underline" if code == currency else "$muted")]
    return Content.assemble(*parts)


def balance_sums(total: AgeingLine, *, whole: bool) -> list[Content]:
    """What is overdue: with its share of the whole, and without it for where there is less room."""
    overdue = Content.assemble((_("past due") + " ", "$muted"), (shown(total.overdue, total.currency), "bold"))
    if not whole or total.total <= 0:
        return [overdue]
    share = _("{share} of").format(share=percent(total.overdue, total.total, digits=1))
    return [overdue + Content.assemble((f"   {share} ", "$muted"), shown(total.total, total.currency)), overdue]


def free_money(line: AgeingLine) -> Content:
    """What of a customer's total is no document: money and credit notes without use."""
    if not line.unallocated:
        return Content("")
    name = bucket_name(Bucket.UNALLOCATED)
    return Content.assemble((f"{name} ", "$muted"), (shown(line.unallocated, line.currency), "$ok"))


def customer_sentence(line: AgeingLine) -> str:
    """A customer in a sentence: what a list says by place and colour."""
    name = clean(line.name or line.customer)
    if line.overdue > 0:
        days = plural("{count} day", "{count} days", line.oldest_days)
        return _("{name}: {amount} overdue, the oldest for {days}.").format(
            name=name, amount=shown(line.overdue, line.currency), days=days
        )
    if line.not_due > 0:
        return _("{name}: nothing overdue, {amount} not due yet.").format(
            name=name, amount=shown(line.not_due, line.currency)
        )
    return _("{name}: {amount} to allocate.").format(name=name, amount=shown(-line.unallocated, line.currency))


def nothing_owed(day: date, *, looking_back: bool, ever: bool) -> Told:
    """Why the balance is empty, and what is useful then."""
    if looking_back:
        title = _("No open invoice on {day}.").format(day=dated(day))
        return Told(title, "", (Offer("h", _("another date"), "screen.as_of"),))
    if ever:
        return Told(
            _("Everything is settled."),
            _("No customer owes you anything today."),
            (Offer("h", _("the balance on a date"), "screen.as_of"),),
        )
    return Told(
        _("No invoice yet."),
        _("Give us the file of entries (FEC) of your accountant: your customers and what they owe come out of it."),
        (
            Offer("i", _("import a file"), "screen.import_file"),
            Offer("v", _("see the example company"), "screen.example"),
            Offer("enter", _("look again"), "screen.retry"),
        ),
    )


def nothing_waits(*, only_proposals: bool) -> Told:
    """Everything is done: three things worth an hour, each one key."""
    if only_proposals:
        return Told(
            _("Nothing waits for your yes."),
            _("What a reply, a bank line or a plan proposes stands here, with its reason, until you decide."),
            (Offer("escape", _("back"), "screen.leave"),),
        )
    return Told(
        _("Everything is done."),
        _(
            "Nothing waits for you today. Tasks, promises, quotes and objectives come here by themselves on their day: + on a customer plans one. If you have an hour left:"
        ),
        (
            Offer("3", _("look at the oldest money in the aged balance"), "app.go('3')"),
            Offer("2", _("go through your customers"), "app.go('2')"),
            Offer("i", _("import what came in since"), "screen.import_file"),
        ),
    )


def no_customer(only: str) -> Told:
    """Why the list of customers is empty, and what is useful then."""
    if only:
        return Told(_("No customer answers to this filter."), "", (Offer("escape", _("all customers"), "screen.back"),))
    return Told(
        _("No customer yet."),
        _("A file of customers, of invoices or of entries (FEC) brings them in; one alone is added by hand."),
        (
            Offer("i", _("import a file"), "screen.import_file"),
            Offer("plus", _("add a customer"), "screen.add"),
            Offer("v", _("see the example company"), "screen.example"),
        ),
    )


def bank_words(accounts: Sequence[AccountFreshness], today: date) -> Content:
    """Until when the bank is known, the oldest account first; nothing while no account is."""
    if not accounts:
        return Content("")
    told = _("bank until {day}").format(day=shown_date(accounts[0].known_until, today))
    return Content.styled(told + "   ", "$late2" if accounts[0].stale else "$muted")


def not_read(error: CrmError) -> Told:
    """What happened, that nothing is lost by it, and how to go on."""
    safe = " ".join(line for line in (_("Nothing has been changed."), error.next_step) if line)
    offers = [Offer("enter", _("try again"), "screen.retry")]
    if error.__cause__ is not None:
        offers.append(Offer("x", _("explain"), "screen.explain"))
    return Told(error.message, safe, tuple(offers), failed=True)
