# SPDX-License-Identifier: Apache-2.0
"""XXH32 of short texts, written from its specification: what a split's documentation promises,
computed a second time."""

_MASK = 0xFFFFFFFF
_P1, _P2, _P3, _P4, _P5 = 2654435761, 2246822519, 3266489917, 668265263, 374761393


def _rotate(value, bits) -> int:
    return ((value << bits) | (value >> (32 - bits))) & _MASK


def xxh32(data, seed=0) -> int:
    at = 0
    if len(data) >= 16:
        lanes = [(seed + _P1 + _P2) & _MASK, (seed + _P2) & _MASK, seed, (seed - _P1) & _MASK]
        while at + 16 <= len(data):
            for i in range(4):
                word = int.from_bytes(data[at : at + 4], "little")
                lanes[i] = _rotate((lanes[i] + word * _P2) & _MASK, 13) * _P1 & _MASK
                at += 4
        hash = sum(_rotate(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18))) & _MASK
    else:
        hash = (seed + _P5) & _MASK
    hash = (hash + len(data)) & _MASK
    while at + 4 <= len(data):
        word = int.from_bytes(data[at : at + 4], "little")
        hash = _rotate((hash + word * _P3) & _MASK, 17) * _P4 & _MASK
        at += 4
    for byte in data[at:]:
        hash = _rotate((hash + byte * _P5) & _MASK, 11) * _P1 & _MASK
    for shift, prime in ((15, _P2), (13, _P3), (16, 1)):
        hash = (hash ^ (hash >> shift)) * prime & _MASK
    return hash


def bucket(key, backend) -> int:
    """Of a user (the value of his sticky cookie, or his address) in the split of a backend."""
    return xxh32(f"{key}:{backend}".encode()) % 10000
