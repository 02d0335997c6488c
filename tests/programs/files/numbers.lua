-- Closures, coroutines, string patterns, tables, integers and floats.
local function primes(limit)
  return coroutine.wrap(function()
    local composite = {}
    for n = 2, limit do
      if not composite[n] then
        coroutine.yield(n)
        for multiple = n * n, limit, n do composite[multiple] = true end
      end
    end
  end)
end
local count, last = 0, 0
for prime in primes(20000) do count, last = count + 1, prime end
print(count, last)
local words = {}
for word in ("the quick brown fox jumps over the lazy dog"):gmatch("%a+") do words[#words + 1] = word end
table.sort(words, function(a, b) return #a == #b and a < b or #a < #b end)
print(table.concat(words, " "))
print(("%5.2f|%-8s|%08x|%q"):format(math.pi, "left", 48879, "quo\"ted\n"))
print(7 // 2, -7 // 2, 7 % -3, 2 ^ 0.5, 1 << 62, math.maxinteger + 1 == math.mininteger)
print(math.tointeger(3.0), 0x1p-3, 1e308 * 10, -(0 / 0) ~= -(0 / 0))
local log = setmetatable({}, { __index = function(_, key) return key .. "?" end, __call = function(_, a) return a * 2 end })
print(log.missing, log(21), select("#", table.unpack({ 1, nil, 3 }, 1, 3)))
print((pcall(error, { code = 7 })), select(2, pcall(function() local x = nil; return x.y end)))
local file = assert(io.open("lines.txt", "w"))
for n = 1, 100 do file:write(n, "\t", n * n, "\n") end
file:close()
local sum = 0
for line in io.lines("lines.txt") do sum = sum + tonumber(line:match("\t(%d+)")) end
print(sum, string.pack("<i4d", 7, 0.5):byte(1, -1))
local sines = 0
for n = 1, 20000 do sines = sines + math.sin(n) * math.exp(-n / 1e4) end
print(("%.15g"):format(sines))
