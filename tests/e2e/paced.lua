-- SPDX-License-Identifier: Apache-2.0
-- For wrk: each of its connections rests for so many milliseconds before a request.
function delay()
    return 10
end
