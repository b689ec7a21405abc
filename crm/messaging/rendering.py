"""From a template and its values to a message: subject, plain text and HTML that say the same.

A template is filled in once; its first line is the subject. Where a block belongs (a table, bank details, a signature) the
values hold a mark: the text gets the block's sentences in its place, the HTML its table.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from crm.core.errors import Invalid
from crm.core.i18n import Language, _, language, use_language
from crm.core.money import Money
from crm.core.templating import Templates

LAYOUT = "messages/layout.html"
"""The template that HTML bodies stand in."""

# Noncharacters: Unicode keeps them for the inside of programs, so no value that is let in holds one.
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_SIGNS = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
)
_NEVER = re.compile(f"[{_SIGNS}]")
_NEVER_IN_A_VALUE = re.compile(f"[{_SIGNS}\t\n\r]")
_MARKED = re.compile(f"({_OPEN}[^{_CLOSE}]*{_CLOSE})")
_BLANK_LINES = re.compile(r"\n\s*\n")
_NUMBERED = re.compile(r"(\d{1,2})\. +(?=\S)")
_DASHED = re.compile(r"[-\u2013] +(?=\S)")
_ADDRESS = re.compile(r"https?://[!-~]+")

_NARROW, _NO_BREAK = "\u202f", "\u00a0"
_FRENCH = (
    *((space + sign, _NARROW + sign) for sign in ";!?%" for space in (" ", _NO_BREAK)),
    *((f" {sign}", _NO_BREAK + sign) for sign in ":»€"),
    *((f"{sign} ", sign + _NO_BREAK) for sign in ("«", "n°")),
)
"""As typed → with the space that French sets there: narrow before ; ! ? %, full around : and within « »."""
_LEGAL = tuple((f"{word} ", word + _NO_BREAK) for word in ("article", "articles", "L.", "R.", "D."))


@dataclass(frozen=True, slots=True)
class Message:
    """What a customer reads."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a message that text and HTML show in their own way. Without text it is left out of both."""

    text: str
    html: str


Blocks = Mapping[str, Callable[[], Block]]
"""Blocks by their name in templates; each is made only where a template asks for it."""


class _Mark(str):
    """Where a block belongs."""

    __slots__ = ()


_WITHOUT_TEXT = frozenset({_Mark, Money, date, int, bool, type(None)})


def mark(name: str) -> str:
    """The value that stands for a block in a template; `render` sets those of blocks without a dot in their name."""
    return _Mark(f"{_OPEN}{name}{_CLOSE}")


def render(templates: Templates, name: str, values: Mapping[str, Any], blocks: Blocks, spoken: Language) -> Message:
    """A message from a template file, in a language.

    Values are texts, numbers, dates and amounts, or mappings and lists of them.

    Raises:
        NotFound: there is no such template.
        Invalid: a value holds a line break or a control character, or the template asks for what is not given.
    """
    _refuse_signs(values)
    return _speaking(spoken).run(_message, templates, partial(templates.render, name), values, blocks)


def render_source(
    templates: Templates, source: str, values: Mapping[str, Any], blocks: Blocks, spoken: Language
) -> Message:
    """The same from a template that a user edited.

    Raises:
        Invalid: as with `render`, or the template asks for more than texts may do.
    """
    _refuse_signs(values)
    return _speaking(spoken).run(_message, templates, partial(templates.render_text, source), values, blocks)


def written_by_hand(templates: Templates, subject: str, text: str, spoken: Language) -> Message:
    """A message in a person's own words.

    Raises:
        Invalid: it has no subject or no text, or holds a control character.
    """
    if (found := _NEVER_IN_A_VALUE.search(subject)) is not None:
        raise _spoiled(_("The subject"), subject, found)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    if (found := _NEVER.search(lines)) is not None:
        raise _spoiled(_("The text"), lines, found)
    return _speaking(spoken).run(_composed, templates, subject, lines, {})


def _speaking(spoken: Language) -> Context:
    """A context of its own in which a language is spoken."""
    context = copy_context()
    context.run(use_language, spoken)
    return context


def typeset(text: str) -> str:
    """The text with the spaces that French typography asks for; in English as it is."""
    if language() == "fr":
        for typed, printed in _FRENCH if "article" not in text else _FRENCH + _LEGAL:
            text = text.replace(typed, printed)
    return text


# What comes in


def _marks(blocks: Blocks) -> dict[str, str]:
    return {name: mark(name) for name in blocks if "." not in name}


def _refuse_signs(values: Mapping[str, Any]) -> None:
    """Refuse a value that could end a line, hide what follows, or stand for a block."""
    texts: list[str] = []
    _collect(values, texts)
    if _NEVER_IN_A_VALUE.search("".join(texts)) is not None:
        _name_spoiled("", values)


def _collect(values: Mapping[str, Any], texts: list[str]) -> None:
    for value in values.values():
        kind = type(value)
        if kind is str:
            texts.append(value)
        elif kind is dict:
            _collect(value, texts)
        elif kind not in _WITHOUT_TEXT:
            if isinstance(value, str):
                texts.append(value)
            elif isinstance(value, Mapping):
                _collect(value, texts)
            elif isinstance(value, (list, tuple)):
                _collect({str(place): inner for place, inner in enumerate(value)}, texts)


def _name_spoiled(name: str, value: Any) -> None:
    """Tell which value it is."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _name_spoiled(f"{name}.{key}" if name else key, inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _name_spoiled(name, inner)
    elif isinstance(value, str) and type(value) is not _Mark:
        found = _NEVER_IN_A_VALUE.search(value)
        if found is not None:
            raise _spoiled(name, value, found)


def _spoiled(name: str, value: str, found: "re.Match[str]") -> Invalid:
    start = max(0, found.start() - 30)
    shown = _NEVER_IN_A_VALUE.sub("·", value[start : start + 60])
    return Invalid(
        _("{name} holds a line break or a sign that no message may carry: “{text}”.").format(name=name, text=shown),
        next_step=_("Write it anew, on one line."),
    )


# What goes out


def _message(templates: Templates, fill: Callable[..., str], values: Mapping[str, Any], blocks: Blocks) -> Message:
    filled = fill(**values, **_marks(blocks))
    subject, _end, body = typeset(filled).partition("\n")
    if _OPEN in subject:
        raise Invalid(_("A subject is one line of text: tables and signatures stand below it."))
    return _composed(templates, subject, body, blocks)


def _composed(templates: Templates, subject: str, body: str, blocks: Blocks) -> Message:
    subject = subject.strip()
    made: dict[str, Block] = {}
    texts, markup = [], []
    for paragraph in _BLANK_LINES.split(body.strip()):
        text, html = _paragraph(paragraph, blocks, made)
        if text:
            texts.append(text)
            markup.append(html)
    if not subject or not texts:
        raise Invalid(_("A message has a subject on its first line, then a text."))
    page = templates.render(LAYOUT, language=language(), subject=subject, body=Markup("\n".join(markup)))  # noqa: S704  every part of it is escaped
    return Message(subject, "\n\n".join(texts) + "\n", page)


def _paragraph(paragraph: str, blocks: Blocks, made: dict[str, Block]) -> tuple[str, str]:
    """The text and the HTML of one paragraph; blocks already made are in `made`."""
    lines = [line for whole in paragraph.split("\n") if (line := whole.strip())]
    if _OPEN in paragraph:
        lines = [part for line in lines for piece in _MARKED.split(line) if (part := piece.strip())]
    texts, markup = [], []
    for kind, group in groupby(lines, key=_kind):
        together = list(group)
        if kind == "block":
            for mark_ in together:
                name = mark_[1:-1]
                block = made[name] if name in made else made.setdefault(name, blocks[name]())
                if block.text:
                    texts.append(block.text)
                    markup.append(block.html)
        else:
            texts += together
            markup.append(_HTML[kind](together))
    return "\n".join(texts), "\n".join(markup)


def _kind(line: str) -> str:
    first = line[0]
    if first == _OPEN:
        return "block"
    if first in "0123456789" and _NUMBERED.match(line):
        return "numbers"
    return "dashes" if first in "-\u2013" and _DASHED.match(line) else "prose"


def _prose(lines: Sequence[str]) -> str:
    """Lines of a paragraph. An address alone on its line becomes a link, which the line before it names."""
    if not any(line.startswith("http") for line in lines):
        return f"<p>{'<br>'.join(map(escape, lines))}</p>"
    parts: list[str] = []
    waiting: list[str] = []
    for line in lines:
        if _ADDRESS.fullmatch(line):
            name = waiting.pop().rstrip(" \u00a0:") if waiting and waiting[-1].endswith(":") else line
            parts += [_prose(waiting)] if waiting else []
            parts.append(f'<p><a class="button" href="{escape(line)}">{escape(name)}</a></p>')
            waiting = []
        else:
            waiting.append(line)
    return "\n".join([*parts, f"<p>{'<br>'.join(map(escape, waiting))}</p>"] if waiting else parts)


def _numbers(lines: Sequence[str]) -> str:
    """A list as the template numbers it."""
    told = [_NUMBERED.match(line) for line in lines]
    items = (
        f'<li value="{found[1]}">{escape(line[found.end() :])}</li>'
        for found, line in zip(told, lines, strict=True)
        if found
    )
    return f"<ol>{''.join(items)}</ol>"


def _dashes(lines: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line[2:].lstrip())}</li>' for line in lines)}</ul>"


_HTML: Mapping[str, Callable[[Sequence[str]], str]] = {"prose": _prose, "numbers": _numbers, "dashes": _dashes}


# What blocks are made of


class Heading(NamedTuple):
    """The head of a column; figures stand at the right."""

    text: str
    right: bool = False


def table(headings: Sequence[Heading], rows: Iterable[Sequence[Sequence[str]]], total: Sequence[str] = ()) -> str:
    """An HTML table: each cell is a line and, below it, smaller ones; `total` is a label and the figure of the last column."""
    head = "".join(f'<th scope="col"{_RIGHT if right else ""}>{escape(text)}</th>' for text, right in headings)
    body = "".join(f"<tr>{_cells(headings, row)}</tr>" for row in rows)
    foot = ""
    if total:
        label, figure = total
        foot = (
            f'<tfoot><tr><th scope="row" colspan="{len(headings) - 1}">{escape(label)}</th>'
            f"<td{_RIGHT}>{escape(figure)}</td></tr></tfoot>"
        )
    style = "lines wide" if len(headings) > _NARROW_TABLE else "lines"
    return f'<table class="{style}" width="100%"><thead><tr>{head}</tr></thead><tbody>{body}</tbody>{foot}</table>'


_RIGHT = ' class="right" align="right"'
_NARROW_TABLE = 3
"""Columns that fit a phone."""


def _cells(headings: Sequence[Heading], row: Sequence[Sequence[str]]) -> str:
    first, *others = row
    cells = (
        f"<td{_RIGHT if right else ''}>{_cell(cell)}</td>"
        for cell, (_text, right) in zip(others, headings[1:], strict=True)
    )
    return f'<th scope="row">{_cell(first)}</th>{"".join(cells)}'


def _cell(lines: Sequence[str]) -> str:
    first, *more = lines
    below = (f'<span class="small">{escape(line)}</span>' for line in more)
    return f"{escape(first)}{''.join(below)}"


def pairs(title: str, facts: Iterable[tuple[str, str]], remark: str = "") -> str:
    """HTML for a few facts with their names, such as bank details; `remark` stands below them."""
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    end = f'<p class="small">{escape(remark)}</p>' if remark else ""
    return f'<section class="facts"><p><strong>{escape(title)}</strong></p><dl>{listed}</dl>{end}</section>'


def stacked(lines: Sequence[str], *, style: str, strong: bool = False) -> str:
    """HTML for lines one below the other: an address, a signature; `strong` sets off the first."""
    first, *more = map(str, map(escape, lines))
    if strong:
        first = f"<strong>{first}</strong>"
    return f'<p class="{style}">{"<br>".join([first, *more])}</p>'
