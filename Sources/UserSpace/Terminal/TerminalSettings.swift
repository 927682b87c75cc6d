// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// What a program sets with tcsetattr: the contents of struct termios and struct termios2 of the
/// kernel's interface (asm-generic/termbits.h).
public struct TerminalSettings: Sendable {
  /// c_iflag.
  public var input: TerminalInputFlags
  /// c_oflag.
  public var output: TerminalOutputFlags
  /// c_cflag: it is only kept, except for its speeds.
  public var control: UInt32
  /// c_lflag.
  public var local: TerminalLocalFlags
  /// c_line in the lowest byte, then c_cc, and at the end the two speeds in bits per second.
  private var rest: InlineArray<7, UInt32>

  /// Bytes of struct termios.
  public static var shortSize: Int { 36 }
  /// Bytes of struct termios2.
  public static var size: Int { 44 }

  /// The settings of words in the order of struct termios2.
  public init(_ words: InlineArray<11, UInt32>) {
    input = TerminalInputFlags(rawValue: words[0])
    output = TerminalOutputFlags(rawValue: words[1])
    control = words[2]
    local = TerminalLocalFlags(rawValue: words[3])
    rest = [words[4], words[5], words[6], words[7], words[8], words[9], words[10]]
  }

  /// The words in the order of struct termios2; those of struct termios are the first nine.
  public var words: InlineArray<11, UInt32> {
    [
      input.rawValue, output.rawValue, control, local.rawValue, rest[0], rest[1], rest[2],
      rest[3], rest[4], rest[5], rest[6],
    ]
  }

  /// Linux's settings of a new serial console: lines with echo and signals, 115200 8n1.
  public static var usual: Self {
    Self([
      0x500, 5, 0x1cb2, 0x8a3b, 0x7f1c_0300, 0x0100_0415, 0x1a13_1100, 0x170f_1200, 0x16, 115_200,
      115_200,
    ])
  }

  /// Linux's settings of a new pseudo-terminal: the usual ones with 38400 8n1.
  static var pseudoTerminal: Self {
    var words = usual.words
    (words[2], words[9], words[10]) = (0xbf, 38400, 38400)
    return Self(words)
  }

  /// `usual` without any processing: a read returns what has arrived.
  public static var raw: Self {
    var settings = usual
    (settings.input, settings.output, settings.local) = ([], [], [])
    return settings
  }

  /// The special character at a place of c_cc, or the number in MIN or TIME (a tenth of a second).
  @inline(__always)
  public subscript(_ character: TerminalCharacter) -> UInt8 {
    get {
      let place = character.rawValue + 1
      return UInt8(truncatingIfNeeded: rest[place >> 2] >> (UInt32(place & 3) * 8))
    }
    set {
      let place = character.rawValue + 1
      let shift = UInt32(place & 3) * 8
      rest[place >> 2] = rest[place >> 2] & ~(0xff << shift) | UInt32(newValue) << shift
    }
  }

  /// Whether `byte` is the special character. A character of 0 is disabled.
  @inline(__always)
  func isCharacter(_ byte: UInt8, _ character: TerminalCharacter) -> Bool {
    byte != 0 && self[character] == byte
  }

  /// Whether `byte` is one of the characters that can be a key.
  func isKey(_ byte: UInt8) -> Bool {
    let keys: InlineArray<13, TerminalCharacter> = [
      .interrupt, .quit, .erase, .kill, .endOfFile, .start, .stop, .suspend, .endOfLine, .reprint,
      .eraseWord, .literalNext, .secondEndOfLine,
    ]
    for index in keys.indices where self[keys[index]] == byte { return true }
    return false
  }

  /// Sets the two speeds from the codes in c_cflag, as for struct termios, which has no others. In
  /// struct termios2, the code BOTHER keeps a speed.
  public mutating func decodeSpeeds(keepsOthers: Bool) {
    // CIBAUD is CBAUD in the upper half; 0 there means the speed of the output.
    let (output, input) = (control & 0x100f, control >> 16 & 0x100f)
    if output != 0x1000 || !keepsOthers { rest[6] = Self.speed(ofCode: output) }
    if input == 0 {
      rest[5] = rest[6]
    } else if input != 0x1000 || !keepsOthers {
      rest[5] = Self.speed(ofCode: input)
    }
  }

  /// Bits per second of a code in c_cflag (B50 to B4000000).
  private static func speed(ofCode code: UInt32) -> UInt32 {
    let low: InlineArray<16, UInt32> = [
      0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400,
    ]
    let high: InlineArray<16, UInt32> = [
      0, 57600, 115_200, 230_400, 460_800, 500_000, 576_000, 921_600, 1_000_000, 1_152_000,
      1_500_000, 2_000_000, 2_500_000, 3_000_000, 3_500_000, 4_000_000,
    ]
    return code & 0x1000 == 0 ? low[Int(code & 15)] : high[Int(code & 15)]
  }
}
