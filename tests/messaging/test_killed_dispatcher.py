"""Kill -9 in the middle of the work: the short form of `benchmarks/kill_dispatcher.py`."""

from benchmarks.kill_dispatcher import killed


def test_nothing_is_lost_or_sent_twice_when_the_dispatcher_is_killed(empty_url):
    told = killed(empty_url, 150, kills=3, seed=1, stall_every=30)
    assert (told.lost, told.twice) == (0, 0)
    assert told.kills == 3
    assert told.sent + told.uncertain == 150
    assert told.uncertain <= 8 * 3, "at most one message a connection and kill"
