# SPDX-License-Identifier: Apache-2.0
"""Configurations that HAProxy takes, and ends of later: each really does, `thalassa check` names it, and
the agent does not do what would end it."""

import shutil

import pytest
from prompt import thalassa
from rest import Rest
from test_cli_check import Place, named

import parts
import ports
import wait

TEMPLATES = parts.ROOT / "templates"
ERRORS, KEPT = "http-errors errs\n    errorfile 503 {folder}/503.http\n", "cache kept\n    total-max-size 4\n"
EXTERNAL = "option external-check\n    external-check command /bin/true"
# lines of the defaults, and what ends HAProxy: adding a backend (3.4), adding a server, a request
KILLERS = {
    "errorfiles": ("errorfiles errs", "add backend"),
    "http-error": ("http-error status 503 errorfiles errs", "add backend"),
    "external-check": (EXTERNAL, "add server"),
    "cache-use": ("http-request cache-use kept", "request"),
}
CURES = {
    "errorfiles": "errorfile 503 {folder}/503.http",
    "http-error": "http-error status 503 errorfile {folder}/503.http",
    "external-check": EXTERNAL + "\n    option tcp-check",
}
GLOBAL = "global\n    stats socket {folder}/admin.sock mode 600 level admin\n    external-check\n"
TIMEOUTS = "    mode http\n    timeout connect 1s\n    timeout client 5s\n    timeout server 5s\n"


def start(start_haproxy, version, work, line, port):
    """Frontend `web`, and backend `one` from `mine`, defaults with the line."""
    (work / "503.http").write_text("HTTP/1.0 503 Gone\r\n\r\n")
    text = GLOBAL + ERRORS + KEPT + "defaults plain\n" + TIMEOUTS
    text += f"frontend web from plain\n    bind 127.0.0.1:{port}\n    use_backend %[path,field(2,/)]\n"
    text += f"defaults mine\n{TIMEOUTS}    {line}\nbackend one from mine\n"
    return start_haproxy(version, text.replace("{folder}", str(work)))


def use(haproxy, version, port, origin) -> None:
    """A server in a backend of the file and, where there are such, in one made at runtime; a request."""
    backends = ["one"]
    if version == "3.4":
        haproxy.cli("add backend two from mine")
        haproxy.cli("publish backend two")
        backends.append("two")
    for backend in backends:
        haproxy.cli(f"add server {backend}/s 127.0.0.1:{origin.port} check inter 100ms")
        haproxy.cli(f"enable health {backend}/s")
        haproxy.cli(f"enable server {backend}/s")
    pid = haproxy.worker_pid()
    wait.until(lambda: is_gone(pid) or all(is_checked(haproxy, b) for b in backends), "checks")
    for backend in backends:
        assert Rest("127.0.0.1", port).get(f"/{backend}/").status == 200
    haproxy.info()


@pytest.mark.parametrize("killer", KILLERS)
def test_haproxy_ends(haproxy_version, killer, work, start_haproxy, start_origin):
    """When one of them no longer does, it may leave danger.def."""
    line, by = KILLERS[killer]
    if by == "add backend" and haproxy_version != "3.4":
        pytest.skip("backends are not made at runtime")
    origin, port = start_origin("s1"), ports.free()
    haproxy = start(start_haproxy, haproxy_version, work, line, port)
    pid = haproxy.worker_pid()
    with pytest.raises(OSError):
        use(haproxy, haproxy_version, port, origin)
    wait.until(lambda: is_gone(pid), "the worker has ended")


def is_checked(haproxy, backend) -> bool:
    return haproxy.servers_state(backend)["s"]["srv_check_result"] != "0"


def is_gone(pid) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize("killer", CURES)
def test_what_is_advised_instead_works(haproxy_version, killer, work, start_haproxy, start_origin):
    origin, port = start_origin("s1"), ports.free()
    haproxy = start(start_haproxy, haproxy_version, work, CURES[killer], port)
    use(haproxy, haproxy_version, port, origin)


def template(work, line, at="defaults thalassa.base", replaced="{{profileHelper this}}"):
    """The shipped template with a line in the defaults that all inherit, or in each profile."""
    folder = work / "mine"
    shutil.copytree(TEMPLATES / "partials", folder / "partials")
    defaults = folder / "partials" / "thalassa.defaults.tmpl"
    text = defaults.read_text()
    if "cache-use" in line:
        text = text.replace(replaced, f"{replaced}\n    {line}")
    else:
        text = text.replace(f"{at}\n", f"{at}\n    {line}\n", 1)
    defaults.write_text(text)
    (work / "503.http").write_text("HTTP/1.0 503 Gone\r\n\r\n")
    own = (TEMPLATES / "dev.haproxycfg.tmpl").read_text()
    own = own.replace("global\n", "global\n    external-check\n", 1)
    own += "\n" + (ERRORS + KEPT).format(folder=work)
    (folder / "mine.tmpl").write_text(own)
    return folder / "mine.tmpl"


OBJECTS = (
    '{"frontends":[{"key":"web","bind":"127.0.0.1:1","backend":"live"}],'
    '"backends":[{"key":"live","type":"static","members":[{"host":"127.0.0.1","port":1}]}]}'
)


@pytest.mark.parametrize("killer", KILLERS)
def test_check_names_it_in_a_template_of_ones_own(haproxy_version, killer, work, registry):
    line, by = KILLERS[killer]
    (work / "objects.json").write_text(OBJECTS)
    place = Place(work, registry, haproxy_version)
    options = {"templateFile": template(work, line), "persistence": work / "objects.json"}
    found = place.check(**options)
    told = [one for one in found["missing"] if one.startswith("dangers:")]
    if by == "add backend" and haproxy_version != "3.4":
        assert not told, found
        return
    assert named(found["ok"], "haproxy -c"), found
    assert named(told, line.split("\n")[0], "HAProxy", "instead: "), found
    assert named(told, "thalassa.http-roundrobin" if by == "request" else "thalassa.base"), found
    rendered = thalassa("render", *words(place.options | options), cwd=work).stdout.splitlines()
    number = int(told[0].split("line ", 1)[1].split()[0])
    assert rendered[number].strip() == line.split("\n")[0], (number, told)  # the mark is one line more


def words(options) -> list[str]:
    return [word for name, value in options.items() for word in (f"--{name}", str(value))]


def test_members_come_by_a_reload_where_adding_one_would_end_haproxy(
    haproxy_version, work, start_scene, start_origin
):
    """`external-check` in a template of one's own: slow, and alive."""
    origins = [start_origin("s1")]
    scene = start_scene(haproxy_version, origins, templateFile=template(work, EXTERNAL))
    later = start_origin("s2")
    master = scene.haproxy.master_pid()
    with scene.reloads(1):
        scene.register(later)
        scene.agent.wait_members("live", scene.addresses + [f"127.0.0.1:{later.port}"])
    assert scene.haproxy.master_pid() == master

    def reason():
        return scene.agent.get("/status").body["reloads"]["reason"]

    wait.until(lambda: "external-check" in reason(), "the reason is told")
    assert scene.answered_by() in ("s1", "s2")
