"""Who did what, through which door: one entry per action, chained by hash, its payload apart so that it can be redacted.

The chain runs over digests. A payload that holds personal data can be replaced: the replacement is itself announced by a
later entry of the chain, so that everything still verifies and nothing can be changed quietly.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, func
from sqlmodel import Field, Session, SQLModel, col, select

from crm.core.consent import Actor
from crm.core.db import Key, UtcDateTime

GENESIS = "0" * 64
EXAMPLE = "demo"
"""The door through which the example company is made; nothing ever leaves a database whose first act came through it."""
_BATCH = 1_000


class JournalEntry(SQLModel, table=True):
    """One act. Every column is part of the chain."""

    __tablename__ = "journal_entry"

    id: int = Field(default=None, primary_key=True, sa_type=Key)
    at: datetime = Field(sa_type=UtcDateTime)
    day: date
    """The business day it was done for."""
    actor: str
    actor_kind: str
    role: str
    user_number: str
    door: str
    action: str
    effect: str
    undoes: int | None = Field(default=None, sa_type=Key)
    redacts: int | None = Field(default=None, sa_type=Key)
    """The entry whose payload this one replaces; `redacted_digest` is then that payload's new digest."""
    redacted_digest: str = ""
    payload_digest: str
    before_digest: str
    previous: str
    hash: str = ""


class JournalPayload(SQLModel, table=True):
    """What an act was asked with and what it altered."""

    __tablename__ = "journal_payload"

    entry_id: int = Field(sa_type=Key, sa_column_args=(ForeignKey("journal_entry.id"),), primary_key=True)
    fields: str = Field(sa_type=Text)
    changes: str = Field(sa_type=Text)
    note: str = Field(default="", sa_type=Text)


class JournalBefore(SQLModel, table=True):
    """How a row changed in bulk stood before."""

    __tablename__ = "journal_before"

    entry_id: int = Field(sa_type=Key, sa_column_args=(ForeignKey("journal_entry.id"),), primary_key=True)
    number: int = Field(primary_key=True)
    table_name: str = Field(sa_type=String)
    row_id: int = Field(sa_type=Key)
    old: str = Field(sa_type=Text)


class JournalHead(SQLModel, table=True):
    """The end of the chain, so that cutting entries off shows too. One row."""

    __tablename__ = "journal_head"

    id: int = Field(primary_key=True)
    entries: int
    entry_id: int = Field(sa_type=Key)
    hash: str


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether the chain holds; `first_broken` is the first entry that does not."""

    entries: int
    first_broken: int | None
    holds: bool


def first_door(session: Session) -> str | None:
    """The door through which the first act of all came; None where nothing has been done yet."""
    return session.exec(select(JournalEntry.door).order_by(col(JournalEntry.id)).limit(1)).first()


def digest_of(*parts: str) -> str:
    """SHA-256 over texts, each with its length so that no two lists of texts give the same."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode()
        digest.update(f"{len(data)}:".encode())
        digest.update(data)
    return digest.hexdigest()


def compact(value: Any) -> str:
    """JSON in one canonical form."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def payload_digest(payload: JournalPayload) -> str:
    """The digest that the chain holds of a payload."""
    return digest_of(payload.fields, payload.changes, payload.note)


class BeforeImages:
    """Collects how rows stood before a bulk change; kept with the entry, digested in order."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self._digest = hashlib.sha256()

    def add(self, table: str, row_id: int, old: Mapping[str, Any]) -> None:
        """Note how one row stood."""
        text = compact(old)
        number = len(self.rows) + 1
        self._digest.update(before_line(number, table, row_id, text))
        self.rows.append({"number": number, "table_name": table, "row_id": row_id, "old": text})

    def digest(self) -> str:
        """The digest of all of them; empty when there are none."""
        return self._digest.hexdigest() if self.rows else ""


def before_line(number: int, table: str, row_id: int, old: str) -> bytes:
    """One before-image as the chain sees it."""
    return digest_of(str(number), table, str(row_id), old).encode()


def entry_hash(entry: JournalEntry) -> str:
    """The hash of an entry: over every one of its columns and the hash of the one before."""
    return digest_of(
        *(
            str(value)
            for value in (
                entry.id,
                entry.at.astimezone(UTC).isoformat(),
                entry.day.isoformat(),
                entry.actor,
                entry.actor_kind,
                entry.role,
                entry.user_number,
                entry.door,
                entry.action,
                entry.effect,
                entry.undoes,
                entry.redacts,
                entry.redacted_digest,
                entry.payload_digest,
                entry.before_digest,
                entry.previous,
            )
        )
    )


def next_id(session: Session) -> int:
    """The number of the entry that is being made; held by the single writer until it commits."""
    return (session.exec(select(func.max(JournalEntry.id))).one() or 0) + 1


