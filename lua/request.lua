-- SPDX-License-Identifier: Apache-2.0
-- A request taken apart, and the hash that keeps a user where he is: as agent/policy/fields.h and
-- agent/policy/bucket.h have it. Pure: texts in, texts out; runs in Lua 5.3 and 5.4.

local M = {}

local MASK = 0xffffffff
local BUCKETS = 10000

-- xxh32, seed 0

local P1, P2, P3, P4, P5 = 2654435761, 2246822519, 3266489917, 668265263, 374761393

local function rotate(x, by)
    return ((x << by) | (x >> (32 - by))) & MASK
end

local function round(lane, word)
    return rotate((lane + word * P2) & MASK, 13) * P1 & MASK
end

function M.xxh32(text)
    local n, at, h = #text, 1, nil
    if n >= 16 then
        local a, b, c, d = (P1 + P2) & MASK, P2, 0, -P1 & MASK
        while at + 15 <= n do
            local w, x, y, z = string.unpack("<I4I4I4I4", text, at)
            a, b, c, d = round(a, w), round(b, x), round(c, y), round(d, z)
            at = at + 16
        end
        h = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)
    else
        h = P5
    end
    h = (h + n) & MASK
    while at + 3 <= n do
        h = rotate((h + string.unpack("<I4", text, at) * P3) & MASK, 17) * P4 & MASK
        at = at + 4
    end
    while at <= n do
        h = rotate((h + text:byte(at) * P5) & MASK, 11) * P1 & MASK
        at = at + 1
    end
    h = (h ~ (h >> 15)) * P2 & MASK
    h = (h ~ (h >> 13)) * P3 & MASK
    return h ~ (h >> 16)
end

function M.bucket(key, salt)
    return M.xxh32(key .. ":" .. salt) % BUCKETS
end

-- The parts of a request

local function trim(text)
    return text:match("^[ \t\r\n]*(.-)[ \t\r\n]*$")
end

-- %41 is A; a '%' without two digits stays.
function M.unescape(text)
    return (text:gsub("%%(%x%x)", function(digits)
        return string.char(tonumber(digits, 16))
    end))
end

-- The host that is compared: lower case, without port.
function M.host(value)
    local name = value:match("^(.*):%d*$")
    if name and (not name:find(":", 1, true) or name:sub(-1) == "]") then
        value = name
    end
    return (value:gsub("%u", string.lower))
end

local function add(lists, name, value)
    local list = lists[name]
    if list then
        list[#list + 1] = value
    else
        lists[name] = { value }
    end
end

-- The cookies of Cookie headers: name -> list of values in the request's order.
function M.cookies(header_lines)
    local lists = {}
    for _, line in ipairs(header_lines) do
        for pair in (line .. ";"):gmatch("([^;]*);") do
            local name, value = pair:match("^([^=]*)=(.*)$")
            name = name and trim(name) or ""
            if name ~= "" then
                add(lists, name, trim(value))
            end
        end
    end
    return lists
end

-- The parameters of a query, decoded: name -> list of values.
function M.parameters(query)
    local lists = {}
    for part in (query .. "&"):gmatch("([^&]*)&") do
        if part ~= "" then
            part = part:gsub("%+", " ")
            local name, value = part:match("^([^=]*)=(.*)$")
            add(lists, M.unescape(name or part), M.unescape(value or ""))
        end
    end
    return lists
end

local function dotted(text)
    local a, b, c, d = text:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
    return a and tonumber(a) << 24 | tonumber(b) << 16 | tonumber(c) << 8 | tonumber(d)
end

local function groups(text)
    local list = {}
    for group in text:gmatch("[^:]+") do
        local v4 = dotted(group)
        if v4 then
            list[#list + 1] = v4 >> 16
            list[#list + 1] = v4 & 0xffff
        else
            list[#list + 1] = tonumber(group, 16)
        end
    end
    return list
end

-- An address as text -> 4 or 6 and its high and low 64 bits; nothing when it is none.
function M.address(text)
    local v4 = dotted(text)
    if v4 then
        return 4, 0, v4
    end
    local head, tail = text:match("^(.-)::(.*)$")
    local all, rest = groups(head or text), groups(tail or "")
    for _ = 1, head and 8 - #all - #rest or 0 do
        all[#all + 1] = 0
    end
    table.move(rest, 1, #rest, #all + 1, all)
    if #all ~= 8 then
        return nil
    end
    local high = all[1] << 48 | all[2] << 32 | all[3] << 16 | all[4]
    local low = all[5] << 48 | all[6] << 32 | all[7] << 16 | all[8]
    if high == 0 and low >> 32 == 0xffff then
        return 4, 0, low & MASK
    end
    return 6, high, low
end

return M
