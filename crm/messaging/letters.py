"""From a message as it was kept and approved to the letter that is printed: the same words, laid out for paper. Pure.

The HTML of a message is our own (`rendering.py`) and holds what a letter needs: paragraphs, tables, bank details, the
address. It is read back rather than written a second time, so that what is posted is what was read.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from contextvars import copy_context
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

from crm.core.calendar import long_date
from crm.core.documents import Letter, Part
from crm.core.i18n import Language, use_language
from crm.messaging.models import OutgoingMessage

_DRAFT = ("Projet à relire avant envoi", "Draft to be read before it is sent")
_ANNEX = ("ANNEXE", "ANNEX ")
_SUBJECT = ("Objet", "Subject")
_PLACE = re.compile(r"\d{4,6}\s+\S.*")
_SEPARATOR = ", "


class _Reader(HTMLParser):
    """Reads the body of one of our messages into parts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[dict[str, Any]] = []
        self._inside = 0
        self._words: list[str] | None = None
        self._lines: list[str] = []
        self._now: dict[str, Any] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        style = told.get("class") or ""
        if tag == "main":
            self._inside += 1
        if not self._inside:
            return
        match tag:
            case "p":
                self._begin()
                if self._now is None:
                    self.parts.append({"kind": "prose", "style": style})
            case "br":
                self._end_line()
            case "span" if style == "small":
                self._end_line()
            case "table":
                self._open({"kind": "table", "head": [], "rows": [], "total": []})
            case "section":
                self._open({"kind": "facts", "title": "", "pairs": [], "remark": ""})
            case "ol" | "ul":
                self._open({"kind": "items", "items": []})
            case "tr" if self._now is not None:
                self._now["row"] = []
            case "li" if self._now is not None:
                self._now["mark"] = f"{told['value']}." if told.get("value") else "–"
                self._begin()
            case "th" | "td" | "dt" | "dd":
                self._begin()
                if self._now is not None:
                    self._now["right"] = "right" in style
            case "thead" | "tfoot" if self._now is not None:
                self._now["where"] = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == "main":
            self._inside -= 1
        if not self._inside:
            return
        now = self._now
        match tag:
            case "p":
                self._paragraph(self._taken())
            case "table" | "section" | "ol" | "ul":
                self._now = None
            case "li" if now is not None:
                now["items"].append([now["mark"], " ".join(self._taken())])
            case "dt" if now is not None:
                now["label"] = " ".join(self._taken())
            case "dd" if now is not None:
                now["pairs"].append([now["label"], " ".join(self._taken())])
            case "th" | "td" if now is not None:
                now["row"].append(self._taken() or [""])
                if now.get("where") == "thead":
                    now["head"].append({"text": " ".join(now["row"][-1]), "right": now["right"]})
            case "tr" if now is not None:
                where = now.pop("where", "") if now.get("where") == "thead" else now.get("where")
                if where == "tfoot":
                    now["total"] = [" ".join(cell) for cell in now["row"]]
                elif where != "thead":
                    now["rows"].append(now["row"])

    def handle_data(self, data: str) -> None:
        if self._words is not None:
            self._words.append(data)

    def _open(self, part: dict[str, Any]) -> None:
        self._now = part
        self.parts.append(part)

    def _begin(self) -> None:
        self._words, self._lines = [], []

    def _end_line(self) -> None:
        if self._words is not None:
            self._lines.append("".join(self._words).strip())
            self._words = []

    def _taken(self) -> list[str]:
        self._end_line()
        self._words = None
        return [line for line in self._lines if line]

    def _paragraph(self, lines: list[str]) -> None:
        if self._now is None:
            self.parts[-1]["lines"] = lines
        elif self._now["kind"] == "facts":
            self._now["remark" if self._now["title"] else "title"] = " ".join(lines)


def parts_of(html: str) -> Sequence[Part]:
    """What the HTML of one of our messages shows, part by part: paragraphs, tables, bank details, lists."""
    reader = _Reader()
    reader.feed(html)
    return [
        {"style": part["style"], "kind": "prose", "lines": part.get("lines", [])}
        if part["kind"] == "prose"
        else {key: part[key] for key in _KEPT[part["kind"]]}
        for part in reader.parts
    ]


