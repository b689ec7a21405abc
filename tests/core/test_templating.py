"""Texts filled in: what they can say, what is told when they cannot, and that none can do harm."""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from crm.core.errors import CrmError, Invalid, NotFound
from crm.core.i18n import use_language
from crm.core.money import Money, eur
from crm.core.templating import MAX_TEXT, Templates, shipped_templates


@dataclass(frozen=True)
class Invoice:
    number: str
    open: Money
    due_date: date
    days_late: int
    _secret: str = "internal"


LATE = Invoice("F2026-0113", eur("1250.50"), date(2026, 10, 30), 12)


@pytest.fixture(autouse=True)
def in_french():
    use_language("fr")
    yield
    use_language("fr")


@pytest.fixture
def folder(tmp_path):
    """The user's own folder, and a way to put a file there."""

    def put(name: str, source: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, "utf-8")

    put.path = tmp_path
    return put


def say(source: str, **values) -> str:
    return Templates().render_text(source, **values)


def refusal(source: str, **values) -> str:
    with pytest.raises(Invalid) as told:
        Templates().render_text(source, **values)
    return told.value.message


# What a text can say


def test_a_reminder():
    source = (
        "{% if one %}La facture {{ invoice.number }}, échue le {{ invoice.due_date | long }}, reste à régler pour "
        "{{ invoice.open }} depuis {{ invoice.days_late | counted('jour', 'jours') }}.{% else %}…{% endif %}\n"
    )
    assert say(source, one=True, invoice=LATE) == (
        "La facture F2026-0113, échue le 30\u00a0octobre\u00a02026, reste à régler pour "
        "1\u202f250,50\u00a0€ depuis 12\u00a0jours.\n"
    )


def test_a_list_of_invoices():
    source = "{% for i in invoices %}{{ loop.index }}. {{ i.number }}{% if not loop.last %}, {% endif %}{% endfor %}"
    assert say(source, invoices=[LATE, LATE]) == "1. F2026-0113, 2. F2026-0113"
    assert say("{{ invoices | length }} factures", invoices=[LATE, LATE]) == "2 factures"


@pytest.mark.parametrize(
    ("source", "french", "english"),
    [
        ("{{ amount }}", "12\u202f450,30\u00a0€", "€12,450.30"),
        ("{{ amount | money }}", "12\u202f450,30\u00a0€", "€12,450.30"),
        ("{{ [amount, day] | join(' · ') }}", "12\u202f450,30\u00a0€ · 01/12/2026", "€12,450.30 · 1 December 2026"),
        ("{{ -1 + 1 }} {{ nothing }}.", "0 .", "0 ."),
        ("{{ amount | sms }}", "12450,30 €", "12450.30 €"),
        ("{{ day }}", "01/12/2026", "1 December 2026"),
        ("{{ day | long }}", "1er\u00a0décembre\u00a02026", "1\u00a0December\u00a02026"),
        ("{{ day | day }}", "mardi 1er\u00a0décembre\u00a02026", "Tuesday 1\u00a0December\u00a02026"),
        ("{{ day | sms }}", "01/12", "1 Dec"),
        ("{{ 0 | counted('day', 'days') }}", "0\u00a0day", "0\u00a0days"),
        ("{{ 1 | counted('day', 'days') }}", "1\u00a0day", "1\u00a0day"),
        ("{{ 2 | counted('day', 'days') }}", "2\u00a0days", "2\u00a0days"),
        ("{{ '02 40 12 34 56' | sms }}", "0240123456", "0240123456"),
    ],
)
def test_values_write_themselves_in_the_language_of_the_text(source, french, english):
    values = {"amount": eur("12450.30"), "day": date(2026, 12, 1), "nothing": None}
    assert Templates(language="fr").render_text(source, **values) == french
    assert Templates(language="en").render_text(source, **values) == english


def test_the_language_of_a_text_is_not_that_of_the_user():
    assert Templates(language="en").render_text("{{ d | long }}", d=date(2026, 3, 1)) == "1\u00a0March\u00a02026"
    assert say("{{ d | long }}", d=date(2026, 3, 1)) == "1er\u00a0mars\u00a02026"


def test_other_currencies_and_negative_amounts():
    assert say("{{ a }}", a=Money(-123456789, "CHF")) == "−1\u202f234\u202f567,89\u00a0CHF"
    assert say("{{ a | sms }}", a=Money(1500, "JPY")) == "1500 JPY"


