-- SPDX-License-Identifier: Apache-2.0
-- lua compare.lua LUA_FOLDER < output of policy-cases: takes each decision again, prints those that
-- differ and `same DECISIONS TAKEN`. Exit 1 when one differs.

local folder = ...
local request = dofile(folder .. "/request.lua")
local policy = assert(loadfile(folder .. "/policy.lua"))(request)

local names, lines = "", {}
local asked, taken, wrong, ended = 0, 0, 0, false

local function fields_of(text)
    local list = {}
    for field in (text .. "\t"):gmatch("([^\t]*)\t") do
        list[#list + 1] = request.unescape(field)
    end
    return list
end

local function request_of(f)
    local lists = {}
    for i = 11, #f, 2 do
        lists[f[i]] = lists[f[i]] or {}
        table.insert(lists[f[i]], f[i + 1])
    end
    return {
        method = f[6], host = f[7], path = f[8], query = f[9], src = f[10],
        headers = function(name) return lists[name] end,
    }
end

local function ask(f, text)
    local kind, name, found = policy.decide(names, function(n) return lines[n] end, request_of(f))
    local got = { kind, name or "", found and found.backend or "",
        found and found.set[1] and found.set[1][2] or "" }
    asked = asked + 1
    taken = taken + (kind == "taken" and 1 or 0)
    for i = 1, 4 do
        if got[i] ~= f[i + 1] then
            wrong = wrong + 1
            print("differs: " .. table.concat(got, " ") .. "\n  " .. text .. "\n  " .. names)
            for n, line in pairs(lines) do
                print("  " .. n .. " " .. line)
            end
            return
        end
    end
end

for text in io.lines() do
    local f = fields_of(text)
    if f[1] == "names" then
        names, lines = f[2], {}
    elseif f[1] == "line" then
        lines[f[2]] = f[3]
    elseif f[1] == "ask" then
        ask(f, text)
    else
        ended = f[1] == "end" and tonumber(f[2]) == taken
    end
    if wrong > 4 then
        break
    end
end
print(("same %d %d"):format(asked - wrong, taken))
os.exit(wrong == 0 and ended)
