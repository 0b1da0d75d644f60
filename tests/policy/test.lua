-- SPDX-License-Identifier: Apache-2.0
-- lua test.lua LUA_FOLDER: what lua/ promises, without HAProxy. Ends with `N passed, N failed`.

local folder = ...
local request = dofile(folder .. "/request.lua")
local policy = assert(loadfile(folder .. "/policy.lua"))(request)
local show = assert(loadfile(folder .. "/show.lua"))(request, policy)

local passed, failed = 0, 0

local function test(promise, run)
    local ok, why = pcall(run)
    if ok then
        passed = passed + 1
    else
        failed = failed + 1
        print(promise .. ": " .. tostring(why))
    end
end

local function equal(got, want)
    if got ~= want then
        error(("got %s, want %s"):format(tostring(got), tostring(want)), 2)
    end
end

local function ask(given)
    local lists = given.lists or {}
    return {
        method = given.method or "GET", host = given.host, path = given.path or "/",
        query = given.query, src = given.src,
        headers = function(name) return lists[name] end,
    }
end

-- A request to one policy: "taken", "none", "undecided".
local function verdict(test_of_line, given)
    local line = "1,b,0," .. test_of_line
    return (policy.decide("p", function() return line end, ask(given or {})))
end

test("the hash is xxh32", function()
    equal(request.xxh32(""), 0x02cc5d05)
    equal(request.xxh32("a"), 0x550d7456)
    equal(request.xxh32("abc"), 0x32d153ff)
    equal(request.xxh32("Nobody inspects the spammish repetition"), 0xe2293b2f)
end)

test("buckets are those that HAProxy computes", function()
    equal(request.bucket("127.0.0.1", ""), 5533)
    equal(request.bucket("::ffff:127.0.0.1", ""), 5198)
    equal(request.bucket("::1", ""), 8257)
end)

test("an address is read as IPv4 or IPv6", function()
    local v4 = (1 << 24) + (2 << 16) + (3 << 8) + 4
    local cases = {
        ["1.2.3.4"] = { 4, 0, v4 },
        ["::ffff:1.2.3.4"] = { 4, 0, v4 },
        ["::"] = { 6, 0, 0 },
        ["::1"] = { 6, 0, 1 },
        ["2001:db8::"] = { 6, 0x20010db8 << 32, 0 },
        ["1:2:3:4:5:6:7:8"] = { 6, 0x0001000200030004, 0x0005000600070008 },
        ["fe80::ffff:1"] = { 6, 0xfe80 << 48, 0xffff0001 },
    }
    for text, want in pairs(cases) do
        local got = { request.address(text) }
        for i = 1, 3 do
            equal(got[i], want[i])
        end
    end
    for _, text in ipairs({ "", "x", "1:2", "1.2.3", "@unix" }) do
        equal(request.address(text), nil)
    end
end)

test("cookies are parted as in agent/policy/fields.h", function()
    local lists = request.cookies({ "uid=a; uid = b ;x;=y; e=", "uid=c=d" })
    equal(table.concat(lists.uid, "|"), "a|b|c=d")
    equal(lists.e[1], "")
    equal(lists.x, nil)
    equal(lists[""], nil)
end)

test("parameters are decoded", function()
    local lists = request.parameters("a+b=1%2B2&&c&a%20b=%zz%4")
    equal(table.concat(lists["a b"], "|"), "1+2|%zz%4")
    equal(lists.c[1], "")
end)

test("a host loses case and port", function()
    equal(request.host("A.Example:80"), "a.example")
    equal(request.host("[::1]:80"), "[::1]")
    equal(request.host("::1"), "::1")
end)

test("conditions hold for one of several values", function()
    local given = { lists = { ["x-a"] = { "one", "two" } } }
    equal(verdict("H,x-a,e,two", given), "taken")
    equal(verdict("H,x-a,e,three", given), "none")
    equal(verdict("H,x-a,b,tw", given), "taken")
    equal(verdict("H,x-a,z,ne", given), "taken")
    equal(verdict("H,x-a,c,n", given), "taken")
    equal(verdict("H,x-a,i,2,three,one", given), "taken")
    equal(verdict("H,x-b,x", given), "taken")
    equal(verdict("H,x-a,x", given), "none")
    equal(verdict("H,x-a,y", given), "taken")
end)

test("what a regular expression may decide is undecided, not yes and not no", function()
    local given = { lists = { ["x-a"] = { "v" } } }
    equal(verdict("H,x-a,r", given), "undecided")
    equal(verdict("n,H,x-a,r", given), "undecided")
    equal(verdict("a,2,H,x-a,r,p,e,/b", given), "none")
    equal(verdict("o,2,H,x-a,r,p,e,/", given), "taken")
    equal(verdict("o,2,H,x-a,r,p,e,/b", given), "undecided")
    equal(verdict("H,x-b,r", given), "none")
end)

test("networks are searched by halves", function()
    local line = "s,2,0a0000000affffff,c0a80000c0a8ffff,1,"
        .. "20010db800000000000000000000000020010db8ffffffffffffffffffffffff"
    for src, want in pairs({ ["10.0.0.0"] = "taken", ["10.255.255.255"] = "taken",
        ["11.0.0.0"] = "none", ["9.255.255.255"] = "none", ["192.168.3.4"] = "taken",
        ["::ffff:10.1.1.1"] = "taken", ["2001:db8::1"] = "taken", ["2001:db9::"] = "none",
        [""] = "none" }) do
        equal(verdict(line, { src = src }), want)
    end
end)

