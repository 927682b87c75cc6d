// SPDX-License-Identifier: Apache-2.0
// task, cpup, mutex and hwi: tasks, their load, what they wait for, and interrupts.

/// The columns of /proc/tasks that the commands use.
enum TaskColumn {
  static let count = 13
  static let number = 0
  static let name = 1
  static let wait = 3
  static let load = 12
}

/// The heading of /proc/tasks and the lines of its tasks; lines about CPUs and objects follow them.
func taskLines() -> [String] {
  lines(of: "/proc/tasks").filter { $0.words.count == TaskColumn.count }
}

/// `task`: all columns of a task, or of all tasks.
func listTasks(_ number: UInt32?) -> Bool {
  printSelected(taskLines(), number)
}

/// `cpup`: the share of the CPU's time that tasks used in the last second, in per cent; for all
/// tasks also how busy each CPU was.
func showLoad(_ number: UInt32?) -> Bool {
  let shares = taskLines().map { line in
    let words = line.words
    return words[TaskColumn.number].aligned(to: 4) + " " + words[TaskColumn.name].padded(to: 16)
      + words[TaskColumn.load].aligned(to: 6)
  }
  guard printSelected(shares, number) else { return false }
  guard number == nil else { return true }
  for line in lines(of: "/proc/tasks") where line.utf8.starts(with: "cpu".utf8) { print(line) }
  return true
}

/// `mutex`: the tasks that wait for a mutex. LiteOS's mutexes are variables of C code, so there is
/// no list of those that no task waits for.
func listMutexWaits(_: UInt32?) -> Bool {
  let tasks = taskLines()
  for (index, line) in tasks.enumerated() {
    let words = line.words
    guard index == 0 || words[TaskColumn.wait] == "mutex" else { continue }
    print(words[TaskColumn.number].aligned(to: 4) + " " + words[TaskColumn.name])
  }
  return !tasks.isEmpty
}

/// `hwi`: how often each interrupt line was taken on each CPU.
func listInterrupts(_ number: UInt32?) -> Bool {
  let rows = lines(of: "/proc/interrupts")
  return printSelected(rows, number) { words in
    words.first.flatMap { $0.utf8.last == UInt8(ascii: ":") ? UInt32($0.dropLast()) : nil }
  }
}
