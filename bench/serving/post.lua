-- Posts the requests of a file, one a line, in turns; prints what happened as one line of JSON.
--   wrk -s post.lua URL -- FILE
local requests, at = {}, 0

function init(args)
  local headers = { ["Content-Type"] = "application/json" }
  for line in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("POST", nil, headers, line)
  end
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
