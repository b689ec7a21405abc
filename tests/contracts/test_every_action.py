"""What holds for every action, those not yet born included."""

import json
from collections.abc import Iterator
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

import click
import pytest
from build import LEA, VISITOR, dump
from examples import EXAMPLES, a_company, answers
from shells import call

from crm.bootstrap import Crm, documentation, registry
from crm.cli.app import make_cli
from crm.core.actions import Action, Effect
from crm.core.basics import Undo
from crm.core.errors import NotAllowed, Refused
from crm.core.i18n import use_language
from crm.core.runner import Done
from crm.core.sheets import Answer, Cell, bare
from crm.core.spool import Upload
from crm.messaging.actions import ReviveAddress

KINDS = list(registry())
SHOWN = [kind for kind in KINDS if kind.action_name() in EXAMPLES]
READS = [kind for kind in SHOWN if kind.effect is Effect.READ]
WRITES = [kind for kind in SHOWN if kind.effect is not Effect.READ]
STAYS = {Undo, ReviveAddress}
"""Acts that cannot be taken back: each says why."""
DOCUMENT = Path(__file__).parents[2] / "docs" / "actions.md"


def named(kinds: list[type[Action[Any]]]) -> Any:
    return pytest.mark.parametrize("kind", kinds, ids=lambda kind: kind.action_name())


@pytest.fixture(scope="module")
def company(new_house) -> Iterator[Crm]:
    """The company of the examples. No test alters it."""
    with new_house() as crm:
        yield a_company(crm)


def example(kind: type[Action[Any]], crm: Crm) -> Action[Any]:
    """The action's example."""
    action = EXAMPLES[kind.action_name()](crm)
    assert type(action) is kind
    return action


# What it says of itself


@named(KINDS)
def test_it_says_what_it_does(kind):
    first = (kind.__doc__ or "").partition("\n")[0]
    assert first.endswith((".", "…")), "one sentence"
    assert len(first) <= 120
    assert kind.perform.__doc__, "what performing does, and when it refuses"
    assert kind.effect in Effect


@named(KINDS)
def test_every_field_says_what_it_is(kind):
    for name, field in kind.model_fields.items():
        assert field.description, name
        assert not field.description.endswith("."), f"{name}: a phrase, not a sentence"


@named(KINDS)
def test_other_names_of_fields_lead_to_fields(kind):
    for slot, field in kind.aliases.items():
        assert field in kind.model_fields
        assert slot not in kind.model_fields, "a field's own name is never another one's"


def test_every_action_has_an_example():
    missing = [kind.action_name() for kind in KINDS if kind not in SHOWN]
    assert missing == [], "a line each in tests/contracts/examples.py"


def test_no_two_actions_have_one_name():
    names = [kind.action_name() for kind in KINDS]
    assert len(names) == len(set(names))


def test_the_list_of_actions_is_current():
    told = "\n".join(documentation()) + "\n"
    assert DOCUMENT.read_text("utf-8") == told, "make docs writes it anew"


# What it is as a value


@named(SHOWN)
def test_it_comes_back_from_json_as_it_was(kind, company):
    action = example(kind, company)
    assert kind.model_validate_json(action.model_dump_json()) == action
    assert kind.model_validate(action.model_dump(mode="json")) == action


@named(SHOWN)
def test_it_is_not_open_to_customers(kind, company):
    action = example(kind, company)
    with pytest.raises(NotAllowed):
        company.runner.preview(action, VISITOR)
    with pytest.raises(NotAllowed):
        company.runner.run(action, VISITOR)


# What it does


@named(READS)
def test_a_read_changes_nothing_and_answers_the_same_twice(kind, company):
    before = dump(company)
    action = example(kind, company)
    first, second = (company.runner.read(action, LEA).as_json() for _turn in range(2))
    for told in (first, second):
        told.pop("seconds", None)  # what a clock says
    assert first == second
    assert dump(company) == before


@named(SHOWN)
def test_a_preview_leaves_the_records_as_they_were(kind, company):
    before = dump(company)
    preview = company.runner.preview(example(kind, company), LEA)
    assert (len(preview.changes) == 0) == (kind.effect is Effect.READ), "the example of a write alters something"
    assert dump(company) == before


@named(SHOWN)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_its_answer_is_json_and_a_sheet(kind, language, company):
    use_language(language)
    answer = company.runner.preview(example(kind, company), LEA).result
    assert isinstance(answer, Answer)
    told = json.loads(json.dumps(answer.as_json(), allow_nan=False))
    assert isinstance(told, dict)
    assert not list(_floats(told)), "amounts are decimal strings"
    sheet = answer.as_sheet()
    width = len(sheet.columns)
    assert sheet.title
    assert all(len(row) == width for row in (*sheet.rows, *sheet.totals))
    assert len({column.key for column in sheet.columns}) == width


SHARES = {
    "certainty", "precision", "recall", "exact_payments", "proposed_recall",
    "auc", "average_precision", "brier", "late_rate", "mean_score", "observed",
    "probability_late", "probability_very_late",
}  # fmt: skip  # read as a table: columns side by side
"""What the contract gives as a share from 0 to 1: numbers that are no money."""
MEASURES = {
    *("parameters", "log_likelihood", "weeks", "expected", "spend"),
    *("mean_absolute_error", "root_mean_square_error", "baseline_mean_absolute_error"),
    *("effect", "mae_days", "seconds", "losses", "slope", "shift", "strength", "half_life_days", "deviations"),
}
"""Points, days or seconds of the contract, and figures of fitted models: numbers that are no money either."""


def _floats(value: Any) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    if isinstance(value, dict):
        shares = [inner for name, inner in value.items() if name in SHARES and inner is not None]
        assert all(0 <= share <= 1 for share in shares)
        value = [
            inner
            for name, inner in value.items()
            if name not in SHARES | MEASURES and not (name == "baseline" and isinstance(inner, float))
        ]
    for inner in value if isinstance(value, list) else ():
        yield from _floats(inner)


@named(READS)
def test_what_a_figure_opens_to_can_be_read(kind, company):
    sheet = company.runner.read(example(kind, company), LEA).as_sheet()
    for row in (*sheet.rows, *sheet.totals):
        for cell in row:
            if isinstance(cell, Cell):
                opened = company.runner.read(cell.opens, LEA)
                assert opened.as_sheet().columns, bare(cell)


@named(WRITES)
def test_a_commit_is_its_preview_and_undo_puts_every_answer_back(kind, crm):
    a_company(crm)
    before = answers(crm)
    preview = crm.runner.preview(example(kind, crm), LEA)
    assert crm.runner.preview(example(kind, crm), LEA).seal == preview.seal
    done = crm.runner.commit(preview, LEA)
    assert done.changes.summary() == preview.changes.summary()
    assert done.result.as_json().keys() == preview.result.as_json().keys()
    assert done.entry_id is not None
    taken_back(crm, done, before)


def taken_back(crm: Crm, done: Done[Any], before: dict[str, Any]) -> None:
    """Every answer is as before the act; or the act stays, and the reason is told."""
    assert done.entry_id is not None
    if type(done.action) in STAYS:
        standing = dump(crm)
        with pytest.raises(Refused) as told:
            crm.runner.run(Undo(entry=done.entry_id), LEA)
        assert told.value.message
        assert dump(crm) == standing
    else:
        crm.runner.run(Undo(entry=done.entry_id), LEA)
        after = answers(crm)
        assert {name: after[name] for name in before if after[name] != before[name]} == {}


# How it is asked for on the command line


@named(KINDS)
def test_it_is_a_command_with_the_same_fields(kind):
    command = commands().get_command(click.Context(commands()), kind.action_command())
    assert command is not None
    taken = {option for param in command.params if isinstance(param, click.Option) for option in param.opts}
    for name in (*kind.model_fields, *kind.aliases):
        assert f"--{name.replace('_', '-')}" in taken
    assert {"--json", "--yes", "--today", "--database"} <= taken
    assert ("--seal" in taken) == (kind.effect is not Effect.READ)
    assert all(param.help for param in command.params if isinstance(param, click.Option))


def commands() -> click.Group:
    return make_cli()


@named([kind for kind in SHOWN if Upload not in {field.annotation for field in kind.model_fields.values()}])
def test_the_command_says_what_the_action_says(kind, company, monkeypatch):
    monkeypatch.setenv("CRM_DATABASE_URL", company.settings.database_url)
    monkeypatch.setenv("CRM_DATA_FOLDER", str(company.settings.data_folder))
    monkeypatch.setenv("CRM_LANGUAGE", "en")
    action = example(kind, company)
    actor = company.actor
    told = call(kind.action_command(), *typed(action), "--today", "2026-11-24", *_out(kind, company))
    assert told.code == 0, told
    if kind.action_name() == "export_data":
        assert told.json["rows"] == company.runner.read(action, actor).as_json()["rows"]
    elif kind.effect is Effect.READ:
        assert told.json == json.loads(json.dumps(company.runner.read(action, actor).as_json()))
    else:
        preview = company.runner.preview(action, actor)
        assert told.json["seal"] == preview.seal
        shown = {**preview.result.as_json(), "changes": preview.changes.summary()}
        assert without_keys(told.json["preview"]) == without_keys(json.loads(json.dumps(shown)))


def without_keys(value: Any) -> Any:
    """An answer without the keys of rows not yet kept: PostgreSQL gives each preview others."""
    if isinstance(value, dict):
        return {name: without_keys(inner) for name, inner in value.items() if name != "id"}
    return [without_keys(inner) for inner in value] if isinstance(value, list) else value


def _out(kind: type[Action[Any]], crm: Crm) -> list[str]:
    out = ["--out", str(crm.settings.data_folder / "out.csv")] if kind.action_name() == "export_data" else []
    return [*out, "--json"]


def typed(action: Action[Any]) -> list[str]:
    """An action as it is typed."""
    words: list[str] = []
    for name in action.model_fields_set:
        value = getattr(action, name)
        for one in value.items() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,):
            words += [f"--{name.replace('_', '-')}", _word(one)]
    return words


def _word(value: Any) -> str:
    if isinstance(value, tuple):
        return "=".join(map(str, value))
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value)
