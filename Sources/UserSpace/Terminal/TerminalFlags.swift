// SPDX-License-Identifier: Apache-2.0

// The flags of struct termios (termios(3), asm-generic/termbits.h) that a line discipline obeys.
// Others are kept as they are.

/// How bytes that arrive are changed: c_iflag.
public struct TerminalInputFlags: OptionSet, Sendable {
  /// The flags' bits.
  public let rawValue: UInt32

  /// The flags of a program's word.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// PARMRK: a byte 0xff is stored twice.
  public static let marksParity = Self(rawValue: 0x8)
  /// ISTRIP: the highest bit is cleared.
  public static let strips = Self(rawValue: 0x20)
  /// INLCR: new line becomes return.
  public static let returnsForLines = Self(rawValue: 0x40)
  /// IGNCR: return is ignored.
  public static let ignoresReturns = Self(rawValue: 0x80)
  /// ICRNL: return becomes new line.
  public static let linesForReturns = Self(rawValue: 0x100)
  /// IUCLC: upper case becomes lower case.
  public static let lowers = Self(rawValue: 0x200)
  /// IXON: STOP and START stop and start the output.
  public static let stopsOutput = Self(rawValue: 0x400)
  /// IXANY: any byte starts the output.
  public static let startsByAny = Self(rawValue: 0x800)
  /// IXOFF: STOP is sent while there is little room for input.
  public static let stopsInput = Self(rawValue: 0x1000)
  /// IUTF8: erase removes a whole character.
  public static let isUTF8 = Self(rawValue: 0x4000)
}

/// How bytes that are written are changed: c_oflag.
public struct TerminalOutputFlags: OptionSet, Sendable {
  /// The flags' bits.
  public let rawValue: UInt32

  /// The flags of a program's word.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// OPOST: the other flags have an effect.
  public static let processes = Self(rawValue: 0x1)
  /// OLCUC: lower case becomes upper case.
  public static let uppers = Self(rawValue: 0x2)
  /// ONLCR: new line becomes return and new line.
  public static let returnsAtLines = Self(rawValue: 0x4)
  /// OCRNL: return becomes new line.
  public static let linesForReturns = Self(rawValue: 0x8)
  /// ONOCR: no return at column 0.
  public static let omitsReturns = Self(rawValue: 0x10)
  /// ONLRET: new line is also a return.
  public static let lineReturns = Self(rawValue: 0x20)
  /// TAB3 (XTABS): a tab becomes spaces. Two bits.
  public static let expandsTabs = Self(rawValue: 0x1800)
}

/// Lines, echo and signals: c_lflag.
public struct TerminalLocalFlags: OptionSet, Sendable {
  /// The flags' bits.
  public let rawValue: UInt32

  /// The flags of a program's word.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// ISIG: INTR, QUIT and SUSP send signals.
  public static let sendsSignals = Self(rawValue: 0x1)
  /// ICANON: input is read in lines, which can be edited.
  public static let isCanonical = Self(rawValue: 0x2)
  /// ECHO: what arrives is written.
  public static let echoes = Self(rawValue: 0x8)
  /// ECHONL: new line is written even without ECHO.
  public static let echoesLines = Self(rawValue: 0x40)
  /// ECHOE: erased bytes disappear.
  public static let showsErase = Self(rawValue: 0x10)
  /// ECHOK: a new line follows KILL.
  public static let showsKill = Self(rawValue: 0x20)
  /// ECHOCTL: control bytes are written as ^X.
  public static let echoesControls = Self(rawValue: 0x200)
  /// ECHOPRT: erased bytes are printed.
  public static let printsErased = Self(rawValue: 0x400)
  /// ECHOKE: killed bytes disappear.
  public static let erasesKilled = Self(rawValue: 0x800)
  /// NOFLSH: signals drop no input and output.
  public static let keepsAtSignals = Self(rawValue: 0x80)
  /// TOSTOP: writes from the background raise SIGTTOU.
  public static let stopsWriters = Self(rawValue: 0x100)
  /// IEXTEN: EOL2, LNEXT, REPRINT, WERASE and IUCLC have an effect.
  public static let isExtended = Self(rawValue: 0x8000)
}

/// The places of special characters in c_cc.
public enum TerminalCharacter: Int, Sendable {
  case interrupt, quit, erase, kill, endOfFile, time, minimum
  case start = 8
  case stop, suspend, endOfLine, reprint
  case eraseWord = 14
  case literalNext, secondEndOfLine
}
