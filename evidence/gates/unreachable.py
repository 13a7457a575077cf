"""Why somebody elsewhere gave no answer, in words that name no host.

Tools say it with addresses and tracebacks; a page of this repository names neither.
"""

from __future__ import annotations

import re

# The first that holds is said: what a tool prints of a refused certificate names a connection too.
_SIGNS = (
    (
        "its certificate is not trusted on this machine",
        ("CERT", "SSLError", "UNABLE_TO_VERIFY", "ertificate verif"),
    ),
    ("what it sent has another hash than what is pinned", ("EINTEGRITY",)),
    ("it does not have what is pinned", ("E404", "ETARGET", "404 ")),
    ("it turned us away", ("E401", "E403", "403 ", "401 ", "429 ")),
    (
        "its name is not known on this machine",
        (
            *("ENOTFOUND", "EAI_AGAIN", "NameResolution", "Name or service"),
            *("resolution", "resolving", "dns error", "no such host"),
        ),
    ),
    ("it did not answer in time", ("ETIMEDOUT", "ESOCKETTIMEDOUT", "timed out", "Timeout")),
    (
        "it cannot be reached",
        ("ECONN", "UNREACH", "unreachable", "ConnectionError", "not connect", "efused", "network"),
    ),
)
# Of a fetch that failed: nobody answered, or only half, or with no answer of its own.
_NO_ANSWER = re.compile(
    r"error sending request|error (?:decoding|reading a|resolving)|dns error|NewConnectionError"
    r"|Name or service not known|name resolution|Temporary failure resolving|Could not resolve"
    r"|no such host|could not connect|network is unreachable|network timeout|i/o timeout|timed out"
    r"|TLS handshake|IncompleteRead|connection (?:reset|refused|error|broken|closed)"
    r"|HTTP status server error|\b50[0234] (?:Bad|Gateway|Internal|Service)"
    r"|403 Forbidden|407 Proxy|toomanyrequests|429 Too Many",
    re.IGNORECASE,
)
# And an answer that is not what is pinned, whatever else was asked for in vain before it.
_OTHER_ANSWER = re.compile(
    r"hash mismatch|not match the hashes|EINTEGRITY|there is no version of", re.IGNORECASE
)
_ELSE = "it gave no answer that can be read"
_ADDRESS = re.compile(r"[a-z]+://[^\s'\"]+|\b(?:[a-z0-9-]+\.)+(?:com|dev|example|io|net|org)\b")
_LONGEST = 200


def why_unreachable(said: str) -> str:
    """A clause about whoever was asked, from what a tool printed about it."""
    return next((why for why, signs in _SIGNS if any(sign in said for sign in signs)), _ELSE)


def got_no_answer(said: str) -> bool:
    """True where a fetch failed since somebody elsewhere was not reached, broke off or turned us
    away. False for what is not there, is not what is pinned, or went wrong on this machine."""
    return bool(_NO_ANSWER.search(said)) and not _OTHER_ANSWER.search(said)


def why_not_fetched(said: str) -> str:
    """The same of a fetch that may have failed here, for want of room perhaps: what is no sign of
    somebody elsewhere is told by the tool's last line, its addresses left out."""
    why = why_unreachable(said)
    last = (said.strip().splitlines() or [""])[-1].strip()
    if why != _ELSE or not last:
        return why
    return _ADDRESS.sub("<address>", last)[-_LONGEST:]
