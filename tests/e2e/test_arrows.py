# SPDX-License-Identifier: Apache-2.0
"""tests/arrows fires on what it promises to find, and on nothing else."""

import subprocess
from pathlib import Path

import parts
import pytest


def arrows(root) -> tuple[int, str]:
    done = subprocess.run(
        [parts.ROOT / "tests" / "arrows", "--root", root], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def checkout(tmp_path):
    """checkout({path: text}): a small tree, with the headers that the cases name."""
    headers = ["base/str.h", "base/file.h", "model/backend.h", "plan/plan.h", "render/cfg.h"]
    headers += ["web/api.h", "store/store.h", "main.h"]
    for header in headers:
        path = tmp_path / "agent" / header
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (tmp_path / "spoe").mkdir()

    def fill(files) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return fill


@pytest.mark.parametrize(
    "path, line",
    [
        ("agent/plan/plan.c", '#include "model/backend.h"'),
        ("agent/plan/plan.c", '#include "plan/plan.h"\n#include <string.h>'),
        ("agent/plan/plan.c", '#include "plan.h"'),
        ("agent/control/step.c", '#include "plan/plan.h"\n#include "render/cfg.h"'),
        ("agent/web/api.c", '#include "plan/plan.h"\n#include <ev.h>\n#include <sys/socket.h>'),
        ("agent/spoa/spoa.c", '#include "spoe/frame.h"'),
        ("agent/base/file.c", "#include <poll.h>"),
        ("agent/main.c", '#include "web/api.h"\n#include "store/store.h"\n#include "main.h"'),
        ("spoe/server.c", '#include "spoe/cursor.h"\n#include <ev.h>'),
        ("spoe/peer.c", '#include "spoe/cursor.h"\n#include <sys/socket.h>'),
    ],
)
def test_a_right_arrow_passes(checkout, path, line):
    status, words = arrows(checkout({path: line}))
    assert status == 0, words


@pytest.mark.parametrize(
    "path, line, complaint",
    [
        ("agent/base/str.c", '#include "model/backend.h"', "base must not know model"),
        ("agent/model/backend.h", '#include "plan/plan.h"', "model must not know plan"),
        ("agent/plan/plan.c", '#include "render/cfg.h"', "plan must not know render"),
        ("agent/render/cfg.c", '#include "plan/plan.h"', "render must not know plan"),
        ("agent/control/step.c", '#include "web/api.h"', "control must not know web"),
        ("agent/web/api.c", '#include "store/store.h"', "web must not know store"),
        ("agent/web/api.c", "#include <store/store.h>", "web must not know store"),
        ("agent/web/api.c", '#include "spoe/frame.h"', "web must not know spoe"),
        ("agent/web/ui/deep.c", '#include "store/store.h"', "web must not know store"),
        ("agent/web/api.c", '#include "../store/store.h"', "without .."),
        ("agent/web/api.c", '#include "main.h"', "web must not know main"),
        ("agent/plan/ops.def", ' # include "web/api.h"', "plan must not know web"),
        ("agent/plan/plan.c", "#include <ev.h>", "plan is pure"),
        ("agent/plan/plan.c", '#include "base/file.h"', "plan is pure"),
        ("agent/base/str.c", "#include <curl/curl.h>", "base is pure"),
        ("spoe/frame.c", '#include "base/str.h"', "spoe must not know base"),
        ("spoe/frame.c", "#include <sys/socket.h>", "spoe is pure"),
        ("spoe/frame.c", "#include <ev.h>", "only server.c may know libev"),
        ("spoe/peer.c", "#include <ev.h>", "only server.c may know libev"),
        ("agent/novel/new.c", "", "no row for folder novel"),
    ],
)
def test_a_wrong_arrow_is_named_with_its_line(checkout, path, line, complaint):
    status, words = arrows(checkout({path: f"/* first */\n{line}\n"}))
    assert status == 1
    assert complaint in words
    assert f"{path}:" in words


@pytest.mark.parametrize(
    "folder, source, call, fires",
    [
        ("plan", "plan", "long time(long *); long f(void) { return time(0); }", True),
        ("model", "names", "long read(int, void *, long); long f(void) { return read(0, 0, 0); }", True),
        ("plan", "plan", "int __open64_2(void); int f(void) { return __open64_2(); }", True),
        ("render", "cfg", "int ev_run(void); int f(void) { return ev_run(); }", True),
        ("base", "str", "int execve(int); int f(void) { return execve(1); }", True),
        ("spop", "frame", "int recv(int); int f(void) { return recv(1); }", True),
        ("spop", "server", "int recv(int); int f(void) { return recv(1); }", False),
        ("spop", "server", "int ev_run(void); int f(void) { return ev_run(); }", False),
        ("spop", "peer", "int recv(int); int f(void) { return recv(1); }", False),
        ("spop", "peer", "int ev_run(void); int f(void) { return ev_run(); }", True),
        ("base", "log", "long write(long); long f(void) { return write(1); }", False),
        ("web", "api", "long write(long); long f(void) { return write(1); }", False),
        ("plan", "plan", "int file_read(int); int f(void) { return file_read(1); }", False),
        ("plan", "plan", "int time; int read(int x) { return x + time; }", False),
    ],
)
def test_a_symbol_of_the_world_is_found_in_a_pure_archive(tmp_path, folder, source, call, fires):
    (tmp_path / f"{source}.c").write_text(call)
    library = tmp_path / "build" / "release" / "lib"
    library.mkdir(parents=True)
    compile = ["gcc", "-c", "-w", "-fno-builtin", f"{source}.c", "-o", f"{source}.c.o"]
    subprocess.run(compile, cwd=tmp_path, check=True)
    subprocess.run(["ar", "rc", library / f"lib{folder}.a", f"{source}.c.o"], cwd=tmp_path, check=True)
    status, words = arrows(tmp_path)
    assert (status == 1) == fires, words
    assert not fires or f"{source}.c:" in words
