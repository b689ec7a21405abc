"""What a person's decision teaches about bank lines, kept row by row; each can be forgotten again."""

from collections.abc import Mapping

from crm.core.runner import Context
from crm.receivables.matchable import Waiting, learned
from crm.receivables.matching.learning import Correction
from crm.receivables.models import LearnedFact


def teach(context: Context, one: Waiting, customer_id: int | None) -> None:
    """Keep what this decision adds to what is known. None: it is not customers' money."""
    before = learned(context.session)
    after = before.after(Correction(one.money, customer_id))
    pairs: tuple[tuple[str, Mapping[str, int | None], Mapping[str, int | None]], ...] = (
        ("iban", before.ibans, after.ibans),
        ("name", before.names, after.names),
        ("label", before.labels, after.labels),
    )
    for kind, older, newer in pairs:
        changed = {key: value for key, value in newer.items() if key not in older or older[key] != value}
        gone: dict[str, int | None] = {key: None for key in older if key not in newer}
        for pattern, whose in sorted({**changed, **gone}.items()):
            context.session.add(
                LearnedFact(
                    kind=kind, pattern=pattern, customer_id=whose, learned=context.today, bank_line_id=one.line_id
                )
            )
