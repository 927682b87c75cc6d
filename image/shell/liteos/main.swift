// SPDX-License-Identifier: Apache-2.0
// The shell commands of LiteOS as one program over /proc: the name by which it is run selects the
// command, as with busybox; under another name, its first argument.

/// The words of the command line, from the command's name.
var words = bytes(of: "/proc/self/cmdline").split(separator: 0).map { lastPart($0) }
if find(words.first) == nil { words = Array(words.dropFirst()) }

if words == ["--list"] {
  for command in commands { print(command.name) }
  exit(0)
}
guard let command = find(words.first) else {
  print_error("usage: liteos COMMAND [NUMBER], liteos --list; the commands:")
  for command in commands { print_error("  \(command.usage)") }
  exit(2)
}
let number = words.count == 2 ? UInt32(words[1]) : nil
guard words.count == 1 || number != nil && !command.argument.isEmpty else {
  print_error("usage: \(command.usage)")
  exit(2)
}
if !command.run(number) {
  print_error("\(command.name): there is no \(number.map { "number \($0)" } ?? "such list")")
  exit(1)
}

/// The part of a path after its last slash.
func lastPart(_ path: ArraySlice<UInt8>) -> String {
  String(decoding: path.split(separator: UInt8(ascii: "/")).last ?? path, as: UTF8.self)
}
