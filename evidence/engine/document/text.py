"""The text of a small file that a person wrote, or a sentence that says why there is none."""

from __future__ import annotations

from pathlib import Path

from evidence.engine.mistakes import Mistake, Mistakes, Place

MAX_BYTES = 1024 * 1024
BOM = b"\xef\xbb\xbf"
UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: Path, *, file: str, root: Path | None = None) -> str:
    """The file as text with LF line ends; `file` is the name that mistakes call it by.

    Nothing over 1 MiB is read at all, nor anything that a link leads to outside `root`. Raises
    Mistakes: missing, outside, not a file, unreadable, too big, UTF-16, a byte order mark, not
    UTF-8, empty.
    """
    try:
        _refuse_what_cannot_be_read(path, file)
        if root is not None and not path.resolve().is_relative_to(root.resolve()):
            raise _wrong(file, "found a link that leaves the project; put the file itself here")
        data = path.read_bytes()
    except OSError as error:
        raise _wrong(
            file, f"could not be read ({error.strerror}); check its permissions"
        ) from error
    if data.startswith(UTF16):
        raise _wrong(file, "found UTF-16, expected UTF-8; save the file as UTF-8")
    if data.startswith(BOM):
        raise _wrong(
            file,
            "found a byte order mark, expected plain UTF-8; save the file as UTF-8 without BOM",
        )
    text = _decode(data, file)
    if not text.strip():
        raise _wrong(file, "found an empty file, expected something in it; write it or delete it")
    return text


def _refuse_what_cannot_be_read(path: Path, file: str) -> None:
    if path.is_symlink() and not path.exists():
        raise _wrong(file, "found a link that leads to no file; mend or delete it")
    if not path.exists():
        raise _wrong(file, "not found; write it")
    if not path.is_file():
        raise _wrong(file, "found something that is not a file, expected a file")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise _wrong(
            file,
            f"found {size:,} bytes, expected at most {MAX_BYTES:,} (1 MiB); split it into "
            "smaller files",
        )


def _decode(data: bytes, file: str) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _wrong(
            file,
            f"found the byte 0x{data[error.start]:02x} at offset {error.start:,}, which is not "
            "UTF-8; save the file as UTF-8",
            line=data.count(b"\n", 0, error.start) + 1,
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _wrong(file: str, text: str, *, line: int = 1) -> Mistakes:
    return Mistakes([Mistake(Place(file, line), text)])
