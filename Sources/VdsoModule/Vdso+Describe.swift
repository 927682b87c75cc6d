// SPDX-License-Identifier: Apache-2.0
// The vDSO's state as text: the file /proc/vdso and the line of the boot log.
import RTOSCore
import TickHandler
import VdsoPage
import VmRegion

/// Measurements and state that /proc/vdso shows and that the kernel collects.
public struct VdsoStatistics: Equatable, Sendable {
  /// The address of the ELF header in the process that reads; nil if it has no vDSO.
  public var address: UserAddress?
  /// The number of updates of the time page so far.
  public var updates: UInt32
  /// Nanoseconds since the last update of the time page.
  public var age: UInt64
  /// Instructions of the longest update by a tick; nil if the machine cannot count them, or before
  /// the first.
  public var worstUpdate: UInt32?
  /// Instructions of the longest update that began a new line; nil if the machine cannot count
  /// them, or before the first.
  public var worstNewLine: UInt32?
  /// Instructions of the last `load` into an address space; nil if the machine cannot count them,
  /// or before the first.
  public var lastLoad: UInt32?
  /// Why fine time is not derived from the counter; nil if it is.
  public var counterFault: CounterFault?

  /// Statistics with the given values.
  public init(
    address: UserAddress?, updates: UInt32, age: UInt64, worstUpdate: UInt32?,
    worstNewLine: UInt32?, lastLoad: UInt32?, counterFault: CounterFault?
  ) {
    self.address = address
    self.updates = updates
    self.age = age
    self.worstUpdate = worstUpdate
    self.worstNewLine = worstNewLine
    self.lastLoad = lastLoad
    self.counterFault = counterFault
  }
}

extension Vdso {
  /// Writes /proc/vdso: lines of name, colon and value; an unknown number is `-`.
  public func describe(to sink: inout some TextSink, _ statistics: VdsoStatistics) {
    describeState(to: &sink)
    sink.text("\npage version: ")
    sink.decimal(UInt64(VDSO_PAGE_VERSION))
    sink.text("\naddress: ")
    if let address = statistics.address {
      sink.text("0x")
      sink.hexadecimal(address.word)
    } else {
      sink.text("-")
    }
    sink.text("\nsize: ")
    if case .on(let image) = state {
      sink.decimal(UInt64(Page.roundedUp(Word(image.size))))
    } else {
      sink.text("-")
    }
    sink.text("\nupdates: ")
    sink.decimal(UInt64(statistics.updates))
    sink.text("\nage: ")
    sink.decimal(statistics.age)
    sink.text(" ns\nworst update: ")
    describe(statistics.worstUpdate, to: &sink)
    sink.text("\nworst new line: ")
    describe(statistics.worstNewLine, to: &sink)
    sink.text("\nlast load: ")
    describe(statistics.lastLoad, to: &sink)
    sink.text("\ncounter: ")
    if let fault = statistics.counterFault {
      sink.text("not used: ")
      sink.text(fault.text)
    } else {
      sink.text("used")
    }
    sink.text("\n")
  }

  private func describe(_ instructions: UInt32?, to sink: inout some TextSink) {
    if let instructions { sink.decimal(UInt64(instructions)) } else { sink.text("-") }
  }

  /// Writes the lines that depend on whether there is an image.
  private func describeState(to sink: inout some TextSink) {
    sink.text("state: ")
    switch state {
    case .off(let reason):
      sink.text("off: ")
      sink.text(reason.text)
      sink.text("\nbuild id: -")
    case .on(let image):
      sink.text("on\nbuild id: ")
      for index in image.buildID.bytes.indices {
        sink.hexadecimal(UInt32(image.buildID.bytes[index]), width: 2)
      }
    }
  }

  /// The boot log's line, as that of any kit: `kit: vdso, version …`, the version of the time page,
  /// or `kit: vdso: refused: REASON`.
  public var logLine: LogLine {
    var line: LogLine = "kit: "
    line.text(Self.name)
    switch state {
    case .off(let reason): KitName.log(refusal: reason.text, to: &line)
    case .on(let image): KitName.log(UInt32(VDSO_PAGE_VERSION), image.buildID, to: &line)
    }
    return line
  }
}
