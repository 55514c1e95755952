"""The bytes of a file as they are to be read: plain, or unpacked on the way from gzip or zstd.

Nothing is unpacked onto the disk. A file that unpacks to more than an honest one would is refused in the middle, with
how far it had come.
"""

from __future__ import annotations

import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from .errors import FileError

Compression = Literal["", "gzip", "zstd"]

#: The most bytes that one packed byte may become, once more than ``RATIO_FREE`` bytes are unpacked.
RATIO_LIMIT = 250
RATIO_FREE = 64 * 1024 * 1024
#: The most bytes that a file may unpack to.
UNPACKED_LIMIT = 64 * 1024 * 1024 * 1024

_MAGIC: tuple[tuple[bytes, Compression], ...] = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))
_SUFFIXES = (".gz", ".gzip", ".zst", ".zstd")


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it lies, what its sender calls it, and how it is packed."""

    path: Path
    name: str
    compression: Compression

    @property
    def plain_name(self) -> str:
        """The name without the ending that says how it is packed: ``a.csv.gz`` is ``a.csv``."""
        name = Path(self.name)
        return name.stem if self.compression and name.suffix.lower() in _SUFFIXES else self.name

    def open(self) -> BinaryIO:
        """Open the bytes from their start, unpacked.

        Raises:
            FileError: no zstd here; while reading: broken or truncated packing, a decompression bomb.
        """
        file = self.path.open("rb")
        if not self.compression:
            return file
        inner: Any = gzip.GzipFile(fileobj=file) if self.compression == "gzip" else _zstd(file, self.name)
        return cast(BinaryIO, io.BufferedReader(_Unpacked(inner, file, self), buffer_size=1 << 18))


def source_of(path: Path, *, name: str) -> Source:
    """Look at the first bytes of a file and say how it is packed; its name decides nothing."""
    with path.open("rb") as file:
        start = file.read(4)
    found = [compression for magic, compression in _MAGIC if start.startswith(magic)]
    return Source(path, name, found[0] if found else "")


def _zstd(file: BinaryIO, name: str) -> Any:
    try:
        import pyarrow
    except ImportError as error:
        file.close()
        raise FileError(
            code="file.needs_extra",
            en="zstd is read with the extra `columns`: pip install 'goodstanding[columns]'. Or send gzip.",
            zh="读取zstd需要安装扩展columns：pip install 'goodstanding[columns]'；或者改用gzip。",
            file=name,
        ) from error
    return pyarrow.CompressedInputStream(pyarrow.PythonFile(file, mode="r"), "zstd")


class _Unpacked(io.RawIOBase):
    """A stream that counts what it gives against what it was made from."""

    def __init__(self, inner: Any, packed: BinaryIO, source: Source) -> None:
        self._inner, self._packed, self._source = inner, packed, source
        self._size = source.path.stat().st_size
        self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            block = self._inner.read(len(buffer))
        except (OSError, EOFError, zlib.error) as error:
            raise self._fault(
                "file.not_readable",
                f"the {self._source.compression} packing is broken or cut off after {self._given:,} bytes"
                f" unpacked ({error}). Pack the file again",
                f"{self._source.compression}压缩数据在解压{self._given:,}字节后损坏或者被截断，请重新压缩",
            ) from error
        self._given += len(block)
        allowed = max(RATIO_FREE, RATIO_LIMIT * self._size)
        if self._given > min(allowed, UNPACKED_LIMIT):
            raise self._fault(
                "file.zip_bomb",
                f"{self._size:,} bytes have unpacked to more than {self._given - len(block):,}; at most"
                f" {RATIO_LIMIT} to 1 and {UNPACKED_LIMIT // 1024**3} GiB are read. Send it unpacked or in parts",
                f"{self._size:,}字节已解压出超过{self._given - len(block):,}字节；最多允许{RATIO_LIMIT}倍"
                f"及{UNPACKED_LIMIT // 1024**3}GiB。请不压缩或者分批报送",
            )
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
            self._packed.close()
        super().close()

    def _fault(self, code: str, en: str, zh: str) -> FileError:
        return FileError(code=code, en=en + ".", zh=zh + "。", file=self._source.name)
