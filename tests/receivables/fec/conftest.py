"""Tests of the accounting file share one way to write such files."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
