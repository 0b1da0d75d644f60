# SPDX-License-Identifier: Apache-2.0
"""What HAProxy can do is learnt from the process that runs, and shown."""

import parts
import ports
import wait

ADD = ("add backend", "publish backend", "unpublish backend", "del backend")
BY_HELP = {"stats_file": ("dump stats-file",), "wait_removable": ("wait",), "add_backend": ADD}


def listed(haproxy) -> dict[str, bool]:
    lines = [line.strip() for line in haproxy.cli("help").splitlines()]
    return {
        name: all(any(line.startswith(f"{one} ") for line in lines) for one in commands)
        for name, commands in BY_HELP.items()
    }


def test_status_tells_what_the_running_haproxy_lists(scene):
    def told():
        capabilities = scene.agent.status()["haproxy"]["capabilities"]
        return {name: capabilities[name] for name in BY_HELP}

    wait.equals(told, listed(scene.haproxy), "the capabilities are learnt")
    scene.haproxy.reload()  # another worker of the same
    wait.equals(told, listed(scene.haproxy), "they are known of the next worker")


def test_a_socket_of_a_lower_level_is_told(haproxy_version, work, registry, start_agent):
    text = (parts.ROOT / "templates" / "dev.haproxycfg.tmpl").read_text()
    template = work / "operator.tmpl"
    template.write_text(text.replace("level admin", "level operator"))
    agent = start_agent(haproxy_version, templateFile=template, **registry.options)
    body = {"bind": f"127.0.0.1:{ports.free()}", "backend": "live"}
    agent.good(agent.put("/frontends/web", body))
    wait.until(lambda: "no admin level" in agent.status()["haproxy"]["error"], "the level is told")
