"""The one place where texts are filled in: letters, messages and pages from files, and texts that users edit.

The user's own folder of templates is looked in first, then the shipped one. Amounts and dates write themselves in the
language of the text. What is wrong with a text is told in plain words, with its line or with the names that exist.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm.core.calendar import long_date, plain_date, shown_date
from crm.core.errors import Invalid, NotFound
from crm.core.i18n import Language, _, language, use_language
from crm.core.money import Money, plain, shown

if TYPE_CHECKING:
    from jinja2 import Template

MAX_TEXT = 64 * 1024
"""Characters of a text that users edit; the longest letter has a tenth."""
_NO_BREAK = "\u00a0"
_NARROW = "\u202f"


def shipped_templates() -> Path:
    """The folder of the shipped templates: within the installed package, or beside it in a checkout."""
    package = Path(__file__).parent.parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


class Templates:
    """Fills in templates, in a language of its own or in the one in use."""

    def __init__(self, user_folder: Path | None = None, language: Language | None = None) -> None:
        from crm.core.sandbox import Sandbox

        folders = (user_folder, shipped_templates()) if user_folder else (shipped_templates(),)
        self._folders = folders
        self._names: dict[str, bool] = {}
        self._sandbox = Sandbox(folders, FILTERS, written)
        self._language = language
        self._text = lru_cache(maxsize=128)(self._sandbox.text)

    def has(self, name: str) -> bool:
        """Whether either folder has a template of a name."""
        if name not in self._names:
            self._names[name] = any((folder / name).is_file() for folder in self._folders)
        return self._names[name]

    def render(self, name: str, /, **values: Any) -> str:
        """A template file filled in: `render("messages/level_1.txt", customer=...)`.

        Raises:
            NotFound: neither folder has it.
            Invalid: it asks for a value that is not given, or cannot be read.
        """
        with _told(name):
            return self._filled(self._sandbox.get_template(name), values)

    def source(self, name: str) -> str:
        """A template file as it is written.

        Raises:
            NotFound: neither folder has it.
        """
        with _told(name):
            return self._sandbox.source(name)

    def render_text(self, source: str, /, **values: Any) -> str:
        """A text that users edit, filled in, as plain text.

        Raises:
            Invalid: it asks for a value that is not given, or for more than texts may do.
        """
        with _told():
            return self._filled(self._text(_bounded(source)), values)

    def render_html(self, source: str, /, **values: Any) -> str:
        """The same for HTML: values are escaped, unless they are markup already.

        Raises:
            Invalid: as with `render_text`.
        """
        with _told():
            return self._filled(self._text(_bounded(source), html=True), values)

    def variables(self, source: str) -> set[str]:
        """The names of the values that a text asks for: `customer` for `{{ customer.name }}`.

        Raises:
            Invalid: the text cannot be read, or asks for more than texts may do.
        """
        from jinja2.meta import find_undeclared_variables

        with _told():
            return find_undeclared_variables(self._sandbox.text_tree(_bounded(source)))

    def parts(self, source: str) -> set[tuple[str, str]]:
        """What a text asks of its values, by name: `("customer", "name")` for `{{ customer.name }}`.

        Raises:
            Invalid: the text cannot be read, or asks for more than texts may do.
        """
        from jinja2 import nodes

        with _told():
            tree = self._sandbox.text_tree(_bounded(source))
        asked = tree.find_all(nodes.Getattr)
        return {(part.node.name, part.attr) for part in asked if isinstance(part.node, nodes.Name)}

    def places(self, source: str) -> Sequence[tuple[int, str]]:
        """Every value that a text asks for and the line on which it does, in order: `(3, "customer.name")`.

        Raises:
            Invalid: the text cannot be read, or asks for more than texts may do.
        """
        from jinja2 import nodes
        from jinja2.meta import find_undeclared_variables

        with _told():
            tree = self._sandbox.text_tree(_bounded(source))
            given = find_undeclared_variables(tree)
        parts = list(tree.find_all(nodes.Getattr))
        inner = {id(part.node) for part in parts}
        asked = [
            (part.lineno, f"{part.node.name}.{part.attr}")
            for part in parts
            if isinstance(part.node, nodes.Name) and part.node.name in given
        ]
        asked += [
            (name.lineno, name.name)
            for name in tree.find_all(nodes.Name)
            if name.ctx == "load" and name.name in given and id(name) not in inner
        ]
        return sorted(asked)

    def check(self, source: str, allowed: Collection[str]) -> None:
        """Refuse a text that could not be filled in.

        Raises:
            Invalid: it cannot be read, asks for more than texts may do, or for values that do not exist.
        """
        unknown = sorted(self.variables(source) - set(allowed))
        if unknown:
            raise Invalid(
                _("This text asks for what does not exist: {names}.").format(names=", ".join(unknown)),
                next_step=_("These values exist: {names}.").format(names=", ".join(sorted(allowed))),
            )

    def _filled(self, template: "Template", values: Mapping[str, Any]) -> str:
        from crm.core.sandbox import rendered

        context = copy_context()
        if self._language is not None:
            context.run(use_language, self._language)
        return context.run(rendered, template, values)


def _bounded(source: str) -> str:
    if len(source) > MAX_TEXT:
        raise Invalid(_("A text has at most {count} characters.").format(count=MAX_TEXT))
    return source


@contextmanager
def _told(name: str = "") -> Iterator[None]:
    """Turn what a template can do wrong into sentences; `name` is that of its file."""
    from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError, UndefinedError
    from jinja2.exceptions import SecurityError

    from crm.core.sandbox import NotInTexts, Runaway

    where = name or _("This text")
    try:
        yield
    except Invalid:
        raise
    except TemplateNotFound as error:
        raise NotFound(_("There is no template “{name}”.").format(name=error.name or name)) from None
    except TemplateSyntaxError as error:
        raise Invalid(
            _("{where} cannot be read at line {line}.").format(where=error.name or where, line=error.lineno),
            next_step=_("Check the braces around values, and that each “if” and “for” has its end."),
            line=error.lineno,
        ) from None
    except NotInTexts as error:
        raise Invalid(
            _("{where} cannot use “{word}” (line {line}).").format(where=where, word=error.word, line=error.line),
            next_step=_("Texts know values, “if”, “for” and these filters: {names}.").format(
                names=", ".join(sorted(_text_filters()))
            ),
            line=error.line,
        ) from None
    except UndefinedError as error:
        raise Invalid(_("{where} asks for “{name}”, which is not given.").format(where=where, name=error)) from None
    except SecurityError:
        raise Invalid(_("{where} asks for what no template may do.").format(where=where)) from None
    except (Runaway, RecursionError, MemoryError, SyntaxError):  # the last three: nested deeper than Python goes
        raise Invalid(_("{where} would not end: it writes or repeats too much.").format(where=where)) from None
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise Invalid(_("{where} does something that its values do not allow.").format(where=where)) from error


def _text_filters() -> frozenset[str]:
    from crm.core.sandbox import TEXT_FILTERS

    return TEXT_FILTERS | FILTERS.keys()


def written(value: Any) -> Any:
    """A value as it stands in a text: amounts and dates in words of the language, nothing for nothing."""
    match value:
        case None:
            return ""
        case Money():
            return money(value)
        case date() if not isinstance(value, datetime):
            return plain_date(value)
        case _:
            return value


def money(amount: Money) -> str:
    """An amount as in letters: `12 450,30 €`, with the narrow no-break space between thousands."""
    text, space, symbol = shown(amount.cents, amount.currency).rpartition(_NO_BREAK)
    return f"{text.replace(_NO_BREAK, _NARROW)}{space}{symbol}"


def long(day: date) -> str:
    """A date in full words: `30 octobre 2026`, not broken at the end of a line."""
    return long_date(day, weekday=False).replace(" ", _NO_BREAK)


def day(day: date) -> str:
    """A date with its weekday: `vendredi 4 décembre 2026`."""
    return long_date(day).replace(" ", _NO_BREAK).replace(_NO_BREAK, " ", 1)


def counted(count: int, one: str, many: str) -> str:
    """A number with its noun: `1 jour`, `12 jours`; in French zero is singular."""
    number = int(count)
    single = abs(number) < 2 if language() == "fr" else number == 1
    return f"{number}{_NO_BREAK}{one if single else many}"


def sms(value: Money | date | str) -> str:
    """An amount, a date or a phone number in the fewest characters that an SMS carries: `1250,50 €`, `30/10`."""
    match value:
        case Money():
            text = plain(value.cents, value.currency)
            symbol = "€" if value.currency == "EUR" else value.currency
            return f"{text.replace('.', ',')} {symbol}" if language() == "fr" else f"{text} {symbol}"
        case date():
            return f"{value.day:02}/{value.month:02}" if language() == "fr" else shown_date(value, value)
        case _:
            return "".join(str(value).split())


FILTERS: Mapping[str, Callable[..., str]] = {
    "money": money, "long": long, "day": day, "counted": counted, "sms": sms,
}  # fmt: skip  # read as a table: columns side by side
"""What texts can do with a value, beside Jinja's harmless filters."""
