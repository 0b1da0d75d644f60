# SPDX-License-Identifier: Apache-2.0
"""The Prometheus text format 0.0.4, read as strictly as a server that scrapes it may."""

import math
import re
from typing import NamedTuple

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)?\}})? (\S+)")


class Family(NamedTuple):
    kind: str
    help: str
    samples: dict[tuple[tuple[str, str], ...], float]


def parse(text) -> dict[str, Family]:
    """Every rule that is broken fails with the line."""
    assert text.endswith("\n"), "the last line must end"
    families, helps, open_name = {}, {}, None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, words = line[7:].split(" ", 1)
            assert name not in helps, f"HELP twice: {line}"
            helps[name] = words
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert kind in ("counter", "gauge", "histogram", "summary", "untyped"), line
            assert name not in families, f"TYPE twice, or after a sample: {line}"
            assert name in helps, f"no HELP before: {line}"
            families[name], open_name = Family(kind, helps[name], {}), name
        else:
            _sample(families, open_name, line)
    for name, family in families.items():
        assert family.kind != "counter" or name.endswith("_total"), f"{name}: a counter ends in _total"
    return families


def _sample(families, open_name, line) -> None:
    found = SAMPLE.fullmatch(line)
    assert found, f"no sample: {line!r}"
    name = found.group(1)
    if families[open_name].kind == "histogram":
        assert re.fullmatch(rf"{open_name}_(bucket|sum|count)", name), f"not in its family: {line!r}"
        if not name.endswith("_bucket"):
            families[open_name].samples[(("", name.rsplit("_", 1)[1]),)] = float(found.group(found.lastindex))
            return
    else:
        assert name == open_name, f"not in its family: {line!r}"
    labels = tuple(sorted((m[0], m[1]) for m in re.findall(LABEL, found.group(2) or "")))
    assert len({name for name, _ in labels}) == len(labels), f"a label twice: {line!r}"
    assert labels not in families[open_name].samples, f"a sample twice: {line!r}"
    number = float(found.group(found.lastindex))
    assert families[open_name].kind != "counter" or number >= 0 or math.isnan(number), line
    families[open_name].samples[labels] = number
