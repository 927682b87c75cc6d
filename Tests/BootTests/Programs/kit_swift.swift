// SPDX-License-Identifier: Apache-2.0
// Calls the kit vstat from Embedded Swift.

import vstat

guard vstat_kit_bind() == .noError else { fatalError("vstat is not bound") }
var board = [CChar](repeating: 0, count: 32)
guard vstat_board(&board, UInt32(board.count)) == 0 else { fatalError("no board") }
print(
  "vstat: page size \(vstat_page_size()), tick \(vstat_tick_hz()) Hz, \(String(cString: board))")
