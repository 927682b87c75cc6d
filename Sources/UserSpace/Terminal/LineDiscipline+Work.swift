// SPDX-License-Identifier: Apache-2.0

/// What takes a time that depends on the length of a line: erasing and reprinting. It is divided
/// into steps of one byte each.
extension LineDiscipline {
  /// What ERASE, WERASE and KILL remove.
  enum Extent: UInt8 { case character, word, line }

  /// What is left to do before the next byte is taken.
  enum Work: Equatable {
    case none
    /// Remove the last character, of which all bytes from the number on are found; with `isInWord`,
    /// a part of a word was removed.
    case erase(Extent, from: UInt32, isInWord: Bool)
    /// Move the cursor back over a tab: count the columns before the number, where `columns` come
    /// after it. Then go on erasing.
    case measureTab(Extent, UInt32, columns: UInt32, isInWord: Bool)
    /// Echo the bytes from the number on.
    case reprint(UInt32)
  }

  /// Begins to remove what a key says.
  mutating func beginErasing(_ extent: Extent) {
    guard !input.isLineEmpty else { return }
    let isEchoed = settings.local.contains(.echoes)
    let shown: TerminalLocalFlags = [.echoes, .showsErase, .showsKill, .erasesKilled]
    if extent == .line, !settings.local.contains(shown) {
      input.truncate(to: input.committed)
      guard isEchoed else { return }
      finishPrinting()
      echo(settings[.kill])
      if settings.local.contains(.showsKill) { echoRaw(0x0a) }
      return
    }
    work = .erase(extent, from: input.appended, isInWord: false)
  }

  /// Does a part of the work.
  @inline(never)
  public mutating func step() {
    switch work {
    case .none: break
    case .erase(let extent, let start, let isInWord):
      if start == input.committed {
        endErasing()
      } else {
        eraseByte(start &- 1, extent, isInWord: isInWord)  // Wrapping: it is a number.
      }
    case .measureTab(let extent, let start, let columns, let isInWord):
      measureTab(extent, start, columns: columns, isInWord: isInWord)
    case .reprint(let number):
      guard number != input.appended else {
        work = .none
        return
      }
      echo(input[number])
      work = .reprint(number &+ 1)  // Wrapping: it is a number.
    }
  }

  /// Ends the work. Bytes that continue a character which has no start are not removed.
  private mutating func endErasing() {
    work = .none
    if input.isLineEmpty, settings.local.contains(.echoes) { finishPrinting() }
  }

  /// Removes the character that begins at `start`, unless it begins before.
  private mutating func eraseByte(_ start: UInt32, _ extent: Extent, isInWord: Bool) {
    let byte = input[start]
    if isUTF8 && byte.isContinuation {
      work = .erase(extent, from: start, isInWord: isInWord)
      return
    }
    var isInWord = isInWord
    if extent == .word {
      if byte.isWordPart { isInWord = true } else if isInWord { return endErasing() }
    }
    let count = input.appended &- start  // Wrapping: numbers.
    input.truncate(to: start)
    if settings.local.contains(.echoes) {
      if settings.local.contains(.printsErased) {
        printErased(from: start, count: count)
      } else if extent == .character, !settings.local.contains(.showsErase) {
        echo(settings[.erase])
      } else if byte == 0x09 {
        work = .measureTab(extent, start, columns: 0, isInWord: isInWord)
        return
      } else {
        let isShown = settings.local.contains(.echoesControls)
        if byte.isControl, isShown { rubOut() }
        if !byte.isControl || isShown { rubOut() }
      }
    }
    goOn(extent, isInWord: isInWord)
  }

  private mutating func goOn(_ extent: Extent, isInWord: Bool) {
    if extent == .character || input.isLineEmpty { return endErasing() }
    work = .erase(extent, from: input.appended, isInWord: isInWord)
  }

  /// Adds the columns of the byte before `start`, up to a tab or the start of the line.
  private mutating func measureTab(
    _ extent: Extent, _ start: UInt32, columns: UInt32, isInWord: Bool
  ) {
    guard start != input.committed, case let byte = input[start &- 1], byte != 0x09 else {
      output.eraseTab(after: columns, isAfterTab: start != input.committed)
      return goOn(extent, isInWord: isInWord)
    }
    // Wrapping: numbers, and columns up to twice the capacity.
    let width: UInt32 =
      byte.isControl
      ? (settings.local.contains(.echoesControls) ? 2 : 0)
      : isUTF8 && byte.isContinuation ? 0 : 1
    work = .measureTab(extent, start &- 1, columns: columns &+ width, isInWord: isInWord)
  }

  /// ECHOPRT: prints the bytes of an erased character, after a backslash if it is the first. A
  /// character of UTF-8 has up to four; others are not printed.
  private mutating func printErased(from start: UInt32, count: UInt32) {
    if !isPrintingErased { echoRaw(0x5c) }
    isPrintingErased = true
    echo(input[start])
    for offset in 1..<UInt32(4) where offset < count {
      echoRaw(input[start &+ offset])
      output.moveBack()
    }
  }

  /// ECHOPRT: prints the slash after erased characters.
  mutating func finishPrinting() {
    guard isPrintingErased else { return }
    isPrintingErased = false
    echoRaw(0x2f)
  }

  /// Echoes a byte; a control character but the tab as ^X with ECHOCTL.
  mutating func echo(_ byte: UInt8) {
    if byte.isControl, byte != 0x09, settings.local.contains(.echoesControls) {
      output.putControl(byte)
    } else {
      put(byte)
    }
  }

  /// Echoes a byte that is stored, which may be the first of its line.
  mutating func echoStored(_ byte: UInt8) {
    if input.isLineEmpty { output.beginLine() }
    echo(byte)
  }

  /// Echoes a byte as it is.
  mutating func echoRaw(_ byte: UInt8) { put(byte) }

  /// Removes what is left of the cursor.
  private mutating func rubOut() {
    echoRaw(0x08)
    echoRaw(0x20)
    echoRaw(0x08)
  }
}
