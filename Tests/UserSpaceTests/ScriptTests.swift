// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import VmRegion
import XCTest

@testable import UserSpace

/// A script runs its interpreter with its own path in place of the first argument.
final class ScriptTests: XCTestCase {
  private func archive(_ files: [(String, String)]) -> [UInt8] {
    var builder = CpioBuilder()
    builder.add("prog", ElfBuilder().bytes, mode: 0o100755)
    builder.add("plain", ElfBuilder().bytes, mode: 0o100644)
    for (name, text) in files { builder.add(name, Array(text.utf8), mode: 0o100755) }
    return builder.finish()
  }

  /// Boots with a script as /init, and returns the arguments of the program.
  private func arguments(
    _ files: [(String, String)], _ commandLine: String = ""
  ) throws -> [String] {
    let machine = try Machine(initrd: archive(files), commandLine: commandLine)
    let stack = InitialStack(machine, try machine.start().sp)
    XCTAssertEqual(machine.text(stack.vector[31] ?? 0), "/init", "AT_EXECFN is the script")
    XCTAssertEqual(stack.environment, ["HOME=/", "TERM=linux"])
    XCTAssertEqual(machine.release(), 0)
    return stack.arguments
  }

  func testScriptRunsItsInterpreter() throws {
    XCTAssertEqual(try arguments([("init", "#!/prog\n")]), ["/prog", "/init"])
    XCTAssertEqual(
      try arguments([("init", "#!/prog -a  b\n")], "-- one two"),
      ["/prog", "-a  b", "/init", "one", "two"])
    XCTAssertEqual(try arguments([("init", "#!prog\n")]), ["prog", "/init"])
  }

  func testInterpreterMayBeAScript() throws {
    XCTAssertEqual(
      try arguments([("init", "#!/two x\n"), ("two", "#!/prog y\n")], "-- one"),
      ["/prog", "y", "/two", "x", "/init", "one"])
  }

  func testFiveScriptsAreFollowed() throws {
    var files = [("init", "#!/s1\n"), ("s1", "#!/s2\n"), ("s2", "#!/s3\n"), ("s3", "#!/s4\n")]
    files.append(("s4", "#!/prog\n"))
    XCTAssertEqual(try arguments(files), ["/prog", "/s4", "/s3", "/s2", "/s1", "/init"])
    files[4] = ("s4", "#!/s5\n")
    files.append(("s5", "#!/prog\n"))
    XCTAssertEqual(
      try failure(files), .init(.interpreterMissing(.symbolicLinkLoop), needs: "/prog"))
  }

  private struct Failure: Equatable {
    let failure: ProgramFailure?
    let line: String

    init(_ failure: ProgramFailure, needs path: String) {
      self.init(failure: failure, line: "init: /init needs \(path): \(failure.reason)")
    }

    init(failure: ProgramFailure?, line: String) {
      self.failure = failure
      self.line = line
    }
  }

  private func failure(_ files: [(String, String)]) throws -> Failure {
    let machine = try Machine(initrd: archive(files))
    var failure: ProgramFailure?
    let lines = CapturedLog.lines {
      do throws(ProgramFailure) { _ = try machine.start() } catch { failure = error }
    }
    XCTAssertEqual(machine.pool.freeCount, machine.freeAtFirst)
    XCTAssertEqual(lines.count, 1)
    return Failure(failure: failure, line: lines.first ?? "")
  }

  func testBadInterpreterIsNamed() throws {
    func failure(_ text: String) throws -> Failure { try self.failure([("init", text)]) }
    XCTAssertEqual(
      try failure("#!/no y\n"), .init(.interpreterMissing(.noEntry), needs: "/no"))
    XCTAssertEqual(
      try failure("#!/plain\n"), .init(.interpreterMissing(.accessDenied), needs: "/plain"))
    XCTAssertEqual(
      try failure("#! \n"),
      Failure(failure: .invalid(.notElf), line: "init: /init: not an ELF file"))
  }

  /// The n-th frame is missing, for every n until the program starts: all frames are freed.
  func testEveryMissingFrameFreesEverything() throws {
    let initrd = archive([("init", "#!/two x\n"), ("two", "#!/prog y\n")])
    try Machine.missFrames(of: initrd)
  }
}
