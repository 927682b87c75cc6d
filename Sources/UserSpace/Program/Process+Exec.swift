// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// What a process changes when it runs another program.
extension Process {
  /// Completes an execve, after all that can fail: the process runs a program in `memory`, whose
  /// reference it takes over. The calling thread is its only one. In this order, of which
  /// `beginExec` does the first three:
  ///
  /// 1. The name, the file and the vDSO are the program's.
  /// 2. The thread's last accesses to the old memory: robust futexes, `clearAddress`.
  /// 3. Handlers of signals become the default. A preemption point of the caller follows: /proc may
  ///    show the new name, file and handlers with the old memory, whose program does not run again.
  /// 4. The memory is replaced. The creator of a vfork child continues.
  /// 5. Timers of timer_create are freed, those of setitimer stay.
  /// 6. The parent sees a process that has executed, and gets SIGCHLD at its end.
  /// 7. The process is dumpable again.
  /// 8. The thread has the process's number, no `clearAddress` and no alternate signal stack.
  /// 9. CPU time is published in the new memory's [vvar] page.
  /// 10. The registers that are not in the trap frame are cleared.
  ///
  /// All else stays: number, parent, group, pending signals and the mask, ignored signals, working
  /// directory, limits, CPU time, scheduling, and the other descriptors.
  ///
  /// Then the caller closes descriptors with FD_CLOEXEC and releases the old memory: last, because
  /// both have preemption points.
  ///
  /// - Returns: the old memory.
  mutating func resetForExec(in memory: SpaceReference<P>) -> SpaceReference<P> {
    let thread = P.thread
    let old = self.memory
    replaceMemory(by: memory)
    P.processes.removeTimers(of: identifier, withInterval: false)
    markExecuted()
    isDumpable = true
    thread.pointee.identifier = identifier.firstThread
    thread.pointee.clearAddress = 0
    thread.pointee.signals.stack = SignalStack()
    publishTimes()
    P.resetRegisters()
    return old
  }

  /// Steps 1 to 3 of an execve (`resetForExec`).
  mutating func beginExec(of program: LoadedProgram<P>) {
    adopt(program)
    Thread<P>.leaveMemory(P.thread)
    signals.resetForExec()
  }

  /// Takes over what a loaded program determines of its process and of the running thread, except
  /// for memory and registers.
  mutating func adopt(_ program: LoadedProgram<P>) {
    P.thread.pointee.name = program.name.bytes
    P.traceName(program.name.bytes, of: P.task)
    setExecutable(program.node)
    vdsoMapping = program.vdso
  }

  private func markExecuted() {
    let identifier = identifier
    P.processes.withLock { table in
      guard let slot = table.index(of: identifier) else { return }
      table[slot].endSignal = Signal.child.number
      table[slot].hasExecuted = true
    }
  }

  // SAFETY: the record of a process does not move.
  /// Replaces the address space by `memory`, whose reference it takes over.
  private mutating func replaceMemory(by memory: SpaceReference<P>) {
    P.stopPublishingTimes(of: P.task)  // The page is in the old memory.
    P.activate(nil)
    self.memory = memory
    sharesParentSpace = false
    unsafe withUnsafeMutablePointer(to: &self) { unsafe P.activate(ProcessReference(at: $0)) }
    releaseCreator()
  }
}
