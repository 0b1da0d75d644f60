-- SPDX-License-Identifier: Apache-2.0
-- HAProxy as show.lua looks at it: the maps, opened while loading, and the proxies.

local folder, line_of = ...

local view = { line = line_of, cookies = {} }
local maps, rules, kinds, names = {}, {}, {}, {}

local METHODS = { path_beg = Map._beg, path_reg = Map._reg, url_beg = Map._beg, url_reg = Map._reg }

local function open(name, method)
    return Map.new(folder .. "maps/" .. name .. ".map", method or Map._str)
end

for _, name in ipairs({ "active", "default", "proxies", "splits", "policies" }) do
    maps[name] = open(name)
end

local function add_frontend(words)
    local name = words()
    names[#names + 1], kinds[name] = name, {}
    rules[name] = { rank = open(name .. ".rank") }
    for kind in words do
        local method = kind:match("^hdr_dom") and Map._dom or METHODS[kind]
        table.insert(kinds[name], kind)
        rules[name][kind] = {
            a = open(name .. "." .. kind .. ".a", method),
            b = open(name .. "." .. kind .. ".b", method),
        }
    end
end

for text in io.lines(folder .. "lookups.txt") do
    local words = text:gmatch("%S+")
    local what = words()
    if what == "frontend" then
        add_frontend(words)
    elseif what == "cookie" then
        table.insert(view.cookies, words())
    end
end

function view.map(name, key)
    return maps[name]:lookup(key)
end

function view.kinds(frontend)
    return kinds[frontend]
end

function view.rule(frontend, kind, set, value)
    return rules[frontend][kind][set]:lookup(value)
end

function view.rank(frontend, rank)
    return rules[frontend].rank:lookup(rank)
end

function view.frontends()
    return names
end

-- How many of a proxy's servers take requests; a proxy that is not there has none.
function view.usable(proxy)
    local found = core.backends[proxy]
    if not found then
        return 0
    end
    local stats = found:get_stats()
    return stats.act > 0 and stats.act or stats.bck
end

-- Operator's names: of proxies, and of what defaults and rules lead to (a spare has another name).
function view.backends()
    local seen, list = {}, {}
    local function add(name)
        if name and not seen[name] then
            seen[name] = true
            list[#list + 1] = name
        end
    end
    for name in pairs(core.backends) do
        add(name)
    end
    for _, frontend in ipairs(names) do
        add(maps.default:lookup(frontend))
        for _, first in ipairs({ 1, 500001 }) do
            local rank = first
            while view.rank(frontend, tostring(rank)) do
                add(view.rank(frontend, tostring(rank)))
                rank = rank + 1
            end
        end
    end
    table.sort(list)
    return list
end

return view
