"""100,000 reminders written out, as text and as HTML: at most 4 × a bare Jinja2 loop of the same texts.

Both have the values of a message in hand. The bare loop has its tables ready as well, as text and as HTML, and fills in the same
template twice, as text and escaped, then the page around it. What a message claims is counted beforehand and told apart.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from benchmarks.measure import Result, best
from crm.core.i18n import use_language
from crm.core.money import Money
from crm.core.templating import FILTERS, Templates, shipped_templates, written
from crm.followup import blocks as made
from crm.followup import wording
from crm.followup.claims import claim_of
from crm.followup.facts import CompanyFacts, ContactFacts, CustomerFacts, ItemFacts, Occasion, SenderFacts
from crm.law.series import shipped
from crm.messaging import rendering
from crm.messaging.rendering import LAYOUT

_TODAY = date(2026, 11, 24)
_COMPANY = CompanyFacts(
    "Atelier Morvan", "SARL", Money(4_000_000), "812345678", "RCS Nantes", "12 quai de la Fosse, 44000 Nantes", "Nantes",
    "02 40 12 34 56", "compta@morvan.example", (("FR7630006000011234567890189", "AGRIFRPP", ""),), "Claire Morvan", "gérante",
)  # fmt: skip  # read as a table: columns side by side
_LAW = shipped()
_READER = CustomerFacts("C-1", "Maison Kerlann", "B2B")


def _cases(count: int) -> Iterator[tuple[Any, ...]]:
    """Facts of so many customers, one to three invoices each, at the three levels of reminders."""
    for place in range(count):
        level, several = 1 + place % 3, 1 + place % 3
        items = [
            ItemFacts(
                f"F2026-{place:06}-{rank}", "", date(2026, 9, 20), _TODAY - timedelta(5 + level * 9 + rank),
                Money(10_000 + place), Money(0), Money(10_000 + place), Money(0), 5 + level * 9 + rank, Money(8_000),
            )
            for rank in range(several)
        ]  # fmt: skip  # read as a table: columns side by side
        occasion = Occasion(
            level, _TODAY, _TODAY, date(2026, 12, 4), date(2026, 12, 2), date(2026, 12, 9), level - 1,
            date(2026, 11, 2) if level > 1 else None, unanswered=level > 1,
        )  # fmt: skip  # read as a table: columns side by side
        yield (
            _COMPANY,
            CustomerFacts(f"C-{place}", f"Maison Kerlann {place}", "B2B"),
            ContactFacts(f"Mme Anne Durand {place}", f"compta{place}@client.example"),
            SenderFacts("Lucie Bernard", "", "02 40 12 34 57", "lucie@morvan.example"),
            items,
            occasion,
            _LAW,
        )


def run(count: int = 100_000) -> Iterator[Result]:
    """Render them all, beside the loop that only fills in."""
    use_language("fr")
    cases = list(_cases(count))
    templates = Templates(language="fr")
    bare = Environment(loader=FileSystemLoader(shipped_templates()), finalize=written, keep_trailing_newline=True)
    escaping = Environment(loader=bare.loader, finalize=written, autoescape=True)
    for each in (bare, escaping):
        each.filters.update(FILTERS)
    page = escaping.get_template(LAYOUT)
    texts = {level: bare.get_template(wording.slot_for(level, _READER).file) for level in (1, 2, 3)}
    html = {level: escaping.get_template(wording.slot_for(level, _READER).file) for level in (1, 2, 3)}
    ready = []
    for case in cases[:2_000]:
        claim = claim_of(case[0], case[1], case[4], case[5], case[6])
        blocks = {
            "invoice_table": lambda claim=claim, level=case[5].level: made.invoice_table(claim, level),
            "payment_block": lambda claim=claim, who=case[1]: made.payment_block(_COMPANY, who, claim, claim.asked),
            "signature": lambda sender=case[3]: made.signature(_COMPANY, sender),
        }
        as_text = {name: make().text for name, make in blocks.items()}
        as_html = {name: Markup(make().html) for name, make in blocks.items()}
        ready.append((case[5].level, wording.values_of(*case), blocks, as_text, as_html))

    def filled() -> None:
        for place in range(count):
            level, values, _blocks, as_text, as_html = ready[place % len(ready)]
            texts[level].render({**values, **as_text})
            page.render(language="fr", subject="", body=Markup(html[level].render({**values, **as_html})))

    def rendered() -> None:
        for place in range(count):
            level, values, blocks, _text, _html = ready[place % len(ready)]
            rendering.render(templates, wording.slot_for(level, _READER).file, values, blocks, "fr")

    peer, ours = best(filled, 1), best(rendered, 1)
    whole = best(lambda: [wording.compose(templates, *case) for case in cases[:2_000]], 1) / 2_000
    yield Result(
        f"{count:,} reminders rendered",
        ours / peer,
        4,
        detail=f"{ours / count * 1e6:.0f} µs each, peer {peer / count * 1e6:.0f} µs; with its claim {whole * 1e6:.0f} µs",
    )
