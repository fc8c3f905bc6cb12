"""Voice notes as phones make them, and what only looks like one; written by hand, because they need no sound in them."""

import io
import struct


def ogg(seconds, *, codec=b"OpusHead"):
    def page(granule, content):
        return b"OggS\x00\x02" + struct.pack("<qIII", granule, 1, 0, 0) + bytes([1, len(content)]) + content

    return io.BytesIO(page(0, codec + b"\x01\x01") + page(seconds * 48_000, b"sound"))


def box(kind, *parts):
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + kind + content


def mp4(seconds, *, handler=b"soun"):
    head = box(b"mvhd", bytes(12), struct.pack(">II", 1000, seconds * 1000))
    track = box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), handler, bytes(12))))
    return io.BytesIO(box(b"ftyp", b"M4A \0\0\0\0") + box(b"moov", head, track) + box(b"mdat", b"sound"))


def element(key, content):
    return bytes.fromhex(key) + (0x10000000 | len(content)).to_bytes(4, "big") + content


def webm(seconds, *, codec=b"A_OPUS", is_live=True):
    """Return one as ``MediaRecorder`` writes it: of unknown length, without a duration in its head."""
    head = element("1A45DFA3", element("4282", b"webm"))
    scale = element("2AD7B1", (1_000_000).to_bytes(3, "big"))
    duration = b"" if is_live else element("4489", struct.pack(">d", seconds * 1000.0))
    cluster = bytes.fromhex("1F43B67501FFFFFFFFFFFFFF") + element("E7", (seconds * 1000).to_bytes(4, "big")) + element("A3", b"sound")
    tracks = element("1654AE6B", element("AE", element("86", codec)))
    return io.BytesIO(head + bytes.fromhex("1853806701FFFFFFFFFFFFFF") + element("1549A966", scale + duration) + tracks + cluster)
