-- Posts the bodies of files in turns; prints what happened as one line of JSON.
--   wrk -s form.lua URL -- CONTENT_TYPE ACCEPT FILE...
local requests, at = {}, 0

function init(args)
  local headers = { ["Content-Type"] = args[1] }
  if args[2] ~= "" then
    headers["Accept"] = args[2]
  end
  for number = 3, #args do
    local file = assert(io.open(args[number], "rb"))
    requests[#requests + 1] = wrk.format("POST", nil, headers, file:read("*a"))
    file:close()
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, _, _)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('\n{"requests":%d,"seconds":%.6f,"failed":%d}\n', summary.requests, summary.duration / 1e6, failed))
end
