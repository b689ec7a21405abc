"""The sandbox of templates: Jinja2 that can neither reach into the machine nor run away.

Files, which the owner of the machine puts there, have the whole language, with every growth counted. Texts that users
edit have a small one: values, conditions, loops and harmless filters; nothing in it can call, multiply or remember.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from types import BuiltinMethodType, CodeType
from typing import Any

from jinja2 import (
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    Undefined,
    nodes,
    pass_context,
    pass_eval_context,
)
from jinja2.bccache import Bucket, BytecodeCache
from jinja2.filters import do_join
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

MAX_CHARACTERS = 1 << 20
"""What one rendering may write, and what its expressions may build on the way."""
MAX_STEPS = 2_000_000
"""What the loops of one rendering may evaluate, all together: turns times the size of their bodies."""
_MAX_BITS = 256

TEXT_FILTERS = frozenset(
    {"capitalize", "count", "d", "default", "first", "join", "last", "length", "lower", "title", "trim", "upper"}
)
_TEXT_TESTS = frozenset({"defined", "none"})
_TEXT_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem,
    nodes.If, nodes.For, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Add,
    nodes.Sub, nodes.Neg, nodes.Tuple, nodes.List, nodes.Filter, nodes.Test, nodes.Keyword,
)  # fmt: skip  # read as a table: columns side by side

# They make much out of little, draw lots, or declare a customer's words to be markup.
_LEFT_OUT = frozenset(
    {"batch", "center", "format", "indent", "pprint", "random", "replace", "round", "safe", "slice", "tojson",
     "urlize", "wordwrap", "xmlattr"}
)  # fmt: skip  # read as a table: columns side by side
_TURNS = "turns of a loop"  # with a space, so that no template can name it


class Runaway(Exception):
    """A rendering writes, repeats or computes more than any text needs."""


class NotInTexts(Exception):
    """A text asks for a part of the language that only files have."""

    def __init__(self, word: str, line: int) -> None:
        super().__init__(word)
        self.word = word
        self.line = line


@dataclass(slots=True)
class _Budget:
    characters: int = MAX_CHARACTERS
    steps: int = MAX_STEPS

    def write(self, count: int) -> None:
        self.characters -= count
        if self.characters < 0:
            raise Runaway

    def step(self, count: int) -> None:
        self.steps -= count
        if self.steps < 0:
            raise Runaway


_budget: ContextVar[_Budget] = ContextVar("budget")


class _Missing(StrictUndefined):
    """Stands for a value that is not there; its error carries the bare name."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        return str(self._undefined_name)


