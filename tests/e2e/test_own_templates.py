# SPDX-License-Identifier: Apache-2.0
"""Templates that write backends in another way than the shipped ones: what then needs a reload, and
what still does not."""

import shutil

import parts
import ports


def test_a_template_of_its_own_kind_reloads_and_says_why(start_scene, start_origin, haproxy_version, work):
    shipped = parts.ROOT / "templates"
    folder = work / "own"
    shutil.copytree(shipped, folder)
    partial = folder / "partials" / "thalassa.proxies.tmpl"
    partial.write_text(partial.read_text().replace("{{backendHelper this from=profile}}", "{{backendHelper this}}"))
    template = folder / "dev.haproxycfg.tmpl"
    scene = start_scene(haproxy_version, templateFile=template)
    other = start_origin("other")
    body = {"type": "static", "members": [{"host": other.host, "port": other.port}]}
    plan = scene.agent.good(scene.agent.put("/backends/extra", body, dryRun="true")).body
    assert plan["verdict"] == "reload"
    told = {(r["object"], r["field"]) for r in plan["reasons"]}
    assert ("template", "backends") in told and ("backend/extra", "created") in told, plan["reasons"]
    with scene.load(), scene.reloads(1):
        scene.put_static("extra", other)
    assert set(scene.haproxy.servers("extra")) == {f"extra_127.0.0.1:{other.port}"}


OWN_SERVERS = """global
    stats socket {{haproxySocketPath}} mode 600 level admin expose-fd listeners
defaults
    mode http
    option idle-close-on-response
    timeout connect 2s
    timeout client 10s
    timeout server 10s
    option idle-close-on-response
{{#each frontends}}
frontend {{key}}
    bind {{bind}}
    default_backend {{backend}}
{{/each}}
{{#each backends}}
backend {{key}}
    balance {{balance}}
{{#each members}}
    server {{../key}}_{{host}}:{{port}} {{host}}:{{port}} check
{{/each}}
{{/each}}
"""


def test_a_template_with_servers_of_its_own_kind_does_not_reload_for_ever(start_scene, haproxy_version, work):
    """Options of servers that are not those that the objects ask for, in a backend with one member and
    in one with two: after the reload that wrote them they are as good as asked for."""
    template = work / "own.haproxycfg.tmpl"
    template.write_text(OWN_SERVERS)
    scene = start_scene(haproxy_version, templateFile=template)
    with scene.load():
        with scene.reloads(1):
            scene.put_static("extra", members=[{"host": "127.0.0.1", "port": scene.origins[0].ports[0]}])
        assert scene.agent.good(scene.agent.get("/plan")).body["verdict"] == "noop"
        with scene.no_reload():
            scene.agent.restart()
            scene.agent.wait_applied()
            assert scene.agent.good(scene.agent.get("/plan")).body["verdict"] == "noop"
            scene.deregister(scene.addresses[1])
            scene.agent.wait_members("live", scene.addresses[:1])
        with scene.reloads(1):
            scene.put_frontend("other", bind=f"127.0.0.1:{ports.free()}")
        with scene.no_reload():
            scene.register(scene.origins[0])
            scene.agent.wait_members("live", scene.addresses)
        assert scene.agent.good(scene.agent.get("/plan")).body["verdict"] == "noop"