@given(st.text(alphabet=st.characters(exclude_characters="{}#%\r\x00", exclude_categories=["Cs"]), max_size=200))
def test_a_text_without_braces_is_left_as_it_is(text):
    assert say(text) == text


@given(st.text(max_size=50))
def test_a_value_is_never_read_as_a_template(name):
    assert say("[{{ name }}]", name=name) == f"[{name}]"
    assert say("{{ name }}", name="{{ 7 * 7 }}") == "{{ 7 * 7 }}"


def test_in_html_values_are_escaped_unless_they_are_markup():
    html = Templates().render_html("<p>{{ name }}</p>{{ table }}", name="<b>&", table=Markup("<table></table>"))
    assert html == "<p>&lt;b&gt;&amp;</p><table></table>"
    assert say("<p>{{ name }}</p>", name="<b>&") == "<p><b>&</p>"
    joined = Templates().render_html("{{ names | join('<br>') }}", names=["<i>", Markup("<u>")])
    assert "<i>" not in joined


# Files


def test_the_folder_of_the_user_comes_before_the_shipped_one(folder):
    assert (shipped_templates() / "sheets" / "sheet.typ").is_file()
    shipped = (shipped_templates() / "sheets" / "sheet.typ").read_text("utf-8")
    folder("messages/a.txt", "Bonjour {{ name }}\n")
    templates = Templates(folder.path)
    assert templates.render("messages/a.txt", name="Léa") == "Bonjour Léa\n"
    folder("sheets/sheet.typ", "own")
    assert templates.render("sheets/sheet.typ") == "own"
    assert shipped != "own"


def test_a_page_extends_a_layout_and_escapes(folder):
    folder("web/layout.html", "<title>{% block title %}{% endblock %}</title>")
    folder("web/a.html", '{% extends "web/layout.html" %}{% block title %}{{ name }}{% endblock %}')
    assert Templates(folder.path).render("web/a.html", name="<script>") == "<title>&lt;script&gt;</title>"


def test_files_have_macros_blocks_and_values_remembered(folder):
    folder(
        "a.txt",
        "{% macro row(i) %}{{ i.number }}{% endmacro %}{% set two = 1 * 2 %}{% for k, v in rows.items() %}"
        "{{ k ~ v }}:{{ row(invoice) }}{{ loop.cycle('a', 'b') }}{{ two }} {% endfor %}",
    )
    text = Templates(folder.path).render("a.txt", rows={"x": eur(1), "y": 2}, invoice=LATE)
    assert text == "x1,00\u00a0€:F2026-0113a2 y2:F2026-0113b2 "


def test_a_file_edited_meanwhile_is_read_again(folder):
    folder("a.txt", "one")
    templates = Templates(folder.path)
    assert templates.render("a.txt") == "one"
    folder("a.txt", "two, longer")
    os.utime(folder.path / "a.txt", (1, 1))
    assert templates.render("a.txt") == "two, longer"


@pytest.mark.parametrize("name", ["", "nowhere.txt", "../../etc/passwd", "/etc/passwd", "sheets", "a\0b"])
def test_a_file_that_is_not_a_template_is_not_found(name):
    with pytest.raises((NotFound, Invalid)):
        Templates().render(name)


def test_what_is_wrong_with_a_file_is_told_with_its_name(folder):
    folder("broken.txt", "one\n{% if %}\n")
    folder("outer.txt", "{% include 'broken.txt' %}")
    folder("asks.txt", "{{ nobody }}")
    for name, file, word in (
        ("broken.txt", "broken.txt", "2"),
        ("outer.txt", "broken.txt", "2"),
        ("asks.txt", "asks.txt", "nobody"),
    ):
        with pytest.raises(Invalid) as told:
            Templates(folder.path).render(name)
        assert file in told.value.message
        assert word in told.value.message


# What is told


def test_a_value_that_is_not_given_is_named():
    assert "customer" in refusal("{{ customer.name }}")
    assert "iban" in refusal("{{ invoice.iban }}", invoice=LATE)
    for use in ("{% if nobody %}{% endif %}", "{% for x in nobody %}{% endfor %}", "{{ nobody | length }}",
                "{{ nobody | money }}", "{{ nobody | long }}", "{{ nobody | sms }}", "{{ nobody + 1 }}",
                "{{ nobody | counted('a', 'b') }}", "{{ nobody == 1 }}"):  # fmt: skip  # read as a table: columns side by side
        assert "nobody" in refusal(use)
    assert say("{{ nobody | default('–') }}") == "–"
    assert say("{% if nobody is defined %}x{% endif %}") == ""


