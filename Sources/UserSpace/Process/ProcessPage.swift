// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// What is in a process's page: its record, and the tables to which the record has handles.
struct ProcessPage<P: Platform>: ~Copyable {
  /// The first field: the address of the record is that of the page.
  private var process: Process<P>
  private var descriptors: InlineArray<64, Descriptor>
  private var further: InlineArray<1, DescriptorFrames>
  private var actions: InlineArray<64, SignalAction>

  /// Creates the record that `make` returns, with handles to tables that are not initialised, in
  /// the page at `memory`, which must be unused.
  @unsafe static func create(
    in memory: UnsafeMutableRawPointer, _ make: (FileTable<P>, SignalActions) -> Process<P>
  ) -> ProcessReference<P> {
    precondition(MemoryLayout<ProcessPage>.size <= Int(Page.size), "a process outgrew its page")
    // SAFETY: the caller passes the page. Its parts keep their addresses as long as the process
    // lives, and no part is read before it is initialised.
    let page = unsafe memory.bindMemory(to: ProcessPage.self, capacity: 1)
    let files = unsafe RecordTable(in: &page.pointee.descriptors)
    let further = unsafe RecordTable(in: &page.pointee.further)
    let actions = unsafe RecordTable(in: &page.pointee.actions)
    return unsafe withUnsafeMutablePointer(to: &page.pointee.process) { record in
      unsafe record.initialize(
        to: make(FileTable(files, further.reference(0)), SignalActions(actions)))
      return unsafe ProcessReference(at: record)
    }
  }
}
