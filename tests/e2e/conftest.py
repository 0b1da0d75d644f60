# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the end to end tests: real HAProxy, real Consul, our origin, the agent.

`start_*` fixtures are factories; all that they start ends with the test, in reverse order, and is
shown if the test failed.

Versions of HAProxy: a test that takes `haproxy_version` (or a fixture that does, such as `scene` and
`agent`) runs once per version, 2.6 to 3.4 unless THALASSA_HAPROXY_VERSIONS names others, and has
`haproxy-VERSION` in its name, of which tests/matrix makes the columns of its table. What no version
can change runs on the first one only: single tests by `@pytest.mark.one_version`, whole files by
ONE_VERSION below, each with the reason. Files of ENDS are about what the agent decides, with commands
that other files try on each version: they run on the first and the last one, with --full on all. A new
file needs no entry.

Time: all of it has to end within a quarter of an hour on two cores. Files of LONG begin first, so
that no long test is left alone at the end. A test polls (wait.py), takes its ports from ports.py, and
may run beside any other.
"""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest

import deciding
import parts
import ports
import proc
import scene as scenes
import witness
from agent import Agent
from browser import Browser
from consul import Consul
from haproxy import Haproxy
from origin import Origin
from registry import FileRegistry

LOG_LINES = int(os.environ.get("THALASSA_LOG_LINES", "200"))
VERSIONS = ["2.6", "3.0", "3.2", "3.4"]

ONE_VERSION = {
    "test_activity": "what the agent tells of itself",
    "test_cli": "what is printed",
    "test_cli_commands": "the API behind the command line is tested by other files",
    "test_registry": "Consul's failures: what HAProxy gets are members, as in test_members",
    "test_store": "what the agent remembers",
    "test_ui": "what a browser shows",
    "test_ui_actions": "what is done from a browser: the API behind it is tested by other files",
    "test_ui_files": "files of the agent's own",
    "test_ui_line": "a browser whose connection is cut",
}

ENDS = {
    "test_drift": "what is not ours",
    "test_hands": "whose word wins",
    "test_idempotence": "what is not done",
    "test_overrides": "whose word wins",
    "test_stream": "what the agent tells",
    "test_switch_states": "the states of a switch; test_switch runs on all versions",
}

LONG = ["test_journey", "test_crash", "test_registry", "test_totals", "test_reload", "test_drift_by_hand", "test_switch"]


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="full sizes")


def pytest_configure(config):
    config.addinivalue_line("markers", "full: runs with --full only")
    config.addinivalue_line("markers", "one_version: of HAProxy, the oldest: no version changes it")


def versions() -> list[str]:
    named = os.environ.get("THALASSA_HAPROXY_VERSIONS")
    return named.split() if named else VERSIONS


def pytest_generate_tests(metafunc):
    if "haproxy_version" in metafunc.fixturenames:
        names = versions()
        file = metafunc.module.__name__.split(".")[-1]
        if metafunc.definition.get_closest_marker("one_version") or file in ONE_VERSION:
            names = names[:1]
        elif file in ENDS and not metafunc.config.getoption("--full"):
            names = [*names[:1], *names[1:][-1:]]
        ids = [f"haproxy-{name}" for name in names]
        metafunc.parametrize("haproxy_version", names, ids=ids, indirect=True)


def pytest_collection_modifyitems(config, items):
    items.sort(key=lambda i: LONG.index(i.path.stem) if i.path.stem in LONG else len(LONG))
    if not config.getoption("--full"):
        for item in items:
            if item.get_closest_marker("full"):
                item.add_marker(pytest.mark.skip(reason="only with --full"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    keeper = getattr(item, "keeper", None)
    if report.failed and keeper:
        for path in sorted(keeper.folder.rglob("*.log")):
            lines = path.read_text(errors="replace").splitlines()
            shown = "\n".join(line[:1000] for line in lines[-LOG_LINES:])
            report.sections.append((f"{path.relative_to(keeper.folder)}", shown))
        report.sections += witness.testify(keeper.things)
        configuration = keeper.folder / "haproxy.cfg"
        if configuration.exists():
            report.sections.append(("haproxy.cfg", configuration.read_text(errors="replace")[:20000]))


class Keeper:
    """The test's folder (short: unix socket paths end at 108 bytes) and what is to be ended."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="th-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.things = []
        self.stack = contextlib.ExitStack()
        self.stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.stack.callback(ports.release_all)
        self.stack.callback(proc.end_adopted)

    def keep(self, thing):
        """Calls `thing.stop()` at the end of the test."""
        self.things.append(thing)
        self.stack.callback(thing.stop)
        return thing


