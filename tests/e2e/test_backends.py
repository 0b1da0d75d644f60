# SPDX-License-Identifier: Apache-2.0
"""Backends come, go and change their profile while HAProxy runs: no reload where the version can, no
lost request anywhere, and nobody but HAProxy sees another name than the operator's."""

import re

import wait

ADDS = {"3.4"}  # versions that make backends at runtime; others have spares


def proxies(scene) -> dict[str, str]:
    """The map of proxies as HAProxy has it: backend -> proxy."""
    return dict(scene.haproxy.show_map(f"{scene.agent.options['haproxyDir']}/maps/proxies.map"))


def running(scene) -> set[str]:
    """Names of HAProxy's backends."""
    return set(scene.haproxy.cli("show backend").split()[2:])


def test_a_backend_comes_and_goes_without_a_reload(scene, start_origin, haproxy_version):
    other = start_origin("other")
    before = running(scene)
    with scene.load(), scene.no_reload():
        for _ in range(5):
            scene.put_static("extra", other)
            proxy = proxies(scene)["extra"]
            scene.put_frontend(
                rules=[{"type": "path", "operation": "path", "value": "/x", "backend": "extra"}]
            )
            assert scene.answered_by("/x").startswith("other")
            scene.put_frontend()
            scene.agent.good(scene.agent.delete("/backends/extra", wait="10s"))
            assert "extra" not in proxies(scene)
            wait.until(lambda: not scene.haproxy.servers(proxy), "its servers are gone")
        wait.equals(lambda: running(scene), before, "it is gone")
