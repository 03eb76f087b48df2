"""Read CSV files strictly: decode, find where each record starts, split, and refuse what is damaged."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import polars as pl

from leadline.kernel.errors import Fault, InputError
from leadline.sources.mapping import FileMapping
from leadline.sources.raw import LINE, RawTable
from leadline.warehouse.csv import split
from leadline.warehouse.digests import row_digests

_CHUNK = 1 << 20
_NEWLINE = 10
_GZIP = b"\x1f\x8b"
# Magic bytes of files that are not delimited text -> what they are.
_FOREIGN = {
    b"PK\x03\x04": "a zip archive or an Excel workbook; export it as CSV",
    b"PAR1": "a Parquet file; say format: parquet in the mapping",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; export it as CSV",
    b"%PDF": "a PDF",
    b"SQLite format 3": "a SQLite database",
}


def read_csv(path: Path, mapping: FileMapping, columns: Sequence[str]) -> RawTable:
    """Read one CSV file, plain or gzipped, laid out as a mapping item says; ``columns`` must be there.

    Raises:
        InputError: the file is empty, has no data rows, is damaged, is not in the encoding named, or lacks a column.
    """
    with tempfile.TemporaryDirectory(prefix="leadline-") as scratch:
        text = Path(scratch) / "text.csv"
        layout = _normalise(path, text, mapping)
        starts = np.concatenate(layout.starts) if layout.starts else np.empty(0, dtype=np.int64)
        header = _header(text, path, mapping, columns, ends=int(starts[1]) - 1 if len(starts) > 1 else None)
        lines = _record_lines(starts, layout, width=len(header))
        if layout.quoted:
            raise _damaged(path, [Fault(f"line {layout.last_start}", "a closing quote", "the end of the file")])
        if not len(lines):
            raise InputError(
                "The file has a header but no rows.",
                where=str(path),
                expected="at least one row",
                found="the header only",
                next_step="request the export again; an empty delivery never means 'nothing changed'",
            )
        try:
            rows = split(text, columns=header, delimiter=mapping.delimiter, quote=mapping.quote)
        except InputError as exc:
            raise _damaged(path, exc.faults) from exc
    if rows.height != len(lines):
        found = f"{rows.height} records where line ends and quotes make {len(lines)}"
        raise _damaged(path, [Fault("quotes", "quotes that come in pairs", found)])
    return _table(rows, pl.Series(LINE, lines, dtype=pl.Int64), columns)


def _table(rows: pl.DataFrame, lines: pl.Series, columns: Sequence[str]) -> RawTable:
    return RawTable(
        rows=rows.select(columns).with_columns(lines),
        whole=lambda wanted: rows.filter(lines.is_in(wanted.implode())),
        digests=lambda: row_digests(rows),
    )


@dataclass
class _Layout:
    """Where the records of a normalised text start, gathered chunk by chunk.

    ``starts`` are line numbers of record starts; ``blank`` marks those with nothing on them.
    """

    starts: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = field(default_factory=list)
    blank: list[np.ndarray[tuple[int], np.dtype[np.bool_]]] = field(default_factory=list)
    line: int = 1
    quoted: bool = False
    at_start: bool = True
    last_start: int = 1

    def feed(self, chunk: bytes, quote: int) -> None:
        """Take in the next bytes of the text."""
        octets = np.frombuffer(chunk, dtype=np.uint8)
        newline = octets == _NEWLINE
        inside = np.zeros(len(octets), dtype=bool)
        if quote >= 0:
            inside = (np.cumsum(octets == quote) + int(self.quoted)) % 2 == 1
        begins = np.concatenate(([self.at_start], (newline & ~inside)[:-1]))
        numbers = self.line + np.concatenate(([0], np.cumsum(newline)[:-1]))
        self.starts.append(numbers[begins].astype(np.int64))
        self.blank.append(newline[begins])
        if begins.any():
            self.last_start = int(numbers[begins][-1])
        self.line += int(newline.sum())
        self.quoted = bool(inside[-1])
        self.at_start = bool(newline[-1] and not inside[-1])


def _normalise(path: Path, target: Path, mapping: FileMapping) -> _Layout:
    """Write the file as UTF-8 with ``\\n`` line ends to ``target`` and return where its records start."""
    layout = _Layout()
    quote = ord(mapping.quote) if mapping.quote else -1
    with _opened(path) as source, target.open("wb") as sink:
        for text in _decoded(source, path, mapping.encoding):
            chunk = text.encode("utf-8")
            sink.write(chunk)
            layout.feed(chunk, quote)
    if not layout.starts:
        raise InputError(
            "The file is empty.",
            where=str(path),
            expected="a header and at least one row",
            found="0 bytes of text",
            next_step="request the export again",
        )
    return layout


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as stream:
        head = stream.read(16)
    for magic, meaning in _FOREIGN.items():
        if head.startswith(magic):
            raise InputError("The file is not delimited text.", where=str(path), expected="CSV", found=meaning)
    return cast("BinaryIO", gzip.open(path, "rb")) if head.startswith(_GZIP) else path.open("rb")


def _decoded(source: BinaryIO, path: Path, encoding: str) -> Iterator[str]:
    """Yield the text in chunks, line ends made ``\\n``, a byte-order mark dropped."""
    decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding in ("utf-8", "utf8") else encoding)("strict")
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    line = 1
    for chunk in _chunks(source, path):
        try:
            decoded = decoder.decode(chunk, final=not chunk)
        except UnicodeError as exc:
            raise _wrong_encoding(path, line, exc, encoding) from exc
        text = newlines.decode(decoded, final=not chunk)
        if "\0" in text:
            at = line + text[: text.index("\0")].count("\n")
            raise _damaged(path, [Fault(f"line {at}", "text", "a NUL byte (the file was cut, or is UTF-16)")])
        line += text.count("\n")
        if text:
            yield text


def _chunks(source: BinaryIO, path: Path) -> Iterator[bytes]:
    """Yield the bytes, then an empty chunk that ends them."""
    try:
        while chunk := source.read(_CHUNK):
            yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile) as exc:
        raise _damaged(path, [Fault("compressed data", "a whole gzip file", str(exc))]) from exc
    yield b""


def _header(text: Path, path: Path, mapping: FileMapping, columns: Sequence[str], *, ends: int | None) -> list[str]:
    """Return the column names; empty or repeated ones get a name by position."""
    with text.open(encoding="utf-8", newline="\n") as stream:
        record = "".join(line for line, _ in zip(stream, range(ends or 1), strict=False))
    parsed = next(csv.reader(io.StringIO(record), delimiter=mapping.delimiter, quotechar=mapping.quote or None,
                             quoting=csv.QUOTE_MINIMAL if mapping.quote else csv.QUOTE_NONE), [])  # fmt: skip
    names = [name.strip() for name in parsed]
    _check_header(names, path, mapping, columns)
    seen: set[str] = set()
    unique = []
    for position, name in enumerate(names, start=1):
        unique.append(f"column {position}" if not name or name in seen else name)
        seen.add(name)
    return unique


def _check_header(names: Sequence[str], path: Path, mapping: FileMapping, columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in names]
    faults = [Fault("line 1", f"the column {name!r}", "no such column") for name in missing]
    faults += [
        Fault("line 1", f"one column {name!r}", f"{names.count(name)} of that name")
        for name in columns
        if names.count(name) > 1
    ]
    if faults:
        raise InputError(
            "The file's header does not match the mapping.",
            where=str(path),
            found=", ".join(names)[:400],
            faults=faults,
            next_step=_header_hint(names, mapping),
        )


def _header_hint(names: Sequence[str], mapping: FileMapping) -> str:
    other = [mark for mark in (";", "\t", "|", ",") if mark != mapping.delimiter and mark in names[0]] if names else []
    if len(names) == 1 and other:
        return f"the header holds {other[0]!r}: set delimiter in {mapping.place}"
    return f"correct the columns in {mapping.place}, or request the export again"


def _record_lines(
    starts: np.ndarray[tuple[int], np.dtype[np.int64]], layout: _Layout, *, width: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the line on which each data record starts; a blank line is a record only in a file of one column."""
    if width > 1:
        starts = starts[~np.concatenate(layout.blank)]
    return starts[1:]


def _wrong_encoding(path: Path, line: int, exc: UnicodeError, encoding: str) -> InputError:
    found = str(exc)
    if isinstance(exc, UnicodeDecodeError):
        line += exc.object[: exc.start].count(b"\n")
        found = f"the bytes {exc.object[exc.start : exc.start + 4].hex(' ')}"
    return InputError(
        "The file is not in the encoding given in its mapping.",
        where=f"{path}, line {line}",
        expected=encoding,
        found=found,
        next_step="set encoding in the mapping, for example cp1252 or utf-16, or export as UTF-8",
    )


def _damaged(path: Path, faults: Sequence[Fault]) -> InputError:
    return InputError(
        "The file is damaged and was refused.",
        where=str(path),
        faults=faults,
        next_step="request the export again; if quotes are plain characters in it, say quote: '' in the mapping",
    )
