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
      further = try parent.pointee.files.copyFurther()
      task = try P.makeTask(frame, threadPointer: threadPointer, scheduling)
    } catch {
      FileTable<P>.release(&further)
      memory.release()
      throw error
    }
    P.preemptionPoint()
    let maker = request.isSibling ? parent.pointee.parent : parent.pointee.identifier
    let now = P.monotonicNanoseconds()
    var claimed: Int?
    var made: PhysicalFrame?
    do throws(Errno) {
      let (slot, identifier) = try P.processes.withLock { (table) throws(Errno) in
        try table.checkStop(me)
        let like = try table.slot(of: parent.pointee.identifier)
        let endSignal = request.isSibling ? table[like].endSignal : request.endSignal
        let slot = try table.claim(parent: maker, like: like, endSignal: endSignal)
        table[slot].creator = request.isSibling ? table[like].creator : me.pointee.task
        table[slot].started = now
        return (slot, table[slot].identifier)
      }
      claimed = slot
      let recordFrame = try newFrame(pool)
      made = recordFrame
      let record = unsafe emptyRecord(
        in: P.Memory.pointer(to: recordFrame), identifier: identifier, parent: maker,
        memory: memory,
        executable: parent.pointee.executable)
      record.pointee.sharesParentSpace = request.sharesParentSpace
      record.pointee.inherit(from: &parent.pointee)
      if !request.sharesParentSpace { try record.pointee.replaceProcessPage() }
      // After what may fail.
      record.pointee.files.copy(from: parent.pointee.files, further)
      record.pointee.retainNodes()
      if !request.sharesParentSpace {
        P.publishTimes(of: record, task, thread: identifier.firstThread)
      }
      let (mask, stack) = (P.thread.pointee.signals.mask, P.thread.pointee.signals.stack)
      let name = P.thread.pointee.name
      P.processes.withLock { table in
        table[slot].record = record
        table[slot].frame = recordFrame
        table.enter(task, identifier: identifier.firstThread, process: record, name: name)
        table.thread(task).pointee.started = now
        table.thread(task).pointee.scheduling = scheduling
        table.thread(task).pointee.traits = me.pointee.traits.inherited
        table.thread(task).pointee.signals.mask = mask
        table.thread(task).pointee.signals.stack = stack
      }
      return (record, task)
    } catch {
      if let made { pool.release(made) }
      if let claimed { P.processes.withLock { $0.free(claimed) } }
      P.freeTask(task)
      FileTable<P>.release(&further)
      memory.release()
      throw error
    }
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
    inheritDirectory(of: parent)
    fileMask = parent.fileMask
    isDumpable = parent.isDumpable
    memoryScore = parent.memoryScore
    limits = parent.limits
    signals.inherit(from: parent.signals)
  }
}