@pytest.fixture
def keeper(request):
    proc.become_reaper()
    kept = request.node.keeper = Keeper()
    with kept.stack:
        yield kept


@pytest.fixture
def work(keeper) -> Path:
    """An empty folder, gone after the test."""
    return keeper.folder


@pytest.fixture
def haproxy_version(request) -> str:
    """2.6, 3.4, ...; skips with one line when the mirror no longer has the version."""
    parts.haproxy(request.param)
    return request.param


@pytest.fixture
def scaled(request):
    """scaled(1000) is 1000 with --full, else 100."""
    full = request.config.getoption("--full")
    return lambda n: n if full else max(1, n // 10)


@pytest.fixture
def start_origin(keeper):
    """start_origin(name="s1", version="1.0.0", count=1, port=0, host="127.0.0.1") -> Origin"""
    return lambda *args, **named: keeper.keep(Origin(keeper.folder, *args, **named))


@pytest.fixture
def start_haproxy(keeper):
    """start_haproxy(version, config) -> Haproxy"""

    def start(version, config=None, **named):
        return keeper.keep(Haproxy(version, keeper.folder, **named)).start(config)

    return start


@pytest.fixture
def start_consul(keeper):
    """start_consul(dev=True, acl=False, name="consul") -> Consul"""
    return lambda **named: keeper.keep(Consul(keeper.folder, **named)).start()


@pytest.fixture
def consul(start_consul) -> Consul:
    """A dev agent."""
    return start_consul()


@pytest.fixture
def start_agent(keeper):
    """start_agent(haproxy_version, wait_ready=True, name="agent", env=None, **options) -> Agent;
    options as in --help, e.g. start_agent("2.6", serviceRegPort=consul.port)"""

    def start(version="2.6", wait_ready=True, name="agent", env=None, **options):
        agent = Agent(keeper.folder, version, options, name, env)
        return keeper.keep(agent).start(wait_ready)

    return start


@pytest.fixture
def agent(start_agent, consul, haproxy_version) -> Agent:
    """The agent with a Consul of its own and the HAProxy that it starts itself."""
    return start_agent(haproxy_version, serviceRegPort=consul.port)


@pytest.fixture
def registry(keeper) -> FileRegistry:
    """An empty registry in a file; `consul` is the real one."""
    return FileRegistry(keeper.folder)


@pytest.fixture
def start_scene(start_agent, start_origin, registry):
    """start_scene(haproxy_version, origins=None, registry=None, begin=True, version=None, **options)
    -> Scene; without origins two members of one, without a registry one in a file, else `consul`."""

    def start(haproxy_version, origins=None, registry=registry, begin=True, version=None, **options):
        origins = [start_origin(count=2)] if origins is None else origins
        return scenes.build(
            start_agent, registry, origins, haproxy_version, begin, version, **options
        )

    return start


@pytest.fixture
def scene(start_scene, haproxy_version):
    return start_scene(haproxy_version)


@pytest.fixture
def start_policies(start_scene, start_origin, haproxy_version, keeper):
    """start_policies(natives=..., **options) -> deciding.Policies"""
    return lambda **named: deciding.build(start_scene, start_origin, haproxy_version, keeper, **named)


@pytest.fixture
def start_browser(keeper):
    """start_browser(port) -> Browser, of which `begin` opens a page"""
    return lambda port: keeper.keep(Browser(keeper.folder, port))