def letter_of(message: OutgoingMessage) -> Letter:
    """The letter that a kept message is printed as."""
    reader = _Reader()
    reader.feed(message.html)
    spoken: Language = "en" if message.language.startswith("en") else "fr"
    parts = reader.parts
    place = next((at for at, part in enumerate(parts) if part.get("style") == "recipient"), None)
    if place is None:
        sender, recipient = _own_sender(message, parts), message.recipient.split(_SEPARATOR)
        head: list[Part] = [{"kind": "prose", "lines": [_dated(message.day, spoken)]}]
        if message.subject:
            head.append({"kind": "title", "lines": [message.subject]})
        body = [*head, *_laid_out(parts, message)]
    else:
        sender = [line for part in parts[:place] for line in part["lines"]]
        recipient, body = parts[place]["lines"], _laid_out(parts[place + 1 :], message)
    return Letter(
        language=spoken,
        title=message.subject,
        sender=_broken(sender),
        recipient=_postal(recipient),
        parts=body,
        qr=payment_code(body),
    )


def _dated(day: date, spoken: Language) -> str:
    context = copy_context()
    context.run(use_language, spoken)
    return context.run(long_date, day, weekday=False)


def _own_sender(message: OutgoingMessage, parts: Sequence[Part]) -> list[str]:
    """Whoever signs stands at the head too: name, then what the law asks for."""
    legal: Sequence[str] = next((part["lines"] for part in parts if part.get("style") == "legal"), [])
    return list(legal) or [message.sender_name]


def _broken(sender: Sequence[str]) -> list[str]:
    """The one line of our name, form, registration and seat, a piece a line."""
    return [piece for line in sender for piece in line.split(_SEPARATOR)]


def _postal(lines: Sequence[str]) -> list[str]:
    """The address as the post reads it: the place in capitals."""
    return [line.upper() if _PLACE.fullmatch(line.replace("\u00a0", " ")) else line for line in lines if line]


def _laid_out(parts: Sequence[Part], message: OutgoingMessage) -> list[Part]:
    found: list[Part] = []
    for part in parts:
        lines = part.get("lines", ())
        if part["kind"] != "prose":
            found.append({key: part[key] for key in _KEPT[part["kind"]]})
        elif not lines or (message.approved_by and lines[0].startswith(_DRAFT)):
            continue
        elif part["style"] == "legal":
            found.append({"kind": "small", "lines": lines})
        elif lines[0].startswith(_SUBJECT):
            found.append({"kind": "title", "lines": lines})
        elif lines[0].startswith(_ANNEX):
            found += [{"kind": "break"}, {"kind": "title", "lines": lines}]
        else:
            found.append({"kind": "prose", "lines": lines})
    return found


_KEPT = {
    "table": ("kind", "head", "rows", "total"),
    "facts": ("kind", "title", "pairs", "remark"),
    "items": ("kind", "items"),
}


def payment_code(parts: Sequence[Part]) -> str:
    """The payment of the bank details as an EPC code (SVG), for a phone's bank; empty where they are not all there.

    EPC069-12: euros only, at most 999,999,999.99.
    """
    facts = next((part for part in parts if part["kind"] == "facts"), None)
    pairs = list(facts["pairs"]) if facts else []
    labels = [label for label, _value in pairs]
    if "IBAN" not in labels:
        return ""
    at = labels.index("IBAN")
    bic = pairs[at + 1][1].replace(" ", "") if "BIC" in labels else ""
    told = pairs[at + 2 if bic else at + 1 :]
    if not at or len(told) < 2 or "€" not in told[0][1]:
        return ""
    structured = next((value.replace(" ", "") for _label, value in told[2:] if value.startswith("RF")), "")
    return _code(pairs[0][1], pairs[at][1].replace(" ", ""), bic, _amount(told[0][1]), structured, told[1][1])


def _amount(text: str) -> str:
    """`12 450,30 €` or `€12,450.30` → `12450.30`."""
    digits = re.sub(r"[^\d.,]", "", text)
    return f"{re.sub(r'[.,]', '', digits[:-3])}.{digits[-2:]}"


def _code(name: str, iban: str, bic: str, amount: str, structured: str, text: str) -> str:
    from segno import helpers

    reference = {"reference": structured} if structured else {"text": text[:140]}
    with suppress(ValueError):
        code = helpers.make_epc_qr(name[:70], iban, Decimal(amount), bic=bic or None, encoding="utf-8", **reference)
        svg: str = code.svg_inline(border=0, dark="#191919", omitsize=True)
        return svg
    return ""
