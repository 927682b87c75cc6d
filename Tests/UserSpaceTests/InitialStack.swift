// SPDX-License-Identifier: Apache-2.0
import XCTest

/// Reads a program's initial stack as a libc would, without the code under test.
struct InitialStack {
  var arguments: [String] = []
  var environment: [String] = []
  var vector: [UInt32: UInt32] = [:]
  var tags: [UInt32] = []

  init(_ machine: Machine, _ stackPointer: UInt32) {
    let count = machine.word(stackPointer)
    var place = stackPointer + 4
    for _ in 0..<count {
      arguments.append(machine.text(machine.word(place)))
      place += 4
    }
    XCTAssertEqual(machine.word(place), 0)
    place += 4
    while machine.word(place) != 0 {
      environment.append(machine.text(machine.word(place)))
      place += 4
    }
    place += 4
    while machine.word(place) != 0 {
      vector[machine.word(place)] = machine.word(place + 4)
      tags.append(machine.word(place))
      place += 8
    }
  }
}
