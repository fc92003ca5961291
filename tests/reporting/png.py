"""A PNG with a palette of 256 colours: a screenshot of text becomes a third as large. Standard library and numpy."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def with_palette(picture: bytes) -> bytes:
    """The picture (8 bits a channel, RGB or RGBA, not interlaced) in 256 of its colours.

    Most are the most frequent; the rest are those that lie farthest from them, or thin lines would turn grey.
    """
    pixels = _pixels(picture)
    height, width, _ = pixels.shape
    flat = pixels.reshape(-1, 3)
    keys = (flat[:, 0].astype(np.uint32) << 16) | (flat[:, 1].astype(np.uint32) << 8) | flat[:, 2]
    colours, place, counts = np.unique(keys, return_inverse=True, return_counts=True)
    all_rgb = _rgb(colours)
    kept_rgb = all_rgb[_chosen(all_rgb, counts)]
    nearest = np.empty(len(colours), dtype=np.uint8)
    for start in range(0, len(colours), 4096):
        apart = ((all_rgb[start : start + 4096, None, :] - kept_rgb[None, :, :]) ** 2).sum(axis=2)
        nearest[start : start + 4096] = apart.argmin(axis=1)
    rows = np.zeros((height, width + 1), dtype=np.uint8)
    rows[:, 1:] = nearest[place].reshape(height, width)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", head),
        (b"PLTE", kept_rgb.astype(np.uint8).tobytes()),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
    )
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in (*chunks, (b"IEND", b"")))


def _chosen(colours: NDArray[np.int32], counts: NDArray[np.intp], frequent: int = 176) -> NDArray[np.intp]:
    """Places of at most 256 colours: the most frequent, then one by one the farthest of those seen more than once."""
    chosen = list(np.argsort(-counts, kind="stable")[:frequent])
    nearest = np.full(len(colours), np.iinfo(np.int64).max, dtype=np.int64)
    for place in chosen:
        nearest = np.minimum(nearest, ((colours - colours[place]) ** 2).sum(axis=1))
    nearest[counts < 2] = 0
    while len(chosen) < 256 and nearest.max() > 0:
        place = int(nearest.argmax())
        chosen.append(place)
        nearest = np.minimum(nearest, ((colours - colours[place]) ** 2).sum(axis=1))
    return np.array(chosen, dtype=np.intp)


def _rgb(keys: NDArray[np.uint32]) -> NDArray[np.int32]:
    return np.stack([(keys >> 16) & 255, (keys >> 8) & 255, keys & 255], axis=1).astype(np.int32)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _pixels(picture: bytes) -> NDArray[np.uint8]:
    at, packed, head = len(_SIGNATURE), b"", b""
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        kind, data = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
        head = data if kind == b"IHDR" else head
        packed += data if kind == b"IDAT" else b""
        at += 12 + length
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", head)
    assert (depth, interlaced) == (8, 0)
    step = {2: 3, 6: 4}[colour]
    raw = np.frombuffer(zlib.decompress(packed), dtype=np.uint8).reshape(height, width * step + 1)
    out = np.zeros((height, width * step), dtype=np.uint8)
    before = np.zeros(width * step, dtype=np.uint8)
    for y in range(height):
        before = out[y] = _unfiltered(int(raw[y, 0]), raw[y, 1:], before, step)
    return out.reshape(height, width, step)[:, :, :3]


def _unfiltered(kind: int, row: NDArray[np.uint8], above: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """A row of a PNG without its filter (0 none, 1 sub, 2 up, 3 average, 4 Paeth)."""
    if kind == 0:
        return row
    if kind == 2:
        return (row + above).astype(np.uint8)
    if kind == 1:
        return np.cumsum(row.reshape(-1, step), axis=0, dtype=np.uint8).reshape(-1)
    made = row.tolist()
    upper = above.tolist()
    for x in range(len(made)):
        left = made[x - step] if x >= step else 0
        if kind == 3:
            made[x] = (made[x] + (left + upper[x]) // 2) & 255
            continue
        corner = upper[x - step] if x >= step else 0
        guess = left + upper[x] - corner
        apart = (abs(guess - left), abs(guess - upper[x]), abs(guess - corner))
        made[x] = (made[x] + (left, upper[x], corner)[apart.index(min(apart))]) & 255
    return np.array(made, dtype=np.uint8)
