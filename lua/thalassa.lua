-- SPDX-License-Identifier: Apache-2.0
-- What HAProxy loads (Lua 5.3 and 5.4): the action `thalassa_decide`, which takes the agent's
-- decision in process when the agent is dead, late or off, counts the requests that do not fit into a
-- question to the agent and keep the maps' route, and the command `show thalassa`. Needs
-- the other files of its folder, which is lua/, ../maps and ../lookups.txt. After loading no file
-- is opened (chroot).

-- Written as in the configuration: maps are the same when their names are.
local path = debug.getinfo(1, "S").source
local folder = assert(path:match("^@(.*)lua/[^/]*$"), "this file lies in no folder lua/")

local function load(name, ...)
    return assert(loadfile(folder .. "lua/" .. name))(...)
end

local request = load("request.lua")
local policy = load("policy.lua", request)
local policies = Map.new(folder .. "maps/policies.map", Map._str)
local lines = Map.new(folder .. "maps/policy-lines.map", Map._str)

local function line_of(name)
    return lines:lookup(name)
end

-- Each part costs HAProxy some microseconds: taken when a policy looks at it.
local PARTS = {
    method = function(f) return f:method() end,
    host = function(f) return f:req_hdr("host") end,
    path = function(f) return f:path() end,
    query = function(f) return f:query() end,
    src = function(f) return f:src() end,
}

local function request_of(txn)
    local fetches, all, lists = txn.f, nil, {}
    local function headers(name)
        local list = lists[name]
        if list == nil then
            all = all or txn.http:req_get_headers()
            local values = all[name]
            list = values and table.move(values, 0, #values, 1, {}) or false
            lists[name] = list
        end
        return list or nil
    end
    return setmetatable({ headers = headers }, {
        __index = function(q, name)
            local part = PARTS[name]
            local value = part and (part(fetches) or "") or nil
            rawset(q, name, value)
            return value
        end,
    })
end

local function answer(txn)
    local names = policies:lookup(txn.f:fe_name())
    local kind, name, taken = policy.decide(names or "", line_of, request_of(txn))
    if kind ~= "taken" then
        return
    end
    if taken.backend ~= "" then
        txn:set_var("txn.thalassa.backend", taken.backend)
    end
    for _, variable in ipairs(taken.set) do
        txn:set_var("txn.thalassa." .. variable[1], variable[2])
    end
    txn:set_var("txn.thalassa.policy", name)
end

local complaint
-- decisions taken here, after which errors of the agent, and requests that fit into no frame for it
local counts = { all = 0, errors = {}, too_large = 0 }

-- What HAProxy says of such a request: for its own frames, and for those of the agent (256 + 3).
local TOO_LARGE = { [3] = true, [259] = true }

local function decide(txn, err)
    local ok, why = pcall(answer, txn)
    if not ok and why ~= complaint then
        complaint = why -- once for each kind, not for each request
        core.Warning("thalassa: no decision: " .. tostring(why))
    end
    counts.all = counts.all + 1
    if err then
        counts.errors[err] = (counts.errors[err] or 0) + 1
    end
end

core.register_action("thalassa_decide", { "http-req" }, function(txn)
    local err = tonumber(txn.sf:var("txn.thalassa.err")) -- as text: 3.2 says that it is a boolean
    if TOO_LARGE[err] then
        counts.too_large = counts.too_large + 1
        txn:set_var("txn.thalassa.done", "maps")
        return
    end
    decide(txn, err)
    txn:set_var("txn.thalassa.done", "lua")
end)

local show = load("show.lua", request, policy)
local view = load("view.lua", folder, line_of)
local usage = "show thalassa route|splits|policies|counters : what the maps say"

core.register_cli({ "show", "thalassa" }, usage, function(applet, ...)
    local ok, text = pcall(show.command, view, { ... }, counts)
    applet:send(ok and text or "error: " .. tostring(text) .. "\n")
end)
