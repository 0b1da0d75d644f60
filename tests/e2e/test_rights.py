# SPDX-License-Identifier: Apache-2.0
"""Debian's layout: HAProxy is root's (chroot, user haproxy), the agent is an ordinary user who was
given what it needs and nothing else; and `thalassa check` names what is missing."""

import os
import random
import shutil
import signal
import socket
import subprocess
import threading

import files
import load
import pytest
import scene as scenes
import users
import wait
from agent import Agent, words_of
from haproxy import Haproxy
from proc import Child

import parts
import ports

GROUP = "haproxy"
BEGINNING = """\
global
    log /dev/log local0
    user haproxy
    group haproxy
    chroot /var/lib/haproxy
    stats socket {admin} mode 660 group haproxy level admin expose-fd listeners

defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
"""

pytestmark = pytest.mark.skipif(not users.is_root(), reason="HAProxy as root needs tests as root")


class Debian:
    """/etc, /run and /var/lib of a machine, in a folder."""

    def __init__(self, keeper, folder, master_options=",mode,660,group,haproxy"):
        self.keeper, self.folder = keeper, folder
        for name, group, mode in (("etc", GROUP, 0o755), ("run", GROUP, 0o755), ("lib", None, 0o700)):
            (folder / name).mkdir()
            (folder / name).chmod(mode)
        users.own(folder / "etc", GROUP)
        users.own(folder / "lib", GROUP)
        self.config, self.admin = folder / "etc" / "haproxy.cfg", folder / "run" / "admin.sock"
        self.master, self.pid_file = folder / "run" / "master.sock", folder / "run" / "haproxy.pid"
        self.config.write_text(BEGINNING.format(admin=self.admin))
        users.own(self.config, GROUP)
        words = [parts.haproxy("2.6"), "-W", "-f", self.config, "-p", self.pid_file]
        self.child = keeper.keep(Child("haproxy", [*words, "-S", f"{self.master}{master_options}"], folder))
        self.haproxy = Haproxy("2.6", folder, admin=self.admin, master=self.master)
        wait.until(self.haproxy.worker_pid, "HAProxy answers")
        self.options = {
            "haproxyCfgPath": self.config, "haproxySocketPath": self.admin, "haproxyMasterSocketPath": self.master,
            "haproxyPidPath": self.pid_file, "haproxyStart": "never", "templateFile": "default.haproxycfg.tmpl",
            "dbPath": folder / "lib" / "db", "apiSocket": folder / "lib" / "api.sock",
            "haproxyDir": folder / "etc" / "thalassa.d", "haproxyPath": "/usr/sbin/haproxy", "adopt": True,
        }

    def agent(self, registry, **options) -> Agent:
        agent = Agent(self.folder, "2.6", self.options | registry.options | options)
        agent.prefix, agent.binary = users.prefix(GROUP), users.reachable_program(self.folder)
        return self.keeper.keep(agent)

    def check(self, registry, **options) -> subprocess.CompletedProcess:
        """`thalassa check` as the agent's user."""
        agent = self.agent(registry, **options)
        words = [*agent.prefix, agent.binary, "check", *words_of(agent.options)]
        return subprocess.run(
            [str(word) for word in words], capture_output=True, text=True, timeout=30, check=False, env=agent.env
        )


@pytest.fixture
def debian(keeper, work):
    return Debian(keeper, work)


def everything_works(scene, start_origin):
    """Members at runtime, rules by maps, a new listener by a reload, a restart that changes nothing."""
    extra = start_origin("extra")
    with scene.load():
        with scene.no_reload():
            scene.register(extra)
            scene.agent.wait_members("live", [*scene.addresses, f"127.0.0.1:{extra.port}"])
            rule = {"type": "path", "operation": "path", "value": "/x", "backend": "nosuch"}
            scene.put_frontend(rules=[rule])
            assert scene.answered_by("/x") == 503
        more = ports.free()
        with scene.reloads(1):
            scene.put_frontend(bind=f"127.0.0.1:{scene.port},127.0.0.1:{more}")
        assert scene.answered_by(port=more) != 503
        with scene.no_reload():
            scene.agent.restart(adopt=None)
            scene.agent.wait_applied()
    agent_uid = os.stat(f"/proc/{scene.agent.child.pid}").st_uid
    worker_uid = os.stat(f"/proc/{scene.haproxy.worker_pid()}").st_uid
    assert 0 not in (agent_uid, worker_uid) and agent_uid != worker_uid
    assert os.readlink(f"/proc/{scene.haproxy.worker_pid()}/root") == "/var/lib/haproxy"


def begin(debian, registry, origin, **options) -> scenes.Scene:
    agent = debian.agent(registry, **options)
    agent.haproxy = debian.haproxy
    agent.start()
    scene = scenes.Scene(agent, registry, [origin], ports.free())
    scene.register(origin)
    return scene.begin()


