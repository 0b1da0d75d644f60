# SPDX-License-Identifier: Apache-2.0
"""Statistics: what HAProxy counts, by the operator's names; their history; metrics of all of it."""

import subprocess

import openmetrics
import pytest
import wait


RELOADS = 10
WITHIN = 0.005  # of what the load generator has sent
OFTEN = {"statsInterval": "500ms"}


@pytest.fixture
def scene(start_scene, start_origin, haproxy_version):
    return start_scene(haproxy_version, [start_origin(count=2)], **OFTEN)


def stats(scene, **query) -> dict[str, dict]:
    return {one["id"]: one for one in scene.agent.get("/stats", **query).body}


def requests(scene, which="stat/backend/live") -> int:
    """-1 while there is no such object."""
    return stats(scene).get(which, {"requests": -1})["requests"]


def history(scene, which="stat/backend/live", **query) -> dict:
    return scene.agent.good(scene.agent.get(f"/stats/{which}", **query)).body


def ask(scene, times) -> None:
    for _ in range(times):
        assert scene.get().status == 200


def reload_by_change(scene, number) -> None:
    with scene.reloads(1):
        scene.put_frontend(natives=[f"maxconn {1000 + number}"], wait="20s")


def of_haproxy(scene, proxy, row) -> dict[str, str]:
    return next(one for one in scene.haproxy.stat() if (one["pxname"], one["svname"]) == (proxy, row))


def test_they_are_what_haproxy_says(scene):
    members = {f"stat/backend/live/{address}" for address in scene.addresses}
    wanted = {"stat/frontend/web", "stat/backend/live"} | members
    wait.equals(lambda: set(stats(scene)), wanted, "every object, and no other")
    ask(scene, 30)
    wait.until(lambda: requests(scene) == 30, "30 requests are counted")

    def checked():
        told = stats(scene)
        return all(told[one]["check"]["status"] in ("L4OK", "L7OK") for one in members)

    wait.until(checked, "each member has passed a check")
    known = stats(scene)
    for which, row in (("stat/frontend/web", "FRONTEND"), ("stat/backend/live", "BACKEND")):
        told, said = known[which], of_haproxy(scene, which.rsplit("/", 1)[1], row)
        assert told["requests"] == told["responses"]["2xx"] == 30 == int(said["req_tot"])
        assert told["sessions"] == int(said["stot"])
        assert told["bytes"] == {"in": int(said["bin"]), "out": int(said["bout"])}
        assert told["status"] == said["status"]
        assert told["connections"]["max"] == int(said["smax"])
        assert told["connections"]["limit"] == int(said["slim"])
    assert known["stat/backend/live"]["servers"] == {"up": 2, "total": 2}
    assert sum(known[one]["requests"] for one in members) == 30
    for which in members:
        told, said = known[which], of_haproxy(scene, "live", f"live_{known[which]['member']}")
        assert told["responses"]["2xx"] == int(said["hrsp_2xx"])
        assert (told["status"], told["state"], told["weight"]) == ("UP", "ready", 1)
        assert abs(told["check"]["since"] - int(said["lastchg"])) <= 2
        assert told["times"]["total"] <= int(said["ttime"] or 0) + 1
    address = scene.addresses[0]
    scene.agent.good(scene.agent.put(f"/backends/live/members/{address}", {"state": "drain"}, wait="10s"))
    wait.until(lambda: stats(scene)[f"stat/backend/live/{address}"]["state"] == "drain", "it drains")
    wait.equals(lambda: stats(scene)["stat/backend/live"]["servers"], {"up": 1, "total": 2}, "one is in use")


@pytest.mark.one_version
def test_they_are_narrowed_and_named_in_several_ways(scene):
    wait.until(lambda: len(stats(scene)) == 4, "two proxies, two members")
    assert set(stats(scene, type="frontend")) == {"stat/frontend/web"}
    assert set(stats(scene, type="backend")) == {"stat/backend/live"}
    assert len(stats(scene, type="backendMember")) == 2
    assert len(stats(scene, backend="live")) == 3
    assert stats(scene, backend="none") == {}
    assert scene.agent.get("/stats", type="server").status == 400
    for name in ("stat/backend/live", "backend/live", "stat%2Fbackend%2Flive", "stat/backend%2Flive/"):
        assert history(scene, name)["id"] == "stat/backend/live"
    member = f"stat/backend/live/{scene.addresses[0]}"
    assert history(scene, member)["samples"][-1]["member"] == scene.addresses[0]
    for name in ("stat/backend/none", "live", "stat/frontend/live", "stat/backend/live/10.9.9.9:1", "stat/backend/*"):
        assert scene.agent.get(f"/stats/{name}").status == 404, name


def test_totals_grow_at_every_sample_over_reloads(scene):
    """And are what was sent in the end, whatever worker served it; members lack what a worker served
    while it left."""
    wait.until(lambda: requests(scene) >= 0, "it is counted")
    began = {which: requests(scene, which) for which in ("stat/frontend/web", "stat/backend/live")}
    members = [f"stat/backend/live/{address}" for address in scene.addresses]
    seen = {which: [] for which in [*began, *members]}
    with scene.traffic() as results:
        for number in range(RELOADS):
            reload_by_change(scene, number)
            for which, values in seen.items():
                values += [(one["time"], one["requests"]) for one in history(scene, which)["samples"]]
    sent = sum(result.requests for result in results)
    for which, values in seen.items():
        in_order = [count for _, count in sorted(set(values))]
        assert in_order == sorted(in_order) and len(in_order) > RELOADS, (which, in_order)
    assert sum(requests(scene, one) for one in members) >= sent / 4  # two looks at each worker of 2.6
    for which in began:

        def counted(which=which):
            told = requests(scene, which) - began[which]
            assert abs(told - sent) <= sent * WITHIN, f"{which}: {told}, sent {sent}"
            return True

        wait.until(counted, "the totals are what was sent")
    samples = history(scene)["samples"]
    assert max(one["rate"]["requests"] for one in samples) > 0
    for one in samples:
        assert sum(one["responses"].values()) == one["requests"], one


