// SPDX-License-Identifier: Apache-2.0

/// A command of LiteOS's shell.
struct Command {
  let name: String
  /// Its optional argument, a number; empty if it takes none.
  let argument: String
  /// Prints the list, or what is known of the given number; false if there is no such number.
  let run: (UInt32?) -> Bool

  var usage: String { argument.isEmpty ? name : "\(name) \(argument)" }
}

/// The commands by the names that LiteOS gives them. A new command is a row here.
let commands = [
  Command(name: "task", argument: "[TASK]", run: listTasks),
  Command(name: "cpup", argument: "[TASK]", run: showLoad),
  Command(name: "hwi", argument: "[LINE]", run: listInterrupts),
  Command(name: "sem", argument: "[SEMAPHORE]", run: listSemaphores),
  Command(name: "mutex", argument: "", run: listMutexWaits),
  Command(name: "queue", argument: "[QUEUE]", run: listQueues),
  Command(name: "swtmr", argument: "[TIMER]", run: listTimers),
  Command(name: "vmm", argument: "[PROCESS]", run: listRegions),
  Command(name: "pmm", argument: "", run: showFrames),
  Command(name: "systeminfo", argument: "", run: countObjects),
]

/// The command with a name.
func find(_ name: String?) -> Command? {
  for command in commands where command.name == name { return command }
  return nil
}