def test_with_the_group_of_both_sockets_everything_works(debian, registry, start_origin):
    scene = begin(debian, registry, start_origin(count=2))
    everything_works(scene, start_origin)


class Reloader:
    """What a service manager does for those who may ask it: a reload, answered when it is done."""

    def __init__(self, haproxy, path):
        self.haproxy, self.path, self.count = haproxy, path, 0
        self.server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.server.bind(str(path))
        path.chmod(0o666)
        self.server.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            before = self.haproxy.worker_pid()
            os.kill(self.haproxy.master_pid(), signal.SIGUSR2)
            try:
                wait.until(lambda: self.haproxy.worker_pid() != before, "a new worker")
                self.count += 1
            finally:
                connection.close()

    def stop(self):
        self.server.close()


def test_with_a_reload_command_everything_works(keeper, work, registry, start_origin):
    """The master socket is root's; reloads go by --haproxyReloadCmd."""
    debian = Debian(keeper, work, master_options="")
    debian.master.chmod(0o600)
    reloader = keeper.keep(Reloader(debian.haproxy, work / "reload.sock"))
    command = work / "reload"
    command.write_text(f"#!/bin/sh\nexec socat -u UNIX-CONNECT:{reloader.path} -\n")
    command.chmod(0o755)
    options = {"haproxyReloadCmd": command, "haproxyMasterSocketPath": None}
    scene = begin(debian, registry, start_origin(count=2), **options)
    everything_works(scene, start_origin)
    assert reloader.count >= 2


def test_check_is_content_when_nothing_is_missing(debian, registry):
    done = debian.check(registry)
    assert done.returncode == 0, done.stdout + done.stderr


def admin_unreachable(debian):
    debian.admin.chmod(0o600)
    return debian.admin


def master_unreachable(debian):
    debian.master.chmod(0o600)
    return debian.master


def configuration_unwritable(debian):
    shutil.chown(debian.folder / "etc", "root", "root")
    return debian.folder / "etc"


def store_unwritable(debian):
    shutil.chown(debian.folder / "lib", "root", "root")
    (debian.folder / "lib").chmod(0o755)
    return debian.folder / "lib"


@pytest.mark.parametrize(
    "take", [admin_unreachable, master_unreachable, configuration_unwritable, store_unwritable]
)
def test_check_names_a_right_that_is_missing(debian, registry, take):
    path = take(debian)
    done = debian.check(registry)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    missing = [line for line in said.splitlines() if line.startswith("missing")]
    assert missing and all(str(path) in line for line in missing), said


def test_check_changes_nothing(debian, registry):
    text, inode = debian.config.read_text(), debian.config.stat().st_ino
    worker = debian.haproxy.worker_pid()
    debian.check(registry)
    assert (debian.config.read_text(), debian.config.stat().st_ino) == (text, inode)
    assert debian.haproxy.worker_pid() == worker and debian.haproxy.reloads() == 0
    assert not (debian.folder / "etc" / "haproxy.cfg.before-thalassa").exists()


def privileged_port() -> int:
    """One below 1024 that nobody has."""
    for port in random.sample(range(600, 1000), 400):
        if not scenes.is_listening(port):
            return port
    raise RuntimeError("no free port below 1024")


def may_bind_any_port() -> bool:
    with open("/proc/sys/net/ipv4/ip_unprivileged_port_start") as start:
        return int(start.read()) < 1024


@pytest.mark.skipif(may_bind_any_port(), reason="here every user may bind ports below 1024")
def test_a_port_that_only_root_could_have_probed_is_rolled_back(debian, registry, start_origin):
    """The agent may not bind it and cannot know that it is taken: HAProxy tries for 2 s, in which it
    accepts nothing, and goes on as before."""
    scene = begin(debian, registry, start_origin(count=2))
    before = files.unmarked(debian.config)
    with socket.create_server(("127.0.0.1", privileged_port())) as other:
        port = other.getsockname()[1]
        scene.agent.good(scene.agent.put("/frontends/low", {"bind": f"127.0.0.1:{port}", "backend": "live"}))
        failed = wait.until(lambda: scene.agent.status()["failed"], "shown as failed", timeout=20)
    assert [one["object"] for one in failed] == ["frontend/low"]
    wait.equals(lambda: files.unmarked(debian.config), before, "the file is as before")
    with load.Prober(scene.port) as prober:
        wait.until(lambda: prober.count > 500, "served")
    assert not prober.failures


def test_a_low_port_that_is_free_is_served(debian, registry, start_origin):
    scene = begin(debian, registry, start_origin(count=2))
    port = privileged_port()
    with scene.load(), scene.reloads(1):
        scene.put_frontend("low", bind=f"127.0.0.1:{port}")
    assert scene.answered_by(port=port) != 503
