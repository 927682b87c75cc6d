// SPDX-License-Identifier: Apache-2.0
import KitBuilder
import XCTest

/// How a manifest is read, and what is wrong with a bad one, by line.
final class KitManifestTests: XCTestCase {
  static let head = "kit demo\nversion 2\n"
  static let export = "export uint32_t demo_value(void) else 0 most 9\n"

  private func error(_ text: String, overrides: [String: String] = [:]) -> String? {
    do {
      _ = try KitManifest(text, overrides: overrides)
      return nil
    } catch {
      return "\(error)"
    }
  }

  func testEveryStatementIsRead() throws {
    let manifest = try KitManifest(
      """
      # A comment.
      kit demo
        version 7   # of the interface
      mode 0666
      header demo_page.h
      shared-writable struct demo_shared
      kernel-written struct demo_page
      private yes
      system-calls yes
      constant uint32_t DEMO_LIMIT = 64
      callout int32_t demo_full(uint32_t index) else -1
      export const char *demo_text(uint32_t index, const struct demo_page *page) else 0 most 12
      export void demo_clear( void ) most 3

      """)
    XCTAssertEqual(manifest.name, "demo")
    XCTAssertEqual(manifest.versionNode, "DEMO_7")
    XCTAssertEqual(manifest.mode, 0o666)
    XCTAssertEqual(manifest.header, "demo_page.h")
    XCTAssertEqual(manifest.pages.map(\.role), [.kernelWritten, .sharedWritable])
    XCTAssertEqual(manifest.pages.map(\.structure), ["demo_page", "demo_shared"])
    XCTAssertTrue(manifest.hasPrivateData && manifest.mayCallSystem)
    XCTAssertEqual(manifest.constants.map(\.literal), ["64u"])
    XCTAssertEqual(manifest.callouts.map(\.name), ["demo_full"])
    XCTAssertEqual(manifest.exports.map(\.name), ["demo_text", "demo_clear", "demo_give"])
    let text = try XCTUnwrap(manifest.exports.first)
    XCTAssertEqual(
      text.declaration(of: text.name),
      "const char *demo_text(uint32_t index, const struct demo_page *page)")
    XCTAssertEqual(
      text.pointer("f"), "const char *(*f)(uint32_t index, const struct demo_page *page)")
    XCTAssertEqual(text.bound, 12)
    XCTAssertEqual(manifest.exports[1].declaration(of: "f"), "void f(void)")
  }

  func testBadStatementIsRefusedWithItsLine() {
    let cases = [
      ("version 1", "manifest:3: 'version' is in line 2, too"),
      ("kit other", "manifest:3: 'kit' is in line 1, too"),
      ("colour red", "manifest:3: 'colour' is no statement"),
      ("mode 0777", "manifest:3: a mode is 0444, 0644 or another without execution"),
      ("mode 444", "manifest:3: a mode is 0444, 0644 or another without execution"),
      ("header ../page.h", "manifest:3: a header is a file of the kit's folder, NAME.h"),
      ("private maybe", "manifest:3: 'yes' or 'no'"),
      ("own-page demo_page", "manifest:3: 'own-page' has 'struct NAME'"),
      (
        "export uint32_t demo_f(void) most 3",
        "manifest:3: 'demo_f' needs 'else' and its result where there is no answer"
      ),
      (
        "export void demo_f(void)",
        "manifest:3: 'demo_f' needs 'most' and the most instructions of a call"
      ),
      (
        "export void demo_f(void) most 0",
        "manifest:3: 'demo_f' needs 'most' and the most instructions of a call"
      ),
      ("export void demo_f(void) else 1 most 3", "manifest:3: 'else' has the result of a function"),
      ("export void f(void) most 3", "manifest:3: the name of a function begins with demo_"),
      (
        "export void demo_kit_bind(void) most 3",
        "manifest:3: 'demo_kit_bind' is a name that the build makes"
      ),
      ("export void demo_f(int) most 3", "manifest:3: 'int' is no type and name"),
      ("export void demo_f(int a, int a) most 3", "manifest:3: two parameters are called 'a'"),
      (
        "export float demo_f(void) else 0 most 3",
        "manifest:3: 'float demo_f': a kit has no floating point"
      ),
      (
        "export void demo_f(void (*g)(void)) most 3",
        "manifest:3: a pointer to a function needs a typedef"
      ),
      ("export demo_f", "manifest:3: a function is RESULT NAME(TYPE NAME, …)"),
      ("callout void demo_f(void) most 3", "manifest:3: 'most' after a call-out"),
    ]
    for (line, wanted) in cases {
      XCTAssertEqual(error(Self.head + line + "\n" + Self.export), wanted)
    }
    XCTAssertEqual(
      error(Self.head + Self.export + Self.export), "manifest:4: there are two 'demo_value'")
  }

