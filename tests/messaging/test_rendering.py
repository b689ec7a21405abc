"""From a filled-in template to subject, text and HTML: they say the same, and a value never becomes more than a value."""

import re
from collections.abc import Mapping
from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.errors import Invalid, NotFound
from crm.core.i18n import use_language
from crm.core.money import eur
from crm.core.templating import Templates
from crm.messaging.rendering import (
    Block,
    Heading,
    Message,
    mark,
    pairs,
    render,
    render_source,
    stacked,
    table,
    typeset,
    written_by_hand,
)

TEMPLATES = Templates()
TABLE = Block("F-1 : 10 €", table([Heading("Facture"), Heading("Montant", right=True)], [(["F-1"], ["10 €"])]))
HOSTILE = "\x00\x07\x1f\x7f\x85\n\r\t\u2028\u2029\u202e\u2066\ufdd0\ufdd1\ufffe"


def say(source: str, values: Mapping[str, object] | None = None, **blocks: Block) -> Message:
    return render_source(
        TEMPLATES, source, values or {}, {name: lambda block=block: block for name, block in blocks.items()}, "fr"
    )


class Page(HTMLParser):
    """What a browser makes of HTML: the tags, and the words people see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self._hidden = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._hidden = tag in {"style", "title"}
        if tag == "li" and attrs:
            self.words.append(f"{attrs[0][1]}.")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words += data.split()


def same_words(message: Message) -> bool:
    dashes = {"-", "–"}
    return [word for word in Page(message.html).words if word not in dashes] == [
        word for word in message.text.split() if word not in dashes
    ]


# Subject, text, HTML


def test_the_first_line_is_the_subject():
    message = say("Facture {{ number }} : un point\n\nBonjour,\n\nMerci.\n", {"number": "F-1"})
    assert message.subject == "Facture F-1\u00a0: un point"
    assert message.text == "Bonjour,\n\nMerci.\n"
    assert "<p>Bonjour,</p>\n<p>Merci.</p>" in message.html
    assert "<title>Facture F-1\u00a0: un point</title>" in message.html


def test_lines_lists_and_numbers():
    message = say(
        "Objet\n\nTrois issues :\n1. payer\n2. convenir\n3. dire non\n\nAvec :\n- une date\n- un nom\n\nAnne\nDurand"
    )
    assert '<p>Trois issues\u00a0:</p>\n<ol><li value="1">payer</li><li value="2">convenir</li>' in message.html
    assert "<ul><li>une date</li><li>un nom</li></ul>" in message.html
    assert "<p>Anne<br>Durand</p>" in message.html
    assert same_words(message)


def test_a_sentence_that_disappears_leaves_no_hole():
    source = "Objet\n\nUn.\n{% if false %}\nDeux.\n{% endif %}\n\n\n\nTrois.   \n"
    assert say(source).text == "Un.\n\nTrois.\n"


def test_the_language_of_the_page():
    english = render_source(TEMPLATES, "Subject\n\nHello: yes ; no", {}, {}, "en")
    assert '<html lang="en">' in english.html
    assert english.text == "Hello: yes ; no\n"
    assert '<html lang="fr">' in say("Objet\n\nBonjour").html


def test_amounts_and_dates_write_themselves_in_the_language():
    values = {"due": eur("1250.50"), "day": date(2026, 10, 30)}
    source = "Objet\n\n{{ due }} le {{ day }}"
    assert say(source, values).text == "1\u202f250,50\u00a0€ le 30/10/2026\n"
    assert render_source(TEMPLATES, source, values, {}, "en").text == "€1,250.50 le 30 October 2026\n"


def test_an_address_alone_on_its_line_is_a_link_named_by_the_line_before():
    message = say(
        "Objet\n\nPour tout voir.\nOuvrir votre relevé :\n{{ url }}\nMerci.", {"url": "https://r.example/c?a=1&b=2"}
    )
    assert '<a class="button" href="https://r.example/c?a=1&amp;b=2">Ouvrir votre relevé</a>' in message.html
    assert "Ouvrir votre relevé\u00a0:\nhttps://r.example/c?a=1&b=2\n" in message.text
    alone = say("Objet\n\n{{ url }}", {"url": "https://r.example/"})
    assert '<a class="button" href="https://r.example/">https://r.example/</a>' in alone.html


def test_no_other_address_becomes_a_link():
    assert "<a " not in say("Objet\n\njavascript:alert(1)\nVoir https://r.example ici").html


# Blocks


def test_a_block_is_a_sentence_in_the_text_and_a_table_in_the_html():
    message = say("Objet\n\nVoici :\n\n{{ invoice_table }}\n\nMerci.", invoice_table=TABLE)
    assert message.text == "Voici\u00a0:\n\nF-1 : 10 €\n\nMerci.\n"
    assert '<th scope="col" class="right" align="right">Montant</th>' in message.html
    assert '<th scope="row">F-1</th><td class="right" align="right">10 €</td>' in message.html


def test_a_block_within_a_paragraph_or_a_line_stands_by_itself():
    message = say("Objet\n\nVoir {{ sign }} merci,\n{{ sign }}", sign=Block("Anne", "<p>Anne</p>"))
    assert message.text == "Voir\nAnne\nmerci,\nAnne\n"
    assert "<p>Voir</p>\n<p>Anne</p>\n<p>merci,</p>\n<p>Anne</p>" in message.html


def test_a_block_with_nothing_to_show_leaves_nothing():
    assert say("Objet\n\nUn.\n\n{{ gone }}\n\nDeux.", gone=Block("", "<p></p>")).text == "Un.\n\nDeux.\n"


def test_only_the_blocks_asked_for_are_made():
    def never() -> Block:
        raise AssertionError("made for nothing")

    assert render_source(TEMPLATES, "Objet\n\nBonjour", {}, {"table": never}, "fr").text == "Bonjour\n"


def test_a_block_below_another_value():
    message = render_source(
        TEMPLATES,
        "Objet\n\n{{ notice.recipient }}",
        {"notice": {"recipient": mark("notice.recipient")}},
        {"notice.recipient": lambda: Block("Dubois\nRennes", stacked(["Dubois", "Rennes"], style="recipient"))},
        "fr",
    )
    assert message.text == "Dubois\nRennes\n"


def test_a_subject_holds_no_block():
    with pytest.raises(Invalid, match=r"one line of text|une seule ligne"):
        say("Objet {{ sign }}\n\nBonjour", sign=Block("Anne", "<p>Anne</p>"))


def test_tables_facts_and_addresses_are_escaped():
    html = (
        table([Heading("<b>")], [(["<i>", "<u>"],)], ("<s>", "<q>"))
        + pairs("<b>", [("<i>", "<u>")], "<s>")
        + stacked(["<b>"], style="x")
    )
    assert not {"b", "i", "u", "s", "q"} & set(Page(html).tags)


# What is refused


@pytest.mark.parametrize("sign", HOSTILE)
def test_a_value_with_a_line_break_or_a_control_character_is_refused(sign):
    with pytest.raises(Invalid) as told:
        say("Objet {{ customer.name }}\n\nBonjour", {"customer": {"name": f"Dubois{sign}Bcc: x@y"}})
    assert "customer.name" in told.value.message
    assert sign not in told.value.message
    assert told.value.next_step


@pytest.mark.parametrize("values", [{"lines": [{"n": "a\nb"}]}, {"lines": ("a\nb",)}, {"a": {"b": {"c": "a\rb"}}}])
def test_also_deep_within_the_values(values):
    with pytest.raises(Invalid):
        say("Objet\n\nBonjour", values)


@pytest.mark.parametrize(
    "source", ["", "\n", "Objet", "Objet\n\n  \n", "\n\nBonjour", "{% if false %}Objet{% endif %}\n\nBonjour"]
)
def test_a_message_has_a_subject_and_a_text(source):
    with pytest.raises(Invalid):
        say(source)


def test_a_template_that_breaks_is_told():
    with pytest.raises(Invalid, match="nom"):
        say("Objet\n\n{{ customer.nom }}", {"customer": {"name": "Dubois"}})
    with pytest.raises(Invalid):
        say("Objet\n\n{% if %}")
    with pytest.raises(NotFound):
        render(TEMPLATES, "messages/no_such.fr.txt", {}, {}, "fr")


@given(name=st.text(min_size=1, max_size=40))
def test_whatever_a_name_is_it_stays_a_name(name):
    use_language("fr")
    source = "Dossier {{ name }} !\n\nBonjour {{ name }},\n\nVotre dossier {{ name }}.\n\n{{ sign }}"
    block = Block(f"Nom\n{name}", stacked(["Nom", name], style="signature"))
    try:
        message = say(source, {"name": name}, sign=block)
    except Invalid:
        assert re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]", name)
        return
    assert "\n" not in message.subject
    assert Page(message.html).tags == Page(say(source, {"name": "Dubois"}, sign=Block("x", "<p>x<br>y</p>")).html).tags
    assert same_words(message)


# A person's own words


def test_own_words_replace_the_text():
    message = written_by_hand(TEMPLATES, "Facture F-1", "Bonjour,\r\n\r\nUn <mot> {{ x }} :\r\n1. a\r\n2. b\r\n", "fr")
    assert message.subject == "Facture F-1"
    assert message.text == "Bonjour,\n\nUn <mot> {{ x }} :\n1. a\n2. b\n"
    assert "Un &lt;mot&gt; {{ x }}" in message.html
    assert same_words(message)


@pytest.mark.parametrize(
    ("subject", "text"), [("", "a"), ("a", "  "), ("a\nb", "c"), ("a", "b\x00c"), ("a", "b\u202ec")]
)
def test_own_words_are_words(subject, text):
    with pytest.raises(Invalid):
        written_by_hand(TEMPLATES, subject, text, "fr")


# The page


def test_the_page_asks_for_nothing_from_outside():
    page = say("Objet\n\nBonjour").html
    assert not {"img", "script", "link", "iframe", "object", "form"} & set(Page(page).tags)
    assert not re.search(r"https?:|url\(|@import|src=", page)


def test_the_page_fits_a_phone_and_a_dark_screen():
    page = say("Objet\n\nBonjour").html
    assert "width=device-width" in page
    assert "prefers-color-scheme: dark" in page
    assert "16px" in page


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True])
def test_every_colour_of_words_can_be_read_on_every_ground(dark):
    style = say("Objet\n\nBonjour").html.partition("<style>")[2].partition("</style>")[0]
    light, _at, night = style.partition("@media (prefers-color-scheme: dark)")
    rules = night if dark else light
    button = re.search(r"\.button \{[^}]*\}", rules).group()
    grounds = re.findall(r"background: (#\w{6})", rules.replace(button, ""))
    inks = re.findall(r"(?<![-\w])color: (#\w{6})", rules.replace(button, ""))
    told = [(ink, ground) for ink in inks for ground in grounds]
    told.append(
        (re.search(r"(?<![-\w])color: (#\w{6})", button).group(1), re.search(r"background: (#\w{6})", button).group(1))
    )
    for ink, ground in told:
        lighter, darker = sorted((luminance(ink), luminance(ground)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (ink, ground)


# French typography


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("Quoi ; qui ! où ?", "Quoi\u202f; qui\u202f! où\u202f?"),
        ("Ceci : « cela »", "Ceci\u00a0: «\u00a0cela\u00a0»"),
        ("12 % de 40 €", "12\u202f% de 40\u00a0€"),
        ("n° 4", "n°\u00a04"),
        ("articles L. 441-10 et D. 441-5", "articles\u00a0L.\u00a0441-10 et D.\u00a0441-5"),
        ("Quoi\u00a0?", "Quoi\u202f?"),
    ],
)
def test_spaces_that_do_not_break(typed, set_):
    use_language("fr")
    assert typeset(typed) == set_
    assert typeset(set_) == set_
    use_language("en")
    assert typeset(typed) == typed
