-- Posts the bodies of a file in turns; prints what happened as one line of JSON. Before each body stands its number of bytes, on a line.
--   wrk -s post.lua URL -- FILE [CONTENT_TYPE [ACCEPT]]
local requests, at = {}, 0

function init(args)
  local headers = { ["Content-Type"] = args[2] or "application/json", ["Accept"] = args[3] }
  local file = assert(io.open(args[1], "rb"))
  for length in function() return file:read("*n", 1) end do
    requests[#requests + 1] = wrk.format("POST", nil, headers, file:read(length))
  end
  file:close()
end

function request()
  at = at % #requests + 1
  return requests[at]
end

-- `errors.status` counts answers of 400 and above. Counting others would take a callback for every answer, which costs
-- more than the server does; that the path answers 200 is checked before.
function done(summary, latency, _)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"failed":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d,'
      .. '"p50_ms":%.4f,"p99_ms":%.4f,"max_ms":%.4f}\n',
    summary.requests, summary.duration / 1e6, failed, errors.connect, errors.read, errors.write, errors.status,
    errors.timeout, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
