-- SPDX-License-Identifier: Apache-2.0
-- `show thalassa ...` on HAProxy's admin socket: what the maps say. Nothing is changed, since
-- commands in Lua have no check of level. Pure: `view` stands for HAProxy (view.lua).
--
-- ../lookups.txt tells which lookups there are, since maps can be opened only while loading:
--   frontend NAME KIND...    NAME.KIND.a.map, NAME.KIND.b.map and NAME.rank.map are in ../maps
--   cookie NAME              a sticky cookie, the first that a request has is taken

local request, policy = ...

local M = {}

local NO_RANK = 999999
local SET_B = 500000 -- ranks of set b are raised by this
local USAGE = [[
show thalassa route METHOD URL [NAME:VALUE]... [frontend=NAME] [src=ADDRESS]
show thalassa splits
show thalassa policies
show thalassa counters
]]

local function last_part(values)
    return values and values[#values] and values[#values]:match("([^,]*)$"):match("^%s*(.-)%s*$")
end

-- "http://host/path?query", or from the path on.
local function url_of(q, url)
    local rest = url:match("^[^#]*")
    local host, behind = rest:match("^https?://([^/?]*)(.*)$")
    if host then
        q.host, rest = host, behind
    end
    q.path, q.query = rest:match("^([^?]*)%??(.*)$")
    if q.path == "" then
        q.path = "/"
    end
    q.pathq = q.path .. (rest:find("?", 1, true) and "?" .. q.query or "")
end

-- Words behind "show thalassa route" -> a request and the frontend asked for; or nil and why.
function M.request(words)
    local q, lists, frontend = { src = "" }, {}, nil
    q.method = words[1]
    if not words[1] or not words[2] then
        return nil, "a method and a URL are wanted"
    end
    url_of(q, words[2])
    if q.path:sub(1, 1) ~= "/" and q.path ~= "*" then
        return nil, "the URL begins with neither / nor http:// nor https://"
    end
    for i = 3, #words do
        local name, value = words[i]:match("^([^:=]+):[ \t]*(.*)$")
        local option, text = words[i]:match("^(%l+)=(.*)$")
        if option == "frontend" then
            frontend = text
        elseif option == "src" and request.address(text) then
            q.src = text
        elseif name then
            name = name:lower()
            lists[name] = lists[name] or {}
            table.insert(lists[name], value)
        else
            return nil, "not understood: " .. words[i]
        end
    end
    q.host = last_part(lists.host) or q.host or ""
    lists.host = lists.host or q.host ~= "" and { q.host } or nil
    q.headers = function(name) return lists[name] end
    return q, frontend
end

-- What a lookup of the rules compares.
local function looked_up(q, kind)
    local header = kind:match("^hdr_dom%.(.*)$")
    if header then
        local value = last_part(q.headers(header))
        return value and header == "host" and value:lower() or value
    end
    return kind:match("^url") and q.pathq or q.path
end

local function rule_of(view, frontend, q)
    local set, rank = view.map("active", frontend) or "a", NO_RANK
    for _, kind in ipairs(view.kinds(frontend)) do
        local value = looked_up(q, kind)
        local found = value and tonumber(view.rule(frontend, kind, set, value))
        rank = found and found < rank and found or rank
    end
    local backend = rank ~= NO_RANK and view.rank(frontend, tostring(rank))
    if backend then
        return backend, ("rule %d -> %s"):format(rank > SET_B and rank - SET_B or rank, backend)
    end
    backend = view.map("default", frontend)
    return backend, "no rule, default -> " .. (backend or "nothing")
end

local function usable(view, backend)
    local proxy = backend and view.map("proxies", backend)
    return proxy and view.usable(proxy) or 0, proxy
end

function M.split(text)
    local share, other, sticky = (text or ""):match("^(%d+)/([^/]+)/(%l+)$")
    return tonumber(share), other, sticky
end

local function percent(share)
    return ("%d.%02d %%"):format(share // 100, share % 100)
end

local function sticky_key(view, sticky, q)
    if sticky == "cookie" then
        local lists = request.cookies(q.headers("cookie") or {})
        for _, name in ipairs(view.cookies) do
            local values = lists[name]
            if values and values[#values] ~= "" then
                return values[#values], "cookie " .. name
            end
        end
    end
    return q.src, "src " .. q.src
end

-- The backend behind the split of `backend`, and the words; no words when it has none.
local function split_of(view, backend, q)
    local share, other, sticky = M.split(backend and view.map("splits", backend))
    if not share then
        return backend
    end
    local words = ("%s to %s"):format(percent(share), other)
    if sticky == "none" then
        return backend, words .. ", each request drawn anew"
    end
    local key, from = sticky_key(view, sticky, q)
    if key == "" then
        return backend, words .. ", no src to go by"
    end
    local bucket = request.bucket(key, backend)
    words = ("%s, bucket %d of %s"):format(words, bucket, from)
    if bucket >= share then
        return backend, words .. ": stays"
    elseif usable(view, other) == 0 then
        return backend, words .. ": stays, " .. other .. " has no usable server"
    end
    return other, words .. " -> " .. other
end

local function policy_of(view, frontend, backend, q)
    local names = view.map("policies", frontend)
    if not names then
        return backend
    end
    local kind, name, taken = policy.decide(names, view.line, q)
    if kind == "none" then
        return backend, "none holds"
    elseif kind == "undecided" then
        return backend, name .. " has to be asked of the agent; without it the route stays"
    elseif taken.backend == "" then
        return backend, name .. " sets variables only"
    elseif usable(view, taken.backend) == 0 then
        return backend, ("%s -> %s, which has no usable server: stays"):format(name, taken.backend)
    end
    return taken.backend, ("%s -> %s"):format(name, taken.backend)
end

function M.route(view, frontend, q)
    local out = { "frontend " .. frontend }
    local function say(word, text)
        out[#out + 1] = ("  %-8s %s"):format(word, text)
    end
    local backend, words = rule_of(view, frontend, q)
    say("rule", words)
    backend, words = split_of(view, backend, q)
    say("split", words or "none")
    backend, words = policy_of(view, frontend, backend, q)
    say("policy", words or "none")
    local servers, proxy = usable(view, backend)
    say("backend", backend or "nothing: 503")
    say("proxy", proxy and ("%s, %d usable"):format(proxy, servers) or "none of this name: 503")
    return table.concat(out, "\n") .. "\n"
end

function M.splits(view)
    local out = {}
    for _, name in ipairs(view.backends()) do
        local share, other, sticky = M.split(view.map("splits", name))
        if share then
            local text = "%s: %s to %s, sticky %s\n"
            out[#out + 1] = text:format(name, percent(share), other, sticky)
        end
    end
    return #out > 0 and table.concat(out) or "no splits\n"
end

function M.policies(view)
    local out = {}
    for _, frontend in ipairs(view.frontends()) do
        for name in (view.map("policies", frontend) or ""):gmatch("[^,]+") do
            local line = view.line(name)
            local p = line and policy.compiled(name, line)
            local to = p and (p.backend ~= "" and "-> " .. p.backend or "stays")
            local words = { to or "unreadable" }
            for _, variable in ipairs(p and p.set or {}) do
                words[#words + 1] = variable[1] .. "=" .. variable[2]
            end
            if p and p.regex then
                words[#words + 1] = "(has a regular expression: needs the agent)"
            end
            out[#out + 1] = ("%s: %s %s\n"):format(frontend, name, table.concat(words, " "))
        end
    end
    return #out > 0 and table.concat(out) or "no policies\n"
end

local function routes(view, words)
    local q, wanted = M.request(words)
    if not q then
        return wanted .. "\n" .. USAGE
    end
    local out = {}
    for _, frontend in ipairs(view.frontends()) do
        if not wanted or frontend == wanted then
            out[#out + 1] = M.route(view, frontend, q)
        end
    end
    return #out > 0 and table.concat(out) or "no such http frontend\n"
end

-- `counts.errors`: by what option set-on-error tells; 1 is the timeout, the rest HAProxy's to say.
-- The agent reads the first two lines (agent/plan/observed_counts.c).
function M.counters(counts)
    local out, errors = {}, {}
    out[1] = ("decided by Lua: %d\n"):format(counts.all)
    out[2] = ("too large for the agent, routed by the maps: %d\n"):format(counts.too_large)
    for err in pairs(counts.errors) do
        errors[#errors + 1] = err
    end
    table.sort(errors)
    for _, err in ipairs(errors) do
        out[#out + 1] = ("after error %d of the agent: %d\n"):format(err, counts.errors[err])
    end
    return table.concat(out)
end

-- `words` begin with "show", "thalassa".
function M.command(view, words, counts)
    if words[3] == "route" then
        return routes(view, table.move(words, 4, #words, 1, {}))
    elseif words[3] == "splits" and #words == 3 then
        return M.splits(view)
    elseif words[3] == "policies" and #words == 3 then
        return M.policies(view)
    elseif words[3] == "counters" and #words == 3 then
        return M.counters(counts)
    end
    return USAGE
end

return M
