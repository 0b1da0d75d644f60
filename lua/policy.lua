-- SPDX-License-Identifier: Apache-2.0
-- Policies in Lua: the compiled lines of agent/policy/line.h, decided as by agent/policy/decide.c.
-- Pure; runs in Lua 5.3 and 5.4. A verdict is true, false, or nil: undecided.

local request = ...

local M = {}

local CACHED = 4096 -- compiled lines; then the cache starts anew

-- Conditions: each builder takes the rest of the line and returns a function of the request

local function count_of(take)
    return assert(math.tointeger(tonumber(take())), "a count is missing")
end

local has_regex -- of the line that is being compiled

local compare = {
    e = function(take)
        local text = take()
        return function(value) return value == text end
    end,
    b = function(take)
        local text = take()
        return function(value) return value:sub(1, #text) == text end
    end,
    z = function(take)
        local text = take()
        return function(value) return #value >= #text and value:sub(-#text) == text end
    end,
    c = function(take)
        local text = take()
        return function(value) return value:find(text, 1, true) ~= nil end
    end,
    r = function()
        has_regex = true
        return function() return nil end
    end,
    i = function(take)
        local texts = {}
        for _ = 1, count_of(take) do
            texts[take()] = true
        end
        return function(value) return texts[value] or false end
    end,
    y = function()
        return function() return true end
    end,
    x = function()
        return function() return false end
    end,
}

local function condition(take)
    local op = take()
    return assert(compare[op], "an unknown comparison")(take), op
end

local function single(take, value_of)
    local holds, op = condition(take)
    return function(q)
        local value = value_of(q)
        if op == "y" or op == "x" then
            return (value ~= "") == (op == "y")
        end
        return holds(value)
    end
end

local function several(take, values_of)
    local name = take()
    local holds, op = condition(take)
    return function(q)
        local values = values_of(q, name)
        if not values then
            return op == "x"
        end
        local sum = false
        for i = 1, #values do
            local v = holds(values[i])
            if v then
                return true
            elseif v == nil then
                sum = nil
            end
        end
        return sum
    end
end

local function cookies(q, name)
    q.cookie_lists = q.cookie_lists or request.cookies(q.headers("cookie") or {})
    return q.cookie_lists[name]
end

local function parameters(q, name)
    q.query_lists = q.query_lists or request.parameters(q.query or "")
    return q.query_lists[name]
end

local function headers(q, name)
    return q.headers(name)
end

local function ranges(take, width)
    local list = {}
    for i = 1, count_of(take) do
        local text = take()
        local range = {}
        for _, from in ipairs({ 1, width + 1 }) do
            local digits = ("0"):rep(32 - width) .. text:sub(from, from + width - 1)
            range[#range + 1] = assert(tonumber(digits:sub(1, 16), 16), "no address")
            range[#range + 1] = assert(tonumber(digits:sub(17), 16), "no address")
        end
        list[i] = range
    end
    return list
end

local function at_most(high, low, other_high, other_low)
    return math.ult(high, other_high) or high == other_high and not math.ult(other_low, low)
end

-- The last range that begins at or before the address is the one that may have it.
local function within(list, high, low)
    local first, last = 1, #list
    while first <= last do
        local mid = (first + last) // 2
        if at_most(list[mid][1], list[mid][2], high, low) then
            first = mid + 1
        else
            last = mid - 1
        end
    end
    return last > 0 and at_most(high, low, list[last][3], list[last][4])
end

local function parts(take, test)
    local list = {}
    for i = 1, count_of(take) do
        list[i] = test(take)
    end
    return list
end

-- `decisive` ends it: false among all, true among any.
local function joined(list, decisive)
    return function(q)
        local sum = not decisive
        for i = 1, #list do
            local v = list[i](q)
            if v == decisive then
                return v
            elseif v == nil then
                sum = nil
            end
        end
        return sum
    end
end

local test

local builders = {
    h = function(take)
        return single(take, function(q)
            q.host_name = q.host_name or request.host(q.host or "")
            return q.host_name
        end)
    end,
    p = function(take)
        return single(take, function(q) return q.path or "" end)
    end,
    H = function(take) return several(take, headers) end,
    C = function(take) return several(take, cookies) end,
    Q = function(take) return several(take, parameters) end,
    m = function(take)
        local has = compare.i(take)
        return function(q) return has(q.method or "") end
    end,
    s = function(take)
        local v4, v6 = ranges(take, 8), ranges(take, 32)
        return function(q)
            if q.family == nil then
                q.family, q.high, q.low = request.address(q.src or "")
                q.family = q.family or 0
            end
            return q.family ~= 0 and within(q.family == 4 and v4 or v6, q.high, q.low)
        end
    end,
    k = function(take, salt)
        local share, by = count_of(take), take()
        local values_of = assert(({ s = function() end, c = cookies, h = headers })[by])
        local name = by ~= "s" and take()
        return function(q)
            local values = values_of(q, name)
            local key = values and values[#values] or ""
            key = key ~= "" and key or q.src or ""
            return key ~= "" and request.bucket(key, salt) < share
        end
    end,
    a = function(take, salt)
        return joined(parts(take, function() return test(take, salt) end), false)
    end,
    o = function(take, salt)
        return joined(parts(take, function() return test(take, salt) end), true)
    end,
    n = function(take, salt)
        local inner = test(take, salt)
        return function(q)
            local v = inner(q)
            if v == nil then
                return nil
            end
            return not v
        end
    end,
}

test = function(take, salt)
    return assert(builders[take()], "an unknown test")(take, salt)
end

-- A line -> { backend, set = { {name, value}, ... }, test, regex }; an error when it is none.
function M.compile(name, line)
    local next_token = (line .. ","):gmatch("([^,]*),")
    local function take()
        return request.unescape(assert(next_token(), "the line ends too soon"))
    end
    assert(take() == "1", "a line of another version")
    local policy = { backend = take(), set = {} }
    has_regex = false
    for i = 1, count_of(take) do
        policy.set[i] = { take(), take() }
    end
    policy.test = test(take, name)
    policy.regex = has_regex
    assert(next_token() == nil, "something is behind the line")
    return policy
end

local cache, cached = {}, 0

-- The compiled line, or nothing when it cannot be read.
function M.compiled(name, line)
    local entry = cache[name]
    if not entry or entry.line ~= line then
        if not entry then
            cached = cached + 1
            if cached > CACHED then
                cache, cached = {}, 1
            end
        end
        local ok, policy = pcall(M.compile, name, line)
        entry = { line = line, policy = ok and policy or nil }
        cache[name] = entry
    end
    return entry.policy
end

-- `names` as in policies.map, `line_of(name)` the entry in policy-lines.map. Returns "taken" with
-- the name and the policy, "undecided" with the name, or "none". `q` has method, host, path, query,
-- src (texts, "" or nil when there is none) and headers(name), a list or nil.
function M.decide(names, line_of, q)
    for name in names:gmatch("[^,]+") do
        local line = line_of(name)
        local policy = line and M.compiled(name, line)
        local v
        if policy then
            v = policy.test(q)
        end
        if v then
            return "taken", name, policy
        elseif v == nil then
            return "undecided", name
        end
    end
    return "none"
end

return M
