"""What the stories of the outbox share."""

import pytest

from crm.bootstrap import Crm


@pytest.fixture
def house(crm: Crm) -> Crm:
    """The application; `mailing(house, office)` lets its mail out."""
    return crm
