"""`documents`: a folder of PDFs, each kept for the invoice whose number stands in its name."""

from collections.abc import Mapping

from sqlmodel import select

from crm.core.columns import ColumnSpec
from crm.core.errors import Invalid
from crm.core.exchange import FileReport, Source
from crm.core.i18n import _, labelled
from crm.core.names import name_key
from crm.core.runner import Context
from crm.core.spool import Upload
from crm.core.tabular import Table
from crm.customers.models import Document
from crm.receivables.models import Invoice

_PDF = b"%PDF-"


class Documents:
    """One file a document. Its "line" in the report is its place in the folder, by name."""

    kind = "documents"
    columns: tuple[ColumnSpec, ...] = ()

    def score(self, source: Source, table: Table | None) -> int:
        """A folder, or a single PDF."""
        return 1 if source.upload.members or source.head.startswith(_PDF) else 0

    def load(self, context: Context, source: Source, mapping: Mapping[str, str], report: FileReport) -> None:
        """Match each by its name and keep it."""
        numbers = _Numbers(list(context.session.exec(select(Invoice.number))))
        for place, upload in enumerate(source.upload.members or (source.upload,), start=1):
            report.read += 1
            try:
                self._one(context, source, upload, numbers, report)
            except Invalid as problem:
                report.error(place, labelled(upload.name, problem.message))

    @staticmethod
    def _one(context: Context, source: Source, upload: Upload, numbers: "_Numbers", report: FileReport) -> None:
        with source.spool.open(upload) as stream:
            if not stream.read(1024).lstrip().startswith(_PDF):
                raise Invalid(_("this is not a PDF."))
        number = numbers.in_name(upload.name)
        known = context.session.exec(
            select(Document).where(Document.sha256 == upload.sha256, Document.subject == number)
        ).first()
        if known is not None:
            report.duplicates += 1
            return
        context.session.add(
            Document(sha256=upload.sha256, name=upload.name, size=upload.size, kind="invoice", subject=number)
        )
        context.session.flush()
        report.created += 1


class _Numbers:
    """Invoice numbers, to be found in file names whatever signs stand between their parts."""

    def __init__(self, numbers: list[str]) -> None:
        self._by_words: dict[tuple[str, ...], str] = {tuple(name_key(number).split()): number for number in numbers}
        self._by_letters = {"".join(words): number for words, number in self._by_words.items()}
        self._longest = max((len(words) for words in self._by_words), default=0)

    def in_name(self, name: str) -> str:
        """The one invoice that a file name speaks of; the longest number wins over one contained in it.

        Raises:
            Invalid: none, or several.
        """
        stem = name.rsplit(".", 1)[0]
        words = name_key(stem).split()
        for length in range(min(self._longest, len(words)), 0, -1):
            runs = [tuple(words[start : start + length]) for start in range(len(words) - length + 1)]
            found = {self._by_words[run] for run in runs if run in self._by_words}
            found |= {self._by_letters["".join(run)] for run in runs if "".join(run) in self._by_letters}
            if len(found) == 1:
                return found.pop()
            if found:
                raise Invalid(_("several invoices are named: {numbers}.").format(numbers=", ".join(sorted(found))))
        raise Invalid(_("no invoice number stands in this name."))
