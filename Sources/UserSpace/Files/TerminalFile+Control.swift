// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// ioctl of a terminal (ioctl_tty(2)): numbers of asm-generic/ioctls.h.
extension TerminalFile {
  /// Serves a request; `argument` is a value or the address of a record.
  ///
  /// - Throws: `notTerminal` for an unknown request, `badAddress`, `invalid`, `restartsIfAsked`;
  ///   what `checkForeground` throws if the request changes the terminal.
  @inline(never)
  func control(_ request: UInt32, _ argument: UserAddress) throws(Errno) -> Word {
    let value = UInt32(truncatingIfNeeded: argument.word)
    if terminal.isHungUp { throw request == 0x5410 ? .notTerminal : .inputOutput }
    if Self.isChange(request) { try checkForeground() }
    switch request {
    case 0x5401, 0x802c_542a:  // TCGETS, TCGETS2
      let words = terminal.ask { $0.settings.words }
      try Self.store(words, count: request == 0x5401 ? 9 : 11, at: argument)
    case 0x5402...0x5404: try set(from: argument, isLong: false, request - 0x5402)
    case 0x402c_542b...0x402c_542d: try set(from: argument, isLong: true, request - 0x402c_542b)
    case 0x5409, 0x5425: try drain()  // TCSBRK, TCSBRKP: there is no break to send.
    case 0x540a:  // TCXONC: TCOOFF, TCOON; TCIOFF and TCION send nothing.
      guard value <= 3 else { throw .invalid }
      if value < 2 { terminal.with { $0.stopOutput(value == 0) } }
    case 0x540b:  // TCFLSH
      guard value <= 2 else { throw .invalid }
      terminal.with { discipline in
        if value != 1 { discipline.discardInput() }
        if value != 0 { discipline.discardOutput() }
      }
    case 0x5411:  // TIOCOUTQ
      try Self.store(terminal.isDrained ? 0 : terminal.ask { $0.outputCount }, at: argument)
    case 0x541b: try Self.store(terminal.ask { $0.inputCount }, at: argument)  // FIONREAD
    case 0x5413:  // TIOCGWINSZ
      let words = terminal.ask { $0.window.words }
      try Self.store([words[0], words[1], 0, 0, 0, 0, 0, 0, 0, 0, 0], count: 2, at: argument)
    case 0x5414:  // TIOCSWINSZ
      let words = try Self.load(count: 2, at: argument)
      let window = TerminalWindow([words[0], words[1]])
      let isNew = terminal.with { discipline in
        defer { discipline.window = window }
        return discipline.window != window
      }
      if isNew { P.signalForeground(.windowChange, of: terminal.number) }
    case 0x540f: try Self.store(ask(.foreground), at: argument)  // TIOCGPGRP
    case 0x5410:  // TIOCSPGRP
      do throws(Errno) { try checkForeground() } catch {
        throw error == .inputOutput ? .notTerminal : error
      }
      _ = try P.controlTerminal(
        .setForeground, Self.load(count: 1, at: argument)[0], of: terminal.number)
    case 0x5429: try Self.store(ask(.session), at: argument)  // TIOCGSID
    case 0x540e: _ = try P.controlTerminal(.acquire, value, of: terminal.number)  // TIOCSCTTY
    case 0x5422: _ = try P.controlTerminal(.release, 0, of: terminal.number)  // TIOCNOTTY
    default: throw .notTerminal
    }
    return 0
  }

  /// The answer to a request about its session; a master need not be the caller's terminal.
  private func ask(_ request: TerminalRequest) throws(Errno) -> UInt32 {
    try P.controlTerminal(request, isMaster ? 1 : 0, of: terminal.number)
  }

  private func checkForeground() throws(Errno) {
    if !isMaster { try P.checkForeground(.terminalOutput, of: terminal.number) }
  }

  /// Whether a request waits for the output or changes the terminal for all of its users: TCSETS
  /// and its kin, TCSBRK, TCXONC, TCFLSH, TCSBRKP.
  private static func isChange(_ request: UInt32) -> Bool {
    switch request {
    case 0x5402...0x5404, 0x402c_542b...0x402c_542d, 0x5409...0x540b, 0x5425: true
    default: false
    }
  }

  /// TCSETS and its kin: sets the settings at once, after the output is sent (1), or then without
  /// the input (2).
  private func set(
    from address: UserAddress, isLong: Bool, _ order: UInt32
  ) throws(Errno) {
    let words = try Self.load(count: isLong ? 11 : 9, at: address)
    if order > 0 { try drain() }
    terminal.with { discipline in
      if order == 2 { discipline.discardInput() }
      var all = words
      if !isLong {
        (all[9], all[10]) = (discipline.settings.words[9], discipline.settings.words[10])
      }
      var settings = TerminalSettings(all)
      settings.decodeSpeeds(keepsOthers: isLong)
      discipline.set(settings)
    }
  }

  /// Blocks until all output is sent.
  ///
  /// - Throws: `restartsIfAsked`.
  private func drain() throws(Errno) {
    guard !terminal.isDrained else { return }
    try FileWait<P>.block(in: terminal.queue, for: .writable) { terminal.isDrained }
  }

  static func store(_ word: UInt32, at address: UserAddress) throws(Errno) {
    try Self.store([word, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], count: 1, at: address)
  }

  /// Stores the first `count` words of a record.
  private static func store(
    _ words: InlineArray<11, UInt32>, count: Int, at address: UserAddress
  ) throws(Errno) {
    try UserBuffer<P>(address: address, count: count * 4).store(words)
  }

  /// Loads the first `count` words of a record.
  static func load(
    count: Int, at address: UserAddress
  ) throws(Errno) -> InlineArray<11, UInt32> {
    var words = InlineArray<11, UInt32>(repeating: 0)
    try UserBuffer<P>(address: address, count: count * 4).load(to: &words)
    return words
  }
}
