"""Help and wrong usage, in the words of who asks."""

import re
import sys
from importlib import import_module

import pytest
from shells import call

import crm.cli
from crm.bootstrap import registry
from crm.cli.contents import contents
from crm.core.errors import cause
from crm.core.figures import decimal_shown, percent_shown
from crm.core.i18n import labelled, use_language


@pytest.fixture
def french(monkeypatch):
    """A shell that speaks French: its commands are made anew, as in a new process."""
    monkeypatch.setenv("CRM_LANGUAGE", "fr")
    for name in ("files", "sending", "system", "screens"):
        # There before, so that what other tests use is put back.
        import_module(f"crm.cli.{name}")
        monkeypatch.delitem(sys.modules, f"crm.cli.{name}", raising=False)
        monkeypatch.delattr(crm.cli, name, raising=False)


@pytest.mark.usefixtures("french")
class TestInFrench:
    def test_help_speaks_french_throughout(self):
        told = call("--help")
        assert told.code == 0
        assert "Usage\u00a0: crm [OPTIONS] [COMMANDE] …" in told.out
        assert "Options\u00a0:" in told.out
        assert "Montrer cette aide." in told.out
        assert not {"Show", "this", "and", "exit", "the", "Usage:", "Options:", "Commands:"} & set(told.out.split())

    def test_every_command_is_there_under_its_room(self):
        listed = call("--help").out
        assert all(f"  {kind.action_command()} " in listed for kind in registry())
        assert "Créances clients\u00a0:" in listed

    def test_help_of_a_command_names_its_values_in_french(self):
        told = call("update-customer", "--help").out
        assert "--credit-limit MONTANT" in told
        assert "--discreet oui|non" in told
        assert "Usage\u00a0: crm update-customer [OPTIONS] [CUSTOMER]" in told

    @pytest.mark.parametrize(
        ("words", "told", "where"),
        [
            (["aged-balance", "--nope"], "✗ Il n’y a pas d’option --nope.", "crm aged-balance --help"),
            (["aged-balance", "--customer"], "✗ L’option --customer attend une valeur.", "crm aged-balance --help"),
            (["show-customer"], "✗ Il manque\u00a0: --customer.", "crm show-customer --help"),
            (["doctor", "x"], "✗ En trop\u00a0: x", "crm doctor --help"),
            (["db", "nope"], "✗ Il n’y a pas de commande nope.", "crm db --help"),
            (["aged"], "✗ Il n’y a pas de commande «\u00a0aged\u00a0». Peut-être\u00a0: aged-balance.", "crm --help"),
            (
                ["balence"],
                "✗ Il n’y a pas de commande «\u00a0balence\u00a0». Peut-être\u00a0: aged-balance.",
                "crm --help",
            ),
        ],
    )
    def test_wrong_usage_is_told_with_where_its_help_is(self, words, told, where):
        answer = call(*words)
        assert answer.code == 2
        assert answer.err.splitlines() == [told, f"  «\u00a0{where}\u00a0» explique comment s’en servir."]

    def test_a_group_alone_shows_its_help(self):
        told = call("db")
        assert told.code == 2
        assert "Mettre la base à jour, après une sauvegarde." in told.err

    def test_lateness_and_shares_as_on_screen(self):
        assert decimal_shown("60.21") == "60,21"
        assert percent_shown("24.50") == "24,50\u00a0%"
        assert labelled("Reste", 12) == "Reste\u00a0: 12"

    def test_why_a_file_cannot_be_written(self):
        assert cause(FileNotFoundError(2, "No such file or directory")) == "fichier ou dossier introuvable"
        assert cause(OSError(1234, "Strange")) == "Strange"


def test_english_is_what_the_code_says(monkeypatch):
    monkeypatch.setenv("CRM_LANGUAGE", "en")
    told = call("aged-balance", "--help").out
    assert "Usage: crm aged-balance [OPTIONS]" in told
    assert "Show this message and exit." in told
    assert call("aged-balance", "--nope").err.startswith("✗ No such option '--nope'.\n")
    use_language("en")
    assert (percent_shown("24.50"), labelled("Open", 12)) == ("24.50%", "Open: 12")


def test_wrong_usage_is_json_where_json_is_asked_for():
    told = call("aged-balance", "--json", "--nope")
    assert told.code == 2
    assert told.json["error"]["family"] == "Usage"


@pytest.mark.parametrize(("said", "kept"), [("oui", True), ("non", False), ("yes", True), ("no", False)])
def test_yes_and_no_are_said_in_both_languages(shell, said, kept):
    assert shell("create-customer", "C-1", "Dupont", "--yes").code == 0
    told = shell("update-customer", "C-1", "--discreet", said, "--yes", "--json")
    assert told.json["discreet"] is kept


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize("name", [name for commands in contents().values() for name in commands])
def test_every_help_has_its_headings_in_french(name):
    told = call(name, "--help")
    assert told.code == 0
    assert "Options\u00a0:" in told.out
    assert not re.search(r"\b(TEXT|PATH|INTEGER|Options:|Commands:|Usage:)(\s|$)", told.out)


def test_the_contents_are_written_in_english():
    titles = list(contents())
    assert titles[0] == "Files, undo, journal"
    assert titles[-1] == "Installation"
