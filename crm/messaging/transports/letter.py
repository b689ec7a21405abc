"""Letters for a print provider: one PDF a message, dropped into the folder it looks into, whole or not at all.

The name of a file is that of its message, so the same letter never lies there twice.
"""

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crm.core.documents import letters_pdf
from crm.core.errors import Invalid, OutsideFault, cause
from crm.core.i18n import _
from crm.messaging.backoff import Answer, Verdict
from crm.messaging.letters import letter_of
from crm.messaging.models import Channel, OutgoingMessage
from crm.messaging.transports import Handed


@dataclass(frozen=True, slots=True)
class Sheet:
    """A letter ready to be dropped."""

    name: str
    pdf: bytes


def file_name(message: OutgoingMessage) -> str:
    """`2026-11-24-0000012-registered.pdf`: day, message, and whether the post hands it over against a signature."""
    kind = "-registered" if message.channel == Channel.REGISTERED_LETTER.value else ""
    return f"{message.day.isoformat()}-{message.id:07d}{kind}.pdf"


def sheet_of(message: OutgoingMessage) -> Sheet:
    """A message as a printed letter.

    Raises:
        Invalid: it has no text laid out for a letter, or no address.
    """
    letter = letter_of(message)
    if not message.html.strip() or not any(line.strip() for line in letter.recipient):
        raise Invalid(_("A letter needs a text and an address."))
    return Sheet(file_name(message), letters_pdf([letter]))


@dataclass(frozen=True)
class LetterTransport:
    """The way out for letters of a kind: the folder of the settings."""

    folder: Path
    channel: str = Channel.LETTER.value
    connections: int = 1

    def prepare(self, message: OutgoingMessage, at: datetime) -> Sheet:
        """The printed letter.

        Raises:
            Invalid: as with `sheet_of`.
        """
        return sheet_of(message)

    async def connect(self) -> "LetterLine":
        """See whether the folder is there.

        Raises:
            OutsideFault: it is not, or nothing can be written into it: all wait.
        """
        check_folder(self.folder)
        return LetterLine(self.folder)


def check_folder(folder: Path) -> None:
    """Refuse a folder into which no letter can be dropped.

    Raises:
        OutsideFault: it is not there, or cannot be written.
    """
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise OutsideFault(
            _("The folder for letters, {folder}, is not there or cannot be written.").format(folder=folder),
            permanent=True,
            next_step=_("CRM_LETTER_FOLDER names it."),
        )


@dataclass
class LetterLine:
    """Drops one letter after the other."""

    folder: Path
    usable: bool = True

    async def send(self, prepared: Sheet) -> Handed:
        """Write it aside, then give it its name: whoever looks sees it whole. One that lies there already is left."""
        try:
            dropped = await asyncio.to_thread(self._drop, prepared)
        except OSError as fault:
            why = cause(fault)
            return Handed(
                Verdict.RETRY, Answer(None, why), _("The letter could not be written: {why}.").format(why=why)
            )
        words = _("Dropped for printing as {name}.") if dropped else _("Lies there already as {name}.")
        return Handed(Verdict.SENT, Answer(None), words.format(name=prepared.name), provider_id=prepared.name)

    def _drop(self, sheet: Sheet) -> bool:
        target, draft = self.folder / sheet.name, self.folder / f".{sheet.name}.part"
        try:
            with draft.open("wb") as file:
                file.write(sheet.pdf)
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(draft, target)
            except FileExistsError:
                return False
            return True
        finally:
            with suppress(OSError):
                draft.unlink()

    async def close(self) -> None:
        """Nothing to take leave of."""