  func testMissingStatementIsRefused() {
    XCTAssertEqual(error("version 1\n"), "manifest:1: the first statement is 'kit NAME'")
    XCTAssertEqual(error("kit demo\n" + Self.export), "manifest: 'version' is missing")
    XCTAssertEqual(error(Self.head), "manifest: nothing is exported")
    XCTAssertEqual(
      error(Self.head + Self.export + "own-page struct p\n"), "manifest: struct p needs a 'header'")
    XCTAssertEqual(
      error(Self.head + Self.export + "mode 0666\n"),
      "manifest: a mode with the right to write needs shared-writable or member pages")
    XCTAssertEqual(
      error(Self.head + Self.export + "header p.h\nmember struct p\n"),
      "manifest: a kit with members needs a mode with a right to write")
    for role in ["own-page", "kernel-written"] {
      XCTAssertEqual(
        error(
          Self.head + Self.export + "header p.h\nmode 0666\nmember struct p\n\(role) struct q\n"),
        "manifest: the '\(role)' pages of a kit with members are the kernel's own")
    }
    XCTAssertEqual(
      error(Self.head + Self.export + "callout void demo_f(void)\n"),
      "manifest: call-outs need 'private yes': their table is there")
  }

  func testNameIsAShortIdentifierInLowerCase() {
    for name in ["", "Demo", "1demo", "_demo", "de-mo", "../demo", "abcdefghijklmnop", "a b"] {
      XCTAssertEqual(
        error("kit \(name)\n"), "manifest:1: a name has 1 to 15 of a-z, 0-9 and _, a letter first",
        name)
    }
  }

  func testConstantsAreTypedAndMadeFromEarlierOnes() throws {
    let text =
      Self.head + Self.export + """
        constant uint32_t DEMO_LIMIT = 64
        constant uint64_t DEMO_BYTES = (DEMO_LIMIT + 1) * 4096 << 20
        constant int32_t DEMO_LOW = -2147483647 - 1
        constant bool DEMO_ON = true
        constant uint32_t DEMO_REST = 0x17 % 5 - 6 / 3

        """
    let manifest = try KitManifest(text)
    XCTAssertEqual(manifest.constants.map(\.value), [64, 65 * 4096 << 20, -2_147_483_648, 1, 1])
    XCTAssertEqual(
      manifest.constants.map(\.literal),
      ["64u", "279172874240ull", "(-2147483647 - 1)", "true", "1u"])
    let changed = try KitManifest(text, overrides: ["DEMO_LIMIT": "1 << 3", "DEMO_ON": "0"])
    XCTAssertEqual(changed.constants.map(\.value), [8, 9 * 4096 << 20, -2_147_483_648, 0, 1])
  }

  func testBadConstantIsRefused() {
    let cases = [
      ("uint32_t DEMO_A = 4294967296", "DEMO_A: 4294967296 is no uint32_t"),
      ("uint32_t DEMO_A = 1 - 2", "DEMO_A: -1 is no uint32_t"),
      ("int32_t DEMO_A = 2147483648", "DEMO_A: 2147483648 is no int32_t"),
      ("bool DEMO_A = 2", "DEMO_A: 2 is no bool"),
      ("uint32_t DEMO_A = DEMO_B", "'DEMO_B' is no number and no constant of an earlier line"),
      ("uint32_t DEMO_A = 1 / 0", "a division by zero"),
      ("uint32_t DEMO_A = (1", "a ')' is missing"),
      ("uint32_t DEMO_A = 1 2", "'2' is not expected"),
      ("uint32_t DEMO_A = 1 +", "a value is missing"),
      ("uint32_t DEMO_A = 1 << 64", "a shift by 64"),
      ("uint64_t DEMO_A = 99999999999999999999", "'99999999999999999999' is no number of 64 bits"),
      ("uint64_t DEMO_A = 1 << 63 << 63 << 63", "the value is too large"),
      ("uint32_t OTHER_A = 1", "the name of a constant begins with DEMO_ and is in capitals"),
      ("uint32_t DEMO_a = 1", "the name of a constant begins with DEMO_ and is in capitals"),
      (
        "float DEMO_A = 1",
        "a constant is TYPE NAME = VALUE, with a type of bool, int32_t, uint32_t, uint64_t"
      ),
    ]
    for (line, wanted) in cases {
      XCTAssertEqual(error(Self.head + "constant \(line)\n" + Self.export), "manifest:3: \(wanted)")
    }
    XCTAssertEqual(
      error(Self.head + Self.export, overrides: ["DEMO_NONE": "1"]),
      "manifest: there is no constant 'DEMO_NONE'")
  }
}
