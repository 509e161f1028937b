-- Sends the requests of a file one after the other, over and over. Each stands there ready to be
-- sent, behind a line with its length, so that a request costs this script next to nothing.

local requests, count, at, checked = {}, 0, 0, false

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for length in file:lines() do
    count = count + 1
    requests[count] = file:read(tonumber(length))
    file:read(1)
  end
  file:close()
end

function request()
  -- wrk asks once before it begins, to see how many requests are in one string.
  if not checked then
    checked = true
    return requests[1]
  end
  at = at % count + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    "RESULT %d %d %d %d %d %d %d\n",
    summary.requests, summary.duration, summary.bytes,
    latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
