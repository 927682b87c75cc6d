// SPDX-License-Identifier: Apache-2.0
// The default init program: a tour of the kernel's features.
//
// It runs each feature, then reports it; it reports each claim that does not hold, and then ends
// with status 1. It is an ordinary program, Swift on a stock libc, and uses only system calls,
// /proc and the vDSO, which libc finds as well.

tour_use_lines()

/// The claims that were checked so far.
var claims = Claims()

showMachine()
showMap()
showDates()
countSystemCalls()
tryToWriteTime()

print("")
print(claims.failed == 0 ? "All of it held." : "\(claims.failed) of the claims did not hold.")
exit(claims.failed == 0 ? 0 : 1)
