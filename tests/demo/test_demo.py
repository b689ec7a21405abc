"""The example company is lived by the product's own actions, is alive this morning, and nothing of it can leave."""

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from build import LEA, TODAY, a_customer

from crm.bootstrap import Crm
from crm.core.basics import ListProposals, Undo, VerifyJournal
from crm.core.consent import Actor, ActorKind
from crm.core.errors import Refused
from crm.core.settings import Settings
from crm.demo import Size, database_file, make, prepare
from crm.followup.actions.dunning import PreviewDunning, RunDunning
from crm.followup.gate import Verdict
from crm.ledger.actions.doubtful import ListDoubtful
from crm.messaging.actions import ListMessages
from crm.messaging.dispatcher import dispatch_once
from crm.portfolio.actions import ListTasks
from crm.receivables.actions import ListDisputes, ListPaymentPlans, ListPromises
from crm.receivables.actions.bank import ListBankLines

SMALL = Size(customers=70, invoices=1_100, weeks=40)
"""Large enough for everything that happens to happen."""
TINY = Size(customers=14, invoices=70, weeks=9)
VISITOR = Actor(ActorKind.PERSON, "Visitor")


def told_settings(folder: Path, **more: Any) -> Settings:
    return Settings(data_folder=folder, **more)


def opened(settings: Settings, today: str = "2026-11-24") -> Crm:
    return Crm.open(settings.model_copy(update={"database_url": f"sqlite:///{database_file(settings)}"}), today=today)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The example, smaller than it is shown, made once."""
    settings = told_settings(tmp_path_factory.mktemp("demo"))
    prepare(settings, today=TODAY.isoformat(), size=SMALL)
    return settings


@pytest.fixture
def demo(made: Settings) -> Iterator[Crm]:
    """The example, opened to be looked at."""
    crm = opened(made)
    yield crm
    crm.close()


def rows_of(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Everything a database holds, but for the marks of who had a message in hand: they are drawn."""
    kept = sqlite3.connect(file)
    tables = [name for (name,) in kept.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
    found = {}
    for table in tables:
        columns = [row[1] for row in kept.execute(f"PRAGMA table_info({table})") if row[1] != "claimed_by"]
        quoted = ", ".join(f'"{column}"' for column in columns)
        found[table] = sorted(kept.execute(f"SELECT {quoted} FROM {table}").fetchall(), key=repr)
    kept.close()
    return found


def test_two_loads_of_a_day_are_alike(tmp_path):
    for name in ("first", "second"):
        prepare(told_settings(tmp_path / name), today="2026-11-24", size=TINY)
    assert rows_of(tmp_path / "first" / "demo.db") == rows_of(tmp_path / "second" / "demo.db")


@pytest.mark.parametrize("today", ["2026-11-22", "2027-01-01", "2028-02-29", "2026-05-14"])
def test_it_can_be_opened_on_any_day(tmp_path, today):
    settings = told_settings(tmp_path)
    prepare(settings, today=today, size=TINY)
    crm = opened(settings, today)
    assert crm.runner.read(PreviewDunning(no_text=True), VISITOR).day == date.fromisoformat(today)
    crm.close()


def test_every_act_is_in_the_journal_by_its_door(demo):
    assert demo.runner.read(VerifyJournal(), VISITOR).as_json()["holds"]
    kept = sqlite3.connect(database_file(demo.settings))
    doors = Counter(dict(kept.execute("SELECT door, count(*) FROM journal_entry GROUP BY 1")))
    days = kept.execute("SELECT min(day), max(day), max(at) FROM journal_entry").fetchone()
    kept.close()
    assert doors.keys() == {"demo"}
    assert days[1] == "2026-11-24"
    assert days[2] < "2026-11-24 10:00", "nothing has happened after the morning"


def test_reminders_of_this_morning_are_ready_asked_and_held_for_many_reasons(demo):
    report = demo.runner.read(PreviewDunning(no_text=True), VISITOR)
    assert {line.verdict for line in report.lines} == set(Verdict)
    reasons = {reason.split("\u00a0:")[0].split(" ")[0] for line in report.lines for reason in line.reasons}
    assert len(reasons) >= 4
    assert report.rehearsed == frozenset(), "e-mail and registered letters are live"


def test_the_outbox_has_seen_trouble(demo):
    states = Counter(line.state for line in demo.runner.read(ListMessages(), VISITOR).lines)
    assert states["sent"] > 300
    assert {"uncertain", "retry", "failed", "cancelled"} <= states.keys()
    kept = sqlite3.connect(database_file(demo.settings))
    assert kept.execute("SELECT count(*) FROM dead_address").fetchone()[0] >= 1
    kept.close()


def test_words_were_kept_and_broken_and_some_are_due_today(demo):
    lines = demo.runner.read(ListPromises(), VISITOR).lines
    assert {line.status.value for line in lines} >= {"kept", "partly_kept", "broken", "pending"}
    assert any(line.word.by == TODAY for line in lines)


def test_a_payment_plan_was_respected_one_was_not_and_one_is_under_way(demo):
    lines = demo.runner.read(ListPaymentPlans(), VISITOR).lines
    assert sorted(line.status.value for line in lines) == ["active", "broken", "kept"]
    assert all(line.signed for line in lines)


def test_objections_have_somebody_who_sees_to_them_a_day_and_an_end(demo):
    disputes = demo.runner.read(ListDisputes(), VISITOR).as_json()["disputes"]
    assert all(one["owner"] and one["deadline"] for one in disputes)
    assert "Claire Rolland" in {one["owner_name"] for one in disputes}
    assert {one["outcome"] for one in disputes} == {None, "accepted", "partial", "rejected"}
    assert any(one["credit_expected"] for one in disputes)
    assert any(one["late"] for one in disputes)


def test_what_the_failed_house_owes_is_doubted_and_set_aside(demo):
    lines = demo.runner.read(ListDoubtful(), VISITOR).lines
    assert lines
    assert all(0 < line.worth.set_aside < line.worth.gross for line in lines)


def test_disputes_proposals_and_letters_wait(demo):
    assert demo.runner.read(ListDisputes(status="open"), VISITOR).lines
    proposed = Counter(row.action for row in demo.runner.read(ListProposals(), VISITOR).rows)
    assert proposed["run_dunning"] >= 1
    assert {"record_promise", "open_dispute", "update_contact", "pause_dunning"} <= proposed.keys()
    assert demo.runner.read(ListTasks(), VISITOR).as_json()["tasks"], "formal notices to be posted"


def test_the_bank_is_read_up_to_yesterday_and_most_of_it_is_matched(demo):
    lines = demo.runner.read(ListBankLines(), VISITOR)
    assert lines.as_json()["accounts"][0]["known_until"] == "2026-11-23"
    assert not lines.as_json()["accounts"][0]["stale"]
    counts = lines.as_json()["counts"]
    assert counts["matched"] > 10 * counts["to_decide"]
    assert counts["aside"] >= 5, "salaries, suppliers, the tax office, the bank itself"


def test_what_no_rule_can_settle_waits_for_a_person(demo):
    lines = demo.runner.read(ListBankLines(), VISITOR).as_json()["lines"]
    labels = " ".join(line["label"] for line in lines)
    assert 3 <= len(lines) <= 9
    assert "CHEQUE" in labels
    assert "PATRIMOINE" in labels
    assert "duplicate" in {one["rule"] for line in lines for one in line["candidates"]}
    assert any(not line["candidates"] for line in lines), "a cheque of which nobody knows whose it is"


def test_mistakes_were_taken_back(demo):
    kept = sqlite3.connect(database_file(demo.settings))
    undone = {
        name for (name,) in kept.execute("SELECT b.action FROM journal_entry a JOIN journal_entry b ON a.undoes = b.id")
    }
    kept.close()
    assert "record_promise" in undone


def test_nothing_can_leave(made, tmp_path):
    """Even where a mail server is set up: the messages go nowhere, and say so."""
    shutil.copy(database_file(made), tmp_path / "demo.db")
    crm = opened(told_settings(tmp_path, smtp_host="127.0.0.1", smtp_port=9, mail_from="a@firm.example"))
    crm.runner.run(RunDunning(no_text=True), VISITOR)
    counts = dispatch_once(crm)
    assert counts.sent + counts.held > 0
    assert counts.failed == 0, "no server was asked: none listens at that port"
    latest = crm.runner.read(ListMessages(state="sent", limit=1), VISITOR).lines[0]
    assert "handed to nobody" in latest.reason or "remis à personne" in latest.reason
    with pytest.raises(Refused):
        crm.runner.run(Undo(), VISITOR)
    crm.close()


def test_it_is_made_once_and_anew_when_asked(tmp_path):
    settings = told_settings(tmp_path)
    prepare(settings, today="2026-11-24", size=TINY)
    first = rows_of(database_file(settings))
    prepare(settings, today="2027-03-01", size=TINY)
    assert rows_of(database_file(settings)) == first
    prepare(settings, today="2027-03-01", size=TINY, anew=True)
    assert rows_of(database_file(settings)) != first
    assert sorted(file.name for file in tmp_path.iterdir() if file.is_file()) == ["demo.db"]


def test_stopping_half_way_leaves_nothing_behind(tmp_path):
    settings = told_settings(tmp_path)

    def stop(_day: date, done: int, _total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(settings, today="2026-11-24", size=TINY, tell=stop)
    assert not database_file(settings).exists()
    prepare(settings, today="2026-11-24", size=TINY)
    assert database_file(settings).exists()


def test_a_database_of_ones_own_is_left_alone(crm):
    a_customer(crm)
    with pytest.raises(Refused):
        make(crm, size=TINY)
    assert crm.runner.read(ListMessages(), LEA).lines == []


def test_it_is_made_on_any_server(crm):
    assert make(crm, size=TINY) >= TINY.invoices