test("a share goes by the last cookie that is not empty, else by the address", function()
    local bucket = request.bucket("u1", "p")
    local given = { lists = { cookie = { "uid=u0", "uid=u1" } }, src = "10.0.0.1" }
    equal(verdict("k," .. bucket + 1 .. ",c,uid", given), "taken")
    equal(verdict("k," .. bucket .. ",c,uid", given), "none")
    bucket = request.bucket("10.0.0.1", "p")
    equal(verdict("k," .. bucket + 1 .. ",c,other", given), "taken")
    equal(verdict("k," .. bucket .. ",s", given), "none")
    equal(verdict("k,10000,s", {}), "none")
end)

test("a line that cannot be read is undecided", function()
    for _, line in ipairs({ "", "1", "2,b,0,a,0", "1,b,0", "1,b,x,a,0", "1,b,0,?", "1,b,0,a,2,y",
        "1,b,0,h,?", "1,b,0,a,0,x", "1,b,0,s,1,zz,0", "1,b,0,k,1,z" }) do
        equal((policy.decide("p", function() return line end, ask({}))), "undecided")
    end
    equal((policy.decide("p", function() end, ask({}))), "undecided")
    equal((policy.decide("", function() end, ask({}))), "none")
end)

test("a changed line counts at once, also after many names", function()
    for i = 1, 5000 do
        local line = "1,b" .. i .. ",0,a,0"
        local kind, name, taken = policy.decide("n" .. i, function() return line end, ask({}))
        equal(kind .. name .. taken.backend, "takenn" .. i .. "b" .. i)
    end
    equal((policy.decide("n1", function() return "1,b,0,p,e,/x" end, ask({}))), "none")
end)

test("escapes in a line are undone", function()
    local line = "1,,1,v,a%2cb%25,p,e,%2fa%20b"
    local _, _, taken = policy.decide("p", function() return line end, ask({ path = "/a b" }))
    equal(taken.set[1][1] .. "=" .. taken.set[1][2], "v=a,b%")
    equal(taken.backend, "")
end)

-- What show.lua sees of HAProxy: `maps`, one frontend without rules.
local function view_of(maps)
    return {
        cookies = { "sid", "uid" },
        map = function(name, key) return maps[name] and maps[name][key] end,
        kinds = function() return {} end,
        line = function(name) return maps.lines and maps.lines[name] end,
        frontends = function() return { "web" } end,
        backends = function() return { "site" } end,
        usable = function(proxy) return proxy == "site" and 2 or proxy == "new" and 1 or 0 end,
    }
end

local function command(maps, ...)
    return show.command(view_of(maps), { "show", "thalassa", ... })
end

test("show route tells each step", function()
    local maps = {
        default = { web = "site" }, proxies = { site = "site", new = "new", dead = "dead" },
        splits = { site = "10000/new/cookie" }, policies = { web = "p" },
        lines = { p = "1,site,0,p,e,/back" },
    }
    equal(command(maps, "route", "GET", "http://h/x?y", "Cookie: sid=1"), [[
frontend web
  rule     no rule, default -> site
  split    100.00 % to new, bucket ]] .. request.bucket("1", "site") .. [[ of cookie sid -> new
  policy   none holds
  backend  new
  proxy    new, 1 usable
]])
    local back = command(maps, "route", "GET", "/back", "src=10.0.0.1")
    equal(back:match("policy%s+(.-)\n"), "p -> site")
    equal(back:match("backend%s+(.-)\n"), "site")
    maps.splits.site = "10000/dead/src"
    back = command(maps, "route", "GET", "/", "src=10.0.0.1")
    equal(back:match("backend%s+(.-)\n"), "site")
    equal(back:match("dead has no usable server") ~= nil, true)
    maps.splits.site = "5000/new/none"
    equal(command(maps, "route", "GET", "/"):match("split%s+(.-)\n"),
        "50.00 % to new, each request drawn anew")
    maps.default = {}
    equal(command(maps, "route", "GET", "/"):match("backend%s+(.-)\n"), "nothing: 503")
end)

test("show refuses what it does not understand", function()
    equal(command({}, "route", "GET"):match("^[^\n]*"), "a method and a URL are wanted")
    equal(command({}, "route", "GET", "x"):match("^the URL begins") ~= nil, true)
    equal(command({}, "route", "GET", "/", "what"):match("^[^\n]*"), "not understood: what")
    equal(command({}, "route", "GET", "/", "src=x"):match("^[^\n]*"), "not understood: src=x")
    equal(command({}, "route", "GET", "/", "frontend=x"), "no such http frontend\n")
    equal(command({}, "nonsense"):match("^show thalassa route") ~= nil, true)
end)

test("show lists splits and policies", function()
    equal(command({}, "splits"), "no splits\n")
    equal(command({}, "policies"), "no policies\n")
    equal(command({ splits = { site = "505/new/src" } }, "splits"),
        "site: 5.05 % to new, sticky src\n")
    equal(command({ policies = { web = "a,b,c" }, lines = { a = "1,x,1,variant,v,p,r", b = "1" } },
        "policies"), "web: a -> x variant=v (has a regular expression: needs the agent)\n"
        .. "web: b unreadable\nweb: c unreadable\n")
end)

test("show tells who has decided, and after which errors", function()
    local counts = { all = 3, too_large = 2, errors = { [257] = 1, [1] = 2 } }
    equal(show.counters(counts), "decided by Lua: 3\n"
        .. "too large for the agent, routed by the maps: 2\n"
        .. "after error 1 of the agent: 2\nafter error 257 of the agent: 1\n")
end)

print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0)