def test_a_text_that_cannot_be_read_is_told_with_its_line():
    for source in ("Bonjour\n\n{{ customer.name", "a\nb\n{% if x %}", "a\n\n{% iff x %}"):
        assert "3" in refusal(source)


def test_a_part_of_the_language_that_texts_do_not_have_is_named():
    for source, word in {
        "{{ 'a' * 3 }}": "*",
        "{{ 2 ** 3 }}": "**",
        "{{ a ~ a }}": "~",
        "{% set a = 1 %}": "set",
        "{{ self }}": "self",
        "{{ f() }}": "call",
        "{% include 'x' %}": "include",
        "{% macro m() %}{% endmacro %}": "macro",
        "{{ a | replace('a', 'b') }}": "| replace",
        "{{ a is callable }}": "is callable",
        "{% for x in a recursive %}{% endfor %}": "recursive",
    }.items():
        assert word in refusal("\n" + source, a="a", f=str)


def test_values_of_the_wrong_kind_are_told():
    assert refusal("{{ invoice.open + 1 }}", invoice=LATE)
    assert refusal("{% for x in 3 %}{% endfor %}")
    assert refusal("{{ 'hier' | long }}")
    assert refusal("{{ a + b }}", a=eur(1), b=Money(1, "USD"))


def test_the_values_a_text_asks_for():
    source = (
        "{{ customer.name }} {% for i in invoices %}{{ i.number }} {{ loop.index }}{% endfor %}{% if one %}{% endif %}"
    )
    assert Templates().variables(source) == {"customer", "invoices", "one"}
    assert Templates().variables("{{ range }} {{ namespace }}") == {"range", "namespace"}


def test_a_text_is_checked_against_the_values_that_exist():
    templates = Templates()
    templates.check("{{ customer.name }}", {"customer", "invoice"})
    with pytest.raises(Invalid) as told:
        templates.check("{{ custumer.name }} {{ zone }} {{ invoice.number }}", {"customer", "invoice"})
    assert "custumer, zone" in told.value.message
    assert "customer, invoice" in told.value.next_step
    for source in ("{{ customer", "{{ customer | shout }}", "{% for x in y %}"):
        with pytest.raises(Invalid):
            templates.check(source, {"customer", "y"})


# No text can do harm


@pytest.mark.parametrize(
    "source",
    [
        "{{ invoice.__class__ }}",
        "{{ invoice['__class__'] }}",
        "{{ invoice._secret }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ invoice.__init__.__globals__ }}",
        "{{ invoice | attr('__class__') }}",
        "{{ [invoice] | map(attribute='__class__') | list }}",
        "{{ [invoice] | groupby('__class__') }}",
        "{{ '{0.__class__}'.format(invoice) }}",
        "{{ '{0.__class__}'.format_map(invoice) }}",
        "{{ ('{0.__class__}' | format)(invoice) }}",
        "{{ '%s' | format(invoice.__class__) }}",
        "{{ self.__init__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ loop.__class__ }}",
        "{% for x in [1] %}{{ loop._context }}{% endfor %}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ joiner }}{{ namespace }}{{ lipsum }}",
        "{{ dict.mro() }}",
        "{{ config }}{{ request }}",
        "{{ render.__globals__ }}",
        "{% set x = invoice.__class__ %}{{ x }}",
    ],
)
def test_no_text_and_no_file_reaches_inside(folder, source):
    values = {"invoice": LATE, "render": say}
    assert "internal" not in refusal(source, **values)
    folder("a.txt", source)
    with pytest.raises(Invalid):
        Templates(folder.path).render("a.txt", **values)


