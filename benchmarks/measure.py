"""What the benchmarks share: a clock, a temporary company, and a result that states its limit."""

import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from crm.bootstrap import Crm
from crm.core.settings import Settings

TODAY = "2026-11-24"


@dataclass(frozen=True)
class Result:
    """A measured value against its limit."""

    name: str
    value: float
    limit: float
    unit: str = "×"
    detail: str = ""

    @property
    def holds(self) -> bool:
        """Whether the limit is kept."""
        return self.value <= self.limit

    def __str__(self) -> str:
        sign = "ok  " if self.holds else "OVER"
        return f"{sign} {self.name}: {self.value:.2f}{self.unit} (limit {self.limit:g}{self.unit}) {self.detail}"


def seconds(work: Callable[[], object]) -> float:
    """How long it takes, once."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def best(work: Callable[[], object], rounds: int = 3) -> float:
    """The shortest of some rounds: the least disturbed by whatever else the machine does."""
    return min(seconds(work) for _ in range(rounds))


@contextmanager
def company(url: str = "") -> Iterator[tuple[Crm, Path]]:
    """A fresh company in a temporary folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "settings.toml").write_text("")
        before = dict(os.environ)
        os.environ |= {"CRM_DATA_FOLDER": str(folder), "CRM_SETTINGS_FILE": str(folder / "settings.toml")}
        crm = Crm.open(Settings.load(**({"database_url": url} if url else {})), today=TODAY)
        try:
            yield crm, folder
        finally:
            crm.close()
            # The next benchmark of the same run must not look for settings in a folder that is gone.
            os.environ.clear()
            os.environ.update(before)


def peak_megabytes() -> float:
    """The most memory this process has held; what its parent held before starting it counts only where /proc is missing."""
    with suppress(OSError):
        # `ru_maxrss` outlives an exec: a small child of a large parent would seem large.
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
