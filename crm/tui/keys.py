"""One key, one verb: every key of the terminal, once. A screen names the verb; which key it is stands here.

Letters can be re-bound in `keys.toml` beside the file of settings: a line is a verb and its keys, `explain = "w"`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from textual.binding import Binding

from crm.core.errors import Invalid
from crm.core.i18n import _, mark


@dataclass(frozen=True, slots=True)
class Verb:
    """What a key does wherever it does something."""

    keys: str
    label: str
    told: str = ""
    """The same for the page of help, where the label alone says too little."""


VERBS: Mapping[str, Verb] = {
    "open": Verb("enter", mark("open")),
    "back": Verb("escape", mark("back")),
    "search": Verb("slash", mark("search"), mark("search: the list follows while one types")),
    "say": Verb("colon", mark("say"), mark("say it: an action or a customer, about what is selected")),
    "filter": Verb("f", mark("filter")),
    "sort": Verb("t", mark("sort")),
    "tick": Verb("space", mark("tick")),
    "as_of": Verb("h", mark("on a date"), mark("the same as it stood on another day")),
    "import_file": Verb("i", mark("import"), mark("import a file")),
    "accept": Verb("o,y", mark("yes"), mark("yes to what the card shows")),
    "accept_all": Verb("O,Y", mark("yes to all"), mark("yes to all that is ticked, else to all that is ready")),
    "refuse": Verb("n", mark("no")),
    "change": Verb("m", mark("change")),
    "later": Verb("p", mark("later")),
    "split": Verb("c", mark("split"), mark("split: say what a payment pays, part by part")),
    "undo": Verb("z,ctrl+z", mark("undo"), mark("undo the last act, shown as a card first")),
    "explain": Verb("x", mark("explain"), mark("explain: lines, formula and day of a figure")),
    "view": Verb("v", mark("view"), mark("view the whole text or document")),
    "call": Verb("a", mark("call now"), mark("call: note what was said, and what comes next")),
    "write": Verb("e", mark("write")),
    "remind": Verb("r", mark("remind"), mark("remind: why nothing is sent, or what will be")),
    "dispute": Verb("l", mark("dispute")),
    "pause": Verb("s", mark("suspend"), mark("suspend reminders until a day")),
    "give": Verb("d", mark("give to"), mark("give it to a colleague")),
    "add": Verb("plus,equals_sign", mark("add"), mark("add: a promise, a note, a contact…")),
    "boards": Verb(
        "u", mark("agreements"), mark("agreements: promises, disputes, payment plans, quotes, opportunities")
    ),
    "refresh": Verb("f5", mark("read again")),
    "currency": Verb("dollar_sign", mark("other currency")),
    "settings": Verb("comma", mark("settings")),
    "palette": Verb("ctrl+p", mark("every action by name")),
    "help": Verb("question_mark,f1", mark("help")),
    "next_pane": Verb("tab", mark("next pane")),
    "previous_pane": Verb("shift+tab", mark("previous pane")),
}

DIGITS = {
    "1": "1,ampersand",
    "2": "2,é",
    "3": "3,quotation_mark",
    "4": "4,apostrophe",
    "5": "5,left_parenthesis",
    "6": "6,minus",
    "7": "7,è",
    "8": "8,underscore",
    "9": "9,ç",
}
"""Digit of a section → its keys: the top row of a French keyboard without shift does the same."""


def verb(name: str, action: str = "", *, label: str = "", told: str = "", show: bool = True) -> Binding:
    """The key of a verb; `label` may name its object, `action` is the method, else the verb's own name."""
    known = VERBS[name]
    return Binding(
        known.keys,
        action or name,
        label or known.label,
        id=name,
        show=show,
        tooltip=told or known.told or label or known.label,
    )


def keymap(path: Path) -> dict[str, str]:
    """The keys a person has bound anew; none without the file.

    Raises:
        Invalid: the file cannot be read, names no verb, or gives one key to two verbs.
    """
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise Invalid(_("The keys in {path} cannot be read.").format(path=path)) from None
    for name, keys in given.items():
        if name not in VERBS or not isinstance(keys, str):
            raise Invalid(
                _("“{name}” in {path} is not a verb of the keyboard.").format(name=name, path=path),
                next_step=", ".join(VERBS),
            )
    taken: dict[str, str] = {}
    for name in VERBS:
        for key in given.get(name, VERBS[name].keys).split(","):
            if (other := taken.setdefault(key.strip(), name)) != name:
                raise Invalid(
                    _("{path} gives the key {key} to two verbs: {one}, {other}.").format(
                        path=path, key=key.strip(), one=other, other=name
                    )
                )
    return given


def digit_of(parameters: tuple[object, ...]) -> int:
    """The digit that an action was bound with; 0: none."""
    return int(str(parameters[0])) if parameters else 0