def append(
    session: Session,
    *,
    entry_id: int,
    at: datetime,
    day: date,
    actor: Actor,
    action: str,
    effect: str,
    fields: str,
    changes: str,
    note: str = "",
    before: BeforeImages | None = None,
    undoes: int | None = None,
    redacts: int | None = None,
    redacted_digest: str = "",
) -> JournalEntry:
    """Write the entry at the end of the chain, with its payload and before-images."""
    head = session.get(JournalHead, 1)
    payload = JournalPayload(entry_id=entry_id, fields=fields, changes=changes, note=note)
    entry = JournalEntry(
        id=entry_id,
        at=at,
        day=day,
        actor=actor.name,
        actor_kind=actor.kind.value,
        role=actor.role,
        user_number=actor.user,
        door=actor.door,
        action=action,
        effect=effect,
        undoes=undoes,
        redacts=redacts,
        redacted_digest=redacted_digest,
        payload_digest=payload_digest(payload),
        before_digest=before.digest() if before else "",
        previous=head.hash if head else GENESIS,
    )
    entry.hash = entry_hash(entry)
    session.add(entry)
    session.flush()
    session.add(payload)
    if head is None:
        session.add(JournalHead(id=1, entries=1, entry_id=entry_id, hash=entry.hash))
    else:
        head.entries, head.entry_id, head.hash = head.entries + 1, entry_id, entry.hash
    session.flush()
    if before and before.rows:
        rows = [{"entry_id": entry_id, **row} for row in before.rows]
        session.connection().execute(JournalBefore.__table__.insert(), rows)  # type: ignore[attr-defined]  # SQLModel gives the table at run time
    return entry


def redact(session: Session, entry_id: int, *, fields: str, changes: str, note: str) -> str:
    """Replace a payload and empty its before-images; returns the digest that a chained entry has to announce.

    The new fields must keep the shape of JSON, so that the entry can still be listed; it can no longer be undone.
    """
    payload = session.get_one(JournalPayload, entry_id)
    payload.fields, payload.changes, payload.note = fields, changes, note
    session.add(payload)
    for image in session.exec(select(JournalBefore).where(JournalBefore.entry_id == entry_id)):
        image.old = "{}"
        session.add(image)
    session.flush()
    return digest_of(payload_digest(payload), _before_digest(session, entry_id))


def verify(session: Session) -> Verification:
    """Walk the chain from its beginning: every column of every journal table is checked."""
    announced: dict[int, str] = {}
    for entry in session.exec(
        select(JournalEntry).where(col(JournalEntry.redacts).is_not(None)).order_by(col(JournalEntry.id))
    ):
        announced[entry.redacts or 0] = entry.redacted_digest
    previous, count, last = GENESIS, 0, 0
    for entry, payload in session.exec(
        select(JournalEntry, JournalPayload)
        .join(JournalPayload, col(JournalPayload.entry_id) == col(JournalEntry.id), isouter=True)
        .order_by(col(JournalEntry.id))
        .execution_options(yield_per=_BATCH)
    ):
        count, last = count + 1, entry.id
        kept = (entry.payload_digest, entry.before_digest)
        if (
            entry.previous != previous
            or entry.hash != entry_hash(entry)
            or payload is None
            or not _as_announced(payload, _before_digest(session, entry.id), kept, announced.get(entry.id))
        ):
            return Verification(count, entry.id, holds=False)
        previous = entry.hash
    head = session.get(JournalHead, 1)
    heads = session.exec(select(func.count()).select_from(JournalHead)).one()
    whole = not _strays(session) and (
        (head is None and count == 0)
        or (head is not None and heads == 1 and (head.entries, head.entry_id, head.hash) == (count, last, previous))
    )
    return Verification(count, None if whole else last, holds=whole)


def _strays(session: Session) -> bool:
    """Whether a payload or a before-image belongs to no entry."""
    entries = select(JournalEntry.id)
    return any(
        session.exec(select(owner).where(col(owner).not_in(entries)).limit(1)).first() is not None
        for owner in (JournalPayload.entry_id, JournalBefore.entry_id)
    )


def _as_announced(payload: JournalPayload, before: str, kept: tuple[str, str], announced: str | None) -> bool:
    if announced is not None:
        return digest_of(payload_digest(payload), before) == announced
    return (payload_digest(payload), before) == kept


def _before_digest(session: Session, entry_id: int) -> str:
    digest, found = hashlib.sha256(), False
    images = select(JournalBefore).where(JournalBefore.entry_id == entry_id).order_by(col(JournalBefore.number))
    for image in session.exec(images.execution_options(yield_per=_BATCH)):
        found = True
        digest.update(before_line(image.number, image.table_name, image.row_id, image.old))
    return digest.hexdigest() if found else ""


def load_changes(payload: JournalPayload) -> Iterable[dict[str, Any]]:
    """The changes of an entry, as they were written."""
    changes: list[dict[str, Any]] = json.loads(payload.changes)
    return changes
