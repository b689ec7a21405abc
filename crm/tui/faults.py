"""An unexpected fault: the file gets the traceback, the person a sentence and the file's name."""

from __future__ import annotations

import tempfile
import traceback
from pathlib import Path

from crm.core.errors import CrmError, OutsideFault
from crm.core.i18n import _


def kept(fault: BaseException, folder: Path) -> Path:
    """Write the traceback to a file of its own, in the folder or, where that cannot be written, in the temporary one."""
    for place in (folder, Path(tempfile.gettempdir())):
        try:
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(
                "w", dir=place, prefix="relance-", suffix=".log", delete=False, encoding="utf-8"
            ) as log:
                log.write("".join(traceback.format_exception(fault)))
            return Path(log.name)
        except OSError:
            continue
    return Path()


def told(fault: Exception, folder: Path) -> CrmError:
    """The fault as something that can be said; one that was meant to be said is said as it is."""
    if isinstance(fault, CrmError):
        return fault
    error = OutsideFault(
        _("Something unexpected happened: {what}.").format(what=type(fault).__name__),
        next_step=_("Details: {file}").format(file=kept(fault, folder)),
    )
    error.__cause__ = fault
    return error
