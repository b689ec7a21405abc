"""Days as people say them: every convention of the catalogue, in French and in English, whatever day it is."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.language.dates import Said, find_dates

TODAY = date(2026, 11, 24)  # a Tuesday
DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def only(text: str) -> Said:
    found = find_dates(text)
    assert len(found) == 1, [text[said.start : said.end] for said in found]
    return found[0]


def day(text: str, today: date = TODAY, *, past: bool = False) -> str:
    return only(text).day(today, past=past).isoformat()


def period(text: str, today: date = TODAY, *, past: bool = False) -> str:
    first, last = only(text).period(today, past=past)
    return f"{first}/{last}"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("vendredi", "2026-11-27"), ("vendredi prochain", "2026-11-27"), ("mardi", "2026-12-01"),
        ("vendredi en huit", "2026-12-04"), ("vendredi en quinze", "2026-12-11"), ("lundi en 8", "2026-12-07"),
        ("vendredi de la semaine prochaine", "2026-12-04"), ("vendredi sem pro", "2026-12-04"),
        ("vendredi de cette semaine", "2026-11-27"), ("le 15", "2026-12-15"), ("le quinze", "2026-12-15"),
        ("fin de mois", "2026-11-30"), ("fin de semaine", "2026-11-27"), ("mi-décembre", "2026-12-15"),
        ("début janvier", "2027-01-01"), ("fin janvier", "2027-01-31"), ("dans 10 jours", "2026-12-04"),
        ("dans une semaine", "2026-12-01"), ("dans un mois", "2026-12-24"), ("sous huitaine", "2026-12-02"),
        ("sous quinzaine", "2026-12-09"), ("sous 48h", "2026-11-26"), ("pendant 10 jours", "2026-12-04"),
        ("la semaine prochaine", "2026-11-30"), ("d’ici la fin du mois", "2026-11-30"), ("d'ici vendredi", "2026-11-27"),
        ("avant le 10", "2026-12-10"), ("jusqu'au 10", "2026-12-10"), ("au plus tard vendredi", "2026-11-27"),
        ("à partir du 5", "2026-12-05"), ("dès lundi", "2026-11-30"), ("demain", "2026-11-25"),
        ("après-demain", "2026-11-26"), ("avant-hier", "2026-11-22"), ("hier", "2026-11-23"),
        ("il y a 3 jours", "2026-11-21"), ("il y a deux mois", "2026-09-24"), ("lundi dernier", "2026-11-23"),
        ("fin du mois prochain", "2026-12-31"), ("le 5 du mois prochain", "2026-12-05"), ("mardi 15 décembre", "2026-12-15"),
        ("15/12", "2026-12-15"), ("15/12/2026", "2026-12-15"), ("15.12.26", "2026-12-15"), ("2026-12-15", "2026-12-15"),
        ("1er janvier", "2027-01-01"), ("le premier janvier", "2027-01-01"), ("27 nov", "2026-11-27"),
        ("ven. 27 nov.", "2026-11-27"), ("à Noël", "2026-12-25"), ("lundi de Pâques", "2027-03-29"),
        ("29 février", "2028-02-29"), ("fin d'année", "2026-12-31"), ("fin T4", "2026-12-31"),
        ("dans 5 jours ouvrés", "2026-12-01"), ("dans la quinzaine", "2026-12-09"), ("2m1", "2026-11-25"), ("ajd", "2026-11-24"),
        ("next friday", "2026-11-27"), ("a week on friday", "2026-12-04"), ("friday next week", "2026-12-04"),
        ("the 15th", "2026-12-15"), ("December 15th", "2026-12-15"), ("15 December 2026", "2026-12-15"),
        ("end of next month", "2026-12-31"), ("by end of week", "2026-11-27"), ("within two weeks", "2026-12-08"),
        ("for 10 days", "2026-12-04"), ("in a fortnight", "2026-12-08"), ("mid-December", "2026-12-15"),
        ("early January", "2027-01-01"), ("3 weeks ago", "2026-11-03"), ("the day after tomorrow", "2026-11-26"),
        ("in 3 working days", "2026-11-27"),
    ],
)  # fmt: skip  # read as a table: columns side by side
def test_a_day_to_come(said: str, expected: str) -> None:
    assert day(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("le 15", "2026-11-15"), ("mardi", "2026-11-17"), ("lundi", "2026-11-23"), ("le 24", "2026-11-24"),
        ("31 octobre", "2026-10-31"), ("15 décembre", "2025-12-15"), ("31/10", "2026-10-31"), ("the 3rd", "2026-11-03"),
    ],
)  # fmt: skip  # read as a table: columns side by side
def test_the_same_words_for_an_act_that_is_past(said: str, expected: str) -> None:
    assert day(said, past=True) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("la semaine prochaine", "2026-11-30/2026-12-06"), ("depuis lundi", "2026-11-23/2026-11-24"),
        ("d'ici la fin du mois", "2026-11-24/2026-11-30"), ("ce mois-ci", "2026-11-01/2026-11-30"),
        ("T3", "2026-07-01/2026-09-30"), ("troisième trimestre 2025", "2025-07-01/2025-09-30"),
        ("octobre", "2026-10-01/2026-10-31"), ("octobre 2025", "2025-10-01/2025-10-31"),
        ("décembre", "2025-12-01/2025-12-31"), ("les 30 derniers jours", "2026-10-25/2026-11-24"),
        ("du 3 au 12 octobre", "2026-10-03/2026-10-12"), ("entre le 3 et le 12 octobre", "2026-10-03/2026-10-12"),
        ("du 28 octobre au 3 novembre", "2026-10-28/2026-11-03"), ("de mai à juillet", "2026-05-01/2026-07-31"),
        ("entre le 1er mars et le 15 avril", "2026-03-01/2026-04-15"), ("le mois dernier", "2026-10-01/2026-10-31"),
        ("depuis mai", "2026-05-01/2026-11-24"), ("depuis le début de l'année", "2026-01-01/2026-11-24"),
        ("depuis un an", "2025-11-24/2026-11-24"), ("l'an dernier", "2025-01-01/2025-12-31"),
        ("en 2025", "2025-01-01/2025-12-31"), ("l'exercice 2025", "2025-01-01/2025-12-31"),
        ("S1", "2026-01-01/2026-06-30"), ("semaine 48", "2026-11-23/2026-11-29"),
        ("la semaine du 2 novembre", "2026-11-02/2026-11-08"), ("ce week-end", "2026-11-28/2026-11-29"),
        ("last month", "2026-10-01/2026-10-31"), ("from May to July", "2026-05-01/2026-07-31"),
        ("the last 3 months", "2026-08-24/2026-11-24"), ("Q3 2026", "2026-07-01/2026-09-30"), ("ytd", "2026-01-01/2026-11-24"),
    ],
)  # fmt: skip  # read as a table: columns side by side
def test_a_period_that_is_past(said: str, expected: str) -> None:
    assert period(said, past=True) == expected


@pytest.mark.parametrize(
    ("said", "days"), [("60 jours", 60), ("90j", 90), ("3mois", 90), ("deux semaines", 14), ("depuis 60 jours", 60)]
)
def test_a_length_of_time_is_told_in_days(said: str, days: int) -> None:
    assert only(f"plus vieux que {said}" if said != "depuis 60 jours" else said).length == days


@pytest.mark.parametrize("said", ["le 31 février", "30/02/2026", "29/02/2027", "31 novembre", "15/13", "le 31/04"])
def test_a_day_that_does_not_exist_is_found_and_refused(said: str) -> None:
    with pytest.raises(ValueError):
        only(said).day(TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "la facture 0113",
        "le 2 rue des Lilas",
        "430 €",
        "en 3 fois",
        "top 5",
        "relance Dubois",
        "les 15 % du total",
        "il marche bien",
    ],
)
def test_what_is_no_day_is_left_alone(text: str) -> None:
    assert find_dates(text) == ()


def test_two_days_in_one_sentence_keep_their_places() -> None:
    text = "repousse l’appel de lundi prochain à vendredi en huit"
    assert [text[said.start : said.end] for said in find_dates(text)] == [
        "lundi prochain",
        "vendredi en huit",
    ] or period(text)
    text = "mardi, pas lundi"
    assert [text[said.start : said.end] for said in find_dates(text)] == ["mardi", "lundi"]


@pytest.mark.parametrize("slip", ["vendrdi", "vendreddi", "jeuddi", "merccredi", "dimanch"])
def test_a_misspelt_day_is_understood(slip: str) -> None:
    assert only(slip).day(TODAY) > TODAY


@given(today=DAYS, place=st.integers(0, 6))
def test_a_day_of_the_week_lies_within_seven_days_on_either_side(today: date, place: int) -> None:
    name = WEEKDAYS[place]
    coming, gone = only(name).day(today), only(name).day(today, past=True)
    assert coming.weekday() == gone.weekday() == place
    assert 1 <= (coming - today).days <= 7
    assert 1 <= (today - gone).days <= 7
    assert only(f"{name} en huit").day(today) - coming == timedelta(7)
    assert only(f"{name} en quinze").day(today) - coming == timedelta(14)
    in_week = only(f"{name} de la semaine prochaine").day(today)
    assert in_week.isocalendar()[:2] == (today + timedelta(7)).isocalendar()[:2]
    assert in_week.weekday() == place


@given(today=DAYS, wanted=st.integers(1, 31))
def test_a_day_of_the_month_is_the_nearest_on_its_side(today: date, wanted: int) -> None:
    said = only(f"le {wanted}")
    coming, gone = said.day(today), said.day(today, past=True)
    assert coming.day == gone.day == wanted
    assert gone <= today < coming
    between = [gone + timedelta(n) for n in range(1, (coming - gone).days)]
    assert all(other.day != wanted for other in between)


@given(today=DAYS, count=st.integers(1, 400))
def test_counting_days_weeks_and_months(today: date, count: int) -> None:
    assert only(f"dans {count} jours").day(today) == today + timedelta(count)
    assert only(f"il y a {count} semaines").day(today) == today - timedelta(weeks=count)
    months = only(f"dans {count % 24 + 1} mois").day(today)
    assert (months.year - today.year) * 12 + months.month - today.month == count % 24 + 1


@given(today=DAYS)
def test_the_periods_of_the_calendar_adjoin(today: date) -> None:
    for unit in ("la semaine dernière|cette semaine|la semaine prochaine", "le mois dernier|ce mois-ci|le mois prochain",
                 "le trimestre dernier|ce trimestre|le trimestre prochain", "l’an dernier|cette année|l’an prochain"):  # fmt: skip  # one unit a line
        before, now, after = (only(text).period(today) for text in unit.split("|"))
        assert now[0] <= today <= now[1]
        assert before[1] + timedelta(1) == now[0]
        assert now[1] + timedelta(1) == after[0]


@given(st.text(max_size=60), DAYS)
def test_whatever_is_written_is_read_in_order_or_not_at_all(text: str, today: date) -> None:
    end = 0
    for said in find_dates(text):
        assert end <= said.start < said.end
        end = said.end
        for past in (False, True):
            try:
                first, last = said.period(today, past=past)
            except ValueError:
                continue
            assert first <= last


_PIECES = [
    "le",
    "la",
    "du",
    "au",
    "de",
    "d’ici",
    "fin",
    "début",
    "mi",
    "lundi",
    "vendredi",
    "prochain",
    "dernier",
    "en",
    "huit",
    "15",
    "31",
    "décembre",
    "février",
    "mois",
    "semaine",
    "jours",
    "dans",
    "depuis",
    "entre",
    "et",
    "2026",
    "15/12",
    "999999999",
    "T3",
    "sous",
    "48h",
    "avant",
    "jusqu’au",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=8).map(" ".join), DAYS)
def test_any_row_of_date_words_gives_days_in_order_or_a_refusal(text: str, today: date) -> None:
    for said in find_dates(text):
        try:
            first, last = said.period(today)
        except ValueError:
            continue
        assert first <= last