LOOPS = "".join(f"{{% for v{n} in digits %}}" for n in range(9)) + "{% endfor %}" * 9


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 10**9 }}",
        "{{ 10**9 * 'a' }}",
        "{{ [1] * 10**9 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ 'a' | center(10**9) }}",
        "{{ 'a'.ljust(10**9) }}",
        "{{ '\t'.expandtabs(10**9) }}",
        "{{ 'a' | indent(10**9) }}",
        "{{ 1.5 | round(10**9) }}",
        "{{ [1] | batch(10**9, 0) | list }}",
        "{{ [1] | slice(10**9) | list }}",
        "{{ [[1]] | tojson(indent=10**9) }}",
        "{{ big | join(big) }}",
        "{{ big | replace('', big) }}",
        "{{ lipsum(n=10**9) }}",
        "{{ (5).to_bytes(10**9) }}",
        "{{ day.strftime('%01000000000d') }}",
        "{% for n in range(10**9) %}{% endfor %}",
        LOOPS,
        "{% for x in many %}{{ big }}{% endfor %}",
        "{% for x in many %}" + "x" * 9_000 + "{% endfor %}",
        "{% for x in many %}{% for y in many %}{% if x == y %}{% endif %}{% endfor %}{% endfor %}",
        "{% for x in many recursive %}{{ loop(many) }}{% endfor %}",
    ],
)
def test_no_text_and_no_file_runs_away(folder, source):
    values = {"big": "ab" * 20_000, "many": range(5_000), "digits": "0123456789", "day": date(2026, 1, 1)}
    refusal(source, **values)
    folder("a.txt", source)
    with pytest.raises(Invalid):
        Templates(folder.path).render("a.txt", **values)


@pytest.mark.parametrize(
    "source",
    [
        "{% set x = 'aaaaaaaa' %}" + "{% set x = x ~ x %}" * 60,
        "{% set x = 'aaaaaaaa' %}" + "{% set x = x + x %}" * 60,
        "{% set x = [1] %}" + "{% set x = x + x %}" * 60,
        "{% set x = [8, 8] | join %}" + "{% set x = [x, x] | join %}" * 60,
        "{% set x = 10 %}" + "{% set x = x * x %}" * 60,
        "{% set x %}aaaaaaaa{% endset %}" + "{% set x %}{{ x }}{{ x }}{% endset %}" * 60,
        "{% macro d(x) %}{{ x }}{{ x }}{% endmacro %}{{ " + "d(" * 60 + "'aaaaaaaa'" + ")" * 60 + " }}",
        "{% macro a() %}{{ a() }}{{ a() }}{% endmacro %}{{ a() }}",
        "{% include 'a.txt' %}",
        "{% extends 'a.txt' %}",
    ],
)
def test_no_file_grows_without_end(folder, source):
    folder("a.txt", source)
    with pytest.raises(Invalid):
        Templates(folder.path).render("a.txt")


@pytest.mark.parametrize(
    "source",
    [
        "{{ " + "(" * 300 + "1" + ")" * 300 + " }}",
        "{{ " + "1+" * 20_000 + "1 }}",
        "{{ x" + ".a" * 5_000 + " }}",
        "{{ " + "not " * 5_000 + "x }}",
        "{{ " + "[" * 2_000 + "]" * 2_000 + " }}",
        "{% if 1 %}" * 500 + "{% endif %}" * 500,
        "{% for a in [1] %}" * 40 + "{% endfor %}" * 40,
        "a" * (MAX_TEXT + 1),
    ],
)
def test_a_text_that_is_nested_too_deeply_is_told(source):
    templates = Templates()
    with pytest.raises(Invalid):
        templates.render_text(source, x={})
    if "for" not in source and "(" not in source:
        with pytest.raises(Invalid):
            templates.check(source, {"x"})


PIECES = st.sampled_from(
    ["{{", "}}", "{%", "%}", "{#", "#}", "(", ")", "[", "]", ",", "'", "1", "*", "+", "-", "~", "=", "==", "|", ".",
     "é", "\n", "if", "endif", "for", "in", "endfor", "else", "not", "is", "defined", "set", "x", "raw", "endraw",
     "block", "macro", "invoice", "number", "length", "join", "long", "money", "__class__"]
)  # fmt: skip  # read as a table: columns side by side


@given(st.lists(PIECES, max_size=25).map(" ".join))
def test_whatever_is_typed_is_either_filled_in_or_told(source):
    with suppress(CrmError):
        assert isinstance(say(source, invoice=LATE, x=[1, 2]), str)


def test_parts_name_what_is_asked_of_each_value():
    source = "{{ customer.name }} {% if invoice.total %}{{ customer.city | default('') }}{% endif %}{{ day }}"
    assert Templates().parts(source) == {("customer", "name"), ("customer", "city"), ("invoice", "total")}