class _Counting(NodeTransformer):
    """Lets every loop and every joining of texts pass by the budget."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802  the name the visitor looks for
        size = nodes.Const(1 + sum(1 for _part in node.find_all(nodes.Node)))
        node.iter = nodes.Filter(node.iter, _TURNS, [size], [], None, None, lineno=node.lineno)
        return self.generic_visit(node)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802  # named by its library
        parts = nodes.List(node.nodes, lineno=node.lineno)
        return self.generic_visit(nodes.Filter(parts, "join", [], [], None, None, lineno=node.lineno))


class _Compiled(BytecodeCache):
    """What files were compiled to, by name and content, for every environment of this process: all compile alike."""

    _MOST = 256

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Hand out what the same content was compiled to."""
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it; files that are edited again and again push the others out in the end."""
        if bucket.code is not None:
            if len(self._code) >= self._MOST:
                self._code.clear()
            self._code[bucket.key, bucket.checksum] = bucket.code


_compiled = _Compiled()


class Sandbox(ImmutableSandboxedEnvironment):
    """The one Jinja environment: files from the folders, first found first, and texts from anywhere."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(
        self, folders: Iterable[Path], filters: Mapping[str, Callable[..., str]], show: Callable[[Any], Any]
    ) -> None:
        """`show` turns a value into what is written: a date, an amount; others it hands back."""
        super().__init__(
            loader=FileSystemLoader(list(folders)),
            bytecode_cache=_compiled,
            undefined=_Missing,
            autoescape=lambda name: name is not None and name.endswith(".html"),
            keep_trailing_newline=True,
            optimized=False,  # nothing is computed beforehand, in another language and out of reach of the budget
            finalize=_writing(show),
        )
        self.globals.clear()
        ours = {"join": _joining(show), _TURNS: _turning}
        self.filters = {name: f for name, f in self.filters.items() if name not in _LEFT_OUT} | ours | dict(filters)
        self._text_filters = TEXT_FILTERS | filters.keys()

    def source(self, name: str) -> str:
        """The file of a template, found as templates are.

        Raises:
            TemplateNotFound: no folder has it.
        """
        if self.loader is None:
            raise TemplateNotFound(name)
        return self.loader.get_source(self, name)[0]

    def text_tree(self, source: str) -> nodes.Template:
        """Parse a text in the small language.

        Raises:
            NotInTexts: it asks for more.
        """
        tree = self.parse(source)
        for node in (tree, *tree.find_all(nodes.Node)):
            if (word := self._beyond_texts(node)) is not None:
                raise NotInTexts(word, node.lineno)
        return tree

    def _beyond_texts(self, node: nodes.Node) -> str | None:
        match node:
            case nodes.Filter(name=name) if name not in self._text_filters:
                return f"| {name}"
            case nodes.Test(name=name) if name not in _TEXT_TESTS:
                return f"is {name}"
            case nodes.For(recursive=True):
                return "recursive"
            case nodes.Name(name="self"):
                return "self"
            case _ if type(node) in _TEXT_NODES:
                return None
            case nodes.BinExpr() | nodes.UnaryExpr():
                return str(node.operator)
            case nodes.Concat():
                return "~"
            case nodes.Assign() | nodes.AssignBlock():
                return "set"
        return type(node).__name__.lower()

    def text(self, source: str, *, html: bool = False) -> Template:
        """Compile a text in the small language; in HTML its values are escaped."""
        code = self.compile(self.text_tree(source), "text.html" if html else "text")
        return Template.from_code(self, code, {})

    def compile(  # type: ignore[override]  # the raw form, which only debugging needs, is left out
        self, source: str | nodes.Template, name: str | None = None, filename: str | None = None
    ) -> CodeType:
        """Compile with every growth counted."""
        tree = self.parse(source, name, filename) if isinstance(source, str) else source
        return super().compile(_Counting().visit(tree).set_environment(self), name, filename)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Add and multiply what stays small."""
        match operator, left, right:
            case "+", (str() | list() | tuple()), (str() | list() | tuple()):
                _budget.get().write(len(left) + len(right))
            case "*", int(), int() if left.bit_length() + right.bit_length() <= _MAX_BITS:
                pass
            case (("*" | "%"), (int() | float()), float()):
                pass
            case (("*" | "**" | "%"), _, _):
                raise Runaway
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """As in every sandbox; and texts have no attributes: their methods pad, repeat and format without bounds."""
        return not isinstance(obj, str | bytes) and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """`format` is not offered in a safe form but, as a method of texts, not at all."""

    def is_safe_callable(self, obj: Any) -> bool:
        """Functions handed in, macros and blocks; of built-in types only mappings; no recursive loop."""
        if isinstance(obj, LoopContext):
            return False
        if isinstance(obj, BuiltinMethodType):
            return isinstance(obj.__self__, dict)
        return super().is_safe_callable(obj)


def rendered(template: Template, values: Mapping[str, Any]) -> str:
    """The template filled in.

    Raises:
        Runaway: it does not end within what a text may need.
    """
    _budget.set(_Budget())
    return "".join(_bounded(template.generate(values)))


def _bounded(parts: Iterator[str]) -> Iterator[str]:
    left = MAX_CHARACTERS
    for part in parts:
        left -= len(part)
        if left < 0:
            raise Runaway
        yield part


def _text(value: Any) -> str:
    """What a value writes; only texts and numbers write themselves, the insides of anything else stay inside."""
    if isinstance(value, str):
        return value
    if not isinstance(value, int | float | Decimal | Undefined):
        raise TypeError(type(value).__name__)
    return str(value)


def _writing(show: Callable[[Any], Any]) -> Callable[[Context, Any], str]:
    @pass_context
    def write(_context: Context, value: Any) -> str:
        text = _text(show(value))
        _budget.get().write(len(text))
        return text

    return write


def _joining(show: Callable[[Any], Any]) -> Callable[[EvalContext, Iterable[Any], str], str]:
    @pass_eval_context
    def join(context: EvalContext, parts: Iterable[Any], between: str = "") -> str:
        texts = [_text(show(part)) for part in parts]
        _budget.get().write(sum(len(text) + len(between) for text in texts))
        joined: str = do_join(context, texts, between)
        return joined

    return join


@pass_context
def _turning(_context: Context, items: Iterable[Any], size: int) -> list[Any]:
    turns = list(islice(items, MAX_STEPS))
    _budget.get().step(len(turns) * size)
    return turns
