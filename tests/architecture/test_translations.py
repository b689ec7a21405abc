"""French first: every text of the program has its French, whole and well set."""

import ast
import gettext
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import crm
from crm.bootstrap import registry
from crm.cli.contents import contents
from crm.core.db import Row
from crm.core.i18n import DOMAIN, LOCALE
from crm.core.settings import Settings

SOURCE = Path(crm.__file__).parent
PO = LOCALE / "fr" / "LC_MESSAGES" / f"{DOMAIN}.po"
Text = str | tuple[str, str]
"""A text, or its singular and plural."""

NEVER = re.compile(r"\b(erreurs?|oups|invalides?|veuillez|ok|êtes-vous sûr)\b|!", re.IGNORECASE)
PLACEHOLDER = re.compile(r"\{(\w*)[^}]*\}")
COMMANDS = re.compile(
    r"^crm .*|crm [a-z-]+( --[a-z-]+ (…|\"…\"|\S+))+"
    r"|https?://\S*|sqlite:\S*|postgresql:\S*"  # addresses
    r"|\{\w+\}:\{\w+\}|\d\d:\d\d|HH:MM"  # times
    r"|\b[A-Za-z_]+:$"  # a name in a shell
)
MISSET = re.compile(
    r"(?<!\u00a0)[:;?!%€»](?=\s|$|[.,)])"  # a sign that stands high without its no-break space
    r"|[ \u2009][:;?!»]"  # an ordinary space before it
    r"|«(?!\u00a0)"
    r"|\.\.\."
    r"|\""
    r"|(?<=[^\W\d_])'"
)
"""What French typography does not know. Straight quotes stand in commands only."""

SHORTER = {"Dear {title} {name}"}
"""Texts whose French leaves a value out on purpose: a letter greets by title alone."""

CLICK_SPEAKS = {"core", "exceptions", "formatting", "parser", "decorators"}
"""The modules of click whose words people may meet."""


def called(root: Path, names: set[str]) -> Iterator[tuple[Path, Text]]:
    """The texts given to functions of these names, in every module below a folder."""
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                wanted = 2 if node.func.id in {"plural", "ngettext"} else 1
                texts = [
                    arg.value
                    for arg in node.args[:wanted]
                    if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                ]
                if len(texts) == wanted and texts[0]:
                    yield path, (texts[0], texts[1]) if wanted == 2 else texts[0]


def tables(kind: type[Row] = Row) -> Iterator[type[Row]]:
    """Every table of the rooms."""
    for child in kind.__subclasses__():
        if hasattr(child, "__table__"):
            yield child
        yield from tables(child)


@cache
def spoken() -> frozenset[Text]:
    """Every text of ours that a person may read."""
    texts: set[Text] = {text for _path, text in called(SOURCE, {"_", "mark", "plural"})}
    for kind in registry():
        texts.add((kind.__doc__ or "").strip().partition("\n")[0])
        texts.update(field.description for field in kind.model_fields.values() if field.description)
    texts.update(str(field.description) for field in Settings.model_fields.values())
    texts.update(str(table.__tablename__).replace("_", " ") for table in tables())
    texts.update(summary for commands in contents().values() for summary in commands.values())
    return frozenset(texts)


@cache
def lent() -> frozenset[Text]:
    """The texts of click, which asks for them in our catalog."""
    found = called(Path(click.__file__).parent, {"_", "ngettext"})
    return frozenset(text for path, text in found if path.stem in CLICK_SPEAKS)


@cache
def catalog() -> Catalog:
    """The French as it is written."""
    with PO.open("rb") as source:
        return read_po(source, locale="fr")


def entries() -> list[tuple[Text, tuple[str, ...]]]:
    """Each text of the catalog with its French: one, or singular and plural."""
    found = []
    for message in catalog():
        if message.id:
            french = message.string if isinstance(message.string, tuple) else (message.string,)
            found.append((message.id, french))
    return found


def values(text: str) -> set[str]:
    """The names of the values that a text asks for."""
    return set(PLACEHOLDER.findall(text))


def prose(text: str) -> str:
    """A text without what is not French in it: commands, addresses, times."""
    return COMMANDS.sub("", text)


def shown(text: Text) -> str:
    return (text if isinstance(text, str) else text[0])[:60]


def test_every_text_has_its_french():
    known = {text for text, french in entries() if all(french)}
    assert sorted(map(shown, spoken() - known)) == []


def test_no_text_is_left_over():
    assert sorted(shown(text) for text, _french in entries() if text not in spoken() | lent()) == []


def test_the_words_of_help_and_of_wrong_usage_are_ours():
    known = {text for text, _french in entries()}
    met = {
        text
        for text in lent()
        if re.match(r"Usage:|Options$|Commands$|Show this|Missing|No such|Option |Error", shown(text))
    }
    assert len(met) >= 9
    assert met - known == set()


def test_the_values_are_the_same():
    for text, french in entries():
        one, many = (text, text) if isinstance(text, str) else text
        if one in SHORTER:
            continue
        assert values(french[-1]) == values(many), text
        assert values(french[0]) in (values(one), values(many)), text


def test_every_text_is_plain_and_kind():
    assert [said for _text, french in entries() for said in french if NEVER.search(said)] == []


def test_every_text_is_well_set():
    assert [said for _text, french in entries() for said in french if MISSET.search(prose(said))] == []


def test_a_french_text_begins_and_ends_like_the_english():
    for text, french in entries():
        english = text if isinstance(text, str) else text[-1]
        for said in french:
            assert said[:1].isspace() == english[:1].isspace(), text
            assert said.endswith(".") == english.endswith("."), text


def test_the_compiled_catalog_is_current():
    """`make catalogs` compiles it."""
    with PO.with_suffix(".mo").open("rb") as compiled:
        there = {tuple(message.id): tuple(message.string) for message in read_mo(compiled) if message.id}
    assert there == {tuple(message.id): tuple(message.string) for message in catalog() if message.id}


def test_one_and_many_follow_french():
    """Nothing is singular in French, plural in English."""
    words = gettext.translation(DOMAIN, LOCALE, languages=["fr"])
    assert words.ngettext("{count} day", "{count} days", 0) == "{count} jour"
    assert words.ngettext("{count} day", "{count} days", 2) == "{count} jours"
