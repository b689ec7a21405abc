"""A period: two days, both included. Written `2026-09-01/2026-11-30`."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from crm.core.i18n import _


@dataclass(frozen=True, slots=True)
class Period:
    """From a day to a day, both included."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1

    def __str__(self) -> str:
        return f"{self.start.isoformat()}/{self.end.isoformat()}"

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Read `start/end`; a single day is a period of one day.

        Raises:
            ValueError: not two days in order.
        """
        first, _sign, last = text.strip().partition("/")
        try:
            start = date.fromisoformat(first)
            end = date.fromisoformat(last or first)
        except ValueError:
            raise ValueError(_("A period is written 2026-09-01/2026-11-30.")) from None
        if end < start:
            raise ValueError(_("The period ends before it begins."))
        return cls(start, end)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: Any) -> Period:
            return value if isinstance(value, Period) else cls.parse(str(value))

        return core_schema.no_info_plain_validator_function(
            read,
            json_schema_input_schema=core_schema.str_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )
