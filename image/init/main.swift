// SPDX-License-Identifier: Apache-2.0
// The first program, unless another is named: a tour of what the kernel can do.
//
// Responsible for: showing it by running it. Whatever it says it has just tried; where a claim does
// not hold it says so and ends with status 1. It is an ordinary program, Swift on a stock libc, and
// knows nothing of the kernel but system calls, /proc and the vDSO that libc also finds.

tour_use_lines()

/// What did not hold.
var claims = Claims()

showMachine()
showMap()
showDates()
countSystemCalls()
tryToWriteTime()

print("")
print(claims.failed == 0 ? "All of it held." : "\(claims.failed) of the claims did not hold.")
exit(claims.failed == 0 ? 0 : 1)
