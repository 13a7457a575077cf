"""The web server's socket."""

from __future__ import annotations

import pytest

from demo.ports import PortTaken, listen


def test_listen_takes_the_next_free_port_and_says_so_when_told_exactly_which() -> None:
    with listen(port=18_500, exactly=False) as first:
        taken = first.getsockname()[1]
        with listen(port=taken, exactly=False) as second:
            assert second.getsockname()[1] > taken
        with pytest.raises(PortTaken, match=f"port {taken} in use on 127.0.0.1; name a free one"):
            listen(port=taken, exactly=True)


def test_a_port_that_is_none_gets_the_same_sentence() -> None:
    with pytest.raises(PortTaken):
        listen(port=70_000, exactly=True)