def test_a_backend_keeps_its_name_whatever_proxy_serves_it(scene):
    counted, members = 0, {f"stat/backend/live/{address}" for address in scene.addresses}
    wanted = {"stat/frontend/web", "stat/backend/live"} | members
    for number, balance in enumerate(("leastconn", "first")):
        scene.put_backend(balance=balance, wait="20s")
        ask(scene, 10)
        counted += 10
        wait.until(lambda: requests(scene) == counted, f"{counted} requests")
        wait.equals(lambda: set(stats(scene)), wanted, "the same names")
        reload_by_change(scene, number)
        wait.until(lambda: requests(scene) == counted, "the reload takes nothing away")
    assert len({one["id"] for one in history(scene)["samples"]}) == 1


@pytest.mark.one_version
def test_history_outlives_the_agent_and_old_samples_go(start_scene, haproxy_version):
    scene = start_scene(haproxy_version, statsInterval="200ms", statsRetention="3s")
    ask(scene, 20)
    wait.until(lambda: requests(scene) == 20, "20 requests are counted")
    wait.until(lambda: len(history(scene)["samples"]) >= 5, "some samples")
    for end in (scene.agent.kill, scene.agent.stop):
        before = history(scene)["samples"]
        end()
        scene.agent.start()
        again = history(scene)["samples"]
        common = [one for one in again if one in before]
        assert len(common) >= 3, (before, again)
        wait.until(lambda: history(scene)["samples"][-1] not in common, "and it goes on")
        assert requests(scene) == 20
    times = [one["time"] for one in history(scene)["samples"]]
    assert times == sorted(times)
    wait.until(lambda: history(scene)["samples"][0]["time"] > times[-1], "the old ones go", 20)
    kept = history(scene)["samples"]
    assert kept[-1]["time"] - kept[0]["time"] <= 3200 and 3 <= len(kept) <= 32
    assert len(history(scene, limit=2)["samples"]) == 2
    assert history(scene, since=kept[-1]["time"] + 60000) | {"id": ""} == {
        "id": "", "interval": 200, "samples": [], "minutes": [],
    }  # fmt: skip


@pytest.mark.one_version
def test_minutes_are_kept(start_scene, haproxy_version):
    """A minute has to pass; it is there after a restart, with what went on."""
    scene = start_scene(haproxy_version, **OFTEN)
    ask(scene, 60)
    wait.until(lambda: sum(m["rate"]["requests"] for m in history(scene)["minutes"]) > 0, "a minute", 80)
    minutes = history(scene)["minutes"]
    assert all(one["time"] % 60000 == 0 for one in minutes)
    assert minutes[-1]["servers"]["total"] == len(scene.addresses)
    assert history(scene, f"stat/backend/live/{scene.addresses[0]}")["minutes"] == []
    scene.agent.kill()
    scene.agent.start()
    assert history(scene)["minutes"][: len(minutes)] == minutes


def test_metrics_are_as_prometheus_wants_them(start_scene, start_origin, haproxy_version):
    label = 'a "name" with a \\ and {braces}, äöü'
    scene = start_scene(haproxy_version, [start_origin(count=2)], metricsMembers="on", label=label, **OFTEN)
    scene.put_static("b-1.x:y_Z", *scene.origins)
    reload_by_change(scene, 1)
    ask(scene, 10)
    wait.until(lambda: requests(scene) == 10, "10 requests are counted")
    text = scene.agent.get("/metrics").body
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=30, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    families = openmetrics.parse(text)

    def sample(name, **labels):
        return families[name].samples[tuple(sorted(labels.items()))]

    assert [dict(one)["label"] for one in families["thalassa_build_info"].samples] == [
        label.replace("\\", "\\\\").replace('"', '\\"')
    ]
    assert sample("thalassa_reloads_total", reason="natives") == 1
    assert sample("thalassa_operations_total", operation="add server", result="ok") >= 2
    assert sample("thalassa_registry_state", state="ok") == 1
    assert 0 < sample("thalassa_store_bytes", environment="history") < 64 << 20
    assert sample("thalassa_haproxy_backend_up_servers", backend="live") == 2
    assert sample("thalassa_haproxy_backend_servers", backend="b-1.x:y_Z") == 2
    assert sample("thalassa_haproxy_backend_responses_total", backend="live", code="2xx") == 10
    served = [
        sample("thalassa_haproxy_server_requests_total", backend="live", server=one) for one in scene.addresses
    ]
    assert sum(served) == 10
    assert all(sample("thalassa_haproxy_server_up", backend="live", server=one) == 1 for one in scene.addresses)
    scene.agent.restart(metricsMembers="off")
    wait.until(lambda: requests(scene) >= 0, "it is observed")
    assert "thalassa_haproxy_server" not in scene.agent.get("/metrics").body
