"""Which column of a table holds what: headers compared without capitals, accents and signs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from crm.core.i18n import _
from crm.core.names import name_key
from crm.core.problems import Unreadable


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A column that an importer knows: its name in the contract, and what else its heading may be called."""

    name: str
    required: bool = False
    synonyms: tuple[str, ...] = ()


class Matched(NamedTuple):
    """Where the wanted columns stand."""

    positions: dict[str, int | None]
    """Wanted name → place in the row, from 0; None where the table lacks it."""
    unknown: tuple[str, ...]
    """The headings that nothing asked for."""


def canonical(heading: str) -> str:
    """`Montant T.T.C. (€)` → `montant_t_t_c`."""
    return name_key(heading).replace(" ", "_")


def match_columns(header: Sequence[str], wanted: Sequence[ColumnSpec], mapping: Mapping[str, str]) -> Matched:
    """Find the wanted columns in a header; `mapping` is what the person said (`--map FIELD=COLUMN`) and goes first.

    Raises:
        Unreadable: a required column is missing, a mapping names no column or no field, or a heading that is needed
            stands twice.
    """
    places = _places(header)
    _check_mapping(header, wanted, mapping, places)
    owners = {_key(spec.name): spec.name for spec in wanted} | {_key(column): name for name, column in mapping.items()}
    positions: dict[str, int | None] = {}
    for spec in wanted:
        names = (mapping[spec.name],) if spec.name in mapping else (spec.name, *spec.synonyms)
        keys = [key for key in map(_key, names) if key in places and owners.get(key, spec.name) == spec.name]
        positions[spec.name] = _only_place(header, places[keys[0]]) if keys else None
        owners |= dict.fromkeys(keys[:1], spec.name)
    missing = [spec.name for spec in wanted if spec.required and positions[spec.name] is None]
    if missing:
        raise Unreadable(
            _("These columns are missing: {missing}. Those found: {found}.").format(
                missing=", ".join(missing), found=_listed(header)
            ),
            next_step=_(
                "Name the columns of the file so; on the command line --map FIELD=COLUMN says where they stand."
            ),
        )
    used = set(positions.values())
    return Matched(positions, tuple(heading for place, heading in enumerate(header) if heading and place not in used))


def _key(heading: str) -> str:
    return canonical(heading).replace("_", "")


def _places(header: Sequence[str]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, heading in enumerate(header):
        if key := _key(heading):
            places.setdefault(key, []).append(place)
    return places


def _check_mapping(
    header: Sequence[str], wanted: Sequence[ColumnSpec], mapping: Mapping[str, str], places: Mapping[str, list[int]]
) -> None:
    fields = [spec.name for spec in wanted]
    for name, column in mapping.items():
        if name not in fields:
            raise Unreadable(_("“{field}” is not a field: {fields}.").format(field=name, fields=", ".join(fields)))
        if _key(column) not in places:
            raise Unreadable(
                _("There is no column “{column}”. Those found: {found}.").format(column=column, found=_listed(header))
            )


def _only_place(header: Sequence[str], places: Sequence[int]) -> int:
    if len(places) > 1:
        raise Unreadable(
            _("The column “{column}” stands twice in the header.").format(column=header[places[0]]),
            next_step=_("Rename or remove one of them."),
        )
    return places[0]


def _listed(header: Sequence[str]) -> str:
    shown = [heading for heading in header if heading]
    return ", ".join(shown[:30]) + (" …" if len(shown) > 30 else "")
