"""The little server: a page that is not there is answered with the site's own page."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence.engine import serve


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "index.html").write_text("proved")
    with serve._server(tmp_path, 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{serve.HOST}:{server.server_port}"
        server.shutdown()
        thread.join()


def refusal(address: str) -> tuple[int, str]:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(address, timeout=10)  # noqa: S310 (our own)
    with refused.value as answer:
        return answer.code, answer.read().decode()


def test_page_that_is_not_there_is_answered_by_the_sites_own(address: str, tmp_path: Path) -> None:
    (tmp_path / "404.html").write_text("Not here: back to the <a href='/'>front page</a>")
    assert refusal(f"{address}/gone.html") == (404, (tmp_path / "404.html").read_text())


def test_site_without_such_a_page_still_answers(address: str) -> None:
    code, text = refusal(f"{address}/gone.html")
    assert code == 404
    assert "File not found" in text
