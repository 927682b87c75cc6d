// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The options of clone for a new process.
struct CloneRequest {
  /// The signal sent to the parent when the process ends. A sibling uses the caller's own, as on
  /// Linux, because their common parent did not choose this one.
  var endSignal: UInt8
  /// Whether the new process shares this one's memory until it executes a program or ends (vfork).
  var sharesParentSpace: Bool
  /// Whether the new process gets the caller's parent as its parent (CLONE_PARENT).
  var isSibling: Bool
}

// SAFETY: the running process lives as long as its call; what is created is not shared yet.
extension Process {
  /// Creates a process like `parent` with one thread. The thread does not run yet and will start
  /// with the registers in `frame`. Called under the kernel lock.
  ///
  /// - Returns: the process and the task of its thread.
  /// - Throws: `tryAgain` if no process or task is free; `outOfMemory`; `interrupted` if the running
  ///   thread is dying, `restartsAlways` if it is about to stop. Nothing stays allocated then.
  @unsafe static func fork(
    _ parent: ProcessReference<P>, _ request: CloneRequest,
    _ frame: borrowing P.ABI.Registers, threadPointer: Word
  ) throws(Errno) -> (ProcessReference<P>, task: TaskNumber) {
    let me = P.thread
    let pool = parent.pointee.space.pool
    let scheduling = try P.thread.pointee.scheduling.inherited()
    // Memory and task first: there are preemption points up to here, at which other threads must not
    // see half a process.
    let memory = try memory(of: parent, isShared: request.sharesParentSpace)
    var further = DescriptorFrames()
    let task: TaskNumber
    do throws(Errno) {
      P.preemptionPoint()
      further = try parent.pointee.files.copyFurther()
      task = try P.makeTask(frame, threadPointer: threadPointer, scheduling)
    } catch {
      FileTable<P>.release(&further)
      memory.release()
      throw error
    }
    P.preemptionPoint()
    let copy: (record: ProcessReference<P>, frame: PhysicalFrame)
    do throws(Errno) {
      copy = try makeRecord(like: parent, memory, further)
    } catch {
      P.freeTask(task)
      FileTable<P>.release(&further)
      memory.release()
      throw error
    }
    let record = copy.record
    do throws(Errno) {
      record.pointee.sharesParentSpace = request.sharesParentSpace
      if !request.sharesParentSpace {
        P.preemptionPoint()
        try record.pointee.replaceProcessPage()
      }
      let now = P.monotonicNanoseconds()
      P.preemptionPoint()
      let maker = request.isSibling ? parent.pointee.parent : parent.pointee.identifier
      let (mask, stack) = (me.pointee.signals.mask, me.pointee.signals.stack)
      let name = me.pointee.name
      let slot = try P.processes.withLock { (table) throws(Errno) in
        try table.checkStop(me)
        let like = try table.slot(of: parent.pointee.identifier)
        let endSignal = request.isSibling ? table[like].endSignal : request.endSignal
        let slot = try table.claim(parent: maker, like: like, endSignal: endSignal)
        let entry = table.entry(slot)
        entry.pointee.creator = request.isSibling ? table[like].creator : me.pointee.task
        entry.pointee.started = now
        return slot
      }
      // Nothing fails from here on. The lock is free in between, because interrupts are masked while it
      // is held.
      P.processes.withLock { table in
        let entry = table.entry(slot)
        let identifier = entry.pointee.identifier
        (record.pointee.identifier, record.pointee.parent) = (identifier, maker)
        (entry.pointee.record, entry.pointee.frame) = (record, copy.frame)
        table.enter(task, identifier: identifier.firstThread, process: record, name: name)
        table.thread(task).pointee.started = now
        table.thread(task).pointee.scheduling = scheduling
        table.thread(task).pointee.traits = me.pointee.traits.inherited
        table.thread(task).pointee.signals.mask = mask
        table.thread(task).pointee.signals.stack = stack
      }
    } catch {
      P.freeTask(task)
      unsafe release(record)
      pool.release(copy.frame)
      throw error
    }
    if !request.sharesParentSpace {
      P.publishTimes(of: record, task, thread: record.pointee.identifier.firstThread)
    }
    return (record, task)
  }

  /// Makes a record, not in the table yet, with what a child inherits from `parent`, open files
  /// included: it takes over those from 64 on in `further`, and the reference of `memory`.
  ///
  /// - Throws: `outOfMemory`; nothing is taken over then.
  @inline(never)
  private static func makeRecord(
    like parent: ProcessReference<P>, _ memory: SpaceReference<P>, _ further: DescriptorFrames
  ) throws(Errno) -> (record: ProcessReference<P>, frame: PhysicalFrame) {
    let frame = try newFrame(parent.pointee.space.pool)
    // SAFETY: the frame is new, and only this record uses it.
    let record = unsafe emptyRecord(
      in: P.Memory.pointer(to: frame), identifier: .zero, parent: .zero, memory: memory,
      executable: parent.pointee.executable)
    record.pointee.inherit(from: &parent.pointee)
    record.pointee.retainNodes()
    record.pointee.files.copy(from: parent.pointee.files, further)
    return (record, frame)
  }

  /// The memory of a child: the parent's with one more reference, or a copy-on-write copy.
  @inline(__always)
  private static func memory(
    of parent: ProcessReference<P>, isShared: Bool
  ) throws(Errno) -> SpaceReference<P> {
    let memory = parent.pointee.memory
    guard isShared else { return try memory.copy() }
    memory.retain()
    return memory
  }

  private static func newFrame(_ pool: FramePool<P.CPU, P.Memory>) throws(Errno) -> PhysicalFrame {
    do { return try pool.allocateCold(zeroed: false) } catch { throw Errno(error) }
  }

  /// Copies what a child inherits from its parent, except memory and open files. The nodes are not
  /// counted yet.
  private mutating func inherit(from parent: inout Process<P>) {
    vdsoMapping = parent.vdsoMapping
    inheritDirectories(of: parent)
    fileMask = parent.fileMask
    isDumpable = parent.isDumpable
    memoryScore = parent.memoryScore
    limits = parent.limits
    signals.inherit(from: parent.signals)
  }
}
